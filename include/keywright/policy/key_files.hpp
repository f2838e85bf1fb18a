// SPDX-License-Identifier: Apache-2.0
// What a customer's key must be, and how it is brought: T06, T07, T08, T10, T11, T12, T13, and one key, one ring.
// Depends on: policy/rule.
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::policy {

namespace detail {

template <class C>
constexpr const key_evidence& evidence(const C& command) {
    if constexpr (requires { command.file; })
        return command.file;
    else
        return command.key;
}

} // namespace detail

/// T06: a PFX or BYOK file.
struct known_format {
    using id = rule_tag<"T06">;
    using commands = types<upload_key>;
    constexpr verdict operator()(const facts&, const upload_key& c) const {
        return c.file.format == file_kind::other ? verdict::object(refusal::bad_format, mender::the_caller) : verdict::pass();
    }
};

/// T06: RSA of `bits` bits exactly.
struct rsa_of_size {
    using id = rule_tag<"T06">;
    using commands = types<upload_key>;
    std::uint32_t bits = 2048;
    constexpr verdict operator()(const facts&, const upload_key& c) const {
        if (c.file.outcome != file_outcome::opened) return verdict::pass(); // what is not open has no type to judge
        if (c.file.type != key_kind::rsa) return verdict::object(refusal::bad_key_type, mender::the_caller);
        if (c.file.bits == 0 && !c.file.has_private) return verdict::pass(); // there is no key: T07 tells
        if (c.file.bits != bits) return verdict::measure(refusal::bad_key_size, mender::the_caller, c.file.bits, bits);
        return verdict::pass();
    }
};

/// T06: a PFX has a password.
struct pfx_has_password {
    using id = rule_tag<"T06">;
    using commands = types<upload_key>;
    constexpr verdict operator()(const facts&, const upload_key& c) const {
        if (c.file.format != file_kind::pfx || c.file.has_password) return verdict::pass();
        return verdict::object(refusal::pfx_without_password, mender::the_caller);
    }
};

/// T07: the public and the private half.
struct both_halves {
    using id = rule_tag<"T07">;
    using commands = types<upload_key, unlock_key>;
    template <class C>
    constexpr verdict operator()(const facts&, const C& c) const {
        const key_evidence& file = detail::evidence(c);
        if (file.outcome != file_outcome::opened || file.has_private) return verdict::pass();
        return verdict::object(refusal::missing_private_key, mender::the_caller);
    }
};

/// T08: a .byok file was made for this ring's import key, which has not expired.
struct byok_bound_here {
    using id = rule_tag<"T08">;
    using commands = types<upload_key, lock, unlock_key>;
    template <class C>
    constexpr verdict operator()(const facts& f, const C& c) const {
        const key_evidence& file = detail::evidence(c);
        if (file.format != file_kind::byok) return verdict::pass();
        const bool is_bound = !f.ring.import_kid.empty() && file.kid == f.ring.import_kid;
        if (is_bound && !import_key_expired(f.ring, c.at)) return verdict::pass();
        return verdict::object(refusal::byok_wrong_binding, mender::the_caller);
    }
};

/// T10: the risk is acknowledged, each time.
struct risk_is_acknowledged {
    using id = rule_tag<"T10">;
    using commands = types<generate_key, upload_key, activate_key, apply_key, return_to_provider>;
    template <class C>
    constexpr verdict operator()(const facts&, const C& c) const {
        return c.acknowledged ? verdict::pass() : verdict::object(refusal::acknowledgement_required, mender::the_caller);
    }
};

/// T11: a region is chosen if the tenant has several.
struct region_is_chosen {
    using id = rule_tag<"T11">;
    using commands = types<generate_key, upload_key>;
    template <class C>
    constexpr verdict operator()(const facts& f, const C& c) const {
        if (f.tenant.regions <= 1 || c.region_chosen) return verdict::pass();
        return verdict::measure(refusal::region_required, mender::the_caller, f.tenant.regions, 1);
    }
};

/// T11: a key has a name.
struct key_is_named {
    using id = rule_tag<"T11">;
    using commands = types<generate_key, upload_key>;
    template <class C>
    constexpr verdict operator()(const facts&, const C& c) const {
        return c.key.empty() ? verdict::object(refusal::key_name_required, mender::the_caller) : verdict::pass();
    }
};

/// T12: the password is given twice.
struct passwords_agree {
    using id = rule_tag<"T12">;
    using commands = types<generate_key>;
    constexpr verdict operator()(const facts&, const generate_key& c) const {
        return c.passwords_match ? verdict::pass() : verdict::object(refusal::password_mismatch, mender::the_caller);
    }
};

/// T13, T21, T27: the file opens with its password.
template <fixed_text Id, class... Commands>
struct file_opens {
    using id = rule_tag<Id>;
    using commands = types<Commands...>;
    template <class C>
    constexpr verdict operator()(const facts&, const C& c) const {
        const key_evidence& file = detail::evidence(c);
        if (file.outcome == file_outcome::opened) return verdict::pass();
        if (file.outcome == file_outcome::wrong_password) return verdict::object(refusal::wrong_password, mender::the_caller);
        // What is no key file at all is told by T06, where that speaks; otherwise it is damaged.
        if (std::is_same_v<C, upload_key> && file.format == file_kind::other) return verdict::pass();
        return verdict::object(refusal::corrupt, mender::the_caller);
    }
};

/// One key, one ring (T13): not held by another ring of the vault, not in use here under any name, nor its name.
struct key_is_new {
    using id = rule_tag<"T13">;
    using commands = types<upload_key>;
    constexpr verdict operator()(const facts& f, const upload_key& c) const {
        if (c.file.outcome != file_outcome::opened) return verdict::pass();
        if (c.file.held_by_another_ring) return verdict::object(refusal::key_in_use, mender::the_caller);
        for (const key_record& key : f.ring.keys)
            if (in_use(key) && key.print == c.file.print) return verdict::object(refusal::duplicate_key, mender::the_caller, key.id.view());
        return verdict::pass();
    }
};

} // namespace keywright::policy

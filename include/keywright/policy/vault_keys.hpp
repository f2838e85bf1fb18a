// SPDX-License-Identifier: Apache-2.0
// What a policy is, and what the vault and the key that it names must be: P09, P10, P15, P16, P17, P19, P20, P25, and
// the housekeeping of policies.
// Depends on: policy/rule.
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::policy {

/// H01: a name that is taken is not given again; that of a policy which is gone may be.
struct policy_name_is_free {
    using id = rule_tag<"H01">;
    using commands = types<create_policy>;
    constexpr verdict operator()(const facts& f, const create_policy& c) const {
        if (f.policy_ == nullptr || f.policy_->id.empty() || f.policy_->gone()) return verdict::pass();
        return verdict::object(refusal::already_exists, mender::the_caller, c.policy.view());
    }
};

/// H01: the policy exists. A deleted one with environments still does: it is their way back.
struct policy_exists {
    using id = rule_tag<"H01">;
    using commands = types<grant_access, revoke_access, request_unlock, approve_unlock, rotate_version, purge_key, add_to_policy>;
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        if (f.policy_ != nullptr && !f.policy_->id.empty() && !f.policy_->gone()) return verdict::pass();
        return verdict::object(refusal::not_found, mender::tenant_administrator, f.policy_ != nullptr ? f.policy_->id.view() : "");
    }
};

namespace detail {

/// A rule about a policy that is not there leaves it to H01 to say so.
constexpr bool has_policy(const facts& f) { return f.policy_ != nullptr && !f.policy_->id.empty() && !f.policy_->gone(); }

} // namespace detail

/// H02: there is room for one more version.
struct room_for_version {
    using id = rule_tag<"H02">;
    using commands = types<rotate_version>;
    constexpr verdict operator()(const facts& f, const rotate_version&) const {
        if (!detail::has_policy(f) || !f.policy().versions.full()) return verdict::pass();
        return verdict::measure(refusal::too_many, mender::vault_administrator, static_cast<std::int64_t>(policy_state::max_versions),
                                static_cast<std::int64_t>(policy_state::max_versions), "key versions");
    }
};

/// P25: offered in the region.
struct offered_in_region {
    using id = rule_tag<"P25">;
    using commands = types<create_policy>;
    constexpr verdict operator()(const facts& f, const create_policy& c) const {
        return c.offered_here ? verdict::pass() : verdict::object(refusal::region_unavailable, mender::provider, f.ring.region.view());
    }
};

/// P17: vault and policy are in the same region.
struct vault_in_region {
    using id = rule_tag<"P17">;
    using commands = types<create_policy>;
    constexpr verdict operator()(const facts& f, const create_policy& c) const {
        if (c.vault.region == f.ring.region) return verdict::pass();
        return verdict::object(refusal::region_mismatch, mender::the_caller, c.vault.vault.view());
    }
};

/// P09: what is deleted in the vault can be recovered for a while (P19: `least` to `most`), and nobody ends that early.
struct vault_is_protected {
    using id = rule_tag<"P09">;
    using commands = types<create_policy>;
    seconds least = days(7);
    seconds most = days(90);
    constexpr verdict operator()(const facts&, const create_policy& c) const {
        if (c.vault.soft_delete < least || c.vault.soft_delete > most)
            return verdict::measure(refusal::vault_unprotected, mender::vault_administrator, c.vault.soft_delete.count,
                                    c.vault.soft_delete < least ? least.count : most.count, "soft delete");
        if (!c.vault.purge_protection) return verdict::object(refusal::vault_unprotected, mender::vault_administrator, "purge protection");
        return verdict::pass();
    }
};

/// P09: the vault's administrator holds no tenant-wide role, and who has granted a key neither puts environments under
/// it nor asks for them back. A revocation is not judged: the vault does not wait for us.
struct duties_are_separate {
    using id = rule_tag<"P09">;
    using commands = types<create_policy, grant_access, rotate_version, purge_key, add_to_policy, request_unlock>;
    template <class C>
    constexpr verdict operator()(const facts& f, const C& c) const {
        return both(f, c.by) ? verdict::object(refusal::separation_of_duties, mender::tenant_administrator, c.by.who.view())
                             : verdict::pass();
    }

private:
    static constexpr bool both(const facts& f, const actor& by) {
        if (by.as == principal::person) return detail::has_policy(f) && f.policy().granted_by == by.who;
        if (by.as != principal::vault) return false;
        for (const administrator& a : f.tenant.administrators)
            if (a.who == by.who && a.environment.empty()) return true;
        return false;
    }
};

/// P10: an RSA key, brought or made in the vault or its HSM, of `least_bits` at the least.
struct vault_key_is_rsa {
    using id = rule_tag<"P10">;
    using commands = types<create_policy, rotate_version>;
    std::uint32_t least_bits = 2048;
    template <class C>
    constexpr verdict operator()(const facts&, const C& c) const {
        if (c.key.type != key_kind::rsa) return verdict::object(refusal::bad_key_type, mender::vault_administrator, c.key.key.view());
        if (c.key.bits >= least_bits) return verdict::pass();
        return verdict::measure(refusal::bad_key_size, mender::vault_administrator, c.key.bits, least_bits, c.key.key.view());
    }
};

/// P15: one of these sizes.
struct vault_key_sizes {
    using id = rule_tag<"P15">;
    using commands = types<create_policy, rotate_version>;
    std::array<std::uint32_t, 4> bits{2048, 3072}; ///< 0: no further one
    template <class C>
    constexpr verdict operator()(const facts&, const C& c) const {
        if (c.key.type != key_kind::rsa) return verdict::pass(); // P10 tells
        for (const std::uint32_t each : bits)
            if (each != 0 && c.key.bits == each) return verdict::pass();
        return verdict::measure(refusal::bad_key_size, mender::vault_administrator, c.key.bits, bits[0], c.key.key.view());
    }
};

/// P16: a new version is another key. The one in force is not purged, and an earlier one not for `keep` after it was
/// replaced.
struct versions_are_kept {
    using id = rule_tag<"P16">;
    using commands = types<rotate_version, purge_key>;
    seconds keep = days(28);

    constexpr verdict operator()(const facts& f, const rotate_version& c) const {
        if (!detail::has_policy(f)) return verdict::pass();
        for (const key_version& each : f.policy().versions)
            if (each.print == c.key.print)
                return verdict::object(refusal::duplicate_key, mender::vault_administrator, f.policy().key.view());
        return verdict::pass();
    }
    constexpr verdict operator()(const facts& f, const purge_key& c) const {
        if (!detail::has_policy(f) || c.version == 0) return verdict::pass();
        const key_version* version = find_version(f.policy(), c.version);
        if (version == nullptr) return verdict::measure(refusal::not_found, mender::nobody, c.version, 0, f.policy().key.view());
        if (!happened(version->replaced_at))
            return verdict::measure(refusal::version_in_use, mender::vault_administrator, c.version, 0, f.policy().key.view());
        if (f.now >= version->replaced_at + keep) return verdict::pass();
        return verdict::wait(refusal::version_in_use, version->replaced_at, keep, f.policy().key.view());
    }
};

/// P19: a deleted key is recovered before anything is built on it; once it can no longer be, it is not there.
struct key_is_there {
    using id = rule_tag<"P19">;
    using commands = types<create_policy>;
    constexpr verdict operator()(const facts& f, const create_policy& c) const {
        if (!happened(c.key.deleted_at)) return verdict::pass();
        const bool lost = f.now >= c.key.deleted_at + c.vault.soft_delete;
        return verdict::object(lost ? refusal::not_found : refusal::recoverable, mender::vault_administrator, c.key.key.view());
    }
};

/// P20: with purge protection nobody ends early the time in which a deleted key can be recovered. What is not deleted
/// is not purged at all.
struct no_early_purge {
    using id = rule_tag<"P20">;
    using commands = types<purge_key>;
    constexpr verdict operator()(const facts& f, const purge_key& c) const {
        if (!detail::has_policy(f) || c.version != 0 || f.policy().purged) return verdict::pass();
        const policy_state& policy = f.policy();
        if (!happened(policy.key_deleted_at))
            return verdict::object(refusal::purge_protected, mender::vault_administrator, policy.key.view());
        if (!policy.purge_protection || f.now >= policy.key_deleted_at + policy.soft_delete) return verdict::pass();
        return verdict::wait(refusal::purge_protected, policy.key_deleted_at, policy.soft_delete, policy.key.view());
    }
};

} // namespace keywright::policy

// SPDX-License-Identifier: Apache-2.0
// A key for one instance only: I01, I02, I05, I06, I10, I13, I15. The ring is the instance and bears its name; the key
// that is brought is used at once, so there is nothing to choose from and nothing to activate.
// Depends on: policy/rule.
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::policy {

/// I01: the ring holds one instance, of its own name.
struct ring_is_the_instance {
    using id = rule_tag<"I01">;
    using commands = types<create_environment>;
    constexpr verdict operator()(const facts& f, const create_environment& c) const {
        if (c.environment.view() != f.ring.region.view())
            return verdict::object(refusal::region_mismatch, mender::the_caller, c.environment.view());
        if (f.ring.environments == 0) return verdict::pass();
        return verdict::measure(refusal::too_many, mender::nobody, f.ring.environments, 1, "instance");
    }
};

/// I01: what is asked of the ring's key concerns an instance that is there.
struct instance_is_there {
    using id = rule_tag<"I01">;
    using commands = types<generate_key, upload_key, lock, unlock_key>;
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        const environment_state* e = f.environment_;
        if (e != nullptr && !e->id.empty() && !e->deleted) return verdict::pass();
        return verdict::object(refusal::not_found, mender::nobody, f.ring.region.view());
    }
};

/// I02: one of two plans; no seats are counted.
struct has_plan {
    using id = rule_tag<"I02">;
    using commands = types<generate_key, upload_key, apply_key>;
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        if (f.tenant.plan != licence_plan::other) return verdict::pass();
        return verdict::object(refusal::not_eligible, mender::provider, "no plan that includes it");
    }
};

/// I15: offered in one release only.
struct runs_release {
    using id = rule_tag<"I15">;
    using commands = types<generate_key, upload_key, apply_key>;
    release_text release{"8.2"};
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        if (f.environment_ == nullptr || f.environment_->id.empty() || f.environment_->release == release) return verdict::pass();
        return verdict::object(refusal::not_eligible, mender::nobody, "another release");
    }
};

/// I06, I07: a key is used as soon as it is there. Judges nothing; says how it is carried out.
struct keys_are_used_at_once {
    using id = rule_tag<"I06">;
    using commands = types<>;
    constexpr void shape(procedure& p) const { p.keys_at_once = true; }
};

/// How long `<instance name> Encryption Key` can be.
using shown_name = inline_text<127>;

/// I05, I13: the name under which an instance's key is shown; one that was given none goes by the instance's.
constexpr shown_name shown_name_of(const key_record& key, const environment_id& instance) {
    if (!key.id.empty()) return shown_name(key.id.view());
    constexpr std::string_view suffix = " Encryption Key";
    char text[shown_name::capacity()]{};
    std::size_t n = 0;
    for (const std::string_view part : {instance.view(), suffix})
        for (const char c : part) text[n++] = c;
    return shown_name(std::string_view(text, n));
}

} // namespace keywright::policy

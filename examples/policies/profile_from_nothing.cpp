// SPDX-License-Identifier: Apache-2.0
// A profile from nothing: who may ask for what, and which rules speak. What is granted to nobody does not exist. Here:
// two commands, one rule of the library, one of our own making.
#include <keywright/format.hpp>
#include <keywright/policy/field_encryption.hpp>
#include <keywright/profiles/consistency.hpp>
#include <keywright/profiles/decide.hpp>

using namespace keywright;

namespace acme {

struct grants {
    using id = policy::rule_tag<"ACME-0">;
    template <class C>
    static constexpr policy::roles to() {
        using namespace policy;
        if constexpr (types<enable_field_encryption, disable_field_encryption>::contains<C>)
            return tenant_admin | environment_admin;
        else
            return no_one;
    }
};

struct not_in_a_sandbox {
    using id = policy::rule_tag<"ACME-1">;
    using commands = policy::types<policy::enable_field_encryption>;
    constexpr policy::verdict operator()(const policy::facts& f, const policy::enable_field_encryption&) const {
        if (f.environment().kind != policy::environment_kind::sandbox) return policy::verdict::pass();
        return policy::verdict::object(policy::refusal::consumer_rule, policy::mender::nobody, f.environment().id.view());
    }
};

inline constexpr profiles::profile<grants, policy::field_encryption_stays, not_in_a_sandbox> house{};
static_assert(profiles::check_profile<house>());

} // namespace acme

int main() {
    policy::tenant_state tenant;
    policy::ring_state ring;
    policy::environment_state environment;
    const instant noon{1'800'000'000};
    tenant.administrators.push_back({admin_id("alice"), {}, noon});
    environment.id = environment_id("books");
    const policy::actor alice{admin_id("alice")};
    const auto ask = [&](std::string_view what, const auto& command) {
        const policy::facts facts{.tenant = tenant, .ring = ring, .now = noon, .environment_ = &environment};
        const auto decision = profiles::decide(acme::house, facts, command);
        fmt::print("{}: {}\n", what, decision.allowed() ? "allowed" : to_text(decision.reasons()[0]));
    };
    ask("on", policy::enable_field_encryption{alice, noon});
    environment.field_encrypted = true;
    ask("off again", policy::disable_field_encryption{alice, noon});
    environment.kind = policy::environment_kind::sandbox;
    ask("on, in a sandbox", policy::enable_field_encryption{alice, noon});
    ask("open", policy::open_environment{alice, noon});
}

// SPDX-License-Identifier: Apache-2.0
#include "../policy/worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;
using profiles::roles_of;

constexpr roles held(const actor& by, std::string_view environment = {}, std::string_view source = {}) {
    const world w = both;
    const environment_id none{};
    return roles_of(
        w.facts_for(t0, {environment.empty() ? none : environment_id(environment), source.empty() ? none : environment_id(source), {}}),
        by);
}

static_assert(held(alice) == tenant_admin && held(alice, "prod") == tenant_admin);
static_assert(held(erin) == no_one); // of no environment that the command is about
static_assert(held(erin, "prod") == (target_admin | environment_admin) && held(erin, "sandbox") == no_one);
static_assert(held(erin, "prod", "sandbox") == target_admin && held(erin, "sandbox", "prod") == no_one);
static_assert(held(erin, "prod", "prod") == (target_admin | environment_admin));
static_assert(held(sam, "prod", "sandbox") == (target_admin | environment_admin));
static_assert(held(mallory, "prod") == no_one && held(actor{}) == no_one);
static_assert(held(provider_person, "prod") == provider_role && held(the_system) == system_role);
// A person named like the system is a person.
static_assert(held(actor{admin_id{"system"}, principal::person}) == no_one);

constexpr actor everyone[] = {alice, erin, provider_person, the_system, mallory};

/// Who may, in that order; `y` for those to whom T05 does not object.
template <class C>
constexpr bool allowed_to(const world& w, C command, std::string_view expected, std::string_view environment = {},
                          std::string_view source = {}) {
    for (std::size_t i = 0; i < 5; ++i) {
        command.by = everyone[i];
        auto g = given(power_platform, w);
        if (!environment.empty()) g.on(environment);
        if (!source.empty()) g.from(source);
        if (g.when(command).not_refused_by("T05") != (expected[i] == 'y')) return false;
    }
    return true;
}

constexpr instant at = lockable_at;
//                                                          tenant administrator, environment administrator, provider, system, nobody
constexpr scenario who[] = {
    {"generate, upload, activate: TA",
     [] {
         return allowed_to(both, generates(at), "y----") && allowed_to(both, uploads(at), "y----") &&
                allowed_to(both, activates(at, "k1"), "y----");
     }},
    {"lock, unlock key: TA", [] { return allowed_to(both, locks(at), "y----") && allowed_to(locked, unlocks_key(at), "y----"); }},
    {"unlock environment, delete: TA",
     [] {
         return allowed_to(locked, unlocks(at), "y----", "prod") && allowed_to(both, delete_environment{alice, at, {}}, "y----", "prod");
     }},
    {"import key: TA", [] { return allowed_to(both, create_import_key{alice, at, {}, {}, false}, "y----"); }},
    {"apply, return, reset: TA, EA",
     [] {
         return allowed_to(both, applies(at), "yy---", "prod") && allowed_to(both, returns(at), "yy---", "prod") &&
                allowed_to(both, reset{alice, at, {}}, "yy---", "prod");
     }},
    {"and of that environment only",
     [] { return allowed_to(both, applies(at), "y----", "support") && allowed_to(both, returns(at), "y----", "sandbox"); }},
    {"copy: TA, EA of both",
     [] {
         return allowed_to(both, copy{alice, at, {}}, "y----", "prod", "sandbox") &&
                allowed_to(both, copy{alice, at, {}}, "y----", "sandbox", "prod");
     }},
    {"environments and administrators: TA, PR",
     [] {
         return allowed_to(both, create_environment{.by = alice, .at = at, .environment = environment_id("new")}, "y-y--") &&
                allowed_to(both, add_administrator{.by = alice, .at = at, .who = admin_id("new")}, "y-y--");
     }},
    {"tenants and the feature: PR", [] { return allowed_to(both, enable_feature{alice, at}, "--y--"); }},
    {"reports and time: the system",
     [] {
         return allowed_to(locking, ends(at, operation::locking), "---y-") && allowed_to(locking, fails(at, operation::locking), "---y-") &&
                allowed_to(locked, expire_environment{.at = at}, "---y-", "prod");
     }},
    {"T18, T22: a role that was taken away is gone",
     [] {
         const world w = both.having(applied_at, administrator_removed{alice.who, {}});
         return given(power_platform, w).when(locks(at)).then_refused({{"T05", refusal::not_authorized}});
     }},
};
static_assert(first_failure(who) == none_failed);
TEST_CASE("T05: who may do what") { run(who); }

} // namespace

// SPDX-License-Identifier: Apache-2.0
#include "worlds.hpp"

namespace {

using namespace keywright;
using namespace keywright::testing;

// --- what is a rule ---

struct minimal {
    using id = rule_tag<"X1">;
    using commands = types<lock>;
    constexpr verdict operator()(const facts&, const lock&) const { return verdict::pass(); }
};
struct without_id {
    using commands = types<lock>;
    constexpr verdict operator()(const facts&, const lock&) const { return verdict::pass(); }
};
struct without_commands {
    using id = rule_tag<"X1">;
    constexpr verdict operator()(const facts&, const lock&) const { return verdict::pass(); }
};
struct misses_one {
    using id = rule_tag<"X1">;
    using commands = types<lock, apply_key>;
    constexpr verdict operator()(const facts&, const lock&) const { return verdict::pass(); }
};
struct answers_bool {
    using id = rule_tag<"X1">;
    using commands = types<lock>;
    constexpr bool operator()(const facts&, const lock&) const { return true; }
};
struct changes_itself {
    using id = rule_tag<"X1">;
    using commands = types<lock>;
    constexpr verdict operator()(const facts&, const lock&) { return verdict::pass(); }
};

static_assert(rule<minimal> && check_rule<minimal>());
static_assert(!rule<without_id> && !rule<without_commands> && !rule<misses_one> && !rule<answers_bool> && !rule<changes_itself>);
static_assert(rule<lock_cooldown> && rule<retention> && rule<environment_is_idle> && !rule<int>);

static_assert(rule_tag<"T18">::text == "T18");
static_assert(types<lock, unlock_key>::contains<lock> && !types<lock>::contains<unlock_key>);

// --- roles ---

TEST_CASE("roles: two sets have one in common or have not, and nobody has any") {
    CHECK((tenant_admin | environment_admin).any_of(environment_admin));
    CHECK_FALSE(tenant_admin.any_of(environment_admin));
    CHECK_FALSE(no_one.any_of(tenant_admin | environment_admin | target_admin | provider_role | system_role | vault_admin));
    CHECK((tenant_admin | environment_admin) == (environment_admin | tenant_admin));
    CHECK_FALSE(tenant_admin == environment_admin);
}

// --- resolution 24 ---

constexpr ring_state committed_at(instant latest) {
    ring_state ring;
    ring.latest = latest;
    return ring;
}
static_assert(effective_now(committed_at(t0), t0 - second) == t0);
static_assert(effective_now(committed_at(t0), t0) == t0);
static_assert(effective_now(committed_at(t0), t0 + second) == t0 + second);
static_assert(effective_now(ring_state{}, t0) == t0);

TEST_CASE("rule: the tables above were folded by the compiler") { CHECK(check_rule<minimal>()); }

} // namespace

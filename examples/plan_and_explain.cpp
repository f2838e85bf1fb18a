// SPDX-License-Identifier: Apache-2.0
// What would it do, why not now, and when then? Four questions that a product's screen asks before its "Confirm": `plan`
// says what a command would do, `explain` where a rule comes from, `next_allowed` when the command passes, and
// `everything_allowed` what else somebody may do. All are pure functions of the state, and judge by the code that judges
// the command itself. Here the state is a story of commands and events; a service answers `svc.plan(...)` from its store.
#include <keywright/format.hpp>
#include <keywright/policy.hpp>
#include <keywright/profiles/next_allowed.hpp>
#include <keywright/testing/given_when_then.hpp>

#include <tuple>

using namespace keywright;
using namespace keywright::policy;
using profiles::recommended;

namespace {

constexpr actor alice{admin_id{"alice"}}, bob{admin_id{"bob"}}, erin{admin_id{"erin"}};
constexpr testing::subject prod{environment_id{"prod"}, {}, {}};
constexpr instant monday{1'767'596'400}; // 2026-01-05 07:00 UTC

constexpr key_evidence file_of(const fingerprint& print) {
    return {file_kind::pfx, file_outcome::opened, true, true, key_kind::rsa, 2048, print, {}, false};
}
constexpr key_evidence old_file = file_of({{0x20, 0x25}}), new_file = file_of({{0x20, 0x26}});

// Bob brought a key last year, and `prod` is on it. On Monday alice put one of hers in its place, and bob was told.
testing::world contoso() {
    return testing::world{tenant_id{"contoso"}, region_id{"eu"}}
        .having(monday - days(99), tenant_created{tenant_id{"contoso"}, 1001, true, 1})
        .having(monday - days(99), administrator_added{alice.who, {}})
        .having(monday - days(99), administrator_added{bob.who, {}})
        .having(monday - days(99), administrator_added{erin.who, prod.environment})
        .having(monday - days(99), feature_enabled{})
        .having(monday - days(98), environment_created{prod.environment, environment_kind::production, false, false})
        .having(monday - days(98), environment_created{environment_id{"test"}, environment_kind::sandbox, false, false})
        .after(recommended, upload_key{bob, monday - days(98), key_id{"2025"}, old_file, true, true})
        .after(recommended, completed{.at = monday - days(98) + minutes(5), .of = operation::activation})
        .after(recommended, apply_key{bob, monday - days(97), true, true}, prod)
        .after(recommended, completed{.at = monday - days(97) + hours(1), .of = operation::applying}, prod)
        .after(recommended, upload_key{alice, monday, key_id{"2026"}, new_file, true, true})
        .after(recommended, activate_key{alice, monday, key_id{"2026"}, true, true})
        .after(recommended, completed{.at = monday + minutes(5), .of = operation::activation})
        .after(recommended, report_delivery{.at = monday + hours(2), .to = bob.who, .key = new_file.print, .activation = 2});
}

std::string when(const profiles::availability& a) {
    switch (a.when) {
    case profiles::allowed::now: return "now";
    case profiles::allowed::from: return fmt::format("from {} ({})", a.from, a.why.rule);
    case profiles::allowed::after: return fmt::format("not before {} is seen to", a.why.rule);
    case profiles::allowed::never: break;
    }
    return "is for others";
}

auto all(const facts& seen, const actor& by) { return profiles::everything_allowed(recommended, seen, by, seen.now); }

} // namespace

int main() {
    const testing::world world = contoso();
    const instant now = monday + hours(6);
    const facts seen = world.facts_for(now, prod);
    const lock command{alice, now, new_file, typed_text("lock contoso")};

    const profiles::plan_outline plan = profiles::plan(recommended, seen, command);
    fmt::print("A lock at {} would take down {} environment(s), miss {} on the provider's key, and end {} keys.\n", now,
               plan.environments_hit, plan.environments_not_covered, plan.keys_that_die.size());
    fmt::print("It is refused:\n");
    for (const reason& r : plan.decision.reasons()) fmt::print("  {}\n", explain(r));
    fmt::print("Alice may ask for it {}.\n", when(profiles::next_allowed(recommended, seen, command)));

    fmt::print("\n{:24}{:38}{:38}{}\n", "command", "alice", "bob", "erin, of `prod` only");
    const auto [a, b, e] = std::tuple{all(seen, alice), all(seen, bob), all(seen, erin)};
    for (std::size_t i = 0; i < a.size(); ++i) fmt::print("{:24}{:38}{:38}{}\n", a[i].command, when(a[i]), when(b[i]), when(e[i]));
}

// SPDX-License-Identifier: Apache-2.0
// Guards on restore: a backup that somebody stole, or made early, must not become readable by being restored where another
// key protects it, or none of the customer's, and data does not leave its geography. One world, one backup, five targets;
// the guards are rules like any other, so `plan` shows the same reasons beforehand, and the service keeps them.
#include <keywright/format.hpp>
#include <keywright/policy.hpp>
#include <keywright/testing/given_when_then.hpp>

using namespace keywright;
using namespace keywright::policy;
using profiles::recommended;

namespace {

constexpr actor alice{admin_id{"alice"}};
constexpr instant start{1'767'596'400}; // 2026-01-05 07:00 UTC
constexpr key_evidence key_file{file_kind::pfx, file_outcome::opened, true, true, key_kind::rsa, 2048, {{0x20, 0x26}}, {}, false};

testing::subject on(std::string_view environment) { return {environment_id(environment), {}, {}}; }

environment_created made(std::string_view name, environment_kind kind, std::string_view geography) {
    return {environment_id(name), kind, false, false, geography_id(geography)};
}

/// The world once alice has put an environment on the ring's key.
testing::world with_key(const testing::world& before, std::string_view environment) {
    return before.after(recommended, apply_key{alice, start + hours(1), true, true}, on(environment))
        .after(recommended, completed{.at = start + hours(2), .of = operation::applying}, on(environment));
}

// `prod` and `dev` are on the customer's key, `plain` is on the provider's, `away` is on the other side of an ocean.
testing::world contoso() {
    const auto all = testing::world{tenant_id{"contoso"}, region_id{"eu"}}
                         .having(start - days(9), tenant_created{tenant_id{"contoso"}, 1001, true, 1})
                         .having(start - days(9), administrator_added{alice.who, {}})
                         .having(start - days(9), feature_enabled{})
                         .having(start - days(8), made("prod", environment_kind::production, "europe"))
                         .having(start - days(8), made("dev", environment_kind::sandbox, "europe"))
                         .having(start - days(8), made("plain", environment_kind::sandbox, "europe"))
                         .having(start - days(8), made("away", environment_kind::sandbox, "america"))
                         .after(recommended, take_backup{alice, start - days(1), backup_id{"sunday"}}, on("prod"))
                         .after(recommended, upload_key{alice, start, key_id{"2026"}, key_file, true, true})
                         .after(recommended, completed{.at = start + minutes(5), .of = operation::activation});
    return with_key(with_key(with_key(all, "prod"), "dev"), "away")
        .after(recommended, take_backup{alice, start + days(1), backup_id{"tuesday"}}, on("prod"));
}

void ask(const testing::world& world, std::string_view backup, std::string_view target, std::string_view typed) {
    const testing::subject about{environment_id(target), environment_id{"prod"}, backup_id(backup)};
    const restore command{alice, start + days(2), typed_text(typed)};
    const decision answer = world.decide(recommended, command, about);
    fmt::print("`{}` of prod into `{}`{}: {}\n", backup, target, typed.empty() ? "" : ", its name typed",
               answer.allowed() ? "allowed" : "refused");
    if (answer.refused())
        for (const reason& r : answer.reasons()) fmt::print("    {}\n", r);
}

} // namespace

int main() {
    const testing::world world = contoso();
    fmt::print("`sunday` was taken under the provider's key, `tuesday` under the customer's.\n");
    ask(world, "tuesday", "prod", "prod");  // its own environment
    ask(world, "tuesday", "prod", "");      // a slip of the mouse
    ask(world, "tuesday", "dev", "");       // another environment under the same key
    ask(world, "tuesday", "plain", "");     // out of the customer's key: the provider could read it
    ask(world, "sunday", "dev", "");        // what the provider could read does not hide behind the customer's key
    ask(world, "sunday", "prod", "prod");   // its own environment, whatever protects it now
    ask(world, "tuesday", "away", "");      // across the ocean
}

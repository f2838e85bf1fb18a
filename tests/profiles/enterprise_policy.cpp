// SPDX-License-Identifier: Apache-2.0
// The profile as a whole: who may do what, its numbers, its plans, what fits together, and what its codes say.
#include <keywright/profiles/enterprise_policy.hpp>

#include "../policy/vault_worlds.hpp"
#include "availability.hpp"

#include <keywright/profiles/plan.hpp>
#include <keywright/profiles/vault_consistency.hpp>

namespace {

using namespace keywright;
using namespace keywright::testing;
namespace consistency = profiles::consistency;

// --- numbers ---

static_assert(enterprise_policy.rule_of<vault_key_sizes>().bits == std::array<std::uint32_t, 4>{2048, 3072, 0, 0});
static_assert(enterprise_policy.rule_of<vault_key_is_rsa>().least_bits == 2048);
static_assert(enterprise_policy.rule_of<versions_are_kept>().keep == days(28));
static_assert(enterprise_policy.rule_of<offline_retention>().production == days(30));
static_assert(enterprise_policy.rule_of<offline_retention>().others == days(7));
static_assert(enterprise_policy.rule_of<vault_is_protected>().least == days(7));
static_assert(enterprise_policy.rule_of<vault_is_protected>().most == days(90));

// --- what is not taken from above does not exist ---

template <class C>
constexpr bool nobody_may = profiles::enterprise_policy_grants::to<C>() == no_one;
static_assert(nobody_may<generate_key> && nobody_may<upload_key> && nobody_may<activate_key> && nobody_may<lock> &&
              nobody_may<unlock_key> && nobody_may<unlock_environment> && nobody_may<create_import_key> && nobody_may<enable_feature> &&
              nobody_may<apply_key> && nobody_may<return_to_provider>);

// --- plans ---

template <class C>
constexpr profiles::plan_outline planned(const world& w, const C& command, const subject& about) {
    const world here = w;
    return profiles::plan(enterprise_policy, here.facts_for(command.at, about), command);
}

constexpr scenario outlines[] = {
    {"P21: a plan of a revocation says that people are interrupted and unsaved data is lost",
     [] {
         const auto p = planned(members, revokes(revoked_at), under("p1"));
         return p.decision.allowed() && p.environments_hit == 2 && p.environments_not_covered == 1 && p.unsaved_data_is_lost &&
                p.downtime && p.backups_become_unreadable && p.never_in_normal_business && p.notice_to_all;
     }},
    {"an addition and a removal are downtime of one environment",
     [] {
         const auto in = planned(granted, adds(added_at), under("p1", "prod"));
         const auto out = planned(member, removes(added_at), on_prod);
         return in.downtime && in.environments_hit == 1 && in.notice_to_all && out.downtime && out.environments_hit == 1 &&
                !out.unsaved_data_is_lost;
     }},
    {"an approval brings all back; a rotation takes nothing down",
     [] {
         return planned(asked, approves(regranted_at), under("p1")).environments_hit == 2 &&
                !planned(members, rotates(added_at), under("p1")).downtime;
     }},
    {"a purge names the key that dies",
     [] {
         const auto p = planned(members, purges(added_at), under("p1"));
         return p.keys_that_die.size() == 1 && p.keys_that_die[0] == key_id("k1") && p.backups_become_unreadable &&
                planned(members, purges(added_at, 1), under("p1")).keys_that_die.empty();
     }},
};
static_assert(first_failure(outlines) == none_failed);
TEST_CASE("enterprise_policy: a plan says beforehand what a command will do") { run(outlines); }

// --- consistency, each predicate at its limit ---

static_assert(profiles::check_vault_profile<enterprise_policy>());

constexpr auto a_day = enterprise_policy.with(offline_retention{days(1), days(1)});
constexpr auto a_second_less = enterprise_policy.with(offline_retention{days(1), days(1) - second});
constexpr auto production_first = enterprise_policy.with(offline_retention{days(7) - second, days(7)});
static_assert(consistency::offline_leaves_time<a_day>() && !consistency::offline_leaves_time<a_second_less>() &&
              !consistency::offline_leaves_time<production_first>());

constexpr auto one_length = enterprise_policy.with(vault_is_protected{days(90), days(90)});
constexpr auto no_range = enterprise_policy.with(vault_is_protected{days(90) + second, days(90)});
constexpr auto from_nothing = enterprise_policy.with(vault_is_protected{seconds{0}, days(90)});
static_assert(consistency::soft_delete_is_a_range<one_length>() && !consistency::soft_delete_is_a_range<no_range>() &&
              !consistency::soft_delete_is_a_range<from_nothing>());

constexpr auto smaller = enterprise_policy.with(vault_key_sizes{{2047}});
constexpr auto none_at_all = enterprise_policy.with(vault_key_sizes{{}});
constexpr auto smaller_alone = smaller.without(rule_tag<"P10">{});
static_assert(!consistency::sizes_fit<smaller>() && !consistency::sizes_fit<none_at_all>() && consistency::sizes_fit<smaller_alone>());

constexpr auto not_kept = enterprise_policy.with(versions_are_kept{seconds{0}});
constexpr auto before_it_began = enterprise_policy.with(versions_are_kept{seconds{-1}});
static_assert(consistency::keeps_versions<not_kept>() && !consistency::keeps_versions<before_it_began>());

struct tenant_revokes : profiles::enterprise_policy_grants {
    template <class C>
    static constexpr roles to() {
        return std::is_same_v<C, revoke_access> ? tenant_admin | vault_admin : profiles::enterprise_policy_grants::to<C>();
    }
};
constexpr profiles::profile<tenant_revokes, duties_are_separate> meets{};
constexpr profiles::profile<tenant_revokes> does_not_care{};
static_assert(consistency::duties_meet<meets, revoke_access, tenant_admin> &&
              !consistency::duties_meet<does_not_care, revoke_access, tenant_admin>);

TEST_CASE("check_vault_profile: enterprise_policy fits together") { CHECK(profiles::check_vault_profile<enterprise_policy>()); }

constexpr scenario in_a_vault[] = {
    {"P05: the vault's administrator may revoke at once, and nobody else",
     [] {
         return of(enterprise_policy, members, added_at, "revoke_access", vera, under("p1")).when == allowed::now &&
                says(of(enterprise_policy, members, added_at, "revoke_access", alice, under("p1")), allowed::never, "P05");
     }},
    {"P08: the way back, step by step: who is to take the next",
     [] {
         const auto asks = [](const world& w) { return of(enterprise_policy, w, regranted_at, "request_unlock", bob, under("p1")); };
         const auto opens = [](const world& w) { return of(enterprise_policy, w, regranted_at, "open_environment"); };
         return asks(offline).why.who_can_mend == mender::vault_administrator && asks(regranted).when == allowed::now &&
                opens(regranted).why.who_can_mend == mender::tenant_administrator && opens(back).when == allowed::now &&
                of(enterprise_policy, asked, regranted_at, "approve_unlock", provider_person, under("p1")).when == allowed::now;
     }},
    {"P03, T20: in or out of a policy",
     [] {
         return of(enterprise_policy, members, added_at, "add_to_policy", alice, under("p1", "support")).when == allowed::now &&
                says(of(enterprise_policy, members, added_at, "add_to_policy", alice, under("p1", "prod")), allowed::after, "P03") &&
                of(enterprise_policy, members, added_at, "remove_from_policy").when == allowed::now &&
                of(enterprise_policy, members, added_at, "remove_from_policy", alice, on_support).when == allowed::after;
     }},
    {"P16, P20: rotation now; a purge of the whole key from the end of the soft delete",
     [] {
         const world w = members.after(enterprise_policy, revokes(revoked_at, revocation::key_deleted), under("p1"));
         return of(enterprise_policy, members, added_at, "rotate_version", vera, under("p1")).when == allowed::now &&
                says(of(enterprise_policy, w, revoked_at, "purge_key", vera, under("p1")), allowed::from, "P20", revoked_at + days(90));
     }},
    {"every command of the profile about environments and policies is listed once",
     [] {
         const world w = members;
         const auto list = profiles::everything_allowed(enterprise_policy, w.facts_for(added_at, under("p1", "prod")), alice, added_at);
         for (std::size_t i = 0; i < list.size(); ++i)
             for (std::size_t k = 0; k < i; ++k)
                 if (list[i].command == list[k].command) return false;
         return list.size() == 15;
     }},
};
static_assert(first_failure(in_a_vault) == none_failed);
TEST_CASE("everything_allowed: where the key stays in the customer's own vault") { run(in_a_vault); }

} // namespace

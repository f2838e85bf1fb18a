// SPDX-License-Identifier: Apache-2.0
// Other numbers: four days instead of three before a lock, keys of 3072 bits, and a week to unlock. Rules that count the
// same time are changed together; forget one, and this does not compile:
//   profile: R01's window is not T18's wait: a rollback would end before a lock begins, or undo what a lock was built on
#include <keywright/format.hpp>
#include <keywright/policy.hpp>
#include <keywright/profiles/consistency.hpp>

using namespace keywright;

namespace acme {

inline constexpr auto house =
    profiles::recommended.with(policy::lock_cooldown{hours(96)}, policy::lock_waits_for_notice{hours(96)},
                               policy::rollback_before_lock{hours(96)}, policy::rsa_of_size{3072}, policy::retention{days(7)});
static_assert(profiles::check_profile<house>());

} // namespace acme

int main() {
    const instant noon{1'800'000'000};
    policy::tenant_state tenant;
    policy::ring_state ring;
    tenant.id = tenant_id("contoso");
    tenant.seats = 2000;
    tenant.opted_in = true;
    tenant.feature_on_at = noon - days(90);
    tenant.administrators.push_back({admin_id("alice"), {}, noon - days(90)});

    policy::key_evidence file{.format = policy::file_kind::pfx,
                              .outcome = policy::file_outcome::opened,
                              .has_password = true,
                              .has_private = true,
                              .type = policy::key_kind::rsa,
                              .bits = 2048,
                              .kid = {}};
    const auto ask = [&](std::uint32_t bits) {
        file.bits = bits;
        const policy::upload_key command{.by = {admin_id("alice")}, .at = noon, .key = key_id("k1"), .file = file, .acknowledged = true};
        const auto decision = profiles::decide(acme::house, {.tenant = tenant, .ring = ring, .now = noon}, command);
        fmt::print("{} bits: {}\n", bits, decision.allowed() ? "allowed" : to_text(decision.reasons()[0]));
    };
    ask(2048);
    ask(3072);
    fmt::print("no lock for {}, deleted after {}\n", acme::house.rule_of<policy::lock_cooldown>().span,
               acme::house.rule_of<policy::retention>().span);
}

// SPDX-License-Identifier: Apache-2.0
// The names are the storage format: here they are written down a second time, as documented.
#include "worlds.hpp"

#include <array>

namespace {

using namespace keywright;
using namespace keywright::testing;

/// All of the rules' list, and deadline_passed, which the second of two ticks needs.
constexpr std::string_view documented[] = {
    "deadline_passed",
    "tenant_created",
    "administrator_added",
    "administrator_removed",
    "feature_enabled",
    "environment_created",
    "risk_acknowledged",
    "key_generated",
    "key_uploaded",
    "activation_started",
    "key_activated",
    "activation_failed",
    "activation_rolled_back",
    "apply_started",
    "key_applied",
    "apply_failed",
    "return_started",
    "returned_to_provider",
    "return_failed",
    "lock_requested",
    "lock_approved",
    "lock_started",
    "lock_completed",
    "key_unlock_started",
    "key_unlocked",
    "key_unlock_failed",
    "environment_unlock_started",
    "environment_unlocked",
    "environment_unlock_failed",
    "environment_deleted",
    "backup_taken",
    "restore_started",
    "restored",
    "restore_failed",
    "copy_started",
    "copied",
    "copy_failed",
    "reset_started",
    "reset_completed",
    "notice_delivered",
    "clock_accepted",
    "policy_created",
    "environment_added",
    "environment_removed",
    "access_revoked",
    "access_granted",
    "unlock_requested",
    "unlock_approved",
    "version_rotated",
    "field_encryption_enabled",
    "import_key_created",
    "key_purged",
    "environment_integrated",
};

template <class E>
constexpr bool documented_name() {
    for (const std::string_view name : documented)
        if (name == E::name) return true;
    return false;
}

template <class... Es>
constexpr bool each_is_documented(const std::variant<Es...>*) {
    return (documented_name<Es>() && ...);
}
template <class... Es>
constexpr bool no_name_twice(const std::variant<Es...>*) {
    constexpr std::string_view names[] = {Es::name...};
    for (std::size_t i = 0; i < sizeof...(Es); ++i)
        for (std::size_t k = 0; k < i; ++k)
            if (names[i] == names[k]) return false;
    return true;
}
constexpr const event_body* all = nullptr;
static_assert(each_is_documented(all));
static_assert(no_name_twice(all));

// A stored variant index must not move: a new event goes to the end.
static_assert(event_body(tenant_created{}).index() == 0 && event_body(key_uploaded{}).index() == 8 &&
              event_body(lock_started{}).index() == 13);
static_assert(event_body(environment_deleted{}).index() == 27 && event_body(reset_completed{}).index() == 36);
static_assert(name(event{the_system, t0, lock_completed{}}) == "lock_completed");

/// How many fields `visit` lists; 0 for an event that only says that it happened.
template <class E>
constexpr std::size_t fields() {
    std::size_t n = 0;
    E value{};
    E::visit(value, [&](std::string_view, auto&) { ++n; });
    return n;
}
static_assert(fields<tenant_created>() == 5 && fields<feature_enabled>() == 0 && fields<environment_created>() == 7);
static_assert(fields<key_activated>() == 4 && fields<lock_started>() == 4 && fields<apply_started>() == 1 && fields<key_applied>() == 4);
static_assert(fields<environment_deleted>() == 3 && fields<backup_taken>() == 6 && fields<reset_completed>() == 4);

TEST_CASE("events: two that differ in one field differ, inherited fields included") {
    const environment_id prod{"prod"};
    CHECK(apply_started{{prod}} == apply_started{{prod}});
    CHECK_FALSE(apply_started{{prod}} == apply_started{});
    CHECK_FALSE(key_activated{{key_id("k"), print_of(1)}} == key_activated{{key_id("k"), print_of(2)}});
    CHECK_FALSE(event_body(apply_failed{{prod}}) == event_body(return_failed{{prod}}));
}

} // namespace

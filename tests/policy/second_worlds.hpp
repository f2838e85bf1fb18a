// SPDX-License-Identifier: Apache-2.0
// Worlds of `recommended`: alice, who brought k1 long ago, activates a key of her own in its place; bob and carol are
// administrators, too.
#pragma once

#include "worlds.hpp"

namespace keywright::testing {

using profiles::recommended;

inline constexpr actor carol{admin_id{"carol"}}; ///< of the tenant, later than the others

/// Who is told that a key has become the ring's.
constexpr report_delivery delivered(instant at, const actor& to, std::uint8_t n, std::uint64_t activation) {
    return {.at = at, .to = to.who, .key = print_of(n), .activation = activation};
}
constexpr rollback_activation rolls_back(instant at, const actor& by = bob) { return {by, at}; }
constexpr approve_lock approves(instant at, const actor& by = bob) { return {by, at, typed_text("lock contoso")}; }
constexpr accept_clock accepts(instant at, const actor& by) { return {by, at}; }
constexpr expire_environment expires(instant at) { return {.at = at}; }

/// prod and sandbox are on k1, bob was told.
inline constexpr world told_both = both.after(recommended, delivered(applied_at, bob, 1, 1));

// alice activates `hers` in place of k1.
inline constexpr instant hers_asked_at = active_at + days(30);
inline constexpr world hers_installing =
    told_both.after(recommended, uploads(hers_asked_at, "hers", 66)).after(recommended, activates(hers_asked_at, "hers"));
inline constexpr instant hers_since = hers_asked_at + minutes(5);
inline constexpr world hers_active = hers_installing.after(recommended, ends(hers_since, operation::activation));
/// bob is told two hours later.
inline constexpr instant told_at = hers_since + hours(2);
inline constexpr world hers_told = hers_active.after(recommended, delivered(told_at, bob, 66, 2));
/// From here on a lock with her key passes.
inline constexpr instant hers_lockable_at = told_at + hours(72);

/// alice asked for a lock with k1.
inline constexpr instant requested_at = lockable_at + hours(1);
inline constexpr world requested = told_both.after(recommended, locks(requested_at));
inline constexpr world locked_by_two = requested.after(recommended, approves(requested_at + hours(1)))
                                           .after(recommended, ends(requested_at + hours(1) + minutes(5), operation::locking));

} // namespace keywright::testing

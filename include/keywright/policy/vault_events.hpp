// SPDX-License-Identifier: Apache-2.0
// What has happened to a policy of a customer's own vault: events of the profile enterprise_policy. As in
// policy/events.hpp, which includes this: names and fields ARE the storage format of the audit log.
// Depends on: policy/state.
#pragma once

#include <keywright/policy/state.hpp>

namespace keywright::policy {

/// A list of events, to be joined with others into one variant.
template <class... Events>
struct event_types {};

/// In the order in which they came. A new one goes to the end.
using events_of_vaults = event_types<>;

} // namespace keywright::policy

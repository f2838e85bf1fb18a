// SPDX-License-Identifier: Apache-2.0
// The whole policy core in one include: commands, events, state, rules, profiles, decide and plan. No Botan, no fmt,
// no <chrono>; builds with -fno-exceptions -fno-rtti. Where the key stays in the customer's own vault, add
// <keywright/profiles/enterprise_policy.hpp>; who does not need it does not compile it.
#pragma once

#include <keywright/policy/custody.hpp>
#include <keywright/policy/effects.hpp>
#include <keywright/policy/evolve.hpp>
#include <keywright/policy/key_use.hpp>
#include <keywright/profiles/algorithms.hpp>
#include <keywright/profiles/coverage.hpp>
#include <keywright/profiles/decide.hpp>
#include <keywright/profiles/dynamics_365.hpp>
#include <keywright/profiles/plan.hpp>
#include <keywright/profiles/power_platform.hpp>
#include <keywright/profiles/recommended.hpp>

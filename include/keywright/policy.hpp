// SPDX-License-Identifier: Apache-2.0
// The policy core in one include: commands, events, state, rules, profiles, decide and plan. No Botan, no fmt, no
// <chrono>; builds with -fno-exceptions -fno-rtti. Who needs them adds, and only then compiles:
// <keywright/core/parse_id.hpp>, names from outside; <keywright/policy/effects.hpp>, what a service carries out;
// <keywright/profiles/dynamics_365.hpp>, one instance; <keywright/profiles/enterprise_policy.hpp>, a vault of one's own.
#pragma once

#include <keywright/policy/custody.hpp>
#include <keywright/policy/evolve.hpp>
#include <keywright/policy/key_use.hpp>
#include <keywright/profiles/algorithms.hpp>
#include <keywright/profiles/coverage.hpp>
#include <keywright/profiles/decide.hpp>
#include <keywright/profiles/plan.hpp>
#include <keywright/profiles/power_platform.hpp>
#include <keywright/profiles/recommended.hpp>

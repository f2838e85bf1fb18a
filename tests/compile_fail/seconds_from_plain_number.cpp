// SPDX-License-Identifier: Apache-2.0
// EXPECT: conversion from || no viable conversion || could not convert
// 72 of what? A span of time names its unit.
#include <keywright/core/time.hpp>

#ifndef FIXED
constexpr keywright::seconds cooldown = 72;
#else
constexpr keywright::seconds cooldown = keywright::hours(72);
#endif
static_assert(cooldown > keywright::days(2));

// SPDX-License-Identifier: Apache-2.0
// EXPECT: conversion from || no viable conversion || could not convert
// Text becomes an id by parse or on purpose.
#include <keywright/core/ids.hpp>

#ifndef FIXED
keywright::tenant_id tenant = "contoso";
#else
keywright::tenant_id tenant{"contoso"};
#endif

// SPDX-License-Identifier: Apache-2.0
// Wrong on purpose: it uses a type whose header it does not include, and so does not compile alone.
#pragma once

inline std::uint32_t needs_others() { return 0; }

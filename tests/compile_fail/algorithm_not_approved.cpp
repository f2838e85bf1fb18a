// SPDX-License-Identifier: Apache-2.0
// SAYS: algorithm: not on the list of approved algorithms (G11, G17)
#include <keywright/core/algorithms.hpp>

#ifdef FIXED
inline constexpr const char* hash = keywright::approved<"SHA-256">;
#else
inline constexpr const char* hash = keywright::approved<"SHA-1">;
#endif

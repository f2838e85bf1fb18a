// SPDX-License-Identifier: Apache-2.0
// EXPECT: has no non-static data member named || does not refer to any field
// What is misspelt is not taken for something else, because options are named.
#include <keywright/envelope/message.hpp>

#ifndef FIXED
const keywright::envelope::seal_options how{.sing = true};
#else
const keywright::envelope::seal_options how{.sign = true};
#endif

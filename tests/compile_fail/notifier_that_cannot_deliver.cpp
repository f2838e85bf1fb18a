// SPDX-License-Identifier: Apache-2.0
// SAYS: notifier: needs `result<void> deliver(const notice&)`; see keywright/ports/notifier.hpp
// A misspelt capability is named in one sentence.
#include <keywright/ports/notifier.hpp>

struct my_notifier {
#ifndef FIXED
    keywright::result<void> send(const keywright::ports::notice& message);
#else
    keywright::result<void> deliver(const keywright::ports::notice& message);
#endif
};
static_assert(keywright::ports::check_notifier<my_notifier>());

// SPDX-License-Identifier: Apache-2.0
// SAYS: state_store: needs `result<void> commit(const batch&)`; see keywright/ports/state_store.hpp
// A store whose commit cannot fail is one whose failures are lost.
#include <keywright/ports/state_store.hpp>

struct my_store {
    keywright::result<keywright::ports::record> load(std::string_view key);
    keywright::result<std::vector<keywright::ports::record>> scan(std::string_view prefix, std::string_view after, std::size_t limit);
#ifndef FIXED
    void commit(const keywright::ports::batch& writes);
#else
    keywright::result<void> commit(const keywright::ports::batch& writes);
#endif
    keywright::result<void> scrub();
};
static_assert(keywright::ports::check_state_store<my_store>());

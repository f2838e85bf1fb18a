// SPDX-License-Identifier: Apache-2.0
// Why a message did not open, in the words of whoever holds it, and what to do next.
#pragma once

#include "plan.hpp"

namespace envelope_file {

/// What is known about a message that did not open.
struct closed_message {
    const options& given;
    const keywright::keys::encryption_context& expected;
    const transfer& from_to;
    bool key_fitted = false; ///< whether a keyring gave its data key
};

trouble why_closed(const keywright::error& e, const closed_message& m);

/// Why bytes are no message; they may be something that is easily mistaken for one.
trouble why_no_message(const keywright::error& e, const std::string& path, keywright::byte_view begin);

} // namespace envelope_file

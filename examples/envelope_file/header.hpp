// SPDX-License-Identifier: Apache-2.0
// A message's header, shown without any key: as text, or as one JSON object.
#pragma once

#include "trouble.hpp"

#include <keywright/envelope/message.hpp>

namespace envelope_file {

/// NAMESPACE/NAME, as --aes-key and --rsa-key take it.
std::string full_name(const keywright::envelope::message_info::entry& e);

/// As much of a file, or of - , as a header may be long.
keywright::result<keywright::bytes> read_beginning(const std::string& path);

std::string as_text(const keywright::envelope::message_info& info, const std::string& path, bool colours);
std::string as_json(const keywright::envelope::message_info& info, const std::string& path);

} // namespace envelope_file

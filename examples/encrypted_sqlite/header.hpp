// SPDX-License-Identifier: Apache-2.0
// What an encrypted database says about itself, without any key: as text, or as one JSON object.
#pragma once

#include "options.hpp"
#include "statements.hpp"

#include <keywright/envelope/page_header.hpp>

namespace encrypted_sqlite {

/// The copy that counts of a file's header; not proven.
outcome<keywright::envelope::page_header> read_header(const std::string& path);
outcome<void> inspect(const options& given);

} // namespace encrypted_sqlite

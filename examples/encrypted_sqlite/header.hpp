// SPDX-License-Identifier: Apache-2.0
// What an encrypted database says about itself, without any key: as text, or as one JSON object.
#pragma once

#include "options.hpp"
#include "statements.hpp"

namespace encrypted_sqlite {

outcome<void> inspect(const options& given);

} // namespace encrypted_sqlite

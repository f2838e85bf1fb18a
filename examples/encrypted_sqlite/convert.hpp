// SPDX-License-Identifier: Apache-2.0
// A database in the clear becomes an encrypted one, or the other way round.
#pragma once

#include "database_keys.hpp"

namespace encrypted_sqlite {

outcome<void> convert(const options& given, database_keys& keys);

} // namespace encrypted_sqlite

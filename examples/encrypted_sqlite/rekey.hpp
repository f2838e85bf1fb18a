// SPDX-License-Identifier: Apache-2.0
// A new key for the file, and every page sealed anew under it, while others use the database.
#pragma once

#include "database_keys.hpp"

namespace encrypted_sqlite {

/// Begins, or goes on where an earlier run was stopped.
outcome<void> rekey(const options& given, database_keys& keys, keywright::sqlite::database& db);

} // namespace encrypted_sqlite

// SPDX-License-Identifier: Apache-2.0
// Backups: taken while the database is used, looked at, verified, and put in a database's place.
#pragma once

#include "database_keys.hpp"

namespace encrypted_sqlite {

/// Whether a file begins as a backup does.
bool is_backup(const std::string& path);

outcome<void> inspect_backup(const options& given);
outcome<void> verify_backup(const options& given, database_keys& keys);
/// Of `given.file`, to `given.out`.
outcome<void> take_backup(const options& given, database_keys& keys);
/// Of `given.in`, into the place of `given.file`. `from` are the keys that it was taken under.
outcome<void> restore_backup(const options& given, database_keys& from, database_keys& keys);

} // namespace encrypted_sqlite

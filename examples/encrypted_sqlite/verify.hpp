// SPDX-License-Identifier: Apache-2.0
// Whether a database is whole: every page proved, and SQLite's own check of what they hold together.
#pragma once

#include "database_keys.hpp"

namespace encrypted_sqlite {

/// Says which pages do not open, or that all is well.
outcome<exit_code> verify(desk& at, const keywright::sqlite::database& db);

} // namespace encrypted_sqlite

// SPDX-License-Identifier: Apache-2.0
// What every program that tries encrypted databases needs: keys, and SQL with what it answers.
#pragma once

#include <keywright/adapters/sqlite/encrypted_database.hpp>

#include <string>

namespace keywright::encrypted_tests {

/// Of the environment prod, whose page key is 32 times 7; as often as it is asked for.
inline result<keys::data_key_lease> lease() {
    std::vector<keys::leased_key> list;
    list.push_back({{environment_id{"prod"}, keys::data_purpose::page, 1}, secret_bytes(byte_view(bytes(32, 7))), true, 1000});
    return keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(1), 1, std::move(list));
}

/// The rows, `|` between columns and `;` behind each; `code` when it fails.
struct outcome {
    int code = SQLITE_OK;
    std::string rows;
};
inline outcome try_sql(sqlite3* db, const std::string& sql) {
    outcome out;
    out.code = sqlite3_exec(
        db, sql.c_str(),
        [](void* to, int columns, char** values, char**) {
            auto& rows = static_cast<outcome*>(to)->rows;
            for (int i = 0; i < columns; ++i) rows += std::string(i > 0 ? "|" : "") + (values[i] == nullptr ? "NULL" : values[i]);
            rows += ';';
            return 0;
        },
        &out, nullptr);
    return out;
}
/// What SQLite, and keywright behind it, say of what has just failed.
inline std::string last_words(sqlite3* db) {
    const auto fault = sqlite::last_error(db);
    return std::string(sqlite3_errmsg(db)) + " / " + (fault ? fault->text : "no fault");
}

} // namespace keywright::encrypted_tests

// SPDX-License-Identifier: Apache-2.0
#include "dump.hpp"

#include <fmt/format.h>

namespace encrypted_sqlite {

namespace {

std::string text(sqlite3_stmt* rows, int column) {
    const auto* found = reinterpret_cast<const char*>(sqlite3_column_text(rows, column));
    return found == nullptr ? "" : found;
}
std::string quoted(const std::string& name, char mark) {
    std::string out(1, mark);
    for (const char c : name) out += c == mark ? std::string(2, mark) : std::string(1, c);
    return out + mark;
}

/// One INSERT for each row. Generated columns make themselves.
outcome<void> dump_rows(desk& at, const std::string& table) {
    std::string names, values;
    auto listed = each_row(at, "SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0", table, [&](sqlite3_stmt* column) {
        const std::string name = quoted(text(column, 0), '"');
        names += (names.empty() ? "" : ",") + name;
        values += (values.empty() ? "" : " || ',' || ") + ("quote(" + name + ")");
    });
    if (!listed) return listed;
    if (names.empty()) return {};
    const std::string into = fmt::format("INSERT INTO {}({}) VALUES(", quoted(table, '"'), names);
    return each_row(at, fmt::format("SELECT {} FROM {}", values, quoted(table, '"')).c_str(), {}, [&](sqlite3_stmt* row) {
        fmt::print("{}{});\n", into,
                   std::string_view(reinterpret_cast<const char*>(sqlite3_column_text(row, 0)),
                                    static_cast<std::size_t>(sqlite3_column_bytes(row, 0))));
    });
}

outcome<void> dump_table(desk& at, const std::string& name, const std::string& sql) {
    // These SQLite makes by itself; a virtual table's own tables come by their own entries, so it is only noted.
    if (name == "sqlite_sequence") {
        fmt::print("DELETE FROM sqlite_sequence;\n");
    } else if (name.starts_with("sqlite_stat")) {
        fmt::print("ANALYZE sqlite_schema;\n");
    } else if (sqlite3_strnicmp(sql.c_str(), "CREATE VIRTUAL TABLE", 20) == 0) {
        const std::string is = quoted(name, '\'');
        fmt::print("PRAGMA writable_schema=ON;\nINSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table',{},{},0,{});\n",
                   is, is, quoted(sql, '\''));
        return {};
    } else {
        fmt::print("{};\n", sql);
    }
    return dump_rows(at, name);
}

outcome<void> dump_all(desk& at, const std::string& like) {
    std::vector<std::pair<std::string, std::string>> tables;
    auto listed = each_row(at,
                           "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql NOT NULL AND name LIKE ?1"
                           " ORDER BY name = 'sqlite_sequence', name LIKE 'sqlite_stat%', rowid",
                           like, [&](sqlite3_stmt* row) { tables.emplace_back(text(row, 0), text(row, 1)); });
    if (!listed) return listed;
    for (const auto& [name, sql] : tables)
        if (auto dumped = dump_table(at, name, sql); !dumped) return dumped;
    return each_row(at, "SELECT sql FROM sqlite_schema WHERE sql NOT NULL AND type IN ('index', 'trigger', 'view') AND tbl_name LIKE ?1",
                    like, [](sqlite3_stmt* row) { fmt::print("{};\n", text(row, 0)); });
}

} // namespace

outcome<void> dump(desk& at, const std::string& pattern) {
    if (auto begun = run(at, "SAVEPOINT dump"); !begun) return begun;
    fmt::print("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n");
    auto dumped = dump_all(at, pattern.empty() ? "%" : pattern);
    // Whoever reads half a dump must not take it for a whole one.
    fmt::print("{}", dumped ? "PRAGMA writable_schema=OFF;\nCOMMIT;\n" : "ROLLBACK; -- due to errors\n");
    const auto ended = run(at, "RELEASE dump");
    return dumped ? ended : dumped;
}

} // namespace encrypted_sqlite

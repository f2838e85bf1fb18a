// SPDX-License-Identifier: Apache-2.0
#include "dot_commands.hpp"

#include "dump.hpp"

#include <fmt/format.h>

#include <array>
#include <sstream>

namespace encrypted_sqlite {

namespace {

outcome<void> write_texts(desk& at, const char* sql, const std::string& pattern) {
    return each_row(at, sql, pattern.empty() ? "%" : pattern,
                    [](sqlite3_stmt* row) { fmt::print("{}\n", reinterpret_cast<const char*>(sqlite3_column_text(row, 0))); });
}

outcome<void> tables(desk& at, const std::string& pattern) {
    return write_texts(at,
                       "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                       " AND name LIKE ?1 ORDER BY name",
                       pattern);
}
outcome<void> schema(desk& at, const std::string& pattern) {
    return write_texts(at,
                       "SELECT sql || ';' FROM sqlite_schema WHERE sql NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                       " AND tbl_name LIKE ?1 ORDER BY rowid",
                       pattern);
}
outcome<void> mode(desk& at, const std::string& word) {
    constexpr std::array<std::pair<std::string_view, row_mode>, 4> modes{
        {{"list", row_mode::list}, {"column", row_mode::column}, {"json", row_mode::json}, {"csv", row_mode::csv}}};
    for (const auto& [name, value] : modes)
        if (name == word) return at.out.mode = value, outcome<void>{};
    return trouble_of(exit_code::usage, ".mode", "expected list, column, json or csv");
}
outcome<void> headers(desk& at, const std::string& word) {
    if (word != "on" && word != "off") return trouble_of(exit_code::usage, ".headers", "expected on or off");
    at.out.headers = word == "on";
    return {};
}
outcome<void> help(desk&, const std::string&);

struct command {
    std::string_view name, takes, says;
    outcome<void> (*run)(desk&, const std::string&);
};
constexpr std::array commands{
    command{".tables", "[PATTERN]", "names of tables and views, LIKE the pattern", tables},
    command{".schema", "[PATTERN]", "the statements that made them, with indices and triggers", schema},
    command{".dump", "[PATTERN]", "all as SQL, in the clear, for sqlite3 or another database", dump},
    command{".mode", "MODE", "how rows are written: list, column, json, csv", mode},
    command{".headers", "on|off", "names of columns first, in modes list and csv", headers},
    command{".help", "", "this", help},
    command{".quit", "", "ends; so does the end of the input", nullptr},
};

outcome<void> help(desk&, const std::string&) {
    for (const auto& each : commands) fmt::print("{:<9} {:<10} {}\n", each.name, each.takes, each.says);
    return {};
}

} // namespace

outcome<bool> run_dot_command(desk& at, const std::string& line) {
    std::istringstream words(line);
    std::string name, operand, more;
    words >> name >> operand >> more;
    for (const auto& each : commands) {
        if (each.name != name) continue;
        if (!more.empty() || (!operand.empty() && each.takes.empty()))
            return trouble_of(exit_code::usage, name, "expected fewer words", ".help says what it takes");
        if (each.run == nullptr) return false;
        auto done = each.run(at, operand);
        std::fflush(stdout);
        if (!done) return pass_on(done);
        return true;
    }
    return trouble_of(exit_code::usage, name, "is no command here", ".help lists them");
}

} // namespace encrypted_sqlite

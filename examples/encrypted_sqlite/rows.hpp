// SPDX-License-Identifier: Apache-2.0
// Rows of a result on standard output, in one of four forms.
#pragma once

#include <sqlite3.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace encrypted_sqlite {

enum class row_mode : unsigned char { list, column, json, csv };

/// One result after the other. On a terminal, what could move its cursor is written as \u{...}.
class row_writer {
public:
    row_writer(std::FILE* to, row_mode mode, bool headers);

    row_mode mode;
    bool headers;

    /// Before the first row of a statement that has columns.
    void begin(sqlite3_stmt* rows);
    void row(sqlite3_stmt* rows);
    void end();

private:
    struct cell {
        std::string text;
        bool is_number = false;
    };
    std::string text_of(sqlite3_stmt* rows, int column) const;
    void write_line(const std::vector<std::string>& cells, std::string_view between, std::string_view after);
    void write_table();
    void write_json(sqlite3_stmt* rows);

    std::FILE* to_;
    bool is_terminal_;
    std::vector<std::string> names_;
    std::vector<std::vector<cell>> table_; ///< in mode column, which needs widths before the first line
    std::size_t rows_ = 0;
};

} // namespace encrypted_sqlite

// SPDX-License-Identifier: Apache-2.0
#include "rows.hpp"

#include "../common/printable.hpp"

#include <keywright/core/hex.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <unistd.h>

namespace encrypted_sqlite {

namespace {

using json = nlohmann::ordered_json;

std::string_view bytes_of(sqlite3_stmt* rows, int column) {
    const void* data = sqlite3_column_blob(rows, column);
    return data == nullptr ? std::string_view()
                           : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(rows, column)));
}

std::string in_csv(const std::string& text) {
    if (text.find_first_of("\",\r\n\t ") == text.npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + '"';
}

/// Characters of UTF-8: near enough to columns of a terminal.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

json json_of(sqlite3_stmt* rows, int column) {
    switch (sqlite3_column_type(rows, column)) {
    case SQLITE_INTEGER: return sqlite3_column_int64(rows, column);
    case SQLITE_FLOAT: return sqlite3_column_double(rows, column);
    case SQLITE_NULL: return nullptr;
    case SQLITE_BLOB: return keywright::to_hex(keywright::as_bytes(bytes_of(rows, column)));
    default: return std::string(bytes_of(rows, column));
    }
}

} // namespace

row_writer::row_writer(std::FILE* to, row_mode m, bool h) : mode(m), headers(h), to_(to), is_terminal_(::isatty(::fileno(to)) != 0) {}

std::string row_writer::text_of(sqlite3_stmt* rows, int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(rows, column));
    const std::string raw =
        text == nullptr ? std::string() : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(rows, column)));
    return is_terminal_ ? example::printable(raw) : raw;
}

void row_writer::begin(sqlite3_stmt* rows) {
    names_.clear();
    table_.clear();
    rows_ = 0;
    for (int i = 0; i < sqlite3_column_count(rows); ++i) names_.emplace_back(sqlite3_column_name(rows, i));
    if (!headers || mode == row_mode::json || mode == row_mode::column) return;
    std::vector<std::string> cells = names_;
    if (mode == row_mode::csv) std::transform(cells.begin(), cells.end(), cells.begin(), in_csv);
    write_line(cells, mode == row_mode::csv ? "," : "|", mode == row_mode::csv ? "\r\n" : "\n");
}

void row_writer::row(sqlite3_stmt* rows) {
    ++rows_;
    if (mode == row_mode::json) return write_json(rows);
    std::vector<std::string> cells;
    for (int i = 0; i < sqlite3_column_count(rows); ++i) cells.push_back(text_of(rows, i));
    if (mode == row_mode::list) return write_line(cells, "|", "\n");
    if (mode == row_mode::csv) {
        std::transform(cells.begin(), cells.end(), cells.begin(), in_csv);
        return write_line(cells, ",", "\r\n");
    }
    std::vector<cell> line;
    for (int i = 0; i < sqlite3_column_count(rows); ++i) {
        const int type = sqlite3_column_type(rows, i);
        line.push_back({std::move(cells[static_cast<std::size_t>(i)]), type == SQLITE_INTEGER || type == SQLITE_FLOAT});
    }
    table_.push_back(std::move(line));
}

void row_writer::end() {
    if (mode == row_mode::json && rows_ > 0) std::fputs("]\n", to_);
    if (mode == row_mode::column && rows_ > 0) write_table();
    std::fflush(to_);
}

void row_writer::write_line(const std::vector<std::string>& cells, std::string_view between, std::string_view after) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) line += (i > 0 ? std::string(between) : "") + cells[i];
    line += after;
    std::fwrite(line.data(), 1, line.size(), to_);
}

void row_writer::write_json(sqlite3_stmt* rows) {
    json out = json::object();
    for (int i = 0; i < sqlite3_column_count(rows); ++i) out[names_[static_cast<std::size_t>(i)]] = json_of(rows, i);
    fmt::print(to_, "{}{}", rows_ == 1 ? "[" : ",\n", out.dump(-1, ' ', false, json::error_handler_t::replace));
}

void row_writer::write_table() {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        widths.push_back(width_of(names_[i]));
        for (const auto& line : table_) widths[i] = std::max(widths[i], width_of(line[i].text));
    }
    const auto padded = [&](std::size_t i, const std::string& text, bool right) {
        const std::string room(widths[i] - width_of(text), ' ');
        return right ? room + text : i + 1 == widths.size() ? text : text + room;
    };
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < names_.size(); ++i) cells.push_back(padded(i, names_[i], false));
    write_line(cells, "  ", "\n");
    for (std::size_t i = 0; i < names_.size(); ++i) cells[i] = std::string(widths[i], '-');
    write_line(cells, "  ", "\n");
    for (const auto& line : table_) {
        for (std::size_t i = 0; i < names_.size(); ++i) cells[i] = padded(i, line[i].text, line[i].is_number);
        write_line(cells, "  ", "\n");
    }
}

} // namespace encrypted_sqlite

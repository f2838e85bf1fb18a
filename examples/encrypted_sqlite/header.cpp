// SPDX-License-Identifier: Apache-2.0
#include "header.hpp"

#include "../common/printable.hpp"

#include <keywright/adapters/file/durable.hpp>
#include <keywright/keys/discovery_keyring.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <unistd.h>

namespace encrypted_sqlite {

using namespace keywright;
using envelope::page_header;

namespace {

/// The copy that counts: the newer one of those that are whole.
outcome<page_header> newest(const std::string& path, byte_view both) {
    if (both.size() < envelope::header_size) {
        if (both.empty()) return trouble_of(exit_code::not_a_database, path, "is empty", "it becomes a database with its first table");
        return trouble_of(exit_code::not_a_database, path, "is too short for an encrypted database");
    }
    if (as_text(both.first(16)) == std::string_view("SQLite format 3\0", 16))
        return trouble_of(exit_code::not_a_database, path, "is an SQLite database in the clear",
                          "encrypted_sqlite convert --to encrypted FILE");
    auto first = page_header::parse(both.first(envelope::header_slot_size));
    auto second = page_header::parse(both.subspan(envelope::header_slot_size, envelope::header_slot_size));
    if (!first && !second) return trouble_of(exit_code::not_a_database, path, first.error().text);
    if (!first || (second && second->sequence > first->sequence)) return std::move(*second);
    return std::move(*first);
}

std::string_view suite_text(envelope::page_suite suite) {
    return suite == envelope::page_suite::aes256_gcm ? "AES-256-GCM" : "AES-256-GCM-SIV";
}
std::string key_of(const page_header& header) {
    const auto entry = header.key.view();
    return fmt::format("{}/{}", entry.provider_id, keys::key_name({entry.provider_id, entry.provider_info, {}}));
}

void show_text(const page_header& header, const std::string& path, std::uint64_t pages, bool colours) {
    const auto line = [colours](std::string_view name, std::string_view value) {
        fmt::print("  {}{:<12}{} {}\n", colours ? "\033[2m" : "", name, colours ? "\033[0m" : "", example::printable(value));
    };
    fmt::print("{}: encrypted SQLite database; nothing of this is proven\n", example::printable(path));
    line("suite", suite_text(header.suite));
    line("pages", fmt::format("{} of {} bytes{}", pages, header.page_size, header.populated ? "" : "; none was synced yet"));
    line("key", key_of(header));
    line("file id", to_hex(header.file));
    line("generation", std::to_string(header.sequence));
    if (header.other) line("rekey", "under way; run it again to finish it");
}

void show_json(const page_header& header, const std::string& path, std::uint64_t pages) {
    const nlohmann::ordered_json out{{"format", 1},
                                     {"path", path},
                                     {"proven", false},
                                     {"suite", suite_text(header.suite)},
                                     {"page_size", header.page_size},
                                     {"pages", pages},
                                     {"populated", header.populated},
                                     {"key", key_of(header)},
                                     {"file_id", to_hex(header.file)},
                                     {"generation", header.sequence},
                                     {"rekey_under_way", header.other.has_value()}};
    fmt::print("{}\n", out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

} // namespace

outcome<page_header> read_header(const std::string& path) {
    const auto in = file::open_file(path, O_RDONLY);
    if (!in) return trouble_of(in.error(), path);
    bytes both(envelope::header_size);
    const auto got = file::read_fully(*in, both);
    if (!got) return trouble_of(got.error(), path);
    both.resize(*got);
    return newest(path, both);
}

outcome<void> inspect(const options& given) {
    const auto header = read_header(given.file);
    if (!header) return pass_on(header);
    std::error_code failed;
    const auto size = std::filesystem::file_size(given.file, failed);
    const std::uint64_t pages = failed || size < envelope::header_size ? 0 : (size - envelope::header_size) / header->page_size;
    if (given.as_json)
        show_json(*header, given.file, pages);
    else
        show_text(*header, given.file, pages, given.colours(STDOUT_FILENO));
    return {};
}

} // namespace encrypted_sqlite

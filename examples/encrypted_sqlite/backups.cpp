// SPDX-License-Identifier: Apache-2.0
#include "backups.hpp"

#include "../common/printable.hpp"
#include "../common/progress_bar.hpp"
#include "header.hpp"

#include <keywright/adapters/sqlite/backup.hpp>
#include <keywright/core/hex.hpp>
#include <keywright/format.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <unistd.h>

namespace encrypted_sqlite {

using namespace keywright;
namespace fs = std::filesystem;

namespace {

/// A backup that is read, from a file or from -.
struct opened_input {
    file::descriptor from;
    std::uint64_t size = 0; ///< 0: a pipe
};
outcome<opened_input> open_input(const std::string& path) {
    if (path == "-") return opened_input{file::descriptor(::dup(STDIN_FILENO)), 0};
    auto opened = file::open_file(path, O_RDONLY);
    if (!opened) return trouble_of(opened.error(), path);
    std::error_code ignored;
    return opened_input{std::move(*opened), fs::file_size(path, ignored)};
}
sqlite::byte_source counted(const opened_input& in, example::progress_bar& bar, std::uint64_t& done) {
    return [&](byte_span room) {
        auto got = file::read_fully(in.from, room);
        if (got) bar.at(done += *got);
        return got;
    };
}

/// Why a backup is none, or not these keys'.
trouble why_not_restored(const error& e, const std::string& path, const options& given, const database_keys* keys) {
    if (keys != nullptr && keys->refusal()) return *keys->refusal();
    switch (e.code) {
    case errc::not_mine: return {exit_code::no_key_fits, path, "was taken under other keys", "see whose: encrypted_sqlite inspect FILE"};
    case errc::authentication_failed:
        return {exit_code::content_damaged, path, "another key made it, or it was altered", "look for another key file, or another backup"};
    case errc::unsupported: return {exit_code::not_a_database, path, e.text};
    case errc::malformed:
        if (path != "-" && !is_backup(path)) return {exit_code::not_a_database, path, "is no backup"};
        return {exit_code::content_damaged, path, e.text, "get it again from where it was kept"};
    case errc::corrupt: return {exit_code::content_damaged, path, e.text, "get it again from where it was kept"};
    case errc::already_exists: return {exit_code::output_exists, given.file, e.text};
    case errc::timed_out: return {exit_code::busy, given.file, "other programs have it open", "end them, and run the same command again"};
    default: return trouble_of(e, path).value();
    }
}

/// A stream whose head is read twice, since what it says of itself is needed before it is opened.
class repeated_head {
public:
    explicit repeated_head(sqlite::byte_source from) : from_(std::move(from)) {}
    sqlite::byte_source first() {
        return [this](byte_span room) {
            auto got = from_(room);
            if (got) head_.insert(head_.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(*got));
            return got;
        };
    }
    sqlite::byte_source again() {
        return [this, at = std::size_t{0}](byte_span room) mutable -> result<std::size_t> {
            if (at == head_.size()) return from_(room);
            const auto n = std::min(room.size(), head_.size() - at);
            std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(at), n, room.begin());
            at += n;
            return n;
        };
    }

private:
    sqlite::byte_source from_;
    bytes head_;
};

/// Sends a backup where it is to go; the number of its pages.
outcome<std::uint32_t> write_out(const options& given, const database_keys& keys, const sqlite::lease_source& source, instant now) {
    std::error_code ignored;
    example::progress_bar bar(fs::file_size(given.file, ignored), !given.quiet);
    std::uint64_t done = 0;
    std::optional<file::growing_file> whole;
    const file::descriptor pipe(given.out == "-" ? ::dup(STDOUT_FILENO) : -1);
    if (given.out != "-") {
        auto begun = file::growing_file::begin(given.out);
        if (!begun) return trouble_of(begun.error(), given.out);
        whole.emplace(std::move(*begun));
    }
    const auto sink = [&](byte_view data) {
        bar.at(done += data.size());
        return whole ? whole->write(data) : file::write_fully(pipe, data);
    };
    const auto info = sqlite::write_backup(given.file, source, sink, {.taken = now});
    bar.clear();
    if (!info) return tl::unexpected(why_closed(info.error(), given, keys));
    if (whole)
        if (const auto kept = whole->commit(); !kept) return trouble_of(kept.error(), given.out);
    return info->pages;
}

std::string taken_at(const sqlite::backup_info& info) { return happened(info.taken) ? to_text(info.taken) : std::string("not said"); }

} // namespace

bool is_backup(const std::string& path) {
    const auto in = file::open_file(path, O_RDONLY | O_NONBLOCK);
    bytes head(16);
    return in && file::read_fully(*in, head) && as_text(head) == "keywright backup";
}

outcome<void> inspect_backup(const options& given) {
    const auto in = open_input(given.file);
    if (!in) return pass_on(in);
    const auto info = sqlite::inspect_backup(sqlite::read_from(in->from));
    if (!info) return tl::unexpected(why_not_restored(info.error(), given.file, given, nullptr));
    if (given.as_json) {
        const nlohmann::ordered_json out{{"format", 1},
                                         {"path", given.file},
                                         {"backup", true},
                                         {"proven", false},
                                         {"environment", std::string(info->environment.view())},
                                         {"taken", taken_at(*info)},
                                         {"page_size", info->page_size},
                                         {"pages", info->pages},
                                         {"key", info->key},
                                         {"file_id", to_hex(info->file)}};
        fmt::print("{}\n", out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
        return {};
    }
    fmt::print("{}: backup of an encrypted SQLite database; nothing of this is proven\n", example::printable(given.file));
    fmt::print("  taken        {}\n  pages        {} of {} bytes\n  key          {}\n  file id      {}\n", taken_at(*info), info->pages,
               info->page_size, example::printable(info->key), to_hex(info->file));
    return {};
}

outcome<void> verify_backup(const options& given, database_keys& keys) {
    const auto in = open_input(given.file);
    if (!in) return pass_on(in);
    const auto lease = keys.source()();
    if (!lease) return tl::unexpected(why_not_restored(lease.error(), given.file, given, &keys));
    std::uint64_t done = 0;
    example::progress_bar bar(in->size, !given.quiet);
    const auto info = sqlite::verify_backup(counted(*in, bar, done), **lease);
    bar.clear();
    if (!info) return tl::unexpected(why_not_restored(info.error(), given.file, given, &keys));
    if (!given.quiet) fmt::print("{}: backup of {} pages, taken {}: all proved\n", given.file, info->pages, taken_at(*info));
    return {};
}

outcome<void> take_backup(const options& given, database_keys& keys) {
    if (given.out == "-" && ::isatty(STDOUT_FILENO) != 0)
        return trouble_of(exit_code::usage, "standard output", "a backup is not for a terminal", "name a file with --out, or use a pipe");
    std::error_code ignored;
    if (given.out != "-" && fs::exists(given.out, ignored) && !given.force)
        return trouble_of(exit_code::output_exists, given.out, "is there already", "--force replaces it; --out names another");
    const auto now = keys.now();
    if (!now) return trouble_of(now.error(), "the clock");
    const auto header = read_header(given.file);
    if (!header) return pass_on(header);
    std::optional<trouble> failed;
    std::uint32_t pages = 0;
    const auto done = keys.back_up({{}, header->file, *now}, [&](const sqlite::lease_source& source) -> result<void> {
        const auto written = write_out(given, keys, source, *now);
        if (written) return pages = *written, result<void>{};
        failed = written.error();
        return fail(errc::misused, "the backup was not taken");
    });
    if (failed) return tl::unexpected(*failed);
    if (!done) return done;
    if (!given.quiet && given.out != "-") fmt::print(stderr, "encrypted_sqlite: {}: {} pages of {}\n", given.out, pages, given.file);
    return {};
}

outcome<void> restore_backup(const options& given, database_keys& from, database_keys& keys) {
    const auto in = open_input(given.in);
    if (!in) return pass_on(in);
    std::uint64_t done = 0;
    example::progress_bar bar(in->size, !given.quiet);
    repeated_head source(counted(*in, bar, done));
    const auto head = sqlite::inspect_backup(source.first());
    if (!head) return tl::unexpected(why_not_restored(head.error(), given.in, given, &from));
    std::optional<trouble> failed;
    const auto restored = keys.restore({head->environment, head->file, head->taken}, from,
                                       [&](const keys::data_key_lease& opens, const keys::data_key_lease& seals) -> result<void> {
                                           const auto info =
                                               sqlite::restore_backup(source.again(), given.file, {opens, seals},
                                                                      {.suite = given.suite, .kept = keys.generation_of(given.file)});
                                           if (info) return {};
                                           failed = why_not_restored(info.error(), given.in, given, &from);
                                           return fail(errc::misused, "content: the database was not restored");
                                       });
    bar.clear();
    if (failed) return tl::unexpected(*failed);
    if (!restored) return restored;
    if (!given.quiet) fmt::print(stderr, "encrypted_sqlite: {} is as it was {}; {} pages\n", given.file, taken_at(*head), head->pages);
    return {};
}

} // namespace encrypted_sqlite

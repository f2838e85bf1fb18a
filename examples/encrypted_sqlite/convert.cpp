// SPDX-License-Identifier: Apache-2.0
#include "convert.hpp"

#include "../common/progress_bar.hpp"

#include <keywright/adapters/sqlite/convert.hpp>

#include <filesystem>

namespace encrypted_sqlite {

using namespace keywright;

namespace {

result<void> go(const options& given, database_keys& keys, const std::optional<policy::clear_permit>& permit,
                const sqlite::convert_options& how) {
    return permit ? sqlite::decrypt(given.file, keys.source(), *permit, how) : sqlite::encrypt(given.file, keys.source(), how);
}

trouble why_not_converted(const error& e, const options& given, const database_keys& keys) {
    if (e.code == errc::timed_out)
        return {exit_code::busy, given.file, "other programs have it open",
                "end them, and run the same command again; nothing was changed"};
    if (e.code == errc::unsupported) return {exit_code::failed, given.file, e.text};
    if (e.code == errc::malformed && given.to == way::clear) return {exit_code::not_a_database, given.file, "is not encrypted"};
    if (e.code == errc::malformed) return {exit_code::not_a_database, given.file, e.text};
    return why_closed(e, given, keys);
}

constexpr const char* encrypted_now =
    "encrypted_sqlite: {} is encrypted; {}. On flash, on file systems that copy on write,\n"
    "  in snapshots and in backups what was in the clear is still there: destroy those, and change what was secret\n";

} // namespace

outcome<void> convert(const options& given, database_keys& keys) {
    std::optional<policy::clear_permit> permit;
    if (given.to == way::clear) {
        auto asked = keys.way_out();
        if (!asked) return pass_on(asked);
        permit = *asked;
    }
    std::error_code ignored;
    std::uint64_t total = std::filesystem::file_size(given.file, ignored);
    example::progress_bar bar(total, !given.quiet && !ignored);
    const sqlite::convert_options how{.suite = given.suite,
                                      .overwrite = !given.keep_old_bytes,
                                      .progress = [&](std::uint64_t done, std::uint64_t) { bar.at(done); },
                                      .kept = keys.generation_of(given.file)};
    const auto done = go(given, keys, permit, how);
    bar.clear();
    if (!done) return tl::unexpected(why_not_converted(done.error(), given, keys));
    if (given.quiet) return {};
    if (permit)
        fmt::print(stderr, "encrypted_sqlite: {} is in the clear: whoever may read the file reads all of it\n", given.file);
    else
        fmt::print(stderr, encrypted_now, given.file,
                   given.keep_old_bytes ? "its old bytes are still on the disk" : "zeros were written over its old bytes");
    return {};
}

} // namespace encrypted_sqlite

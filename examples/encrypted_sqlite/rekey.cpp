// SPDX-License-Identifier: Apache-2.0
#include "rekey.hpp"

#include "../common/progress_bar.hpp"

#include <keywright/adapters/sqlite/reencrypt.hpp>

#include <fmt/format.h>

#include <filesystem>

namespace encrypted_sqlite {

using namespace keywright;

outcome<void> rekey(const options& given, database_keys& keys, sqlite::database& db) {
    std::error_code ignored;
    const std::uint64_t total = std::filesystem::file_size(given.file, ignored);
    example::progress_bar bar(total, !given.quiet);
    std::uint64_t pages = 0;
    const auto done = sqlite::reencrypt(db, {.on_progress = [&](const sqlite::reencryption_progress& so_far) {
                                            pages = std::max(pages, so_far.pages);
                                            if (so_far.pages > 0) bar.at(total / so_far.pages * so_far.resealed);
                                            return true;
                                        }});
    bar.clear();
    if (!done && done.error().code == errc::timed_out)
        return trouble_of(exit_code::busy, given.file, "other programs keep it busy",
                          "run the same command again: it goes on where it stopped");
    if (!done) return tl::unexpected(why_closed(done.error(), given, keys));
    if (!given.quiet) fmt::print(stderr, "encrypted_sqlite: {} has a new key; {} pages were sealed anew\n", given.file, pages);
    return {};
}

} // namespace encrypted_sqlite

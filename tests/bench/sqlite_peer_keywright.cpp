// SPDX-License-Identifier: Apache-2.0
// keywright's databases, opened with a lease whose page key is in memory.
#include "../adapters/sqlite/sql.hpp"
#include "sqlite_peer.hpp"

#include <keywright/adapters/openssl/page_aead.hpp>
#include <keywright/adapters/sqlite/encrypted_database.hpp>

#include <cstdio>
#include <cstdlib>
#include <map>

using namespace keywright;
using encrypted_tests::lease;

namespace {
std::map<sqlite3*, sqlite::database> opened;
} // namespace

sqlite3* bench::open_database(const std::string& path, const std::string& how) {
    auto db = sqlite::open(path, lease,
                           {.suite = how == "GCM-SIV" ? envelope::page_suite::aes256_gcm_siv : envelope::page_suite::aes256_gcm,
                            .engine = how == "OpenSSL" ? openssl::pages : envelope::botan_pages});
    if (!db) std::fprintf(stderr, "failed: %s\n", db.error().text), std::exit(1);
    sqlite3* handle = db->handle();
    opened.insert_or_assign(handle, std::move(*db));
    return handle;
}
void bench::close_database(sqlite3* db) { opened.erase(db); }

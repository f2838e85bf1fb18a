// SPDX-License-Identifier: Apache-2.0
// Encrypted databases by OpenSSL's pages where no connection of an application is: rebuilt, backed up and restored; and Botan reads
// what comes of it.
#include <keywright/adapters/openssl/page_aead.hpp>

#include "../sqlite/encrypted_helpers.hpp"

#include <keywright/adapters/sqlite/database_content.hpp>

using namespace keywright;
using namespace keywright::encrypted_tests;

namespace {

int ciphers; // that OpenSSL was asked for
result<std::unique_ptr<envelope::page_aead>> counted(envelope::page_suite suite, const secret_bytes& key) {
    ++ciphers;
    return openssl::pages(suite, key);
}

} // namespace

TEST_CASE(
    "openssl: databases are rebuilt, backed up and restored with its pages, over one that is there too, and Botan's open all of them") {
    const environment prod;
    const temporary_folder folder;
    const auto lease = prod.source()().value();
    auto store = sqlite::database_content::open(folder / "content", {.engine = counted}).value();
    ports::content_ref first{tenant_id{"contoso"}, region_id{"eu"}, environment_id{"prod"}, 1}, second = first, backup = first;
    second.generation = 2;
    backup.generation = 0, backup.backup = backup_id{"b"};
    REQUIRE(store.create(first).has_value());
    sql(open(store.path(first) + "/a.db", prod, {.suite = envelope::page_suite::aes256_gcm}),
        "PRAGMA journal_mode = WAL; CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(100000)), (2)");
    const auto by_botan = [&](const std::string& path) {
        return sql(open(path, prod), "SELECT sum(length(a)) FROM t; PRAGMA integrity_check");
    };
    const auto was_asked = [] { return std::exchange(ciphers, 0) > 0; };

    REQUIRE(store.rebuild(first, second, lease, lease).has_value());
    CHECK(was_asked());
    CHECK(by_botan(store.path(second) + "/a.db") == "100001;ok;");
    REQUIRE(store.back_up(second, backup, prod.source(), {}).has_value());
    CHECK(was_asked());
    CHECK_FALSE(was_asked());
    for (const bool is_there : {false, true}) {
        CAPTURE(is_there);
        const auto container = file::open_file(store.path(backup) + "/a.db", O_RDONLY);
        REQUIRE(container.has_value());
        const auto restored = sqlite::restore_backup(sqlite::read_from(*container), folder / "b.db", {lease, lease},
                                                     {.suite = envelope::page_suite::aes256_gcm, .engine = counted});
        REQUIRE_MESSAGE(restored.has_value(), std::string(restored.error().text));
        CHECK(was_asked());
        CHECK(by_botan(folder / "b.db") == "100001;ok;");
    }
}

// SPDX-License-Identifier: Apache-2.0
// Generations that are kept in a state store: whoever puts an old file back after a restore or a conversion is found out.
#include "encrypted_helpers.hpp"

#include <keywright/adapters/memory/state_store.hpp>
#include <keywright/adapters/sqlite/backup.hpp>
#include <keywright/adapters/sqlite/convert.hpp>
#include <keywright/adapters/sqlite/generation.hpp>
#include <keywright/insecure.hpp>
#include <keywright/testing/failing_store.hpp>

using namespace keywright;
using namespace keywright::encrypted_tests;

namespace {

struct scene {
    temporary_folder folder;
    environment prod;
    memory::state_store memory;
    testing::failing_store<memory::state_store> store{memory};
    sqlite::generation_keeper kept = sqlite::kept_in(store, "generation/a.db");
    std::string path = folder / "a.db";
    bytes backup;

    scene() {
        const auto db = open(path, prod);
        sql(db, "CREATE TABLE t(a); INSERT INTO t VALUES ('of the backup')");
        const auto sink = [this](byte_view data) { return backup.insert(backup.end(), data.begin(), data.end()), result<void>{}; };
        REQUIRE(sqlite::write_backup(path, prod.source(), sink));
        sql(db, "UPDATE t SET a = 'of today'");
    }
    std::uint64_t known() { return kept.known().value(); }
    result<void> restore() {
        const auto source = [this, at = std::size_t{0}](byte_span room) mutable -> result<std::size_t> {
            const auto n = std::min(room.size(), backup.size() - at);
            std::copy_n(backup.begin() + static_cast<std::ptrdiff_t>(at), n, room.begin());
            at += n;
            return n;
        };
        const auto lease = prod.source()().value();
        const auto done = sqlite::restore_backup(source, path, {lease, lease}, {.kept = kept});
        return done ? result<void>{} : pass(done);
    }
    result<void> way_out() {
        const auto permit = policy::clear_permit::without_policy(environment_id{"prod"}, insecure::secret_access{"a test"});
        return sqlite::decrypt(path, prod.source(), permit, {.kept = kept});
    }
    /// What the database says to whoever asks for the generation that is known.
    std::string asked() {
        const auto db = sqlite::open(path, prod.source(), {.at_least = known()});
        return db ? sql(*db, "SELECT a FROM t") : std::string(name(db.error().code));
    }
    std::string with(const bytes& old) {
        write_content(path, old);
        return asked();
    }
};

} // namespace

TEST_CASE("generation_keeper: the file of before a restore, put back, is refused, whatever the restore found in its place") {
    scene s;
    CHECK(s.known() == 0);
    const auto before = content_of(s.path);
    REQUIRE(s.restore());
    const auto first = s.known();
    CHECK(s.asked() == "of the backup;");
    CHECK(s.with(before) == "corrupt");
    REQUIRE(s.restore()); // over the old one
    CHECK(s.known() > first);
    CHECK(s.asked() == "of the backup;");
    const auto second = content_of(s.path);
    std::filesystem::remove(s.path);
    REQUIRE(s.restore()); // over none
    CHECK(s.asked() == "of the backup;");
    CHECK(s.with(second) == "corrupt");
    CHECK(s.with(before) == "corrupt");
}

TEST_CASE("generation_keeper: after the way out no encrypted file of before is taken, and one that is encrypted anew is") {
    scene s;
    const auto before = content_of(s.path);
    REQUIRE(s.way_out());
    const auto clear = content_of(s.path);
    CHECK(s.with(before) == "corrupt");
    CHECK(s.way_out().error().code == errc::corrupt); // nor does it go out once more
    write_content(s.path, clear);
    REQUIRE(sqlite::encrypt(s.path, s.prod.source(), {.kept = s.kept}));
    CHECK(s.asked() == "of today;");
    const auto anew = content_of(s.path);
    CHECK(s.with(before) == "corrupt");
    CHECK(s.with(anew) == "of today;");
    REQUIRE(s.restore());
    CHECK(s.with(anew) == "corrupt");
}

TEST_CASE("generation_keeper: a store that fails before changes nothing, and behind the new file's back leaves it open to who knows less") {
    scene s;
    REQUIRE(s.restore());
    const auto before = content_of(s.path);
    s.store.fail_all({errc::unavailable, "test: away"});
    CHECK(s.restore().error().code == errc::unavailable);
    CHECK(content_of(s.path) == before);
    s.store.fail_call(0, {});
    s.kept.keep = [](std::uint64_t) -> result<void> { return fail(errc::storage_full, "test: full"); };
    CHECK(s.restore().error().code == errc::storage_full);
    CHECK(content_of(s.path) != before);
    CHECK(s.asked() == "of the backup;");
}

TEST_CASE("kept_in: keeps the highest that it was told, and knows a damaged record") {
    scene s;
    REQUIRE(s.kept.keep(9));
    REQUIRE(s.kept.keep(8));
    CHECK(s.known() == 9);
    CHECK(s.memory.load("generation/a.db")->value == bytes{0, 0, 0, 0, 0, 0, 0, 9});
    ports::batch batch;
    batch.put_any("generation/a.db", bytes(7));
    REQUIRE(s.memory.commit(batch));
    CHECK(s.kept.known().error().code == errc::corrupt);
    CHECK(s.kept.keep(10).error().code == errc::corrupt);
    CHECK(s.restore().error().code == errc::corrupt);
}

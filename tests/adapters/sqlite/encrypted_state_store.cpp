// SPDX-License-Identifier: Apache-2.0
// A state store in an encrypted database: the suite, nothing in the clear, other keys, a kill, and a store that becomes one.
#include <keywright/adapters/sqlite/encrypted_state_store.hpp>

#include "encrypted_helpers.hpp"
#include "store_helpers.hpp"

#include <keywright/adapters/sqlite/convert.hpp>

#include <csignal>

#include <sys/wait.h>

using namespace keywright;
using namespace keywright::encrypted_tests;

namespace {

using store_tests::check_pair;
using store_tests::put;
using store_tests::text_at;
using store_tests::write_pairs;

sqlite::state_store open_store(const std::string& path, const environment& of) {
    auto opened = sqlite::open_encrypted_store(path, of.source());
    REQUIRE_MESSAGE(opened.has_value(), std::string(opened.error().text), " (", name(opened.error().code), ")");
    return std::move(*opened);
}
errc code_of_store(const std::string& path, const environment& of) {
    const auto opened = sqlite::open_encrypted_store(path, of.source(), {seconds{1}});
    REQUIRE_FALSE(opened.has_value());
    return opened.error().code;
}

struct place {
    static constexpr bool outlives_the_store = true;
    temporary_folder folder;
    environment provider{"provider"};
    sqlite::state_store open() { return open_store(folder / "state.db", provider); }
};

} // namespace

TEST_CASE("encrypted state store: passes the suite") { testing::state_store_suite<place>(); }

TEST_CASE("encrypted state store: nothing of it is in the clear, and other keys, a lock or another program's database are refused") {
    const environment provider("provider");
    const temporary_folder folder;
    const std::string path = folder / "state.db";
    {
        auto store = open_store(path, provider);
        put(store, "MARKER-key", "MARKER-value");
        CHECK(open_files_below(folder).size() > 8192);
        CHECK_FALSE(holds(open_files_below(folder), "MARKER"));
        REQUIRE(store.scrub());
    }
    CHECK_FALSE(holds(content_of(path), "MARKER"));
    CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::mask) ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    CHECK(code_of_store(path, environment("provider", 8)) == errc::authentication_failed);
    CHECK(code_of_store(path, environment("other")) == errc::not_mine);
    CHECK(sqlite::state_store::open(path).error().code == errc::corrupt);
    CHECK(code_of_store(folder / "none/state.db", provider) == errc::not_found);
    provider.lock();
    CHECK(code_of_store(path, provider) == errc::locked);
    provider.unlock();
    sql(open(folder / "other.db", provider), "CREATE TABLE t(a)");
    CHECK(code_of_store(folder / "other.db", provider) == errc::malformed);
    CHECK(sql(open(folder / "other.db", provider), "PRAGMA journal_mode; SELECT name FROM sqlite_schema") == "delete;t;");
}

TEST_CASE("encrypted state store: a store in the clear becomes one, with every record and its version") {
    const environment provider("provider");
    const temporary_folder folder;
    const std::string path = folder / "state.db";
    std::uint64_t version = 0;
    {
        auto store = sqlite::state_store::open(path);
        REQUIRE(store);
        for (const char* value : {"1", "2", "3"}) put(*store, "key", value);
        version = store->load("key")->version;
    }
    CHECK(code_of_store(path, provider) == errc::malformed);
    REQUIRE(sqlite::encrypt(path, provider.source()));
    auto store = open_store(path, provider);
    CHECK(text_at(store, "key") == "3");
    CHECK(store.load("key")->version == version);
    put(store, "next", "");
    CHECK(store.load("next")->version == version + 1);
}

TEST_CASE("encrypted state store: a process killed while it makes or changes one leaves whole commits") {
    const environment provider("provider");
    const temporary_folder folder;
    for (int round = 0; round < 12; ++round) {
        const std::string path = folder / std::to_string(round % 4);
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            auto store = sqlite::open_encrypted_store(path, provider.source());
            if (store) write_pairs(*store);
            ::_exit(1);
        }
        ::usleep(static_cast<useconds_t>(1500 * round * round));
        ::kill(child, SIGKILL);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status));
        auto store = open_store(path, provider);
        check_pair(store);
    }
}

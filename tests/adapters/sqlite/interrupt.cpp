// SPDX-License-Identifier: Apache-2.0
// A lock ends what runs in other threads at once, also where an application has a progress handler of its own and its statement
// touches no page.
#include <keywright/adapters/sqlite/interrupt.hpp>

#include "encrypted_helpers.hpp"

#include <thread>

using namespace keywright;
using namespace keywright::encrypted_tests;

namespace {

/// A thread whose statement has no end and asks no page, on a connection without keywright's progress handler and trace.
class endless {
public:
    explicit endless(sqlite::database of) : db_(std::move(of)) {
        sqlite3_progress_handler(db_.handle(), 0, nullptr, nullptr);
        sqlite3_trace_v2(db_.handle(), 0, nullptr, nullptr);
        sqlite3_create_function(
            db_.handle(), "note", 0, SQLITE_UTF8, this,
            [](sqlite3_context* to, int, sqlite3_value**) {
                auto& self = *static_cast<endless*>(sqlite3_user_data(to));
                ++self.rounds_;
                if (self.stops_) sqlite3_result_error(to, "test: stopped", -1);
            },
            nullptr, nullptr);
        runs_ = std::thread([this] {
            code_ = try_sql(db_.handle(), "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT note() FROM n) SELECT count(*) FROM n").code;
        });
        goes_on();
    }
    endless(const endless&) = delete;
    endless& operator=(const endless&) = delete;
    ~endless() { stop(); }

    /// Returns when it is seen to run.
    void goes_on() const {
        for (const int before = rounds_; rounds_ < before + 1000;) std::this_thread::yield();
    }
    int ended() {
        runs_.join();
        return code_;
    }
    /// What it was ended with when nothing else had ended it.
    int stop() {
        stops_ = true;
        if (runs_.joinable()) runs_.join();
        return code_;
    }

private:
    sqlite::database db_;
    std::atomic<int> rounds_ = 0;
    std::atomic<bool> stops_ = false;
    int code_ = SQLITE_OK;
    std::thread runs_;
};

} // namespace

TEST_CASE("interrupt_locked: ends what runs under a locked environment, main or attached, and nothing else") {
    const environment prod, test("test", 8);
    const temporary_folder folder;
    endless of_prod(open(folder / "a.db", prod)), of_test(open(folder / "b.db", test));
    auto both = open(folder / "c.db", test);
    REQUIRE(both.attach(folder / "d.db", "d", prod.source()).has_value());
    endless with_prod(std::move(both));
    sqlite::interrupt_locked(); // nothing is
    of_prod.goes_on();
    with_prod.goes_on();
    prod.lock();
    of_prod.goes_on(); // nobody has told it
    sqlite::interrupt_locked();
    CHECK(of_prod.ended() == SQLITE_INTERRUPT);
    CHECK(with_prod.ended() == SQLITE_INTERRUPT);
    of_test.goes_on();
    CHECK(of_test.stop() == SQLITE_ERROR);
}

TEST_CASE("interrupt_locked: a lock that is older than the age of a lease is still a lock, and an age alone is none") {
    const environment prod, test("test", 8);
    const temporary_folder folder;
    endless of_prod(open(folder / "a.db", prod)), of_test(open(folder / "b.db", test));
    environment::time += std::chrono::minutes(6);
    prod.lock();
    sqlite::interrupt_locked();
    CHECK(of_prod.ended() == SQLITE_INTERRUPT);
    of_test.goes_on();
    CHECK(of_test.stop() == SQLITE_ERROR);
}

TEST_CASE("interrupt_locked: the first connection that meets a lock does it for the others, and its own next statement runs") {
    const environment prod;
    const temporary_folder folder;
    const auto first = open(folder / "a.db", prod);
    sql(first, "CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)");
    sqlite3_trace_v2(first.handle(), 0, nullptr, nullptr);
    endless other(open(folder / "a.db", prod));
    sqlite3_stmt* cursor = nullptr; // keeps a statement active, which would keep an interrupt
    REQUIRE(sqlite3_prepare_v2(first.handle(), "SELECT a FROM t", -1, &cursor, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(cursor) == SQLITE_ROW);
    prod.lock();
    CHECK(try_sql(first.handle(), "INSERT INTO t VALUES (3)").code == SQLITE_IOERR_AUTH);
    CHECK(other.ended() == SQLITE_INTERRUPT);
    CHECK(try_sql(first.handle(), "SELECT 1").rows == "1;");
    sqlite3_finalize(cursor);
}

TEST_CASE("interrupt_locked: connections come and go in threads meanwhile, some of them closed with statements left or given away") {
    const environment prod;
    const temporary_folder folder;
    sql(open(folder / "a.db", prod), "CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    std::atomic<bool> done = false;
    const auto work = [&](int which) {
        for (int i = 0; i < 40; ++i) {
            auto db = sqlite::open(folder / "a.db", prod.source());
            if (!db) continue; // locked just then
            sqlite3_stmt* left = nullptr;
            if (which == 1) sqlite3_prepare_v2(db->handle(), "SELECT a FROM t", -1, &left, nullptr);
            if (which == 2) {
                const auto given_away = std::move(*db).release();
                (void)try_sql(given_away.handle(), "SELECT a FROM t");
            } else {
                (void)try_sql(db->handle(), "SELECT a FROM t");
                { const auto closed = std::move(*db); }
            }
            if (left != nullptr) sqlite3_step(left);
            sqlite3_finalize(left);
        }
    };
    std::thread locks([&] {
        for (bool is_last = false; !is_last;) {
            is_last = done;
            prod.lock();
            sqlite::interrupt_locked();
            prod.unlock();
        }
    });
    std::vector<std::thread> threads;
    for (const int which : {0, 1, 2}) threads.emplace_back(work, which);
    for (auto& thread : threads) thread.join();
    done = true;
    locks.join();
    CHECK(sql(open(folder / "a.db", prod), "SELECT a FROM t; PRAGMA integrity_check") == "1;ok;");
}

// SPDX-License-Identifier: Apache-2.0
// Ends what runs on connections to encrypted databases at the moment of a lock, from any thread. Without this, too, a lock ends it:
// by the progress handler that `open` sets, and at the next page. This reaches statements that meet neither, because an application
// has a progress handler of its own and computes.
// Depends on: encrypted/page_access. Use: `sqlite::interrupt_locked()` after a lock; a service does it at once where its
//      `options::on_leases_ended` is `[] { sqlite::interrupt_locked(); sqlite::wipe_page_caches(); }`.
#pragma once

#include <keywright/adapters/sqlite/encrypted/page_access.hpp>

#include <mutex>
#include <vector>

namespace keywright::sqlite {

namespace detail {

/// One database file that a connection has open, for as long as this lives; SQLite closes its files before it frees the
/// connection. Thread safety: concurrent.
class interruptible {
public:
    /// Requires: `access` outlives this and knows its connection.
    explicit interruptible(const page_access& access) : access_(access) {
        const std::scoped_lock alone(all().busy);
        all().open.push_back(this);
    }
    interruptible(const interruptible&) = delete;
    interruptible& operator=(const interruptible&) = delete;
    ~interruptible() {
        const std::scoped_lock alone(all().busy);
        std::erase(all().open, this);
    }

    /// All that are locked, but not the connection that has just met the lock: what it does has failed already.
    static void interrupt_locked(const sqlite3* but = nullptr) noexcept {
        const std::scoped_lock alone(all().busy); // until then none of them is closed
        for (const interruptible* each : all().open)
            if (each->access_.connection != but && each->access_.is_known_locked()) sqlite3_interrupt(each->access_.connection);
    }

private:
    struct registry {
        std::mutex busy;
        std::vector<const interruptible*> open;
    };
    static registry& all() {
        static auto& lasting = *new registry; // outlives connections that are closed at the very end
        return lasting;
    }

    const page_access& access_;
};

} // namespace detail

/// Ends, with SQLITE_INTERRUPT, every statement that runs in this process on a connection one of whose encrypted databases, main
/// or attached, is locked as far as the process knows. Those of other environments go on. A connection that meets a lock by
/// itself does it for the others.
/// What it does not reach: other processes, which meet the lock when they use the database; connections opened with a lease
/// that somebody else owns, as the library's own; a single call that asks SQLite for nothing, such as an application's function
/// or busy handler that sleeps. Thread safety: concurrent; waits for nobody but a connection that is just being closed.
inline void interrupt_locked() noexcept { detail::interruptible::interrupt_locked(); }

} // namespace keywright::sqlite

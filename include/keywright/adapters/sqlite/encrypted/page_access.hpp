// SPDX-License-Identifier: Apache-2.0
// The right to use one encrypted database: the lease that gives its file key, a new one when that has run out, and what
// went wrong last. All files of a connection share it; a lock closes it, an unlock opens it again.
// Depends on: adapters/sqlite/lease_source, adapters/sqlite/database. Used by the files of this folder and by encrypted_database.
#pragma once

#include <keywright/adapters/sqlite/database.hpp>
#include <keywright/adapters/sqlite/lease_source.hpp>
#include <keywright/envelope/page_header.hpp>

#include <optional>

namespace keywright::sqlite {

namespace detail {

/// What is said of a lock, with SQLite's code for "not allowed by the system below".
inline constexpr int refused = SQLITE_IOERR_AUTH;

// What is told of a database file.
inline constexpr error page_damaged{errc::authentication_failed,
                                    "sqlite: a page was altered, moved or cut, or is of another file; restore it from a backup"};
inline constexpr error pages_cut_off{errc::corrupt, "sqlite: the file ends before its last page, it was cut; restore it from a backup"};
inline constexpr error file_replaced{errc::unavailable,
                                     "sqlite: the database file was restored, moved or removed meanwhile; close it and open it again"};
inline constexpr error clear_one_attached{
    errc::misused, "sqlite: a database in the clear is attached beside an encrypted one; detach it, or convert it and attach that"};
inline constexpr error no_room_for_seals{
    errc::misused,
    "sqlite: expected a database with pages of the same size, 32 bytes of each unused; convert it instead of copying its pages"};

/// Thread safety: one thread at a time, that of the connection; `is_known_locked` is concurrent.
class page_access {
public:
    page_access(lease_source source, const envelope::page_method& method, std::uint64_t at_least = 0)
        : for_new_files(method), oldest_generation(at_least), source_(std::move(source)) {}
    /// With somebody's lease, which outlives this; there is no other.
    page_access(const keys::data_key_lease& borrowed, const envelope::page_method& method)
        : for_new_files(method), oldest_generation(0), lease_(&borrowed) {}
    page_access(const page_access&) = delete;
    page_access& operator=(const page_access&) = delete;

    const envelope::page_method for_new_files;
    const std::uint64_t oldest_generation; ///< a file of an older one is not taken
    std::shared_ptr<void> companion; ///< lives as long as this
    sqlite3* connection = nullptr;   ///< that has the file open, while it has; null: none that an application uses

    /// At the beginning of something: asks for a new lease where the old one is no good any more.
    [[nodiscard]] result<void> begin() {
        if (lease_ != nullptr) {
            auto usable = lease_->check();
            if (usable || !source_) return usable;
        }
        lease_ = nullptr;
        auto fresh = (*source_)();
        const auto before = replace_own(fresh ? std::move(*fresh) : nullptr);
        if (!fresh) return pass(fresh);
        lease_ = own_.get();
        ++leases_;
        return lease_->check();
    }
    /// In the middle of something: an age that is over is renewed, a lock is final until the next `begin`.
    [[nodiscard]] result<void> check() {
        if (lease_ == nullptr) return no_lease();
        auto usable = lease_->check();
        if (usable || !source_ || usable.error().code != errc::expired) return usable;
        return begin();
    }

    /// Whether a lock, as far as this process knows, has ended the lease, or there is none.
    bool is_known_locked() const noexcept {
        const std::scoped_lock alone(replacing_);
        return source_ && (own_ == nullptr || own_->is_known_locked());
    }

    /// For a file that has a suite.
    envelope::page_method method_of(envelope::page_suite suite) const noexcept { return {suite, for_new_files.engine}; }

    /// Requires: `begin` has succeeded once.
    const environment_id& environment() const noexcept { return lease_->environment(); }
    /// How many there have been; tells one from the next.
    std::uint64_t leases() const noexcept { return leases_; }

    [[nodiscard]] result<keys::wrapped_key> wrap(const envelope::file_identity& file, const secret_bytes& file_key) const {
        if (lease_ == nullptr) return no_lease();
        return lease_->wrap(keys::data_purpose::page, envelope::file_key_context(lease_->environment(), file), file_key);
    }
    [[nodiscard]] result<secret_bytes> unwrap(const envelope::file_identity& file, const keys::wrapped_key& key) const {
        if (lease_ == nullptr) return no_lease();
        return lease_->unwrap(keys::data_purpose::page, envelope::file_key_context(lease_->environment(), file), key.view());
    }

    /// Keeps what went wrong and tells SQLite's log; returns `code`.
    int note(int code, const error& what) noexcept {
        fault_ = what;
        sqlite3_log(code, "keywright: %s (%s)", what.text, name(what.code));
        return code;
    }
    const std::optional<error>& fault() const noexcept { return fault_; }

private:
    static tl::unexpected<error> no_lease() {
        return fail(errc::locked, "sqlite: the environment is locked; unlock it and begin a new transaction");
    }

    /// What was there before is not destroyed while others wait.
    lease_source::lease replace_own(lease_source::lease fresh) noexcept {
        const std::scoped_lock alone(replacing_);
        return std::exchange(own_, std::move(fresh));
    }

    const std::optional<lease_source> source_; // none: the lease is borrowed
    mutable std::mutex replacing_;
    lease_source::lease own_; // perhaps others have it, too; replaced by the connection's thread alone
    const keys::data_key_lease* lease_ = nullptr; // that, or the borrowed one
    std::uint64_t leases_ = 0;
    std::optional<error> fault_;
};

} // namespace detail
} // namespace keywright::sqlite

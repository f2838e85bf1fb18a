// SPDX-License-Identifier: Apache-2.0
// Encrypted databases for tests: an environment with one page key and a lock, SQL that must work, files as bytes.
#pragma once

#include "sql.hpp"

#include <keywright/testing/temporary_folder.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <fstream>

namespace keywright::encrypted_tests {

using testing::temporary_folder;

/// What a service is to a database: leases under one page key, until it is locked. Copies are the same environment.
class environment {
public:
    explicit environment(const char* name = "prod", std::uint8_t key = 7) : name_(name), key_(key) {}

    auto source() const {
        return [all = *this]() -> result<keys::data_key_lease> {
            if (all.state_->locked) return fail(errc::locked, "test: the environment is locked");
            std::vector<keys::leased_key> list;
            list.push_back(
                {{environment_id{all.name_}, keys::data_purpose::page, 1}, secret_bytes(byte_view(bytes(32, all.key_))), true, 1000});
            ++all.state_->leases;
            return keys::data_key_lease::grant(all.watch_, all.state_->epoch, std::move(list),
                                               {.max_age = std::chrono::minutes(5), .now = now});
        };
    }
    void lock() const {
        state_->locked = true;
        watch_->raise(++state_->epoch);
    }
    void unlock() const { state_->locked = false; }
    int leases() const { return state_->leases; }

    static inline std::chrono::nanoseconds time{0}; // of all leases
    static std::chrono::nanoseconds now() noexcept { return time; }

private:
    const char* name_;
    std::uint8_t key_;
    std::shared_ptr<keys::epoch_watch> watch_ = std::make_shared<keys::epoch_watch>(1);
    struct shared {
        std::atomic<std::uint64_t> epoch = 1;
        std::atomic<bool> locked = false;
        std::atomic<int> leases = 0;
    };
    std::shared_ptr<shared> state_ = std::make_shared<shared>();
};

inline sqlite::database open(const std::string& path, const environment& of, sqlite::open_options options = {}) {
    auto opened = sqlite::open(path, of.source(), options);
    REQUIRE_MESSAGE(opened.has_value(), std::string(opened.error().text), " (", name(opened.error().code), ")");
    return std::move(*opened);
}
inline errc code_of_open(const std::string& path, const environment& of) {
    const auto opened = sqlite::open(path, of.source(), {.wait = seconds{0}});
    REQUIRE_FALSE(opened.has_value());
    return opened.error().code;
}

/// An engine that none other agrees with: whatever is done with it works where each page is its own, and only there.
inline result<std::unique_ptr<envelope::page_aead>> own_pages(envelope::page_suite suite, const secret_bytes& key) {
    secret_bytes another(key.size());
    const auto given = keywright::detail::reveal(key);
    std::reverse_copy(given.begin(), given.end(), keywright::detail::reveal_writable(another).begin());
    return envelope::botan_pages(suite, another);
}

inline std::string sql(const sqlite::database& db, const std::string& text) {
    const auto done = try_sql(db.handle(), text);
    REQUIRE_MESSAGE(done.code == SQLITE_OK, text, ": ", last_words(db.handle()));
    return done.rows;
}
inline bool is_whole(const sqlite::database& db) { return sql(db, "PRAGMA integrity_check") == "ok;"; }

/// Only while no database is open: a second handle, once closed, drops SQLite's locks.
inline bytes content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string all(std::istreambuf_iterator<char>(file), {});
    return bytes(all.begin(), all.end());
}
inline void write_content(const std::string& path, const bytes& content) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    REQUIRE(file.good());
}
inline bool holds(const bytes& all, std::string_view marker) { return as_text(all).find(marker) != std::string_view::npos; }

/// A file without a name in the VFS below, and what encrypts it.
class unnamed_file {
public:
    unnamed_file() {
        sqlite3_vfs* usual = sqlite3_vfs_find(nullptr);
        memory_.resize(static_cast<std::size_t>(usual->szOsFile) / sizeof(std::uint64_t) + 1);
        constexpr int flags =
            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_DELETEONCLOSE | SQLITE_OPEN_EXCLUSIVE | SQLITE_OPEN_TEMP_DB;
        REQUIRE(usual->xOpen(usual, nullptr, below(), flags, nullptr) == SQLITE_OK);
        auto made = sqlite::detail::temporary_file::make(below());
        REQUIRE(made.has_value());
        encrypted_.emplace(std::move(*made));
    }
    unnamed_file(const unnamed_file&) = delete;
    unnamed_file& operator=(const unnamed_file&) = delete;
    ~unnamed_file() { below()->pMethods->xClose(below()); }

    sqlite3_file* below() noexcept { return reinterpret_cast<sqlite3_file*>(memory_.data()); }
    sqlite::detail::temporary_file* operator->() noexcept { return &*encrypted_; }

private:
    std::vector<std::uint64_t> memory_;
    std::optional<sqlite::detail::temporary_file> encrypted_;
};

/// Everything in the open files of this process whose paths are `wanted`, also without a name, read through handles that
/// stay open.
template <class Wanted>
bytes open_files(Wanted wanted) {
    bytes all;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
        if (gone || !wanted(target)) continue;
        const int number = std::stoi(entry.path().filename().string());
        bytes part(1 << 16);
        for (off_t at = 0;; at += static_cast<off_t>(part.size())) {
            const auto got = ::pread(number, part.data(), part.size(), at);
            if (got <= 0) break;
            all.insert(all.end(), part.begin(), part.begin() + got);
        }
    }
    return all;
}
inline bytes open_files_below(const temporary_folder& folder) {
    return open_files([&](const std::string& path) { return path.rfind(folder.path(), 0) == 0; });
}
inline bytes open_file(const std::string& wanted) {
    return open_files([&](const std::string& path) { return path == wanted; });
}

/// The file as SQLite has it open.
class raw_file {
public:
    explicit raw_file(const sqlite::database& db) {
        REQUIRE(sqlite3_file_control(db.handle(), "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file_)) == SQLITE_OK);
    }
    int read(bytes& out, std::size_t at) { return methods().xRead(file_, out.data(), static_cast<int>(out.size()), offset(at)); }
    int write(const bytes& in, std::size_t at) { return methods().xWrite(file_, in.data(), static_cast<int>(in.size()), offset(at)); }
    int truncate(std::size_t size) { return methods().xTruncate(file_, offset(size)); }
    int lock(int level) { return methods().xLock(file_, level); }
    int unlock() { return methods().xUnlock(file_, SQLITE_LOCK_NONE); }
    int ask_size(std::size_t& size) {
        sqlite3_int64 now = 0;
        const int code = methods().xFileSize(file_, &now);
        size = static_cast<std::size_t>(now);
        return code;
    }
    std::size_t size() {
        std::size_t now = 0;
        REQUIRE(ask_size(now) == SQLITE_OK);
        return now;
    }
    bytes page(std::size_t number, std::size_t of_size) {
        bytes out(of_size);
        REQUIRE(read(out, (number - 1) * of_size) == SQLITE_OK);
        return out;
    }

private:
    const sqlite3_io_methods& methods() const { return *file_->pMethods; }
    static sqlite3_int64 offset(std::size_t at) { return static_cast<sqlite3_int64>(at); }
    sqlite3_file* file_ = nullptr;
};

} // namespace keywright::encrypted_tests

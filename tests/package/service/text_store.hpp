// SPDX-License-Identifier: Apache-2.0
// Where ledger keeps its state: one text file, a line for each record, `version key =value`, key and value in
// hexadecimal. A commit writes the file anew beside the old one and renames it: what was replaced is gone with the old file.
#pragma once

#include <keywright/core/hex.hpp>
#include <keywright/ports/state_store.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>

namespace ledger {

using namespace keywright;

/// One process or several; slow, and small enough to read in one go.
class text_store {
public:
    explicit text_store(std::string path) : path_(std::move(path)) {}

    result<ports::record> load(std::string_view key) const {
        if (const auto valid = ports::check_key(key); !valid) return pass(valid);
        const auto all = read();
        if (!all) return pass(all);
        const auto found = all->records.find(key);
        if (found == all->records.end()) return fail(errc::not_found, "text store: no record has this key");
        return found->second;
    }

    result<std::vector<ports::record>> scan(std::string_view prefix, std::string_view after, std::size_t limit) const {
        const auto all = read();
        if (!all) return pass(all);
        std::vector<ports::record> page;
        auto next = all->records.lower_bound(ports::first_key_of_scan(prefix, after));
        for (; next != all->records.end() && page.size() < limit && next->first.starts_with(prefix); ++next) page.push_back(next->second);
        return page;
    }

    result<void> commit(const ports::batch& batch) {
        if (const auto valid = ports::check_batch(batch); !valid) return valid;
        const lock alone(path_ + ".lock");
        auto all = read();
        if (!all) return pass(all);
        for (const auto& write : batch.writes()) {
            const auto there = all->records.find(write.key);
            if (write.expected && *write.expected != (there == all->records.end() ? 0 : there->second.version))
                return fail(errc::version_conflict, "text store: somebody else committed first; load and decide again");
        }
        const std::uint64_t number = all->last_commit + 1;
        for (const auto& write : batch.writes()) {
            if (write.only_check) continue;
            all->last_commit = number;
            if (write.value)
                all->records.insert_or_assign(write.key, ports::record{write.key, number, *write.value});
            else
                all->records.erase(write.key);
        }
        return all->last_commit == number ? replace(*all) : result<void>{};
    }

    result<void> scrub() { return {}; } // see above

private:
    struct content {
        std::uint64_t last_commit = 0;
        std::map<std::string, ports::record, std::less<>> records;
    };
    struct lock {
        explicit lock(const std::string& path) : file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) { ::flock(file, LOCK_EX); }
        ~lock() { ::close(file); }
        lock(const lock&) = delete;
        int file;
    };

    static bytes from_hex(std::string_view text) {
        bytes raw(text.size() / 2);
        Botan::hex_decode(raw.data(), text);
        return raw;
    }
    result<content> read() const {
        content all;
        std::ifstream file(path_);
        if (!file) return all; // nothing yet
        file >> all.last_commit;
        std::string key, value;
        for (std::uint64_t version; file >> version >> key >> value;) {
            const bytes name = from_hex(key);
            all.records[std::string(as_text(name))] = {std::string(as_text(name)), version, from_hex(std::string_view(value).substr(1))};
        }
        if (!file.eof()) return fail(errc::corrupt, "text store: expected lines of version, key and value; put a backup in place");
        return all;
    }
    result<void> replace(const content& all) const {
        const std::string fresh = path_ + ".new";
        std::ofstream file(fresh);
        file << all.last_commit << '\n';
        for (const auto& [key, record] : all.records)
            file << record.version << ' ' << to_hex(as_bytes(key)) << " =" << to_hex(record.value) << '\n';
        file.close();
        if (!file || !synced(fresh) || ::rename(fresh.c_str(), path_.c_str()) != 0)
            return fail(errc::io_failed, "text store: the file could not be replaced", errno);
        if (!synced(std::filesystem::path(path_).parent_path()))
            return fail(errc::io_failed, "text store: the folder could not be synced", errno);
        return {};
    }
    static bool synced(const std::filesystem::path& path) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        const bool done = file >= 0 && ::fsync(file) == 0;
        ::close(file);
        return done;
    }

    std::string path_;
};

static_assert(ports::check_state_store<text_store>());

} // namespace ledger

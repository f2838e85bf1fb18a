// SPDX-License-Identifier: Apache-2.0
// The keys of a file vault that were used lately: opening one costs a read and a load, so it is kept. The serial is
// that of the key's slot block, by which the vault notices that another process has destroyed the key.
// Depends on: ports/held_key, adapters/file/vault_format.
#pragma once

#include <keywright/adapters/file/vault_format.hpp>
#include <keywright/ports/held_key.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keywright::file::detail {

/// The keys that were used lately, ready to unwrap. Safe from several threads.
class ready_keys {
public:
    using key_pointer = std::shared_ptr<ports::held_key>;
    struct ready {
        random_id serial{};
        key_pointer key;
        std::uint64_t used = 0;
    };

    ready find(std::string_view id) {
        const std::lock_guard lock(mutex_);
        const auto at = keys_.find(id);
        if (at == keys_.end()) return {};
        at->second.used = ++uses_;
        return at->second;
    }
    void put(std::string_view id, const random_id& serial, key_pointer key) {
        const std::lock_guard lock(mutex_);
        if (keys_.size() >= most) drop_oldest();
        keys_.insert_or_assign(std::string(id), ready{serial, std::move(key), ++uses_});
    }
    /// Waits for unwraps under way, then wipes. Another key that has the id by now stays.
    void close(std::string_view id, const random_id& serial) {
        key_pointer doomed;
        {
            const std::lock_guard lock(mutex_);
            const auto at = keys_.find(id);
            if (at == keys_.end() || at->second.serial != serial) return;
            doomed = at->second.key;
        }
        doomed->close();
        const std::lock_guard lock(mutex_);
        const auto at = keys_.find(id);
        if (at != keys_.end() && at->second.key == doomed) keys_.erase(at);
    }
    std::vector<std::pair<std::string, random_id>> all() {
        const std::lock_guard lock(mutex_);
        std::vector<std::pair<std::string, random_id>> found;
        found.reserve(keys_.size());
        for (const auto& [id, key] : keys_) found.emplace_back(id, key.serial);
        return found;
    }

private:
    static constexpr std::size_t most = 256;

    /// Not one that a thread holds: then destroying it could no longer reach it.
    void drop_oldest() {
        auto oldest = keys_.end();
        for (auto at = keys_.begin(); at != keys_.end(); ++at)
            if (at->second.key.use_count() == 1 && (oldest == keys_.end() || at->second.used < oldest->second.used)) oldest = at;
        if (oldest != keys_.end()) keys_.erase(oldest);
    }

    std::mutex mutex_;
    std::map<std::string, ready, std::less<>> keys_;
    std::uint64_t uses_ = 0;
};

} // namespace keywright::file::detail

// SPDX-License-Identifier: Apache-2.0
// The bookkeeping that a vault in memory needs: which ids are taken, what is staged, published or abandoned, and for each
// entry what the vault keeps of its secret. A vault of one's own adds how it keeps and uses that.
// Depends on: ports/key_vault. Use: `vault_shelf<sealed> shelf; shelf.put(entry, sealed); shelf.use(id, [](entry, sealed) { … });`
#pragma once

#include <keywright/ports/key_vault.hpp>

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keywright::ports {

/// Calls fail as ports/key_vault.hpp says. Thread safety: concurrent; one call at a time does anything.
template <class Kept>
class vault_shelf {
public:
    vault_shelf() = default;
    vault_shelf(const vault_shelf&) = delete;
    vault_shelf& operator=(const vault_shelf&) = delete;

    /// Staged by this process.
    [[nodiscard]] result<vault_entry> put(vault_entry entry, Kept kept) {
        const std::lock_guard alone(mutex_);
        const std::string id = entry.id;
        const auto [at, is_new] = all_.try_emplace(id, std::move(entry), std::move(kept), process_);
        if (!is_new) return fail(errc::already_exists, "key vault: expected an id that is free, this one is taken");
        return at->second.entry;
    }
    [[nodiscard]] result<void> publish(std::string_view id) {
        return find_and(id, [](one& found) -> result<void> {
            found.entry.published = true;
            return {};
        });
    }
    [[nodiscard]] result<vault_entry> find(std::string_view id) {
        return find_and(id, [](one& found) -> result<vault_entry> { return found.entry; });
    }
    [[nodiscard]] result<std::vector<vault_entry>> list(std::string_view prefix) {
        const std::lock_guard alone(mutex_);
        std::vector<vault_entry> found;
        for (auto at = all_.lower_bound(prefix); at != all_.end() && at->first.starts_with(prefix); ++at) found.push_back(at->second.entry);
        return found;
    }
    [[nodiscard]] result<std::vector<std::string>> abandoned() {
        const std::lock_guard alone(mutex_);
        std::vector<std::string> ids;
        for (const auto& [id, each] : all_)
            if (!each.entry.published && each.process != process_) ids.push_back(id);
        return ids;
    }
    /// `work(const vault_entry&, Kept&)`, which gives a result; nothing is put or dropped while it runs.
    template <class Work>
    [[nodiscard]] auto use(std::string_view id, const Work& work) {
        return find_and(id, [&](one& found) { return work(std::as_const(found.entry), found.kept); });
    }
    /// What is kept is destroyed before this returns. Success where there is none.
    [[nodiscard]] result<void> drop(std::string_view id) {
        return drop_if(id, [](const Kept&) { return true; });
    }
    template <class Condition>
    [[nodiscard]] result<void> drop_if(std::string_view id, const Condition& holds) {
        const std::lock_guard alone(mutex_);
        const auto at = all_.find(id);
        if (at != all_.end() && holds(std::as_const(at->second.kept))) all_.erase(at);
        return {};
    }
    /// As if the process that staged until now had died and another used the vault: for tests of recovery.
    void restart() {
        const std::lock_guard alone(mutex_);
        ++process_;
    }

private:
    struct one {
        vault_entry entry;
        Kept kept;
        unsigned process;
        one(vault_entry&& e, Kept&& k, unsigned p) : entry(std::move(e)), kept(std::move(k)), process(p) {}
    };

    template <class Work>
    auto find_and(std::string_view id, const Work& work) -> decltype(work(std::declval<one&>())) {
        const std::lock_guard alone(mutex_);
        const auto at = all_.find(id);
        if (at == all_.end()) return fail(errc::not_found, "key vault: no key has this id");
        return work(at->second);
    }

    std::mutex mutex_;
    std::map<std::string, one, std::less<>> all_;
    unsigned process_ = 0;
};

} // namespace keywright::ports

// SPDX-License-Identifier: Apache-2.0
// What a state store does, without a place to keep it: an ordered map of versioned records that judges a batch and takes it
// whole. A store of one's own that holds its records in memory adds where they live and who takes turns.
// Depends on: ports/state_store. Use: `record_map all; auto done = all.commit(batch);`
#pragma once

#include <keywright/ports/state_store.hpp>

#include <map>

namespace keywright::ports {

/// A value. Calls as ports/state_store.hpp says, for one thread at a time.
class record_map {
public:
    /// `commits`: how many were there before, for records that `keep` brings back.
    explicit record_map(std::uint64_t commits = 0) : commits_(commits) {}

    [[nodiscard]] result<record> load(std::string_view key) const {
        if (const auto valid = check_key(key); !valid) return pass(valid);
        const auto found = slots_.find(key);
        if (found == slots_.end()) return fail(errc::not_found, "store: no record has this key");
        return record{found->first, found->second.version, found->second.value};
    }

    [[nodiscard]] result<std::vector<record>> scan(std::string_view prefix, std::string_view after, std::size_t limit) const {
        std::vector<record> page;
        auto next = slots_.lower_bound(first_key_of_scan(prefix, after));
        for (; next != slots_.end() && page.size() < limit && next->first.starts_with(prefix); ++next)
            page.push_back({next->first, next->second.version, next->second.value});
        return page;
    }

    /// Changes nothing when it fails or throws.
    [[nodiscard]] result<void> commit(const batch& b) {
        if (const auto valid = check_batch(b); !valid) return valid;
        for (const auto& write : b.writes())
            if (write.expected && *write.expected != version_of(write.key))
                return fail(errc::version_conflict, "store: a record has another version than expected; load and decide again");
        apply(b);
        return {};
    }

    /// The number of the last commit that wrote anything.
    std::uint64_t commits() const noexcept { return commits_; }
    /// Puts back a record that was kept elsewhere, with the version that it had.
    void keep(record r) { slots_.insert_or_assign(std::move(r.key), slot{r.version, std::move(r.value)}); }

private:
    struct slot {
        std::uint64_t version;
        bytes value;
    };
    using slot_map = std::map<std::string, slot, std::less<>>;

    std::uint64_t version_of(std::string_view key) const {
        const auto found = slots_.find(key);
        return found == slots_.end() ? 0 : found->second.version;
    }

    /// All that needs memory happens on the side, before the first change: the rest cannot fail half way.
    void apply(const batch& b) {
        slot_map written;
        bool changes = false;
        for (const auto& write : b.writes()) {
            if (write.only_check) continue;
            changes = true;
            if (write.value)
                written.insert_or_assign(write.key, slot{commits_ + 1, *write.value});
            else
                written.erase(write.key);
        }
        if (!changes) return;
        for (const auto& write : b.writes())
            if (!write.only_check) slots_.erase(write.key);
        slots_.merge(written);
        ++commits_;
    }

    slot_map slots_;
    std::uint64_t commits_;
};

static_assert(loads_records<record_map> && scans_records<record_map> && commits_batches<record_map>);

} // namespace keywright::ports

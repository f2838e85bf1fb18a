// SPDX-License-Identifier: Apache-2.0
// Where state lives: an ordered map of versioned records and one atomic commit. Aggregates, audit records, outbox
// entries, pending effects and wrapped keys are all records under keys of their own (service/records.hpp),
// so a store needs to know nothing about them, and a new one is short.
// Depends on: core. Nearest adapter to copy: adapters/memory/state_store.hpp.
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/core/result.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keywright::ports {

inline constexpr std::size_t max_key_size = 512;
inline constexpr std::size_t max_value_size = std::size_t{16} << 20;

/// One stored value. `version` is the number of the commit that wrote it: it only grows, store-wide, and is never
/// given twice, not even after an erase. 0 stands for "no such record".
struct record {
    std::string key; ///< 1 to 512 bytes, any but NUL; ordered bytewise
    std::uint64_t version = 0;
    bytes value; ///< up to 16 MiB
};

/// What one commit does: all of it or nothing. Every expectation is judged against the store as it was before the
/// batch; then the writes happen in their order, so that of two to one key the later stays.
class batch {
public:
    struct write {
        std::string key;
        std::optional<std::uint64_t> expected; ///< the version that must be there now; 0: none; nullopt: whatever
        std::optional<bytes> value;            ///< nullopt: erase (of a missing record: nothing happens)
        bool only_check = false;               ///< changes nothing, but `expected` must hold
    };

    void put(std::string key, std::uint64_t expected, bytes value) {
        writes_.push_back({std::move(key), expected, std::move(value), false});
    }
    void put_any(std::string key, bytes value) { writes_.push_back({std::move(key), std::nullopt, std::move(value), false}); }
    void erase(std::string key, std::uint64_t expected) { writes_.push_back({std::move(key), expected, std::nullopt, false}); }
    void erase_any(std::string key) { writes_.push_back({std::move(key), std::nullopt, std::nullopt, false}); }
    /// Demands that a record, or its absence (0), is still what was read.
    void require(std::string key, std::uint64_t expected) { writes_.push_back({std::move(key), expected, std::nullopt, true}); }

    const std::vector<write>& writes() const noexcept { return writes_; }
    bool empty() const noexcept { return writes_.empty(); }

private:
    std::vector<write> writes_;
};

/// What a key must be, for every store alike. Fails with malformed (empty, or with a NUL) or limit_exceeded.
[[nodiscard]] inline result<void> check_key(std::string_view key) {
    if (key.empty()) return fail(errc::malformed, "store: expected a key of 1 to 512 bytes, it is empty");
    if (key.size() > max_key_size) return fail(errc::limit_exceeded, "store: expected a key of 1 to 512 bytes, it is longer");
    if (key.find('\0') != key.npos) return fail(errc::malformed, "store: expected a key without NUL bytes");
    return {};
}
/// What every store checks before it touches anything: all keys, and that no value is longer than 16 MiB.
[[nodiscard]] inline result<void> check_batch(const batch& b) {
    for (const auto& write : b.writes()) {
        if (auto key = check_key(write.key); !key) return key;
        if (write.value && write.value->size() > max_value_size)
            return fail(errc::limit_exceeded, "store: expected a value of at most 16 MiB, it is longer");
    }
    return {};
}
/// Where a scan begins: the smallest key that it may give.
inline std::string first_key_of_scan(std::string_view prefix, std::string_view after) {
    std::string first(after < prefix ? prefix : after);
    if (after >= prefix && !after.empty()) first.push_back('\0'); // the next string in bytewise order
    return first;
}

// --- the capabilities, each a name that a compiler prints ---

/// `load(key)`: the record, or not_found; what check_key says for a key that no record can have.
template <class S>
concept loads_records = requires(S& s, std::string_view key) {
    { s.load(key) } -> std::same_as<result<record>>;
};
/// `scan(prefix, after, limit)`: up to `limit` records whose keys begin with `prefix` and are greater than `after`
/// (bytewise; "" = from the start), in order, as one consistent snapshot of a call. A prefix may be any bytes, "" for
/// all records. Fewer than `limit` records come only at the end: go on with the last key as `after` until then.
template <class S>
concept scans_records = requires(S& s, std::string_view prefix, std::string_view after, std::size_t limit) {
    { s.scan(prefix, after, limit) } -> std::same_as<result<std::vector<record>>>;
};
/// `commit(batch)`: all writes or none, durable when it returns; version_conflict when an expectation does not hold.
/// All records it writes get the commit's number as their version; an empty batch, or one that only requires, takes no
/// number. Every failure leaves the store as it was. After io_failed one thing stays open: the disk may have taken
/// the commit although it said no, and show it after a power cut; so load again before deciding again.
template <class S>
concept commits_batches = requires(S& s, const batch& b) {
    { s.commit(b) } -> std::same_as<result<void>>;
};
/// `scrub()`: afterwards no byte of a replaced or erased value is in the bytes that the store keeps at rest
/// (journals and free pages included), or it fails with unavailable because a reader stands in the way.
template <class S>
concept scrubs_erased_values = requires(S& s) {
    { s.scrub() } -> std::same_as<result<void>>;
};

/// Satisfied by a store that several threads and processes may use at once.
/// Reads see every commit that returned before they began. `unavailable` means that nothing is known about the
/// state, not that it is empty. No call blocks longer than the deadline the store was opened with.
template <class S>
concept state_store = loads_records<S> && scans_records<S> && commits_batches<S> && scrubs_erased_values<S>;

/// Says in one sentence what a type lacks; put `static_assert(check_state_store<my_store>());` under the class.
template <class S>
consteval bool check_state_store() {
    static_assert(loads_records<S>, "state_store: needs `result<record> load(std::string_view key)`; see keywright/ports/state_store.hpp");
    static_assert(
        scans_records<S>,
        "state_store: needs `result<std::vector<record>> scan(std::string_view prefix, std::string_view after, std::size_t limit)`; see keywright/ports/state_store.hpp");
    static_assert(commits_batches<S>, "state_store: needs `result<void> commit(const batch&)`; see keywright/ports/state_store.hpp");
    static_assert(scrubs_erased_values<S>, "state_store: needs `result<void> scrub()`; see keywright/ports/state_store.hpp");
    return state_store<S>;
}

} // namespace keywright::ports

// SPDX-License-Identifier: Apache-2.0
// The encryption context: what a wrapped key or a message belongs to. Not secret, stored beside the ciphertext, and
// bound into every wrap as associated data, so that a record copied to another tenant's place does not open there.
// Depends on: core. Use: `auto c = encryption_context::make({{"table", "invoices"}});`, or `house_context({...})`.
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/core/ids.hpp>
#include <keywright/core/result.hpp>
#include <keywright/detail/utf8.hpp>

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keywright::keys {

// Layout (AWS Encryption SDK, message header, "Key Value Pairs"), big-endian:
//   u16 pair count, then per pair: u16 key length, key, u16 value length, value
// Sorted by the bytes of the keys, no key twice. An empty context is the empty string, without a count.

/// Sorted, unique pairs of UTF-8 text, at most 65 535 bytes serialised. A plain value.
class encryption_context {
public:
    using pair = std::pair<std::string, std::string>;

    /// No pairs.
    encryption_context() = default;

    /// Pairs that the caller chose, in any order. malformed: not UTF-8, an empty key or value (other readers refuse
    /// those), a key twice, or a key that begins with `aws-crypto-`; limit_exceeded: above 65 535 bytes.
    [[nodiscard]] static result<encryption_context> make(std::vector<pair> pairs) {
        for (const auto& [key, value] : pairs) {
            if (key.starts_with("aws-crypto-"))
                return fail(errc::malformed, "context: expected no key that begins with aws-crypto-, which is reserved; name it otherwise");
            if (value.empty()) return fail(errc::malformed, "context: expected values of 1 byte or more, one is empty");
        }
        std::sort(pairs.begin(), pairs.end());
        return of_sorted(std::move(pairs));
    }

    /// Reads the layout above; nothing may follow. malformed also when pairs are unsorted or a key stands twice.
    [[nodiscard]] static result<encryption_context> parse(byte_view in) {
        auto pairs = parse_pairs(in);
        if (!pairs) return pass(pairs);
        return of_sorted(std::move(*pairs));
    }
    /// The same of pairs in any order, of which a context has one: what is proven must be the bytes that were read, not
    /// what `serialise` makes of this.
    [[nodiscard]] static result<encryption_context> parse_unsorted(byte_view in) {
        auto pairs = parse_pairs(in);
        if (!pairs) return pass(pairs);
        std::sort(pairs->begin(), pairs->end());
        return of_sorted(std::move(*pairs));
    }
    /// The layout above; empty for an empty context. This is the associated data of every wrap.
    bytes serialise() const {
        bytes out;
        if (pairs_.empty()) return out;
        out.reserve(size_);
        append_be(out, static_cast<std::uint16_t>(pairs_.size()));
        for (const auto& [key, value] : pairs_) {
            append_text(out, key);
            append_text(out, value);
        }
        return out;
    }

    /// This and another one's pairs; malformed when a key has two values, limit_exceeded.
    [[nodiscard]] result<encryption_context> joined(const encryption_context& other) const {
        std::vector<pair> all;
        std::merge(pairs_.begin(), pairs_.end(), other.pairs_.begin(), other.pairs_.end(), std::back_inserter(all));
        all.erase(std::unique(all.begin(), all.end()), all.end());
        return of_sorted(std::move(all));
    }
    /// The pairs whose keys are, or are not, among `keys`.
    encryption_context filtered(const std::vector<std::string>& keys, bool among) const {
        encryption_context kept;
        for (const pair& p : pairs_)
            if ((std::find(keys.begin(), keys.end(), p.first) != keys.end()) == among) kept.pairs_.push_back(p);
        for (const auto& [key, value] : kept.pairs_) kept.size_ += 4 + key.size() + value.size();
        kept.size_ += kept.pairs_.empty() ? std::size_t{0} : std::size_t{2};
        return kept;
    }
    /// With the reserved pair that a signed message has. Fails as `joined`.
    [[nodiscard]] result<encryption_context> with_verification_key(std::string_view name, std::string key) const {
        encryption_context one;
        one.pairs_.emplace_back(name, std::move(key));
        return joined(one);
    }

    const std::vector<pair>& pairs() const noexcept { return pairs_; }
    bool empty() const noexcept { return pairs_.empty(); }

    std::optional<std::string_view> find(std::string_view key) const noexcept {
        for (const auto& p : pairs_)
            if (p.first == key) return p.second;
        return std::nullopt;
    }
    /// Whether every pair of `expected` is here, with the same value.
    bool contains(const encryption_context& expected) const noexcept {
        return std::includes(pairs_.begin(), pairs_.end(), expected.pairs_.begin(), expected.pairs_.end());
    }

    friend bool operator==(const encryption_context& a, const encryption_context& b) { return a.pairs_ == b.pairs_; }

private:
    static constexpr std::size_t limit = 65'535;

    static result<std::vector<pair>> parse_pairs(byte_view in) {
        if (in.empty()) return std::vector<pair>{};
        if (in.size() > limit) return fail(errc::limit_exceeded, "context: expected at most 65535 bytes, it is longer");
        if (in.size() < 2) return fail(errc::malformed, "context: the pair count is truncated");
        const std::size_t count = load_be<std::uint16_t>(in.data());
        in = in.subspan(2);
        // Each pair takes 5 bytes at least, so a count can be refused before memory is taken for it.
        if (count == 0 || count > in.size() / 5) return fail(errc::malformed, "context: the pair count does not fit the length");
        std::vector<pair> pairs(count);
        for (auto& [key, value] : pairs)
            if (!take_text(in, key) || !take_text(in, value)) return fail(errc::malformed, "context: a pair is truncated");
        if (!in.empty()) return fail(errc::malformed, "context: bytes follow the last pair");
        return pairs;
    }
    static result<encryption_context> of_sorted(std::vector<pair>&& pairs) {
        std::size_t size = pairs.empty() ? 0 : 2;
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const auto& [key, value] = pairs[i];
            if (key.empty()) return fail(errc::malformed, "context: expected keys of 1 byte or more, one is empty");
            if (!keywright::detail::is_utf8(key) || !keywright::detail::is_utf8(value))
                return fail(errc::malformed, "context: keys and values must be UTF-8");
            if (i > 0 && key == pairs[i - 1].first) return fail(errc::malformed, "context: a key stands twice");
            if (i > 0 && key < pairs[i - 1].first)
                return fail(errc::malformed, "context: its keys are not sorted; read_limits::unsorted_context reads such a message");
            if (key.size() > limit || value.size() > limit)
                return fail(errc::limit_exceeded, "context: expected keys and values of at most 65535 bytes, one is longer");
            size += 4 + key.size() + value.size();
            if (size > limit) return fail(errc::limit_exceeded, "context: expected at most 65535 bytes, it is longer");
        }
        encryption_context made;
        made.pairs_ = std::move(pairs);
        made.size_ = size;
        return made;
    }
    static bool take_text(byte_view& in, std::string& out) {
        if (in.size() < 2) return false;
        const std::size_t n = load_be<std::uint16_t>(in.data());
        if (in.size() - 2 < n) return false;
        out = as_text(in.subspan(2, n));
        in = in.subspan(2 + n);
        return true;
    }
    static void append_text(bytes& out, std::string_view text) {
        append_be(out, static_cast<std::uint16_t>(text.size()));
        append(out, as_bytes(text));
    }

    std::vector<pair> pairs_;
    std::size_t size_ = 0;
};

/// What the library's own wraps are bound to. What is left empty is left out of the context.
struct scope {
    tenant_id tenant{};
    region_id region{};
    environment_id environment{};
    std::optional<std::uint64_t> generation{}; ///< of the ring secret
    std::string_view purpose{};                ///< ASCII, such as `message`
};

/// The pairs `environment`, `generation` (decimal), `purpose`, `region`, `tenant` of a scope.
inline encryption_context house_context(const scope& s) {
    std::vector<encryption_context::pair> pairs;
    const auto add = [&pairs](const char* key, std::string_view value) {
        if (!value.empty()) pairs.emplace_back(key, value);
    };
    add("environment", s.environment.view());
    add("generation", s.generation ? std::to_string(*s.generation) : std::string());
    add("purpose", s.purpose);
    add("region", s.region.view());
    add("tenant", s.tenant.view());
    auto made = encryption_context::make(std::move(pairs));
    expects(made.has_value(), "house_context: the purpose is short UTF-8 text");
    return std::move(*made);
}

} // namespace keywright::keys

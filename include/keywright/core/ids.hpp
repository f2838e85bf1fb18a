// SPDX-License-Identifier: Apache-2.0
// Names of things, each with a type of its own, so that a tenant cannot be passed where a region is meant.
// Depends on: core/contract. Use: `tenant_id{"contoso"}`; `tenant_id::parse(text)` for text from outside.
#pragma once

#include <keywright/core/contract.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <string_view>

namespace keywright {

/// Up to N bytes of text kept inside the object; a plain value, usable in constant expressions.
template <std::size_t N>
class inline_text {
    static_assert(N < 256, "inline_text: the length is kept in one byte");

public:
    constexpr inline_text() = default;
    /// Requires: text.size() <= N. For text from outside use a parse function.
    constexpr explicit inline_text(std::string_view text) : size_(static_cast<std::uint8_t>(text.size())) {
        expects(text.size() <= N, "inline_text: the text fits");
        std::char_traits<char>::copy(chars_.data(), text.data(), text.size());
    }
    static constexpr std::size_t capacity() noexcept { return N; }
    constexpr std::string_view view() const noexcept { return {chars_.data(), size_}; }
    constexpr bool empty() const noexcept { return size_ == 0; }

    friend constexpr bool operator==(const inline_text& a, const inline_text& b) noexcept { return a.view() == b.view(); }
    friend constexpr auto operator<=>(const inline_text& a, const inline_text& b) noexcept { return a.view() <=> b.view(); }

private:
    std::array<char, N> chars_{};
    std::uint8_t size_ = 0;
};

/// A name of one kind of thing: 1 to 63 bytes out of `A-Z a-z 0-9 . _ @ + -`, first not `.` or `-`.
/// That is safe in file names, mail headers, SQL and JSON alike; wider text belongs in a label, not in an id.
template <class Tag>
class id {
public:
    constexpr id() = default;
    /// For names that the program itself makes. Requires: valid(text).
    constexpr explicit id(std::string_view text) : text_(text) {
        expects(valid(text), "id: the text is a valid id; what comes from outside goes through parse");
    }
    template <class OtherTag>
    constexpr id(const id<OtherTag>&) = delete; // id: this names another kind of thing

    static constexpr bool valid(std::string_view text) noexcept {
        if (text.empty() || text.size() > 63 || text[0] == '.' || text[0] == '-') return false;
        for (const char c : text)
            if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '@' ||
                  c == '+' || c == '-'))
                return false;
        return true;
    }
    /// For text from outside: a result<id>. Fails with malformed. Include core/parse_id.hpp to call it.
    [[nodiscard]] static constexpr auto parse(std::string_view text) { return parse_id(id{}, text); }
    constexpr std::string_view view() const noexcept { return text_.view(); }
    /// True for a default-made id, which names nothing.
    constexpr bool empty() const noexcept { return text_.empty(); }

    friend constexpr bool operator==(const id&, const id&) noexcept = default;
    friend constexpr auto operator<=>(const id& a, const id& b) noexcept { return a.text_ <=> b.text_; }

private:
    inline_text<63> text_;
};

using tenant_id = id<struct tenant_tag>;
using region_id = id<struct region_tag>;
using geography_id = id<struct geography_tag>; ///< what personal data does not leave; holds one or more regions
using environment_id = id<struct environment_tag>;
using key_id = id<struct key_tag>;             ///< a customer key within its ring, as the customer named it
using admin_id = id<struct admin_tag>;
using policy_id = id<struct policy_tag>;     ///< names a key of the customer's own vault
using vault_id = id<struct vault_tag>;
using organisation_id = id<struct organisation_tag>; ///< as another product calls an environment
using backup_id = id<struct backup_tag>;
using secret_id = id<struct secret_tag>;     ///< a token, a password or the like, within its environment

/// SHA-256 over a key's SubjectPublicKeyInfo (canonical DER): what "the same key" means.
struct fingerprint {
    std::array<std::uint8_t, 32> bytes{};
    friend constexpr bool operator==(const fingerprint&, const fingerprint&) noexcept = default;
    friend constexpr auto operator<=>(const fingerprint&, const fingerprint&) noexcept = default;
    constexpr bool empty() const noexcept { return *this == fingerprint{}; }
};

} // namespace keywright

// SPDX-License-Identifier: Apache-2.0
// What private keys and wraps look like by their structure, so that a proof finds also those that nobody kept a check
// of. Nothing is trusted or kept: bytes are only recognised.
// Depends on: core, keys/wrap. Nearest user: service/proof/chunk.hpp.
#pragma once

#include <keywright/keys/wrap.hpp>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

namespace keywright::service::detail {

/// No structure that is looked for is longer from its first byte to what tells it apart.
inline constexpr std::size_t marker_reach = 16 * 1024;

/// `visit(at)` for every place below `starts` where the text stands.
template <class Visit>
void each_text(byte_view data, std::size_t starts, std::string_view text, Visit&& visit) {
    const auto all = as_text(data);
    for (auto at = all.find(text); at < starts; at = all.find(text, at + 1)) visit(at);
}

// --- private keys ---

struct der_header {
    std::uint8_t tag = 0;
    std::size_t length = 0; ///< of the content; what is left where it is of indefinite length (BER)
    bool whole = true;      ///< the content is all there
};

/// Reads tag and length from the front of `in` and moves `in` to the content.
inline std::optional<der_header> take_header(byte_view& in) {
    if (in.size() < 2) return std::nullopt;
    der_header found{in[0], in[1]};
    std::size_t used = 2;
    if (found.length == 0x80)
        found.length = in.size() - used;
    else if (found.length > 0x80) {
        const std::size_t digits = found.length & 0x7f;
        if (digits > 4 || in.size() < used + digits) return std::nullopt;
        found.length = 0;
        for (; used < 2 + digits; ++used) found.length = found.length << 8 | in[used];
    }
    in = in.subspan(used);
    found.whole = found.length <= in.size();
    return found;
}
/// Reads one element of this tag and moves `in` behind it; returns its content, or none.
inline std::optional<byte_view> take_element(byte_view& in, std::uint8_t tag) {
    auto rest = in;
    const auto header = take_header(rest);
    if (!header || header->tag != tag || !header->whole) return std::nullopt;
    in = rest.subspan(header->length);
    return rest.first(header->length);
}

enum class key_structure : unsigned char { none, private_key, pfx };

/// SEQUENCE { OID, … }, such as an AlgorithmIdentifier; its OID's bytes.
inline std::optional<std::string_view> take_algorithm(byte_view& in) {
    auto algorithm = take_element(in, 0x30);
    if (!algorithm) return std::nullopt;
    const auto oid = take_element(*algorithm, 0x06);
    if (!oid) return std::nullopt;
    return as_text(*oid);
}
inline bool is_octets(byte_view in, std::size_t at_least) {
    const auto header = take_header(in);
    return header && header->tag == 0x04 && header->length >= at_least;
}

/// What begins at the front of `in`: PKCS#8 (RFC 5958; also encrypted), PKCS#1 (RFC 8017, A.1.2), or PFX (RFC 7292).
inline key_structure structure_of(byte_view in) {
    using enum key_structure;
    const auto outer = take_header(in);
    if (!outer || outer->tag != 0x30 || outer->length < 16) return none;
    auto rest = in;
    if (const auto oid = take_algorithm(rest)) { // EncryptedPrivateKeyInfo: PKCS#5 or PKCS#12 encryption
        const bool encrypts =
            oid->starts_with("\x2a\x86\x48\x86\xf7\x0d\x01\x05") || oid->starts_with("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01");
        return encrypts && is_octets(rest, 16) ? private_key : none;
    }
    rest = in;
    const auto version = take_element(rest, 0x02);
    if (!version || version->size() != 1 || version->front() > 3) return none;
    if (version->front() == 3) { // PFX: a ContentInfo, data or signed data
        const auto content = take_header(rest);
        const auto oid = content && content->tag == 0x30 ? take_element(rest, 0x06) : std::nullopt;
        return oid && as_text(*oid).starts_with("\x2a\x86\x48\x86\xf7\x0d\x01\x07") ? pfx : none;
    }
    auto pkcs1 = rest;
    if (take_algorithm(rest)) return version->front() <= 1 && is_octets(rest, 16) ? private_key : none;
    const auto modulus = take_element(pkcs1, 0x02);
    const auto exponent = modulus ? take_element(pkcs1, 0x02) : std::nullopt;
    const auto secret = take_header(pkcs1);
    return modulus && exponent && secret && modulus->size() >= 64 && exponent->size() <= 33 && secret->tag == 0x02 &&
                   secret->length + 16 >= modulus->size() / 2
               ? private_key
               : none;
}

/// `-----BEGIN … PRIVATE KEY-----` at the front (RFC 7468, and older kinds).
inline bool is_pem_private_key(byte_view in) {
    constexpr std::string_view end = "PRIVATE KEY-----";
    const auto line = as_text(in.first(std::min<std::size_t>(in.size(), 64)));
    const auto at = line.find(end);
    return line.starts_with("-----BEGIN ") && at != line.npos && line.substr(0, at).find_first_of("\r\n") == line.npos;
}

/// `visit(structure, at)` for every private key that begins below `starts`.
template <class Visit>
void each_private_key(byte_view data, std::size_t starts, Visit&& visit) {
    for (std::size_t at = 0; at < starts; ++at) {
        const void* found = std::memchr(data.data() + at, 0x30, starts - at);
        if (found == nullptr) break;
        at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - data.data());
        if (const auto structure = structure_of(data.subspan(at)); structure != key_structure::none) visit(structure, at);
    }
    each_text(data, starts, "-----BEGIN ", [&](std::size_t at) {
        if (is_pem_private_key(data.subspan(at))) visit(key_structure::private_key, at);
    });
}

// --- wraps ---

inline constexpr std::string_view wrap_lengths{"\0\0\0\x80\0\0\0\x0c", 8}; // see keys/wrap.hpp

/// Key names behind which a wrap stands: `name` (1 to 512 bytes), lengths, IV.
inline std::optional<std::string_view> wrap_name(const keys::entry_view& entry) {
    constexpr std::size_t behind = wrap_lengths.size() + 12;
    const auto info = as_text(entry.provider_info);
    if (entry.provider_id != keys::provider || info.size() <= behind || info.size() > 512 + behind) return std::nullopt;
    if (info.substr(info.size() - behind, wrap_lengths.size()) != wrap_lengths) return std::nullopt;
    return info.substr(0, info.size() - behind);
}

/// Bytes of a wrap before its key name.
inline constexpr std::size_t wrap_front = 2 + keys::provider.size() + 2;

/// `visit(key name, at)` for every wrap that begins below `starts`. A wrap on the provider's path counts already from
/// its key name on: in a page that was freed and used again in part, its front may be overwritten and the rest not.
/// `is_continued`: bytes go before `data`, and were searched up to `starts` of their own.
template <class Visit>
void each_wrap(byte_view data, std::size_t starts, bool is_continued, Visit&& visit) {
    std::vector<std::size_t> seen; // where the names of whole wraps stand, ascending
    each_text(data, starts + 2, keys::provider, [&](std::size_t at) {
        if (at < 2 || load_be<std::uint16_t>(data.data() + at - 2) != keys::provider.size()) return;
        auto rest = data.subspan(at - 2);
        const auto entry = keys::take_entry(rest);
        const auto name = entry ? wrap_name(*entry) : std::nullopt;
        if (!name) return;
        seen.push_back(at - 2 + wrap_front);
        visit(*name, at - 2);
    });
    each_text(data, starts + wrap_front, "slot/", [&](std::size_t at) {
        if (is_continued && at < wrap_front) return; // belongs to where its front would begin
        if (std::binary_search(seen.begin(), seen.end(), at)) return;
        const auto from = as_text(data.subspan(at, std::min<std::size_t>(data.size() - at, 512)));
        const auto size = from.find(wrap_lengths[0]);
        if (size == from.npos || from.substr(size, wrap_lengths.size()) != wrap_lengths) return;
        visit(from.substr(0, size), at);
    });
}

} // namespace keywright::service::detail

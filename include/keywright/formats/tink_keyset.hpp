// SPDX-License-Identifier: Apache-2.0
// Tink's keysets: keys of symmetric ciphers with ids, of which one is primary. Read and written as protobuf; the JSON
// form is in formats/tink_keyset_json.hpp. What encrypts a keyset is not decided here (envelope/keyset.hpp).
//
//   Keyset           1 primary_key_id, 2 key[] { 1 key_data { 1 type_url, 2 value, 3 key_material_type SYMMETRIC = 1 },
//                    2 status, 3 key_id, 4 output_prefix_type }
//   value            AesGcmKey, AesGcmSivKey: 1 version 0, 3 key (32 bytes); AesSivKey: 1 version 0, 2 key (64 bytes)
//   EncryptedKeyset  2 encrypted_keyset: an AEAD's ciphertext of a Keyset; 3 keyset_info { 1 primary_key_id,
//                    2 key_info[] { 1 type_url, 2 status, 3 key_id, 4 output_prefix_type } }, in the clear, proven by nothing
// Depends on: core, formats/detail/protobuf. Use: `auto keyset = parse_tink_keyset(secret);`
#pragma once

#include <keywright/core/result.hpp>
#include <keywright/core/secret_bytes.hpp>
#include <keywright/formats/detail/protobuf.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace keywright::formats {

enum class tink_key_type : unsigned char { aes_gcm, aes_gcm_siv, aes_siv };
enum class tink_status : unsigned char { enabled = 1, disabled = 2, destroyed = 3 };
/// What stands before a ciphertext: 01 and the id, 00 and the id (legacy, crunchy), or nothing (raw).
enum class tink_prefix : unsigned char { tink = 1, legacy = 2, raw = 3, crunchy = 4 };

struct tink_key_info {
    tink_key_type type = tink_key_type::aes_gcm;
    tink_status status = tink_status::enabled;
    std::uint32_t id = 0;
    tink_prefix prefix = tink_prefix::tink;
};
struct tink_keyset_info {
    std::uint32_t primary = 0;
    std::vector<tink_key_info> keys;
};
struct tink_key {
    tink_key_info info;
    secret_bytes key; ///< 32 bytes; aes_siv: 64, the first half for S2V; empty once destroyed
};
struct tink_keyset {
    std::uint32_t primary = 0;
    std::vector<tink_key> keys;
};
struct tink_encrypted_keyset {
    bytes encrypted;
    tink_keyset_info info; ///< a claim until `encrypted` is opened; empty where the writer left it out
};

/// As many keys as a keyset may have, so that it fits into one wrap; each lasts for 2^31 fields or more.
inline constexpr std::size_t tink_keyset_keys = 24;
/// The largest keyset that is read, encrypted or not.
inline constexpr std::size_t tink_keyset_bytes = std::size_t{16} << 10;

namespace detail {

struct tink_type_row {
    std::string_view url;
    std::uint32_t key_field;
    std::size_t key_bytes;
};
inline constexpr std::array<tink_type_row, 3> tink_types{{{"type.googleapis.com/google.crypto.tink.AesGcmKey", 3, 32},
                                                          {"type.googleapis.com/google.crypto.tink.AesGcmSivKey", 3, 32},
                                                          {"type.googleapis.com/google.crypto.tink.AesSivKey", 2, 64}}};
constexpr const tink_type_row& row_of(tink_key_type type) { return tink_types[static_cast<std::size_t>(type)]; }

inline result<tink_key_type> tink_type_of(std::string_view url) {
    const auto row = std::find_if(tink_types.begin(), tink_types.end(), [url](const tink_type_row& r) { return r.url == url; });
    if (row == tink_types.end())
        return fail(errc::unsupported, "tink: a key is of a type that is not offered, expected AesGcmKey, AesGcmSivKey or AesSivKey");
    return static_cast<tink_key_type>(row - tink_types.begin());
}
inline tl::unexpected<error> tink_damaged() { return fail(errc::malformed, "tink: the keyset does not decode"); }

/// Collects the fields that a key and its public description share: 2 status, 3 id, 4 prefix.
inline bool take_info(tink_key_info& info, const proto_field& f) {
    if (f.is_data) return true;
    if (f.number == 2) {
        info.status = static_cast<tink_status>(f.value);
        return f.value >= 1 && f.value <= 3;
    }
    if (f.number == 3) {
        info.id = static_cast<std::uint32_t>(f.value);
        return f.value <= 0xffffffff;
    }
    if (f.number == 4) {
        info.prefix = static_cast<tink_prefix>(f.value);
        return f.value >= 1 && f.value <= 4;
    }
    return true;
}
/// What is true of every whole keyset: it has keys, each id once, and the primary one is enabled.
inline result<void> check_ids(std::uint32_t primary, std::vector<tink_key_info> keys) {
    if (keys.empty()) return fail(errc::malformed, "tink: the keyset holds no key");
    std::sort(keys.begin(), keys.end(), [](const tink_key_info& a, const tink_key_info& b) { return a.id < b.id; });
    if (std::adjacent_find(keys.begin(), keys.end(), [](const tink_key_info& a, const tink_key_info& b) { return a.id == b.id; }) !=
        keys.end())
        return fail(errc::malformed, "tink: two keys of the keyset have one id");
    const bool usable =
        std::any_of(keys.begin(), keys.end(), [&](const tink_key_info& k) { return k.id == primary && k.status == tink_status::enabled; });
    if (!usable) return fail(errc::malformed, "tink: the keyset's primary key is missing or not enabled");
    return {};
}

inline result<secret_bytes> parse_key_value(tink_key_type type, byte_view value) {
    byte_view key;
    std::uint64_t version = 0;
    proto_reader in(value);
    for (proto_field f; in.next(f);) {
        if (f.number == 1 && !f.is_data) version = f.value;
        if (f.number == row_of(type).key_field && f.is_data) key = f.data;
    }
    if (in.damaged()) return tink_damaged();
    if (version != 0) return fail(errc::unsupported, "tink: a key has a version that is not known, expected 0");
    if (key.size() != row_of(type).key_bytes)
        return fail(errc::unsupported, "tink: a key has a length that is not offered, expected 256 bits, of AesSivKey 512");
    return secret_bytes(key);
}
inline result<void> parse_key_data(tink_key& key, byte_view data) {
    byte_view url, value;
    std::uint64_t material = 0;
    proto_reader in(data);
    for (proto_field f; in.next(f);) {
        if (f.number == 1 && f.is_data) url = f.data;
        if (f.number == 2 && f.is_data) value = f.data;
        if (f.number == 3 && !f.is_data) material = f.value;
    }
    if (in.damaged()) return tink_damaged();
    const auto type = tink_type_of(as_text(url));
    if (!type) return pass(type);
    if (material != 1) return fail(errc::malformed, "tink: a key is not marked as symmetric");
    auto parsed = parse_key_value(*type, value);
    if (!parsed) return pass(parsed);
    key.info.type = *type;
    key.key = std::move(*parsed);
    return {};
}
inline result<tink_key> parse_key(byte_view data) {
    tink_key key;
    key.info.status = {}; // no field is a default: all three are required
    key.info.prefix = {};
    byte_view key_data;
    proto_reader in(data);
    for (proto_field f; in.next(f);) {
        if (f.number == 1 && f.is_data) key_data = f.data;
        if (!take_info(key.info, f)) return tink_damaged();
    }
    if (in.damaged() || key.info.status == tink_status{} || key.info.prefix == tink_prefix{}) return tink_damaged();
    if (key.info.status == tink_status::destroyed) return key;
    if (auto parsed = parse_key_data(key, key_data); !parsed) return pass(parsed);
    return key;
}
inline result<tink_key_info> parse_key_info(byte_view data) {
    tink_key_info info;
    info.status = {};
    info.prefix = {};
    byte_view url;
    proto_reader in(data);
    for (proto_field f; in.next(f);) {
        if (f.number == 1 && f.is_data) url = f.data;
        if (!take_info(info, f)) return tink_damaged();
    }
    if (in.damaged() || info.status == tink_status{} || info.prefix == tink_prefix{}) return tink_damaged();
    const auto type = tink_type_of(as_text(url));
    if (!type) return pass(type);
    info.type = *type;
    return info;
}
/// Reads `1 primary, 2 entry[]`; `parse` makes an entry of its bytes.
template <class Keyset, class Parse>
result<Keyset> parse_entries(byte_view data, Parse&& parse) {
    Keyset keyset;
    proto_reader in(data);
    for (proto_field f; in.next(f);) {
        if (f.number == 1 && !f.is_data) {
            if (f.value > 0xffffffff) return tink_damaged();
            keyset.primary = static_cast<std::uint32_t>(f.value);
        }
        if (f.number != 2 || !f.is_data) continue;
        if (keyset.keys.size() == tink_keyset_keys) return fail(errc::limit_exceeded, "tink: the keyset holds more than 24 keys");
        auto entry = parse(f.data);
        if (!entry) return pass(entry);
        keyset.keys.push_back(std::move(*entry));
    }
    if (in.damaged()) return tink_damaged();
    return keyset;
}
template <class Bytes>
void write_info(proto_writer<Bytes>& out, const tink_key_info& info) {
    out.number(2, static_cast<std::uint64_t>(info.status));
    out.number(3, info.id);
    out.number(4, static_cast<std::uint64_t>(info.prefix));
}

} // namespace detail

/// What of a keyset is not secret.
inline tink_keyset_info info_of(const tink_keyset& keyset) {
    tink_keyset_info info{keyset.primary, {}};
    for (const tink_key& key : keyset.keys) info.keys.push_back(key.info);
    return info;
}

/// A whole Keyset, in the clear.
/// Fails with malformed, limit_exceeded (above 16 KiB or 24 keys), unsupported (another type, version or length of key).
/// Secrets: what it copies is wiped; `keyset` stays the caller's.
[[nodiscard]] inline result<tink_keyset> parse_tink_keyset(const secret_bytes& keyset) {
    if (keyset.size() > tink_keyset_bytes) return fail(errc::limit_exceeded, "tink: the keyset is larger than 16 KiB");
    auto parsed = detail::parse_entries<tink_keyset>(keywright::detail::reveal(keyset), detail::parse_key);
    if (!parsed) return parsed;
    if (auto fit = detail::check_ids(parsed->primary, info_of(*parsed).keys); !fit) return pass(fit);
    return parsed;
}
[[nodiscard]] inline secret_bytes serialise_tink_keyset(const tink_keyset& keyset) {
    using secure = Botan::secure_vector<std::uint8_t>;
    secure all;
    detail::proto_writer out(all);
    out.number(1, keyset.primary);
    for (const tink_key& key : keyset.keys) {
        secure value, data, entry;
        detail::proto_writer(value).data(detail::row_of(key.info.type).key_field, keywright::detail::reveal(key.key));
        detail::proto_writer in_data(data);
        in_data.data(1, as_bytes(detail::row_of(key.info.type).url));
        in_data.data(2, value);
        in_data.number(3, 1);
        detail::proto_writer in_entry(entry);
        if (key.info.status != tink_status::destroyed) in_entry.data(1, data);
        detail::write_info(in_entry, key.info);
        out.data(2, entry);
    }
    return secret_bytes(std::move(all));
}

/// An EncryptedKeyset. Fails as parse_tink_keyset.
[[nodiscard]] inline result<tink_encrypted_keyset> parse_tink_encrypted_keyset(byte_view file) {
    if (file.size() > tink_keyset_bytes) return fail(errc::limit_exceeded, "tink: the keyset is larger than 16 KiB");
    byte_view encrypted, info;
    detail::proto_reader in(file);
    for (detail::proto_field f; in.next(f);) {
        if (f.number == 2 && f.is_data) encrypted = f.data;
        if (f.number == 3 && f.is_data) info = f.data;
    }
    if (in.damaged() || encrypted.empty()) return detail::tink_damaged();
    auto parsed = detail::parse_entries<tink_keyset_info>(info, detail::parse_key_info);
    if (!parsed) return pass(parsed);
    return tink_encrypted_keyset{bytes(encrypted.begin(), encrypted.end()), std::move(*parsed)};
}
[[nodiscard]] inline bytes serialise_tink_encrypted_keyset(const tink_encrypted_keyset& keyset) {
    bytes all, info;
    detail::proto_writer in_info(info);
    in_info.number(1, keyset.info.primary);
    for (const tink_key_info& key : keyset.info.keys) {
        bytes entry;
        detail::proto_writer in_entry(entry);
        in_entry.data(1, as_bytes(detail::row_of(key.type).url));
        detail::write_info(in_entry, key);
        in_info.data(2, entry);
    }
    detail::proto_writer out(all);
    out.data(2, keyset.encrypted);
    if (!info.empty()) out.data(3, info);
    return all;
}

} // namespace keywright::formats

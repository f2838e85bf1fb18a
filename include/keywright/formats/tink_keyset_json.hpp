// SPDX-License-Identifier: Apache-2.0
// A Tink keyset, encrypted, as JSON: { "encryptedKeyset": base64, "keysetInfo": { "primaryKeyId", "keyInfo": [
// { "typeUrl", "status", "keyId", "outputPrefixType" } ] } }.
// Depends on: formats/tink_keyset, Botan (base64), nlohmann/json. Use: `parse_tink_encrypted_keyset_json(text)`.
#pragma once

#include <keywright/detail/botan_boundary.hpp>
#include <keywright/formats/tink_keyset.hpp>

#include <botan/base64.h>
#include <nlohmann/json.hpp>

#include <string>

namespace keywright::formats {

namespace detail {

inline constexpr std::array<std::string_view, 4> tink_status_names{"UNKNOWN_STATUS", "ENABLED", "DISABLED", "DESTROYED"};
inline constexpr std::array<std::string_view, 5> tink_prefix_names{"UNKNOWN_PREFIX", "TINK", "LEGACY", "RAW", "CRUNCHY"};

/// The number of a name, 0 where there is none.
template <class Names>
std::uint64_t number_of(const Names& names, const nlohmann::json& entry, const char* member) {
    const auto found = entry.find(member);
    if (found == entry.end() || !found->is_string()) return 0;
    const auto at = std::find(names.begin(), names.end(), std::string_view(found->template get_ref<const std::string&>()));
    return at == names.end() ? 0 : static_cast<std::uint64_t>(at - names.begin());
}
inline result<std::uint32_t> id_of(const nlohmann::json& object, const char* member) {
    const auto found = object.find(member);
    if (found == object.end() || !found->is_number_unsigned() || found->get<std::uint64_t>() > 0xffffffff) return tink_damaged();
    return found->get<std::uint32_t>();
}
inline result<tink_key_info> key_info_of(const nlohmann::json& entry) {
    if (!entry.is_object()) return tink_damaged();
    const auto id = id_of(entry, "keyId");
    const auto url = entry.find("typeUrl");
    const auto status = number_of(tink_status_names, entry, "status");
    const auto prefix = number_of(tink_prefix_names, entry, "outputPrefixType");
    if (!id || status == 0 || prefix == 0 || url == entry.end() || !url->is_string()) return tink_damaged();
    const auto type = tink_type_of(url->get_ref<const std::string&>());
    if (!type) return pass(type);
    return tink_key_info{*type, static_cast<tink_status>(status), *id, static_cast<tink_prefix>(prefix)};
}

} // namespace detail

/// Fails as parse_tink_encrypted_keyset. A keyset in the clear (`key` instead of `encryptedKeyset`) is malformed: it is
/// not read from text, because text gets copied.
[[nodiscard]] inline result<tink_encrypted_keyset> parse_tink_encrypted_keyset_json(std::string_view text) {
    if (text.size() > 2 * tink_keyset_bytes) return fail(errc::limit_exceeded, "tink: the keyset is larger than 32 KiB of JSON");
    const auto depth_ok = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) { return depth <= 8; };
    const auto json = nlohmann::json::parse(text, depth_ok, false);
    if (json.is_discarded() || !json.is_object()) return fail(errc::malformed, "tink: the JSON does not parse");
    const auto encrypted = json.find("encryptedKeyset");
    if (encrypted == json.end() || !encrypted->is_string())
        return fail(errc::malformed, "tink: there is no encryptedKeyset; a keyset in the clear is not read");
    auto raw = keywright::detail::botan_boundary(errc::malformed, "tink: encryptedKeyset is not base64", [&] {
        const auto decoded = Botan::base64_decode(encrypted->get_ref<const std::string&>(), false);
        return bytes(decoded.begin(), decoded.end());
    });
    if (!raw) return pass(raw);
    if (raw->empty() || raw->size() > tink_keyset_bytes)
        return fail(errc::limit_exceeded, "tink: the keyset is empty or larger than 16 KiB");
    tink_encrypted_keyset keyset{std::move(*raw), {}};
    const auto info = json.find("keysetInfo");
    if (info == json.end() || !info->is_object()) return keyset; // advisory, and some writers leave it out
    const auto primary = detail::id_of(*info, "primaryKeyId");
    const auto keys = info->find("keyInfo");
    if (!primary || keys == info->end() || !keys->is_array()) return detail::tink_damaged();
    if (keys->size() > tink_keyset_keys) return fail(errc::limit_exceeded, "tink: the keyset holds more than 24 keys");
    keyset.info.primary = *primary;
    for (const auto& entry : *keys) {
        auto key = detail::key_info_of(entry);
        if (!key) return pass(key);
        keyset.info.keys.push_back(*key);
    }
    return keyset;
}

[[nodiscard]] inline std::string serialise_tink_encrypted_keyset_json(const tink_encrypted_keyset& keyset) {
    auto keys = nlohmann::json::array();
    for (const tink_key_info& key : keyset.info.keys)
        keys.push_back({{"typeUrl", detail::row_of(key.type).url},
                        {"status", detail::tink_status_names[static_cast<std::size_t>(key.status)]},
                        {"keyId", key.id},
                        {"outputPrefixType", detail::tink_prefix_names[static_cast<std::size_t>(key.prefix)]}});
    const nlohmann::json file{{"encryptedKeyset", Botan::base64_encode(keyset.encrypted)},
                              {"keysetInfo", {{"primaryKeyId", keyset.info.primary}, {"keyInfo", std::move(keys)}}}};
    return file.dump();
}

} // namespace keywright::formats

// SPDX-License-Identifier: Apache-2.0
#include "../envelope/field_helpers.hpp"

#include <doctest/doctest.h>

using namespace keywright;
using namespace keywright::test;
using namespace keywright::formats;

namespace {

secret_bytes secret(const bytes& data) { return secret_bytes(byte_view(data)); }
/// A whole keyset of one AES-GCM key, byte by byte.
bytes plain_keyset() {
    bytes value{0x1a, 32};
    for (std::uint8_t i = 0; i < 32; ++i) value.push_back(i);
    bytes data{0x0a, 48};
    append(data, as_bytes("type.googleapis.com/google.crypto.tink.AesGcmKey"));
    append(data, bytes{0x12, 34});
    append(data, value);
    append(data, bytes{0x18, 1});
    bytes key{0x0a, static_cast<std::uint8_t>(data.size())};
    append(key, data);
    append(key, bytes{0x10, 1, 0x18, 42, 0x20, 1});
    bytes all{0x08, 42, 0x12, static_cast<std::uint8_t>(key.size())};
    append(all, key);
    return all;
}
bytes with(std::size_t at, std::uint8_t value) {
    bytes changed = plain_keyset();
    changed[at] = value;
    return changed;
}

} // namespace

TEST_CASE("tink keyset: one written by hand after the schema is read, and written the same") {
    const auto keyset = parse_tink_keyset(secret(plain_keyset())).value();
    CHECK(keyset.primary == 42);
    REQUIRE(keyset.keys.size() == 1);
    CHECK(keyset.keys[0].info.type == tink_key_type::aes_gcm);
    CHECK(keyset.keys[0].info.prefix == tink_prefix::tink);
    CHECK(equal(keyset.keys[0].key, counting(0)));
    CHECK(seen(serialise_tink_keyset(keyset)) == plain_keyset());
}

TEST_CASE("tink keyset: one fault each, one refusal each") {
    struct row {
        const char* name;
        bytes keyset;
        errc code;
        const char* text;
    };
    const std::size_t type_at = 4 + 2 + 2, value_at = type_at + 48 + 2, material_at = value_at + 34 + 1, status_at = material_at + 2;
    bytes unknown_group = plain_keyset();
    append(unknown_group, bytes{0x1b, 0x1c});
    bytes twice = plain_keyset();
    append(twice, byte_view(plain_keyset()).subspan(2));
    bytes unknown_fields = plain_keyset();
    append(unknown_fields, bytes{0x28, 0xff, 0x01, 0x31, 1, 2, 3, 4, 5, 6, 7, 8, 0x3d, 1, 2, 3, 4, 0x42, 1, 'x'});
    CHECK(parse_tink_keyset(secret(unknown_fields)).has_value()); // a later version's
    bytes overlong{0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    append(overlong, byte_view(plain_keyset()).subspan(2));
    const char* damaged = "tink: the keyset does not decode";
    const row rows[] = {
        {"empty", {}, errc::malformed, "tink: the keyset holds no key"},
        {"no key", {0x08, 42}, errc::malformed, "tink: the keyset holds no key"},
        {"primary id of no key", with(1, 43), errc::malformed, "tink: the keyset's primary key is missing or not enabled"},
        {"an unknown type", with(type_at + 44, 'X'), errc::unsupported,
         "tink: a key is of a type that is not offered, expected AesGcmKey, AesGcmSivKey or AesSivKey"},
        {"the key in another field", with(value_at, 0x12), errc::unsupported,
         "tink: a key has a length that is not offered, expected 256 bits, of AesSivKey 512"},
        {"the key longer than its value", with(value_at + 1, 33), errc::malformed, damaged},
        {"the key shorter than its value", with(value_at + 1, 31), errc::malformed, damaged},
        {"not symmetric", with(material_at, 2), errc::malformed, "tink: a key is not marked as symmetric"},
        {"disabled primary", with(status_at, 2), errc::malformed, "tink: the keyset's primary key is missing or not enabled"},
        {"status 0", with(status_at, 0), errc::malformed, damaged},
        {"status 4", with(status_at, 4), errc::malformed, damaged},
        {"another id", with(status_at + 2, 43), errc::malformed, "tink: the keyset's primary key is missing or not enabled"},
        {"prefix 0", with(status_at + 4, 0), errc::malformed, damaged},
        {"prefix 5", with(status_at + 4, 5), errc::malformed, damaged},
        {"a group", unknown_group, errc::malformed, damaged},
        {"field number 0", with(0, 0x00), errc::malformed, damaged},
        {"an id twice", twice, errc::malformed, "tink: two keys of the keyset have one id"},
        {"a number above 64 bits", overlong, errc::malformed, damaged},
        {"too large", bytes(tink_keyset_bytes + 1), errc::limit_exceeded, "tink: the keyset is larger than 16 KiB"},
    };
    for (const row& r : rows) {
        CAPTURE(r.name);
        const auto parsed = parse_tink_keyset(secret(r.keyset));
        REQUIRE_FALSE(parsed.has_value());
        CHECK(parsed.error().code == r.code);
        CHECK(std::string_view(parsed.error().text) == r.text);
    }
}

TEST_CASE("tink keyset: 24 keys are read, 25 are not") {
    tink_keyset keyset{1, {}};
    for (std::uint32_t id = 1; id <= 24; ++id)
        keyset.keys.push_back({{tink_key_type::aes_gcm_siv, tink_status::enabled, id, tink_prefix::tink}, counting(0)});
    CHECK(parse_tink_keyset(serialise_tink_keyset(keyset)).value().keys.size() == 24);
    keyset.keys.push_back({{tink_key_type::aes_gcm_siv, tink_status::enabled, 25, tink_prefix::tink}, counting(0)});
    CHECK(parse_tink_keyset(serialise_tink_keyset(keyset)).error().code == errc::limit_exceeded);
}

TEST_CASE("tink keyset: a destroyed key is known by its id and holds nothing") {
    auto keyset = parse_tink_keyset(secret(plain_keyset())).value();
    keyset.keys.push_back({{tink_key_type::aes_gcm, tink_status::destroyed, 7, tink_prefix::tink}, {}});
    const auto again = parse_tink_keyset(serialise_tink_keyset(keyset)).value();
    REQUIRE(again.keys.size() == 2);
    CHECK(again.keys[1].info.status == tink_status::destroyed);
    CHECK(again.keys[1].key.empty());
}

TEST_CASE("tink keyset: no truncation of one is another") {
    const bytes whole = plain_keyset();
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK_FALSE(parse_tink_keyset(secret(bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)))).has_value());
}

TEST_CASE("encrypted tink keyset: Tink's own files are read in both forms and say which keys they hold") {
    for (const char* name : {"gcm", "gcm_siv", "gcm_siv_raw", "siv", "rotated", "siv_rotated"}) {
        CAPTURE(std::string(name));
        const auto text = parse_tink_encrypted_keyset_json(tink_file(std::string(name) + ".json")).value();
        const std::string file = tink_file(std::string(name) + ".bin");
        const auto binary = parse_tink_encrypted_keyset(as_bytes(file)).value();
        CHECK(binary.info.keys.empty()); // this writer leaves it out of the binary form
        auto master = tink_master();
        const auto inside = envelope::import_keyset(binary, master, as_bytes("keyset " + std::string(name))).value().info();
        CHECK(text.info.primary == inside.primary);
        REQUIRE(text.info.keys.size() == inside.keys.size());
        for (std::size_t i = 0; i < inside.keys.size(); ++i) {
            CHECK(text.info.keys[i].id == inside.keys[i].id);
            CHECK(text.info.keys[i].type == inside.keys[i].type);
            CHECK(text.info.keys[i].prefix == inside.keys[i].prefix);
        }
        const bytes again = serialise_tink_encrypted_keyset(binary);
        CHECK(as_text(again) == file);
        CHECK(parse_tink_encrypted_keyset_json(serialise_tink_encrypted_keyset_json(text)).value().encrypted == text.encrypted);
    }
}

TEST_CASE("encrypted tink keyset in JSON: one fault each, one refusal each") {
    const auto code = [](std::string_view text) { return parse_tink_encrypted_keyset_json(text).error().code; };
    CHECK(code("") == errc::malformed);
    CHECK(code("[]") == errc::malformed);
    CHECK(code(R"({"key":[],"primaryKeyId":1})") == errc::malformed);
    CHECK(code(R"({"encryptedKeyset":7})") == errc::malformed);
    CHECK(code(R"({"encryptedKeyset":"A"})") == errc::malformed);
    CHECK(code(R"({"encryptedKeyset":"A-A_"})") == errc::malformed);
    CHECK(code(R"({"encryptedKeyset":""})") == errc::limit_exceeded);
    CHECK(parse_tink_encrypted_keyset_json(R"({"encryptedKeyset":"AAAA"})").value().encrypted == bytes(3));
    CHECK(code(R"({"encryptedKeyset":"AAAA","keysetInfo":{}})") == errc::malformed);
    CHECK(code(R"({"encryptedKeyset":"AAAA","keysetInfo":{"primaryKeyId":4294967296,"keyInfo":[]}})") == errc::malformed);
    const std::string entry =
        R"({"typeUrl":"type.googleapis.com/google.crypto.tink.AesGcmKey","status":"ENABLED","keyId":1,"outputPrefixType":"TINK"})";
    const auto holding = [](const std::string& keys) {
        return R"({"encryptedKeyset":"AAAA","keysetInfo":{"primaryKeyId":1,"keyInfo":[)" + keys + "]}}";
    };
    CHECK(parse_tink_encrypted_keyset_json(holding(entry)).value().info.keys.size() == 1);
    CHECK(code(holding("7")) == errc::malformed);
    for (const char* member : {"typeUrl", "status", "keyId", "outputPrefixType"}) {
        std::string changed = entry;
        changed.replace(changed.find(member), 2, "??");
        CAPTURE(std::string(member));
        CHECK(code(holding(changed)) == errc::malformed);
    }
    std::string other_type = entry;
    other_type.replace(other_type.find("AesGcmKey"), 9, "HmacKeyXX");
    CHECK(code(holding(other_type)) == errc::unsupported);
    std::string many = entry;
    for (int i = 1; i < 25; ++i) many += "," + entry;
    CHECK(code(holding(many)) == errc::limit_exceeded);
    CHECK(code(std::string(2 * tink_keyset_bytes + 1, ' ')) == errc::limit_exceeded);
}

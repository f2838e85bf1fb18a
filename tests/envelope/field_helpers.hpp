// SPDX-License-Identifier: Apache-2.0
// What tests of fields share: a lease that holds a field key, and what Tink itself wrote (tests/data/tink/make.py).
#pragma once

#include "../keys/helpers.hpp"

#include <keywright/envelope/keyset_transfer.hpp>
#include <keywright/formats/tink_keyset_json.hpp>

#include <fstream>
#include <iterator>
#include <sstream>

namespace keywright::test {

inline keys::data_key_lease field_lease(const std::shared_ptr<keys::epoch_watch>& watch = std::make_shared<keys::epoch_watch>(1),
                                        std::uint8_t first_byte = 0) {
    std::vector<keys::leased_key> list;
    list.push_back({{environment_id{"prod"}, keys::data_purpose::field, 1}, counting(first_byte), true, 1000});
    return std::move(keys::data_key_lease::grant(watch, 1, std::move(list)).value());
}

inline envelope::keyset fresh(envelope::field_suite suite) { return std::move(envelope::keyset::generate(suite).value()); }
inline envelope::field_cipher unleased(const envelope::keyset& keys) {
    return std::move(envelope::field_cipher::make_unleased(keys).value());
}

inline std::string tink_file(const std::string& name) {
    std::ifstream in(std::string(KEYWRIGHT_TEST_DATA "/tink/") + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
/// The cipher that every keyset in tests/data/tink is encrypted under.
inline envelope::field_cipher tink_master() {
    const std::string text = tink_file("master.hex");
    return unleased(envelope::keyset::of_raw_key(envelope::field_suite::aes256_gcm, secret_bytes(hex(text))).value());
}
inline envelope::keyset tink_keyset_of(const std::string& name) {
    auto master = tink_master();
    const auto file = formats::parse_tink_encrypted_keyset_json(tink_file(name + ".json")).value();
    return std::move(envelope::import_keyset(file, master, as_bytes("keyset " + name)).value());
}

struct tink_field {
    bytes associated_data, value, field;
};
inline std::vector<tink_field> tink_fields_of(const std::string& name) {
    std::istringstream in(tink_file(name + ".tsv"));
    std::vector<tink_field> rows;
    for (std::string line; std::getline(in, line);) {
        const auto first = line.find('\t'), second = line.find('\t', first + 1);
        rows.push_back({hex(line.substr(0, first)), hex(line.substr(first + 1, second - first - 1)), hex(line.substr(second + 1))});
    }
    return rows;
}

} // namespace keywright::test

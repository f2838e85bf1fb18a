// SPDX-License-Identifier: Apache-2.0
// Keysets in all three forms. What is read must be written and read again as the same; a keyset that is whole must give
// a cipher that opens what it seals.
#include <keywright/envelope/keyset_transfer.hpp>
#include <keywright/formats/tink_keyset_json.hpp>

#include <cstdlib>

using namespace keywright;
using namespace keywright::formats;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}
void use(envelope::keyset& keys) {
    must(keys.reserve(0).has_value());
    auto cipher = envelope::field_cipher::make_unleased(keys);
    must(cipher.has_value());
    const auto sealed = cipher->seal(as_bytes("place"), as_bytes("value"));
    must(sealed.has_value());
    const auto opened = cipher->open(as_bytes("place"), *sealed);
    must(opened.has_value() && as_text(*opened) == "value");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const byte_view input{data, size};
    if (auto plain = parse_tink_keyset(secret_bytes(input))) {
        const auto again = parse_tink_keyset(serialise_tink_keyset(*plain));
        must(again.has_value() && again->primary == plain->primary && again->keys.size() == plain->keys.size());
        if (auto keys = envelope::keyset::from(std::move(*plain))) use(*keys);
    }
    if (const auto file = parse_tink_encrypted_keyset(input)) {
        const auto again = parse_tink_encrypted_keyset(serialise_tink_encrypted_keyset(*file));
        must(again.has_value() && again->encrypted == file->encrypted && again->info.keys.size() == file->info.keys.size());
    }
    if (const auto file = parse_tink_encrypted_keyset_json(as_text(input))) {
        const auto again = parse_tink_encrypted_keyset_json(serialise_tink_encrypted_keyset_json(*file));
        must(again.has_value() && again->encrypted == file->encrypted && again->info.keys.size() == file->info.keys.size());
    }
    return 0;
}

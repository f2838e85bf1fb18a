// SPDX-License-Identifier: Apache-2.0
// A keyset handed to another program, or taken from one: Tink's encrypted keysets, under a key that both sides have.
// Depends on: envelope/field.
// Use: `auto file = serialise_tink_encrypted_keyset_json(*export_keyset(keys, under, as_bytes("contoso")));`
#pragma once

#include <keywright/envelope/field.hpp>

namespace keywright::envelope {

/// The keyset as a Tink EncryptedKeyset (formats/tink_keyset.hpp, in JSON formats/tink_keyset_json.hpp).
/// Fails as field_cipher::seal; misused for a deterministic cipher. Secrets: whoever has `under`'s key has the keyset,
/// also after a lock; it is a way out, and a product decides who may take it.
[[nodiscard]] inline result<formats::tink_encrypted_keyset> export_keyset(const keyset& keys, field_cipher& under,
                                                                          byte_view associated_data) {
    if (under.deterministic()) return fail(errc::misused, "keyset: it is exported under AES-GCM or AES-GCM-SIV, not under AES-SIV");
    const secret_bytes plain = keys.serialise();
    auto sealed = under.seal(associated_data, keywright::detail::reveal(plain));
    if (!sealed) return pass(sealed);
    return formats::tink_encrypted_keyset{std::move(*sealed), keys.info()};
}
/// Fails as field_cipher::open, parse_tink_keyset and keyset::from.
[[nodiscard]] inline result<keyset> import_keyset(const formats::tink_encrypted_keyset& file, field_cipher& under,
                                                  byte_view associated_data) {
    const auto plain = under.open_secret(associated_data, file.encrypted);
    if (!plain) return pass(plain);
    auto parsed = formats::parse_tink_keyset(*plain);
    if (!parsed) return pass(parsed);
    return keyset::from(std::move(*parsed));
}

} // namespace keywright::envelope

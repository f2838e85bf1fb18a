// SPDX-License-Identifier: Apache-2.0
// A keyset outside of a service's store: as Tink's encrypted keyset under a key that another program has, too, or as a
// message under a keyring of one's own.
// Depends on: envelope/field, envelope/message.
// Use: `auto file = serialise_tink_encrypted_keyset_json(*export_keyset(keys, under, as_bytes("contoso")));`
//      `auto kept = seal_keyset(keys, keyring, context);` and `auto keys = open_keyset(keyring, *kept, {.expected = context});`
#pragma once

#include <keywright/envelope/field.hpp>
#include <keywright/envelope/message.hpp>

namespace keywright::envelope {

namespace detail {
inline result<keyset> keyset_of(const secret_bytes& plain) {
    auto parsed = formats::parse_tink_keyset(plain);
    if (!parsed) return pass(parsed);
    return keyset::from(std::move(*parsed));
}
} // namespace detail

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
    return detail::keyset_of(*plain);
}

/// The keyset as a message whose plaintext is a serialised Tink Keyset: how a program without a service keeps it, for all that
/// `under` names. Fails as seal. Secrets: as export_keyset.
[[nodiscard]] inline result<bytes> seal_keyset(const keyset& keys, const keys::key_ref& under,
                                               const keys::encryption_context& context = {}) {
    const secret_bytes plain = keys.serialise();
    return seal(under, keywright::detail::reveal(plain), context);
}
/// Fails as open, parse_tink_keyset and keyset::from. The plaintext stands in wiped memory only.
[[nodiscard]] inline result<keyset> open_keyset(const keys::key_ref& under, byte_view message, const open_options& options = {}) {
    secret_bytes room(message.size());
    const auto size = open_into(under, message, keywright::detail::reveal_writable(room), options);
    if (!size) return pass(size);
    return detail::keyset_of(secret_bytes(keywright::detail::reveal(room).first(*size)));
}

} // namespace keywright::envelope

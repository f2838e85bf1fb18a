// SPDX-License-Identifier: Apache-2.0
// Who holds the keys: private halves and erasable secrets that never leave, kept apart from the data they protect.
// Every key enters in two steps: `stage` before the commit that decides, `publish` after it. What a dead process
// staged and never published is `abandoned` and gets destroyed by recovery, so that a kill in between leaves no
// live key that the state does not know.
// Depends on: core, Botan (Private_Key). Nearest adapter to copy: adapters/memory/key_vault.hpp.
#pragma once

#include <keywright/core/ids.hpp>
#include <keywright/core/result.hpp>
#include <keywright/core/secret_bytes.hpp>

#include <botan/pk_keys.h>

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace keywright::ports {

/// What a vault key may be used for. One key has one purpose.
enum class key_purpose : unsigned char {
    customer, ///< RSA: unwraps ring secrets (RSAES-OAEP, SHA-256)
    provider, ///< RSA: the provider's own customer key, same use
    import,   ///< RSA: unwraps BYOK transfer files (RSAES-OAEP, SHA-1), single use
    slot,     ///< 32 random bytes: the erasable half of an environment's path to the provider's key
    audit,    ///< Ed25519: signs the audit log; survives locks
};

struct vault_entry {
    std::string id; ///< 1 to 200 bytes of `a-z 0-9 . _ / -`
    key_purpose purpose = key_purpose::customer;
    bool published = false;
    fingerprint print;     ///< SHA-256 of `public_key`; empty for slots
    bytes public_key;      ///< SubjectPublicKeyInfo, DER; empty for slots
    /// 32-byte digests SHA-256("keywright key check 1" || secret), one after the other, by which a proof recognises
    /// what survived a destruction. RSA: of the prime p, then of q (big-endian, no leading zeros). Slot: of its 32
    /// bytes. Ed25519: of the 32-byte seed.
    bytes key_check;
};

// --- the capabilities ---

/// `stage(id, purpose, private key)`: kept, usable, not published. already_exists when the id is taken.
template <class V>
concept stages_keys = requires(V& v, std::string_view id, key_purpose p, const Botan::Private_Key& key) {
    { v.stage(id, p, key) } -> std::same_as<result<vault_entry>>;
};
/// `stage_slot(id)`: makes 32 random bytes of purpose `slot`, staged.
template <class V>
concept stages_slots = requires(V& v, std::string_view id) {
    { v.stage_slot(id) } -> std::same_as<result<vault_entry>>;
};
/// `publish(id)`: from now on it survives the process. Idempotent; not_found when there is none.
template <class V>
concept publishes_keys = requires(V& v, std::string_view id) {
    { v.publish(id) } -> std::same_as<result<void>>;
};
/// `destroy(id)`: when it returns, the key is in no memory and no byte at rest of the vault. Idempotent: a missing
/// key is success.
template <class V>
concept destroys_keys = requires(V& v, std::string_view id) {
    { v.destroy(id) } -> std::same_as<result<void>>;
};
/// `find(id)` and `list(prefix)`: entries without secrets; find gives not_found.
template <class V>
concept lists_keys = requires(V& v, std::string_view id) {
    { v.find(id) } -> std::same_as<result<vault_entry>>;
    { v.list(id) } -> std::same_as<result<std::vector<vault_entry>>>;
};
/// `abandoned()`: ids that were staged by a process that is gone and never published.
template <class V>
concept finds_abandoned_keys = requires(V& v) {
    { v.abandoned() } -> std::same_as<result<std::vector<std::string>>>;
};
/// `unwrap(id, ciphertext)`: RSAES-OAEP with the hash that the key's purpose names (SHA-256; SHA-1 for import), MGF1
/// with the same hash, empty label. authentication_failed when it does not open; misused for another purpose.
template <class V>
concept unwraps_secrets = requires(V& v, std::string_view id, byte_view ciphertext) {
    { v.unwrap(id, ciphertext) } -> std::same_as<result<secret_bytes>>;
};
/// `slot_secret(id)`: the 32 bytes of a slot, for one key derivation.
template <class V>
concept reads_slots = requires(V& v, std::string_view id) {
    { v.slot_secret(id) } -> std::same_as<result<secret_bytes>>;
};
/// `sign(id, message)`: Ed25519 (pure) with an audit key, 64 bytes.
template <class V>
concept signs_audit_records = requires(V& v, std::string_view id, byte_view message) {
    { v.sign(id, message) } -> std::same_as<result<bytes>>;
};

/// Satisfied by a vault that several threads and processes may use at once. `unavailable` means that it could not be
/// asked, and may be retried; a vault that refuses answers permission_denied.
template <class V>
concept key_vault = stages_keys<V> && stages_slots<V> && publishes_keys<V> && destroys_keys<V> && lists_keys<V> &&
                    finds_abandoned_keys<V> && unwraps_secrets<V> && reads_slots<V> && signs_audit_records<V>;

/// Says in one sentence what a type lacks; put `static_assert(check_key_vault<my_vault>());` under the class.
template <class V>
consteval bool check_key_vault() {
    static_assert(
        stages_keys<V>,
        "key_vault: needs `result<vault_entry> stage(std::string_view id, key_purpose, const Botan::Private_Key&)`; see keywright/ports/key_vault.hpp");
    static_assert(stages_slots<V>,
                  "key_vault: needs `result<vault_entry> stage_slot(std::string_view id)`; see keywright/ports/key_vault.hpp");
    static_assert(publishes_keys<V>, "key_vault: needs `result<void> publish(std::string_view id)`; see keywright/ports/key_vault.hpp");
    static_assert(destroys_keys<V>, "key_vault: needs `result<void> destroy(std::string_view id)`; see keywright/ports/key_vault.hpp");
    static_assert(
        lists_keys<V>,
        "key_vault: needs `result<vault_entry> find(std::string_view id)` and `result<std::vector<vault_entry>> list(std::string_view prefix)`; see keywright/ports/key_vault.hpp");
    static_assert(finds_abandoned_keys<V>,
                  "key_vault: needs `result<std::vector<std::string>> abandoned()`; see keywright/ports/key_vault.hpp");
    static_assert(
        unwraps_secrets<V>,
        "key_vault: needs `result<secret_bytes> unwrap(std::string_view id, byte_view ciphertext)`; see keywright/ports/key_vault.hpp");
    static_assert(reads_slots<V>,
                  "key_vault: needs `result<secret_bytes> slot_secret(std::string_view id)`; see keywright/ports/key_vault.hpp");
    static_assert(signs_audit_records<V>,
                  "key_vault: needs `result<bytes> sign(std::string_view id, byte_view message)`; see keywright/ports/key_vault.hpp");
    return key_vault<V>;
}

} // namespace keywright::ports

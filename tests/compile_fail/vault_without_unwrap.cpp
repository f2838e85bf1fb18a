// SPDX-License-Identifier: Apache-2.0
// SAYS: key_vault: needs `result<secret_bytes> unwrap(std::string_view id, byte_view ciphertext)`; see keywright/ports/key_vault.hpp
// Of nine capabilities one is missing, and only that one is named.
#include <keywright/ports/key_vault.hpp>

namespace ports = keywright::ports;

struct my_vault {
    keywright::result<ports::vault_entry> stage(std::string_view id, ports::key_purpose purpose, const Botan::Private_Key& key);
    keywright::result<ports::vault_entry> stage_slot(std::string_view id);
    keywright::result<void> publish(std::string_view id);
    keywright::result<void> destroy(std::string_view id);
    keywright::result<ports::vault_entry> find(std::string_view id);
    keywright::result<std::vector<ports::vault_entry>> list(std::string_view prefix);
    keywright::result<std::vector<std::string>> abandoned();
#ifdef FIXED
    keywright::result<keywright::secret_bytes> unwrap(std::string_view id, keywright::byte_view ciphertext);
#endif
    keywright::result<keywright::secret_bytes> slot_secret(std::string_view id);
    keywright::result<keywright::bytes> sign(std::string_view id, keywright::byte_view message);
};
static_assert(ports::check_key_vault<my_vault>());

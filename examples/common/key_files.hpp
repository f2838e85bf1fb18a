// SPDX-License-Identifier: Apache-2.0
// Keyrings and leases out of key files.
#pragma once

#include "trouble.hpp"

#include <keywright/keys/lease.hpp>
#include <keywright/keys/raw_aes_keyring.hpp>
#include <keywright/keys/raw_rsa_keyring.hpp>

#include <functional>
#include <vector>

namespace example {

/// Key files of the command line, each [NAMESPACE/NAME=]FILE, and where their password is.
struct key_file_options {
    std::vector<std::string> aes_keys, rsa_keys;
    keywright::keys::oaep_hash padding = keywright::keys::oaep_hash::sha256;
    std::string password_file;
    bool ask = false;

    bool empty() const { return aes_keys.empty() && rsa_keys.empty(); }
};

/// What --aes-key and --rsa-key expect: [NAMESPACE/NAME=]FILE.
struct named_file {
    std::string name_space, name, path;

    static outcome<named_file> parse(const std::string& text);
};

/// The bytes of a key file, wiped when they go; limit_exceeded above 1 MiB.
outcome<keywright::secret_bytes> read_key_file(const std::string& path);

/// What leases of `leases_of` call their environment: every key file's the same, so that the file may be renamed.
inline constexpr keywright::environment_id of_key_file{"key-file"};
/// Leases for databases under a key of 32 bytes that no policy is about: one each time it is called.
std::function<keywright::result<keywright::keys::data_key_lease>()> leases_of(keywright::secret_bytes key);

outcome<keywright::keys::raw_aes_keyring> load_aes_key(const named_file& from);
/// `decrypts`: a public key will not do.
outcome<keywright::keys::raw_rsa_keyring> load_rsa_key(const named_file& from, const key_file_options& given, bool decrypts);

} // namespace example

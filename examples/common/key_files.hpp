// SPDX-License-Identifier: Apache-2.0
// Keyrings out of key files.
#pragma once

#include "trouble.hpp"

#include <keywright/keys/raw_aes_keyring.hpp>
#include <keywright/keys/raw_rsa_keyring.hpp>

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

outcome<keywright::keys::raw_aes_keyring> load_aes_key(const named_file& from);
/// `decrypts`: a public key will not do.
outcome<keywright::keys::raw_rsa_keyring> load_rsa_key(const named_file& from, const key_file_options& given, bool decrypts);

} // namespace example

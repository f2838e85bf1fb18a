// SPDX-License-Identifier: Apache-2.0
// Keyrings out of key files.
#pragma once

#include "options.hpp"

#include <keywright/keys/raw_aes_keyring.hpp>
#include <keywright/keys/raw_rsa_keyring.hpp>

namespace envelope_file {

/// What --aes-key and --rsa-key expect: [NAMESPACE/NAME=]FILE.
struct named_file {
    std::string name_space, name, path;

    static outcome<named_file> parse(const std::string& text);
};

outcome<keywright::keys::raw_aes_keyring> load_aes_key(const named_file& from);
/// `given` says where the password is, and whether a public key will do.
outcome<keywright::keys::raw_rsa_keyring> load_rsa_key(const named_file& from, const options& given);

} // namespace envelope_file

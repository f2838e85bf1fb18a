// SPDX-License-Identifier: Apache-2.0
// The command line.
#pragma once

#include "trouble.hpp"

#include <keywright/envelope/begin.hpp>
#include <keywright/keys/raw_rsa_keyring.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace envelope_file {

/// What encrypted files' names end with.
inline constexpr std::string_view suffix = ".esdk";

enum class action : unsigned char { encrypt, decrypt, inspect };

/// Which environment of which tenant, and what opens it: the folder that the example tenant_admin keeps.
struct environment_options {
    std::string name; ///< TENANT/REGION/ENVIRONMENT; empty: none
    std::string state_folder, by, passphrase_file, now;
};

struct options {
    action what = action::encrypt;
    std::string in = "-", out;
    std::vector<std::string> aes_keys, rsa_keys;
    keywright::keys::oaep_hash padding = keywright::keys::oaep_hash::sha256;
    std::string password_file;
    bool ask = false;
    environment_options environment;

    keywright::keys::encryption_context context;
    std::vector<std::string> required_keys;
    bool bind_names = false;

    std::uint32_t frame_length = 0;
    unsigned threads = 1;
    bool sign = false, before_signature = false, unsorted_context = false;
    keywright::keys::commitment_policy policy{};

    bool force = false, as_json = false, quiet = false, no_colour = false;

    bool colours(int descriptor) const;
};

/// Parses; where that is all there is to do (--help, a mistake), the exit code is the error half.
tl::expected<options, int> parse(int argc, char** argv);

} // namespace envelope_file

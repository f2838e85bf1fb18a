// SPDX-License-Identifier: Apache-2.0
// keywright's half of the conversation with the official clients (esdk.py, ../esdk_node/grid.js):
//   esdk_peer seal|seal-file|open|open-file[+sign][+old][+leave=KEY] KEYS CONTEXT FRAME IN OUT
//   esdk_peer batch FILE      such arguments on every line, between tabs; answers each with a line, `ok` or what failed
// +sign      sealed with a signature          +old    format version 1 is read, too
// +leave     the context's pair of that key is left out of the header
// KEYS     aes:NAMESPACE:NAME:HEX, lease:HEX (environment key prod.message.1), rsa:NAMESPACE:NAME:PADDING:PKCS8.DER with
//          sha1|sha256|sha384|sha512 for OAEP or pkcs1-BYTES for PKCS#1 v1.5 and data keys of so many bytes; KEYS|KEYS both
// CONTEXT  key=value,key=value or empty; sealed, or expected
#include "../files.hpp"

#include <keywright/adapters/file/message_file.hpp>
#include <keywright/envelope/message.hpp>
#include <keywright/keys/multi_keyring.hpp>
#include <keywright/keys/raw_aes_keyring.hpp>
#include <keywright/keys/raw_rsa_keyring.hpp>

#include <botan/data_src.h>
#include <botan/hex.h>
#include <botan/pkcs8.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

using namespace keywright;
using interop::read;

namespace {

std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, at);) parts.push_back(part);
    return parts;
}
result<void> write(const std::string& path, const result<bytes>& data) {
    if (!data) return pass(data);
    interop::write(path, *data);
    return {};
}

struct job {
    std::string command;
    keys::encryption_context context;
    std::uint32_t frame = 4096;
    std::string in, out;
};

result<void> run(const job& j, const keys::key_ref& keys) {
    const auto flags = split(j.command, '+');
    envelope::seal_options seal{.frame_length = j.frame};
    envelope::open_options open{.expected = j.context};
    for (const std::string& flag : flags) {
        if (flag == "sign") seal.sign = true;
        if (flag == "old") open.policy = envelope::commitment_policy::require_encrypt_allow_decrypt;
        if (!flag.starts_with("leave=")) continue;
        seal.left_out.push_back(flag.substr(6));
        open.left_out = j.context.filtered(seal.left_out, true);
    }
    const std::string& command = flags.front();
    if (command == "seal") return write(j.out, envelope::seal(keys, read(j.in), j.context, seal));
    if (command == "open") return write(j.out, envelope::open(keys, read(j.in), open));
    if (command == "seal-file") return file::seal_file(keys, j.in, j.out, j.context, {}, seal);
    if (command == "open-file") {
        const auto info = file::open_message(keys, j.in, j.out, open);
        if (!info) return pass(info);
        return {};
    }
    return fail(errc::misused, "peer: unknown command");
}

/// Makes the keyring that is named and hands it to `use`.
result<void> with_keys(const std::vector<std::string>& k, const std::function<result<void>(const keys::key_ref&)>& use) {
    if (k[0] == "aes") {
        const auto keyring = keys::raw_aes_keyring::make(k[1], k[2], secret_bytes(Botan::hex_decode_locked(k[3])));
        return keyring ? use(*keyring) : pass(keyring);
    }
    if (k[0] == "lease") {
        std::vector<keys::leased_key> list;
        list.push_back({{environment_id{"prod"}, keys::data_purpose::message, 1}, secret_bytes(Botan::hex_decode_locked(k[1])), true, 10});
        const auto lease = keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(1), 1, std::move(list));
        return lease ? use(*lease) : pass(lease);
    }
    Botan::DataSource_Memory source(read(k[4]));
    const std::shared_ptr<const Botan::Private_Key> key(Botan::PKCS8::load_key(source));
    if (k[3].starts_with("pkcs1-")) {
        const auto old = keys::raw_rsa_keyring::for_reading_pkcs1(k[1], k[2], key, keys::commitment_policy::require_encrypt_allow_decrypt,
                                                                  std::stoul(k[3].substr(6)));
        return old ? use(*old) : pass(old);
    }
    const auto hash = k[3] == "sha1"     ? keys::oaep_hash::sha1
                      : k[3] == "sha256" ? keys::oaep_hash::sha256
                      : k[3] == "sha384" ? keys::oaep_hash::sha384
                                         : keys::oaep_hash::sha512;
    const auto keyring = keys::raw_rsa_keyring::make(k[1], k[2], hash, key);
    return keyring ? use(*keyring) : pass(keyring);
}

result<void> run_line(const std::vector<std::string>& arguments) {
    std::vector<keys::encryption_context::pair> pairs;
    for (const auto& one : split(arguments[2], ',')) pairs.emplace_back(one.substr(0, one.find('=')), one.substr(one.find('=') + 1));
    const job j{arguments[0], keys::encryption_context::make(std::move(pairs)).value(),
                static_cast<std::uint32_t>(std::stoul(arguments[3])), arguments[4], arguments[5]};
    const auto named = split(arguments[1], '|');
    return with_keys(split(named[0], ':'), [&](const keys::key_ref& first) -> result<void> {
        if (named.size() == 1) return run(j, first);
        return with_keys(split(named[1], ':'), [&](const keys::key_ref& second) {
            const keys::multi_keyring both(first, {second});
            return run(j, both);
        });
    });
}

int batch(const char* file) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        const auto done = run_line(split(line, '\t'));
        if (done)
            std::puts("ok");
        else
            std::printf("%s: %s\n", name(done.error().code), done.error().text);
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc == 3 && std::string(argv[1]) == "batch") return batch(argv[2]);
    if (argc != 7) return 2;
    const auto done = run_line({argv + 1, argv + argc});
    if (done) return 0;
    std::fprintf(stderr, "%s: %s\n", name(done.error().code), done.error().text);
    return 1;
}

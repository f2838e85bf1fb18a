// SPDX-License-Identifier: Apache-2.0
// keywright's half of the conversation with the official client (esdk.py):
//   esdk_peer seal|seal-file|open|open-file[+sign][+old][+leave=KEY] KEYS CONTEXT FRAME IN OUT
// +sign      sealed with a signature          +old    format version 1 is read, too
// +leave     the context's pair of that key is left out of the header
// KEYS     aes:NAMESPACE:NAME:HEX, lease:HEX (environment key prod.message.1), rsa:NAMESPACE:NAME:sha1|sha256|...:PKCS8.DER
// CONTEXT  key=value,key=value or empty; sealed, or expected
#include <keywright/adapters/file/message_file.hpp>
#include <keywright/envelope/message.hpp>
#include <keywright/keys/raw_aes_keyring.hpp>
#include <keywright/keys/raw_rsa_keyring.hpp>

#include <botan/data_src.h>
#include <botan/hex.h>
#include <botan/pkcs8.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

using namespace keywright;

namespace {

std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, at);) parts.push_back(part);
    return parts;
}
bytes read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return {text.begin(), text.end()};
}
result<void> write(const std::string& path, const result<bytes>& data) {
    if (!data) return pass(data);
    std::ofstream out(path, std::ios::binary);
    out.write(as_text(*data).data(), static_cast<std::streamsize>(data->size()));
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

result<void> run_with(const job& j, const std::vector<std::string>& k) {
    if (k[0] == "aes") {
        const auto keyring = keys::raw_aes_keyring::make(k[1], k[2], secret_bytes(Botan::hex_decode_locked(k[3])));
        return keyring ? run(j, *keyring) : pass(keyring);
    }
    if (k[0] == "lease") {
        std::vector<keys::leased_key> list;
        list.push_back({{environment_id{"prod"}, keys::data_purpose::message, 1}, secret_bytes(Botan::hex_decode_locked(k[1])), true, 10});
        const auto lease = keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(1), 1, std::move(list));
        return lease ? run(j, *lease) : pass(lease);
    }
    const auto hash = k[3] == "sha1"     ? keys::oaep_hash::sha1
                      : k[3] == "sha256" ? keys::oaep_hash::sha256
                      : k[3] == "sha384" ? keys::oaep_hash::sha384
                                         : keys::oaep_hash::sha512;
    Botan::DataSource_Memory source(read(k[4]));
    const auto keyring =
        keys::raw_rsa_keyring::make(k[1], k[2], hash, std::shared_ptr<const Botan::Private_Key>(Botan::PKCS8::load_key(source)));
    return keyring ? run(j, *keyring) : pass(keyring);
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 7) return 2;
    std::vector<keys::encryption_context::pair> pairs;
    for (const auto& one : split(argv[3], ',')) pairs.emplace_back(one.substr(0, one.find('=')), one.substr(one.find('=') + 1));
    const job j{argv[1], keys::encryption_context::make(std::move(pairs)).value(), static_cast<std::uint32_t>(std::stoul(argv[4])), argv[5],
                argv[6]};
    const auto done = run_with(j, split(argv[2], ':'));
    if (done) return 0;
    std::fprintf(stderr, "%s: %s\n", name(done.error().code), done.error().text);
    return 1;
}

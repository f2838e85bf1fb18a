// SPDX-License-Identifier: Apache-2.0
// keywright's half of the conversation with Tink (tink_fields.py). Every keyset is a file, encrypted under the raw
// AES-256-GCM key MASTER (hex) with associated data `keyset`; its name ends in .json or .bin.
//   tink_peer new MASTER SUITE KEYSET         makes one: gcm, gcm_siv or siv
//   tink_peer rotate MASTER SUITE KEYSET      gives it a new primary key
//   tink_peer seal|open MASTER KEYSET         reads lines `associated-data value|field` in hex, - for nothing
//   tink_peer cell SEED                       seals one cell under a keyset wrapped by the environment's field key: prints
//                                             the stored keyset as a Tink keyset in JSON, its context, the cell
#include <keywright/envelope/column.hpp>
#include <keywright/envelope/keyset_transfer.hpp>
#include <keywright/formats/tink_keyset_json.hpp>

#include <botan/hex.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

using namespace keywright;
using envelope::field_suite;
using envelope::keyset;

namespace {

[[noreturn]] void stop(const error& e) {
    std::fprintf(stderr, "%s: %s\n", name(e.code), e.text);
    std::exit(1);
}
template <class T>
T need(result<T>&& r) {
    if (!r) stop(r.error());
    if constexpr (!std::is_void_v<T>) return std::move(*r);
}
bool is_json(const std::string& path) { return path.ends_with(".json"); }
field_suite suite_of(const std::string& text) {
    return text == "gcm" ? field_suite::aes256_gcm : text == "siv" ? field_suite::aes256_siv : field_suite::aes256_gcm_siv;
}
envelope::field_cipher cipher_of(const std::string& hex) {
    auto master = need(keyset::of_raw_key(field_suite::aes256_gcm, secret_bytes(Botan::hex_decode_locked(hex))));
    (void)need(master.reserve(0));
    return need(envelope::field_cipher::make_unleased(master));
}
void save(const std::string& path, envelope::field_cipher& under, const keyset& keys) {
    const auto file = need(envelope::export_keyset(keys, under, as_bytes("keyset")));
    const bytes binary = formats::serialise_tink_encrypted_keyset(file);
    const std::string text = is_json(path) ? formats::serialise_tink_encrypted_keyset_json(file) : std::string(as_text(binary));
    std::ofstream(path, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
}
keyset load(const std::string& path, envelope::field_cipher& under) {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto file =
        is_json(path) ? formats::parse_tink_encrypted_keyset_json(text) : formats::parse_tink_encrypted_keyset(as_bytes(text));
    if (!file) stop(file.error());
    return need(envelope::import_keyset(*file, under, as_bytes("keyset")));
}
bytes from_hex(const std::string& text) { return text == "-" ? bytes{} : Botan::hex_decode(text); }

void answer_lines(keyset& keys, bool seal) {
    (void)need(keys.reserve(0));
    auto cipher = need(envelope::field_cipher::make_unleased(keys));
    for (std::string ad, data; std::cin >> ad >> data;) {
        const auto done = seal ? cipher.seal(from_hex(ad), from_hex(data)) : cipher.open(from_hex(ad), from_hex(data));
        std::puts(!done ? name(done.error().code) : done->empty() ? "-" : Botan::hex_encode(*done, false).c_str());
    }
}
void one_cell(const std::string& hex) {
    std::vector<keys::leased_key> list;
    list.push_back({{environment_id{"prod"}, keys::data_purpose::field, 1}, secret_bytes(Botan::hex_decode_locked(hex)), true, 10});
    const auto lease = need(keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(1), 1, std::move(list)));
    const auto context = need(keys::encryption_context::make({{"environment", "prod"}, {"keyset", "users"}}));
    const auto keys = need(keyset::generate(field_suite::aes256_gcm_siv));
    const auto stored = need(keys.wrap(lease, context));
    auto email = need(envelope::column::make({tenant_id{"contoso"}, "users", "email"}, keys, lease));
    std::puts(formats::serialise_tink_encrypted_keyset_json(keys.as_tink(stored)).c_str());
    std::puts(Botan::hex_encode(context.serialise(), false).c_str());
    std::puts(Botan::hex_encode(need(email.seal("4711", as_bytes("alice@example.com"))), false).c_str());
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() < 2) return 2;
    if (words[0] == "cell") return one_cell(words[1]), 0;
    auto under = cipher_of(words[1]);
    if (words[0] == "new") return save(words.at(3), under, need(keyset::generate(suite_of(words[2])))), 0;
    if (words[0] == "rotate") {
        auto keys = load(words.at(3), under);
        need(keys.rotate(suite_of(words[2])));
        return save(words[3], under, keys), 0;
    }
    auto keys = load(words.at(2), under);
    answer_lines(keys, words[0] == "seal");
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "key_files.hpp"

#include "ask_password.hpp"
#include "passwords.hpp"

#include <keywright/adapters/file/durable.hpp>
#include <keywright/formats/pem.hpp>
#include <keywright/formats/pfx_reader.hpp>

#include <botan/data_src.h>
#include <botan/pkcs8.h>
#include <botan/x509_key.h>
#include <botan/x509cert.h>
#include <fmt/format.h>

#include <filesystem>

namespace example {

using namespace keywright;
using formats::key_file_kind;

namespace {

constexpr std::size_t largest_key_file = std::size_t{1} << 20;
constexpr const char* how_to_make_one = "make one: openssl pkcs12 -export -nocerts -inkey key.pem -out key.pfx";

/// One half or both of an RSA key.
struct rsa_halves {
    std::shared_ptr<const Botan::Private_Key> both;
    bytes open; ///< SubjectPublicKeyInfo
};

/// Runs what throws exceptions of Botan's, which say nothing that helps whoever holds the file.
template <class Work>
outcome<rsa_halves> load(const std::string& path, const char* what_failed, Work&& work) {
    try {
        return work();
    } catch (const Botan::Exception&) {
        return trouble_of(exit_code::key_file_unreadable, path, what_failed, how_to_make_one);
    }
}

outcome<std::optional<secret_bytes>> password_for(const std::string& path, const key_file_options& given) {
    auto found =
        given.ask ? ask_password(fmt::format("Password of {}: ", path).c_str()) : read_password(given.password_file, "KEYWRIGHT_PASSWORD");
    if (!found) return trouble_of(found.error(), given.ask ? path : given.password_file);
    return std::move(*found);
}

outcome<rsa_halves> from_pfx(const std::string& path, byte_view content, const std::optional<secret_bytes>& password) {
    auto opened = password ? formats::open_pfx(content, *password) : formats::open_pfx(content, formats::no_password);
    if (!opened) return trouble_of(opened.error(), path);
    const auto key = formats::choose_key(*opened);
    if (!key) return trouble_of(key.error(), path);
    return rsa_halves{std::move((*key)->key), {}};
}

outcome<rsa_halves> from_encrypted(const std::string& path, byte_view content, const std::optional<secret_bytes>& password) {
    if (!password) return trouble_of({errc::password_needed, "pkcs8: the key is encrypted"}, path);
    auto opened = formats::open_encrypted_key(content, *password);
    if (!opened) return trouble_of(opened.error(), path);
    return rsa_halves{std::move(opened->key), {}};
}

outcome<rsa_halves> from_clear(const std::string& path, byte_view content) {
    return load(path, "expected PKCS#8, found another form of private key", [&] {
        Botan::DataSource_Memory source(content);
        return rsa_halves{Botan::PKCS8::load_key(source), {}};
    });
}

outcome<rsa_halves> from_public(const std::string& path, byte_view content) {
    return load(path, "expected a public key or a certificate", [&] {
        const bool certificate = as_text(content).find("-----BEGIN CERTIFICATE-----") != std::string_view::npos;
        Botan::DataSource_Memory source(content);
        if (certificate) return rsa_halves{{}, Botan::X509_Certificate(source).subject_public_key()->subject_public_key()};
        return rsa_halves{{}, Botan::X509::load_key(source)->subject_public_key()};
    });
}

outcome<rsa_halves> halves_of(const std::string& path, byte_view content, const key_file_options& given) {
    const auto kind = formats::recognise(content);
    if (kind == key_file_kind::pem || kind == key_file_kind::der) return from_public(path, content);
    if (kind == key_file_kind::pem_private_key || kind == key_file_kind::der_private_key) return from_clear(path, content);
    if (kind != key_file_kind::pfx && kind != key_file_kind::pem_encrypted_key && kind != key_file_kind::der_encrypted_key)
        return trouble_of(exit_code::not_a_key_file, path, formats::explain(kind, key_file_kind::pfx).text, how_to_make_one);
    const auto password = password_for(path, given);
    if (!password) return pass_on(password);
    return kind == key_file_kind::pfx ? from_pfx(path, content, *password) : from_encrypted(path, content, *password);
}

} // namespace

outcome<named_file> named_file::parse(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) return named_file{"envelope_file", std::filesystem::path(text).filename().string(), text};
    const auto slash = text.find('/');
    if (slash == 0 || slash == std::string::npos || slash + 1 >= equals || equals + 1 == text.size())
        return trouble_of(exit_code::usage, text, "expected NAMESPACE/NAME=FILE, or a FILE without `=` in its name");
    return named_file{text.substr(0, slash), text.substr(slash + 1, equals - slash - 1), text.substr(equals + 1)};
}

outcome<secret_bytes> read_key_file(const std::string& path) {
    auto content = file::read_file(path, largest_key_file);
    if (!content) return trouble_of(content.error(), path);
    secret_bytes key{byte_view(*content)};
    Botan::secure_scrub_memory(content->data(), content->size());
    return key;
}

std::function<result<keys::data_key_lease>()> leases_of(secret_bytes key) {
    return [kept = std::make_shared<const secret_bytes>(std::move(key))] {
        std::vector<keys::leased_key> one;
        one.push_back({{of_key_file, keys::data_purpose::page, 1}, kept->clone(), true, 16});
        // Nobody locks a key file, and one lease must last for a whole backup.
        return keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(1), 1, std::move(one), {.max_age = std::chrono::hours(24)});
    };
}

outcome<keys::raw_aes_keyring> load_aes_key(const named_file& from) {
    const auto key = read_key_file(from.path);
    if (!key) return pass_on(key);
    if (key->size() != 16 && key->size() != 24 && key->size() != 32)
        return trouble_of(exit_code::key_size, from.path, fmt::format("expected an AES key of 16, 24 or 32 bytes, found {}", key->size()),
                          "make one: head -c 32 /dev/urandom > FILE");
    auto keyring = keys::raw_aes_keyring::make(from.name_space, from.name, *key);
    if (!keyring) return trouble_of(keyring.error(), from.path);
    return std::move(*keyring);
}

outcome<keys::raw_rsa_keyring> load_rsa_key(const named_file& from, const key_file_options& given, bool decrypts) {
    const auto content = file::read_file(from.path, largest_key_file);
    if (!content) return trouble_of(content.error(), from.path);
    const auto halves = halves_of(from.path, *content, given);
    if (!halves) return pass_on(halves);
    if (halves->both == nullptr && decrypts)
        return trouble_of(exit_code::no_private_key, from.path, "a public key does not decrypt", "give the private key: a PFX or PEM");
    auto keyring = halves->both != nullptr ? keys::raw_rsa_keyring::make(from.name_space, from.name, given.padding, halves->both)
                                           : keys::raw_rsa_keyring::for_encryption(from.name_space, from.name, given.padding, halves->open);
    if (!keyring) return trouble_of(exit_code::key_type, from.path, keyring.error().text, "look at it with: inspect_key FILE");
    return std::move(*keyring);
}

} // namespace example

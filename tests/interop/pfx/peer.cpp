// SPDX-License-Identifier: Apache-2.0
// keywright's half of the conversation (pfx.py), and Botan's, which has no program of its own here.
//   pfx_peer write PROFILE ITERATIONS NAME PASSWORD-FILE PKCS8.DER OUT     PROFILE modern|pbmac1|legacy_compatible
//   pfx_peer read PASSWORD-FILE IN                                        prints SHA-256 of the public key, and the name
//   pfx_peer botan-write PBE ITERATIONS NAME PASSWORD-FILE PKCS8.DER OUT
//   pfx_peer botan-read PASSWORD-FILE IN
// Refusals go to standard error as `code: text`, exit code 1.
#include "../files.hpp"

#include <keywright/core/hex.hpp>
#include <keywright/formats/pfx_reader.hpp>
#include <keywright/formats/pfx_writer.hpp>
#include <keywright/insecure.hpp>
#include <keywright/keys/fingerprint.hpp>

#include <botan/pkcs12.h>
#include <botan/pkcs8.h>
#include <botan/system_rng.h>

#include <cstdio>
#include <string>

using namespace keywright;
using namespace keywright::formats;
using interop::read;
using interop::write;

namespace {

int refused(const error& e) {
    std::fprintf(stderr, "%s: %s\n", name(e.code), e.text);
    return 1;
}
int show(const Botan::Private_Key& key, const std::string& friendly_name) {
    std::printf("%s %s\n", to_hex(keys::fingerprint_of(key).value().print).c_str(), friendly_name.c_str());
    return 0;
}

struct writing {
    std::string how, name, out;
    std::size_t iterations;
    bytes password;
    std::unique_ptr<Botan::Private_Key> key;
};

int write_ours(const writing& w) {
    const auto profile = w.how == "modern" ? pfx_profile::modern : w.how == "pbmac1" ? pfx_profile::pbmac1 : pfx_profile::legacy_compatible;
    const auto file =
        write_pfx(*w.key, {.friendly_name = w.name, .not_before = instant{1'777'600'000}, .iterations = w.iterations, .profile = profile},
                  secret_bytes(w.password), Botan::system_rng());
    if (!file) return refused(file.error());
    write(w.out, insecure::export_secret(*file, insecure::secret_access{"another program opens it"}));
    return 0;
}
int write_botan(const writing& w) {
    Botan::X509_Cert_Options options;
    options.common_name = "c";
    Botan::PKCS12 pfx;
    pfx.add_key(Botan::PKCS8::copy_key(*w.key));
    pfx.add_certificate(Botan::X509::create_self_signed_cert(options, *w.key, "SHA-256", Botan::system_rng()));
    Botan::PKCS12_Export_Options how(as_text(w.password));
    how.with_iterations(w.iterations).with_friendly_name(w.name).with_cert_encryption_algo(w.how).with_key_encryption_algo(w.how);
    write(w.out, pfx.export_to(how, Botan::system_rng()));
    return 0;
}
int read_ours(byte_view password, byte_view file) {
    const auto opened = open_pfx(file, secret_bytes(password));
    if (!opened) return refused(opened.error());
    if (opened->keys.size() != 1) return refused({errc::malformed, "peer: expected one key"});
    if (opened->keys[0].match != certificate_match::matched) return refused({errc::malformed, "peer: expected the key's certificate"});
    return show(*opened->keys[0].key, opened->keys[0].friendly_name);
}
int read_botan(byte_view password, byte_view file) {
    const Botan::PKCS12 pfx(file, as_text(password));
    return show(*pfx.private_keys().at(0), "");
}

} // namespace

int main(int argc, char** argv) try {
    const std::string command = argc > 1 ? argv[1] : "";
    if (argc == 4 && command == "read") return read_ours(read(argv[2]), read(argv[3]));
    if (argc == 4 && command == "botan-read") return read_botan(read(argv[2]), read(argv[3]));
    if (argc != 8) return 2;
    const writing w{argv[2], argv[4], argv[7], std::stoul(argv[3]), read(argv[5]), Botan::PKCS8::load_key(read(argv[6]))};
    return command == "write" ? write_ours(w) : write_botan(w);
} catch (const std::exception& e) {
    std::fprintf(stderr, "botan: %s\n", e.what());
    return 1;
}

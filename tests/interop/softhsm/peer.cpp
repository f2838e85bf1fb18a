// SPDX-License-Identifier: Apache-2.0
// keywright's half of the conversation (softhsm.py): an import key, and what a transfer file under it holds.
//   byok_peer kek BITS KID KEK.DER KEK.PEM KEK.JWK     makes an import key; PEM and JWK are its public half
//   byok_peer open KEK.DER FILE                        prints the key's modulus or EC point, or a block that it encrypts
#include "../files.hpp"

#include <keywright/core/hex.hpp>
#include <keywright/formats/byok_diagnose.hpp>
#include <keywright/formats/jwk.hpp>
#include <keywright/insecure.hpp>

#include <botan/bigint.h>
#include <botan/ec_group.h>
#include <botan/ecdsa.h>
#include <botan/hex.h>
#include <botan/pkcs8.h>
#include <botan/pubkey.h>
#include <botan/rsa.h>
#include <botan/system_rng.h>

#include <cstdio>
#include <string>

using namespace keywright;
using namespace keywright::formats;
using interop::read;
using interop::write;

namespace {

int make_kek(char** argv) {
    const Botan::RSA_PrivateKey key(Botan::system_rng(), std::stoul(argv[2]));
    write(argv[4], Botan::PKCS8::BER_encode(key));
    write(argv[5], as_bytes(public_pem(key)));
    write(argv[6], as_bytes(public_jwk(key, argv[3]).value()));
    return 0;
}

int open(char** argv) {
    const auto kek = Botan::PKCS8::load_key(read(argv[2]));
    const bytes content = read(argv[3]);
    const std::size_t size = kek->key_length() / 8;
    const auto vault = [&](byte_view c1) {
        return keywright::detail::botan_boundary(errc::authentication_failed, "peer: does not open", [&] {
            return secret_bytes(Botan::PK_Decryptor_EME(*kek, Botan::system_rng(), "OAEP(SHA-1,MGF1(SHA-1))").decrypt(c1));
        });
    };
    const auto file = read_byok(content);
    if (!file) return std::fprintf(stderr, "%s\n", file.error().text), 1;
    std::fprintf(stderr, "seems to hold %s\n", diagnose_byok(content, {.kek_bytes = size}).seems_to_hold);
    if (const auto secret = open_byok_symmetric(*file, size, vault)) {
        const auto aes = Botan::BlockCipher::create_or_throw("AES-256");
        aes->set_key(insecure::export_secret(*secret, insecure::secret_access{"the token shows what it encrypts"}));
        bytes block(16);
        aes->encrypt(block);
        std::printf("%s\n", Botan::hex_encode(block, false).c_str());
        return 0;
    }
    const auto key = open_byok(*file, size, vault);
    if (!key) return std::fprintf(stderr, "%s\n", key.error().text), 1;
    if (const auto* rsa = dynamic_cast<const Botan::RSA_PrivateKey*>(key->get()))
        std::printf("%s\n", Botan::hex_encode(rsa->get_n().serialize(), false).c_str());
    else
        std::printf("%s\n", Botan::hex_encode((*key)->public_key_bits(), false).c_str());
    return 0;
}

} // namespace

int main(int argc, char** argv) try {
    const std::string command = argc > 1 ? argv[1] : "";
    if (command == "kek" && argc == 7) return make_kek(argv);
    if (command == "open" && argc == 4) return open(argv);
    return 2;
} catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}

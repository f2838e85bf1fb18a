// SPDX-License-Identifier: Apache-2.0
// Who may have made a PFX. Programs differ in what they choose when nobody asks: digests, counts, salts, and whether
// certificates are encrypted. None of it is authenticated, and all of it can be imitated.
#include "examine.hpp"

#include <array>

namespace inspect_key {

using namespace keywright;
using formats::pfx_layer;

namespace {

enum class yes_no : unsigned char { any, yes, no };
bool fits(yes_no wanted, bool found) { return wanted == yes_no::any || (wanted == yes_no::yes) == found; }

/// What a program does; 0, empty and `any` say nothing. `from` and `to` bound the salt of what is encrypted.
struct habit {
    const char* who;
    const char* because;
    std::string_view mac_hash;
    std::uint64_t mac_iterations;
    std::size_t mac_salt;
    std::uint64_t iterations;
    std::size_t from, to;
    std::string_view hash;             // of the encryption's derivation
    yes_no ber = yes_no::any;          // indefinite lengths
    yes_no certificates = yes_no::any; // that are not encrypted
};

// The first that fits counts. As the programs of tests/data/pfx do it, and Windows and macOS in openssl's listings.
constexpr std::array habits{
    habit{"NSS (Firefox, Thunderbird, pk12util)", "indefinite lengths, and salts of 16 bytes", "", 0, 16, 0, 16, 16, "", yes_no::yes},
    habit{"BouncyCastle", "102400 iterations of the MAC, 51200 of what is encrypted, salts of 20 bytes", "SHA-1", 102400, 20, 51200, 20, 20,
          ""},
    habit{"Java (keytool, KeyStore)", "10000 iterations, salts of 20 bytes", "", 10000, 20, 10000, 20, 20, ""},
    habit{"Java 8 (keytool, KeyStore)", "SHA-1, 100000 iterations of the MAC, a salt of 20 bytes", "SHA-1", 100000, 20, 0, 20, 20, ""},
    habit{"Java 8 or before, or BouncyCastle for .NET", "SHA-1, 1024 iterations, salts of 20 bytes", "SHA-1", 1024, 20, 1024, 20, 20, ""},
    habit{"Windows (certificate manager, Export-PfxCertificate)", "2000 iterations, a MAC's salt of 20 bytes", "", 2000, 20, 2000, 8, 16,
          ""},
    habit{"macOS (Keychain Access, Apple Configurator)", "a MAC of one iteration beside 2048 of what is encrypted", "SHA-1", 1, 8, 2048, 8,
          8, "SHA-1"},
    habit{"GnuTLS (certtool)", "600000 iterations, salts of 12 to 21 bytes beside a MAC's of 8", "", 600000, 8, 600000, 12, 21, ""},
    habit{"Python's cryptography", "20000 iterations of what is encrypted", "", 0, 8, 20000, 8, 16, ""},
    habit{"Botan", "100000 iterations, a MAC's salt of 32 bytes", "", 100000, 32, 100000, 16, 16, ""},
    habit{"node-forge (a web application)", "SHA-1, 2048 iterations, a certificate that is not encrypted", "SHA-1", 2048, 8, 2048, 8, 8,
          "SHA-1", yes_no::no, yes_no::yes},
    habit{"OpenSSL 1.1 or before, OpenSSL 3 with -legacy, or gpgsm", "SHA-1, 2048 iterations, salts of 8 bytes", "SHA-1", 2048, 8, 2048, 8,
          8, "SHA-1", yes_no::no},
    habit{"OpenSSL 3", "SHA-256, 2048 iterations, a MAC's salt of 8 bytes", "SHA-256", 2048, 8, 2048, 8, 16, "SHA-256", yes_no::no},
};

bool mac_fits(const habit& h, const pfx_layer& mac) {
    return (h.mac_hash.empty() || h.mac_hash == mac.algorithm) && (h.mac_iterations == 0 || h.mac_iterations == mac.iterations) &&
           h.mac_salt == mac.salt_bytes;
}
bool encryption_fits(const habit& h, const pfx_layer& l) {
    return (h.iterations == 0 || h.iterations == l.iterations) && l.salt_bytes >= h.from && l.salt_bytes <= h.to &&
           (h.hash.empty() || h.hash == l.hash);
}

} // namespace

std::optional<guess> guess_producer(const formats::pfx_outline& outline, byte_view file) {
    if (!outline.has_mac() || outline.layers.size() < 2) return std::nullopt; // too little to tell anybody by
    const bool ber = file.size() > 1 && file[1] == 0x80;
    for (const habit& h : habits) {
        if (!mac_fits(h, outline.layers[0]) || !fits(h.ber, ber) || !fits(h.certificates, outline.certificates != 0)) continue;
        bool all = true;
        for (std::size_t i = 1; i < outline.layers.size(); ++i) all = all && encryption_fits(h, outline.layers[i]);
        if (all) return guess{h.who, h.because};
    }
    return std::nullopt;
}

} // namespace inspect_key

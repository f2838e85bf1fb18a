// SPDX-License-Identifier: Apache-2.0
// Writes a PFX (PKCS#12, RFC 7292) with one private key and its certificate, for tools of today or of long ago.
// Depends on: core, formats/detail, Botan. Use:
//   auto file = write_pfx(key, {.friendly_name = "tenant key", .not_before = now}, password, rng);
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/core/secret_bytes.hpp>
#include <keywright/core/time.hpp>
#include <keywright/detail/botan_boundary.hpp>
#include <keywright/detail/utf8.hpp>
#include <keywright/formats/detail/pfx_write.hpp>

#include <botan/pkcs8.h>
#include <botan/x509self.h>

#include <optional>
#include <string>

namespace keywright::formats {

/// How a PFX is protected. Each of the three derivations takes `pfx_writing::iterations`.
enum class pfx_profile : unsigned char {
    modern,            ///< PBES2: AES-256-CBC, PBKDF2-HMAC-SHA-256, 600 000; MAC with SHA-256
    pbmac1,            ///< the same with the MAC of RFC 9879 (PBKDF2, HMAC-SHA-256): OpenSSL 3.4 and other young tools only
    legacy_compatible, ///< PBE-SHA1-3DES and a SHA-1 MAC, 100 000: weak; for tools that read nothing better
};

struct pfx_writing {
    std::string friendly_name{}; ///< UTF-8, the alias, up to 1024 bytes; the common name of a certificate made here, up to 64
    /// X.509 DER of the key; nullopt: a self-signed one is made, because many tools refuse a key without any.
    std::optional<bytes> certificate{};
    instant not_before{};             ///< of a certificate made here
    seconds valid_for = days(3650);   ///< likewise
    std::size_t iterations = 0;       ///< 1000 to 2 000 000 (legacy_compatible: 1 000 000); 0: the profile's own
    pfx_profile profile = pfx_profile::modern;
};

namespace detail {

inline bytes certificate_for(const Botan::Private_Key& key, const pfx_writing& how, Botan::RandomNumberGenerator& rng) {
    Botan::X509_Cert_Options options;
    options.common_name = how.friendly_name.empty() || how.friendly_name.size() > 64 ? "key" : how.friendly_name; // X.520's bound
    options.start = Botan::X509_Time::from_seconds_since_epoch(static_cast<std::uint64_t>(how.not_before.since_epoch));
    options.end = Botan::X509_Time::from_seconds_since_epoch(static_cast<std::uint64_t>((how.not_before + how.valid_for).since_epoch));
    // Ed25519 has a hash of its own and takes no other.
    return Botan::X509::create_self_signed_cert(options, key, key.algo_name() == "Ed25519" ? "" : approved<"SHA-256">, rng).BER_encode();
}

inline pfx_protection protection_of(const pfx_writing& how) {
    const bool legacy = how.profile == pfx_profile::legacy_compatible;
    const std::size_t iterations = how.iterations != 0 ? how.iterations : legacy ? 100'000 : 600'000;
    return {!legacy, how.profile == pfx_profile::pbmac1, iterations};
}

inline result<void> check_writing(byte_view password, const pfx_writing& how) {
    if (password.empty()) return fail(errc::password_needed, "pfx: expected a password, found none; a file is not written without");
    if (!keywright::detail::is_utf8(as_text(password)) || !keywright::detail::is_utf8(how.friendly_name))
        return fail(errc::malformed, "pfx: the password or the friendly name is not valid UTF-8");
    if (how.friendly_name.size() > 1024) return fail(errc::limit_exceeded, "pfx: the friendly name is longer than 1024 bytes");
    // What is written is also within the reader's limits: 3DES costs each iteration three times, for two bags.
    const pfx_protection protection = protection_of(how);
    if (protection.iterations < 1000 || protection.iterations > (protection.pbes2 ? 2'000'000 : 1'000'000))
        return fail(errc::limit_exceeded, "pfx: iterations are out of range, expected 1000 to 2000000, or 1000000 for legacy_compatible");
    if (!how.certificate && (how.not_before.since_epoch < 0 || how.valid_for.count <= 0))
        return fail(errc::misused, "pfx: the certificate's validity is empty or before 1970");
    return {};
}

} // namespace detail

/// The file's bytes, DER. `password` is UTF-8 and not empty.
/// Fails with password_needed, malformed (not UTF-8; a certificate that is not X.509), limit_exceeded (iterations,
/// name), misused (the validity; a certificate of another key).
/// Secrets: the result is encrypted, yet one guess of the password away from the key, so it is kept like one; what
/// lay in between is wiped. Thread safety: as `rng`. Follows RFC 7292, RFC 8018, RFC 9879.
[[nodiscard]] inline result<secret_bytes> write_pfx(const Botan::Private_Key& key, const pfx_writing& how, const secret_bytes& password,
                                                    Botan::RandomNumberGenerator& rng) {
    const byte_view secret = keywright::detail::reveal(password);
    if (auto fit = detail::check_writing(secret, how); !fit) return pass(fit);
    auto certificate =
        keywright::detail::botan_boundary(errc::malformed, "pfx: the certificate is not X.509, or none could be made for this key", [&] {
            Botan::X509_Certificate x509(how.certificate ? *how.certificate : detail::certificate_for(key, how, rng));
            return std::pair(x509.BER_encode(), x509.subject_public_key_info());
        });
    if (!certificate) return pass(certificate);
    if (certificate->second != key.subject_public_key())
        return fail(errc::misused, "pfx: expected the certificate of the key, it is of another");
    return keywright::detail::botan_boundary(errc::internal, "pfx: the file could not be made", [&] {
        const detail::pfx_protection protection = detail::protection_of(how);
        const detail::pfx_password encoded = detail::encode_password(secret);
        return secret_bytes(detail::pfx_composer(protection, encoded, rng)
                                .compose({Botan::PKCS8::BER_encode(key), std::move(certificate->first), how.friendly_name}));
    });
}

} // namespace keywright::formats

// SPDX-License-Identifier: Apache-2.0
// Writes a PFX with one private key: PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256, MAC with SHA-256. Opened by
// OpenSSL, GnuTLS, NSS, keytool and Windows 10 or later.
// Depends on: core, Botan. Use: `write_pfx(key, {.friendly_name = "tenant key", .not_before = now}, password, rng)`.
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/core/secret_bytes.hpp>
#include <keywright/core/time.hpp>
#include <keywright/detail/botan_boundary.hpp>
#include <keywright/detail/utf8.hpp>

#include <botan/pkcs12.h>
#include <botan/pkcs8.h>
#include <botan/rng.h>
#include <botan/x509self.h>

#include <optional>
#include <string>

namespace keywright::formats {

struct pfx_writing {
    std::string friendly_name{}; ///< UTF-8, up to U+FFFF; the alias, and the common name of a certificate made here
    /// X.509 DER of the key; nullopt: a self-signed one is made, because many tools refuse a key without any.
    std::optional<bytes> certificate{};
    instant not_before{};                ///< of a certificate made here
    seconds valid_for = days(3650);      ///< likewise
    std::size_t iterations = 600'000;    ///< of each of the three derivations; at least 1000
};

namespace detail {

inline Botan::X509_Certificate certificate_for(const Botan::Private_Key& key, const pfx_writing& how, Botan::RandomNumberGenerator& rng) {
    if (how.certificate) return Botan::X509_Certificate(*how.certificate);
    Botan::X509_Cert_Options options;
    options.common_name = how.friendly_name.empty() ? "key" : how.friendly_name;
    options.start = Botan::X509_Time::from_seconds_since_epoch(static_cast<std::uint64_t>(how.not_before.since_epoch));
    options.end = Botan::X509_Time::from_seconds_since_epoch(static_cast<std::uint64_t>((how.not_before + how.valid_for).since_epoch));
    return Botan::X509::create_self_signed_cert(options, key, approved<"SHA-256">, rng);
}

/// Botan keeps the password in a std::string of the options; this wipes it when it goes.
class wiped_export_options {
public:
    wiped_export_options(byte_view password, const pfx_writing& how) : options_(as_text(password)) {
        options_.with_iterations(how.iterations).with_cert_encryption_algo(approved<"PBES2-SHA256-AES256">);
        if (!how.friendly_name.empty()) options_.with_friendly_name(how.friendly_name);
    }
    wiped_export_options(const wiped_export_options&) = delete;
    wiped_export_options& operator=(const wiped_export_options&) = delete;
    ~wiped_export_options() {
        auto& password = const_cast<std::string&>(options_.password()); // NOLINT(*-const-cast): ours, and not const
        Botan::secure_scrub_memory(password.data(), password.capacity());
    }
    const Botan::PKCS12_Export_Options& value() const noexcept { return options_; }

private:
    Botan::PKCS12_Export_Options options_;
};

inline bool beyond_ucs2(std::string_view utf8) {
    for (const char c : utf8)
        if (static_cast<std::uint8_t>(c) >= 0xf0) return true;
    return false;
}

inline result<void> check_writing(byte_view password, const pfx_writing& how) {
    if (password.empty()) return fail(errc::password_needed, "pfx: a file is not written without a password");
    if (!keywright::detail::is_utf8(as_text(password)) || !keywright::detail::is_utf8(how.friendly_name))
        return fail(errc::malformed, "pfx: the password or the friendly name is not valid UTF-8");
    if (beyond_ucs2(as_text(password)) || beyond_ucs2(how.friendly_name))
        return fail(errc::unsupported,
                    "pfx: characters above U+FFFF are not written into a password or friendly name; many tools cannot read them");
    if (how.iterations < 1000 || how.iterations > 2'000'000)
        return fail(errc::limit_exceeded, "pfx: iterations are out of range, expected 1000 to 2000000");
    if (!how.certificate && (how.not_before.since_epoch < 0 || how.valid_for.count <= 0))
        return fail(errc::misused, "pfx: the certificate's validity is empty or before 1970");
    return {};
}

} // namespace detail

/// The file's bytes. `password` is UTF-8 and not empty.
/// Fails with password_needed, malformed (not UTF-8; a certificate that is not X.509), unsupported (characters above
/// U+FFFF), limit_exceeded (iterations), misused (the validity; a certificate of another key).
/// Secrets: the result is encrypted, yet one guess of the password away from the key, so it is kept like one.
/// Thread safety: as `rng`. Follows RFC 7292, RFC 8018.
[[nodiscard]] inline result<secret_bytes> write_pfx(const Botan::Private_Key& key, const pfx_writing& how, const secret_bytes& password,
                                                    Botan::RandomNumberGenerator& rng) {
    const byte_view secret = keywright::detail::reveal(password);
    if (auto fit = detail::check_writing(secret, how); !fit) return pass(fit);
    auto certificate =
        keywright::detail::botan_boundary(errc::malformed, "pfx: the certificate is not X.509, or none could be made for this key",
                                          [&] { return detail::certificate_for(key, how, rng); });
    if (!certificate) return pass(certificate);
    if (certificate->subject_public_key_info() != key.subject_public_key())
        return fail(errc::misused, "pfx: the certificate is of another key");
    return keywright::detail::botan_boundary(errc::internal, "pfx: the file could not be made", [&] {
        const detail::wiped_export_options options(secret, how);
        Botan::PKCS12 pfx;
        pfx.add_key(Botan::PKCS8::copy_key(key));
        pfx.add_certificate(std::move(*certificate));
        bytes file = pfx.export_to(options.value(), rng);
        secret_bytes out{byte_view(file)};
        Botan::secure_scrub_memory(file.data(), file.size());
        return out;
    });
}

} // namespace keywright::formats

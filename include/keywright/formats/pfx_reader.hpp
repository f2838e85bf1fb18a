// SPDX-License-Identifier: Apache-2.0
// Reads PFX (PKCS#12, RFC 7292) files from anybody: bounded before any work, MAC before content, finished values out.
// The walk is our own over Botan's BER decoder, ciphers, HMAC, PBKDF2 and scrypt, because Botan::PKCS12 (3.13) has no
// budget over all derivations, opens files without a MAC silently, and loses the names of all keys but the first.
// Depends on: formats/detail, Botan. Use: `auto opened = open_pfx(file, password);`
#pragma once

#include <keywright/formats/detail/pfx_open.hpp>

namespace keywright::formats {

/// For a file that was made without a password; not the same as an empty one.
struct no_password_type {
    explicit no_password_type() = default;
};
inline constexpr no_password_type no_password{};

/// The decision to open a file that carries no MAC: whoever can write to it can exchange what it holds unnoticed.
class accept_unauthenticated {
public:
    /// `reason` is for the reader of the code; it must be a literal and is not stored.
    explicit constexpr accept_unauthenticated(const char* reason) {
        expects(reason != nullptr && *reason != '\0', "accept_unauthenticated: give a reason");
    }
};

struct pfx_options {
    pfx_limits limits{};
    std::optional<accept_unauthenticated> without_mac{};
    pfx_want want = pfx_want::everything;
    pfx_work* work = nullptr; ///< what it cost is added here, also when it fails; not owned
};

/// Opens a PFX. `password` is UTF-8; an empty one is a password, too. A safe whose encryption is not offered (RC2 around
/// certificates was the default of Windows and OpenSSL 1) is left closed and listed; where no key was found outside such
/// a safe, it is refused.
/// Fails with
/// - malformed: not a PFX, or damaged in a way that its structure shows
/// - limit_exceeded: larger, deeper or costlier than `options.limits`; the text names the limit. For all that is
///   visible from outside no key derivation has run by then; for what an encrypted safe hides, only those outside.
/// - unsupported: an algorithm or feature that is not offered; the text names it, where it stands, and a cure
/// - unauthenticated: there is no MAC, and `options.without_mac` does not accept that
/// - authentication_failed: wrong password, or altered. One outcome: the format cannot tell them apart
/// Secrets: everything decrypted is wiped; `file` and `password` stay the caller's. Thread safety: a function of its
/// arguments. Follows RFC 7292, RFC 8018, RFC 9879.
[[nodiscard]] inline result<pfx_contents> open_pfx(byte_view file, const secret_bytes& password, const pfx_options& options = {}) {
    pfx_work unused;
    detail::pfx_opener opener(options.limits.bounds(), options.work != nullptr ? *options.work : unused, options.without_mac.has_value(),
                              options.want);
    return opener.open(file, keywright::detail::reveal(password), true);
}

/// Opens a PFX that needs none. Fails like the other, and with password_needed when anything in it is encrypted or
/// its MAC was made with a password; no key derivation runs for what is encrypted.
[[nodiscard]] inline result<pfx_contents> open_pfx(byte_view file, no_password_type, const pfx_options& options = {}) {
    pfx_work unused;
    detail::pfx_opener opener(options.limits.bounds(), options.work != nullptr ? *options.work : unused, options.without_mac.has_value(),
                              options.want);
    return opener.open(file, {}, false);
}

} // namespace keywright::formats

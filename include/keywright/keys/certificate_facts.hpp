// SPDX-License-Identifier: Apache-2.0
// What the certificate beside a customer's key says of it: whose key it holds, and for when. keywright needs none: a
// key is a key by its numbers. But a certificate of another key, or one that ran out, often means that the wrong file
// was sent, and people want to be told. Signatures, names and chains are not judged.
// Depends on: keys/fingerprint, core/time_text, Botan. Use: `certificate_facts_of(der, facts.identity.print)`.
#pragma once

#include <keywright/core/time_text.hpp>
#include <keywright/keys/fingerprint.hpp>

#include <botan/x509cert.h>

#include <string>

namespace keywright::keys {

enum class certificate_standing : unsigned char { valid, not_yet_valid, expired };

struct certificate_facts {
    bool of_this_key = false;
    instant not_before = never; ///< the first moment of validity
    instant not_after = never;  ///< the last one

    /// RFC 5280, 4.1.2.5: both ends belong to the period.
    constexpr certificate_standing standing(instant now) const noexcept {
        if (now < not_before) return certificate_standing::not_yet_valid;
        return now > not_after ? certificate_standing::expired : certificate_standing::valid;
    }
};

namespace detail {

/// By way of its text, `2026/11/25 06:00:00 UTC`: Botan's own conversion ends with 64 bits of nanoseconds in 2262, and
/// a certificate without end says 9999 (RFC 5280, 4.1.2.5).
inline result<instant> instant_of(const Botan::X509_Time& time) {
    std::string text = time.readable_string();
    if (text.size() < 19) return fail(errc::malformed, "certificate: expected dates of validity, it has none");
    text[4] = text[7] = '-';
    text[10] = 'T';
    return parse_instant(text.substr(0, 19) + "Z");
}

} // namespace detail

/// Fails with malformed when it is not an X.509 certificate, with malformed or unsupported when its key does not load.
[[nodiscard]] inline result<certificate_facts> certificate_facts_of(byte_view der, const fingerprint& key) {
    auto certificate = keywright::detail::botan_boundary(
        errc::malformed, "certificate: expected an X.509 certificate, found something else", [&] { return Botan::X509_Certificate(der); });
    if (!certificate) return pass(certificate);
    const auto its = fingerprint_of(certificate->subject_public_key_info());
    if (!its) return pass(its);
    const auto from = detail::instant_of(certificate->not_before()), until = detail::instant_of(certificate->not_after());
    if (!from) return pass(from);
    if (!until) return pass(until);
    return certificate_facts{its->print == key, *from, *until};
}

} // namespace keywright::keys

// SPDX-License-Identifier: Apache-2.0
// What a PFX held, as finished values, and the choice of one key among several: by name, by fingerprint, or the only
// one; never by position, and never in silence.
// Depends on: core, Botan. Use: `auto key = choose_key(*opened, {.friendly_name = "signing"});`
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/core/ids.hpp>
#include <keywright/core/result.hpp>

#include <botan/pk_keys.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace keywright::formats {

/// Whether a certificate stands beside a key.
enum class certificate_match : unsigned char {
    none,     ///< there is no certificate for it among those that were read
    matched,  ///< a certificate with this very public key
    mismatch, ///< one claims to belong to it (same local key id) but holds another public key
};

struct pfx_key {
    std::unique_ptr<Botan::Private_Key> key;
    fingerprint print;         ///< SHA-256 over its SubjectPublicKeyInfo
    std::string friendly_name; ///< UTF-8, the alias; empty when there is none. From outside: escape it before printing
    bytes local_key_id;        ///< empty when there is none
    certificate_match match = certificate_match::none;
    bytes certificate;      ///< X.509 DER when matched, else empty; its signature and dates are not judged here
    bool encrypted = false; ///< whether the file kept the key under a password
};

struct pfx_certificate {
    bytes der; ///< as it stood in the file: it may be no certificate at all
    std::string friendly_name;
    bytes local_key_id;
};

/// Why an encrypted safe stayed closed.
enum class closed_because : unsigned char {
    unsupported, ///< its encryption is not offered (RC2, public keys); `text` names it
    not_wanted,  ///< only keys were wanted, and there were some outside
};
/// A safe that was not opened. What it holds is unknown: usually certificates, but it may be keys.
struct pfx_closed_safe {
    closed_because why = closed_because::unsupported;
    const char* text = "";   ///< a static sentence, as an error's
    std::string algorithm;   ///< OID of its encryption
    std::size_t length = 0;  ///< bytes of its ciphertext
};

/// What a PFX held, in the file's order.
struct pfx_contents {
    std::vector<pfx_key> keys;
    std::vector<pfx_certificate> other_certificates; ///< all that were not matched to a key
    std::vector<std::string> other_bags;             ///< OIDs of bags that are neither (secrets, CRLs)
    std::vector<pfx_closed_safe> closed_safes;       ///< not empty: the above is not all that the file holds
    bool has_mac = false;
    bool has_password = false; ///< a password that is not empty was needed for the MAC or for anything that was opened

    /// What "the file has a password" must mean before a key is taken from it: none of its keys lay in the clear.
    bool keys_protected() const noexcept {
        return has_password && std::all_of(keys.begin(), keys.end(), [](const pfx_key& k) { return k.encrypted; });
    }
};

/// Which key is meant. What is not given does not matter; with nothing given there must be one key only.
struct pfx_choice {
    std::optional<std::string_view> friendly_name{}; ///< exactly this name
    std::optional<fingerprint> print{};              ///< this public key
};

/// The key that is meant; it stays in `contents`. One key that the file holds twice counts once: the first is given.
/// Fails with
/// - not_found: no key at all, or none that is meant; the text tells when a safe stayed closed that may hold it
/// - misused: several keys are meant; the text says what to give
[[nodiscard]] inline result<pfx_key*> choose_key(pfx_contents& contents, const pfx_choice& choice = {}) {
    pfx_key* chosen = nullptr;
    for (pfx_key& key : contents.keys) {
        if (choice.friendly_name && key.friendly_name != *choice.friendly_name) continue;
        if (choice.print && key.print != *choice.print) continue;
        if (chosen != nullptr && chosen->print != key.print) {
            return fail(errc::misused, choice.friendly_name ? "pfx: several keys of the file have that name; choose one by its fingerprint"
                                                            : "pfx: the file holds several keys; choose one by its name or fingerprint");
        }
        if (chosen == nullptr) chosen = &key;
    }
    if (chosen != nullptr) return chosen;
    if (contents.keys.empty()) return fail(errc::not_found, "pfx: the file holds no private key; export it again with its key");
    if (!contents.closed_safes.empty())
        return fail(errc::not_found, "pfx: the key that is meant is not among those that were read, and a safe of the file stayed closed");
    return fail(errc::not_found, "pfx: the file holds no key of that name or fingerprint");
}

} // namespace keywright::formats

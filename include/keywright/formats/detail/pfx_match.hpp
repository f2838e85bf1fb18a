// SPDX-License-Identifier: Apache-2.0
// Which certificate of a PFX belongs to which key: the one that holds its public key. A local key id alone is a claim.
// Of a certificate only the public key is looked at, so that nothing else in it can stand in a key's way.
// Depends on: formats/pfx_contents, detail/pfx_private_key, detail/pfx_structure, detail/public_key, Botan.
#pragma once

#include <keywright/formats/detail/pfx_private_key.hpp>
#include <keywright/formats/detail/pfx_structure.hpp>
#include <keywright/formats/detail/public_key.hpp>

#include <botan/der_enc.h>
#include <botan/hash.h>

namespace keywright::formats::detail {

/// The SubjectPublicKeyInfo of an X.509 certificate (RFC 5280, 4.1), as it is encoded; empty where there is none.
inline bytes spki_of(byte_view certificate) {
    const auto found = ber_walk("", [&] {
        auto outer = ber(certificate);
        auto body = outer.start_sequence();
        auto tbs = body.start_sequence();
        auto next = tbs.get_next_object();
        if (next.is_a(0, Botan::ASN1_Class::ContextSpecific | Botan::ASN1_Class::Constructed)) next = tbs.get_next_object(); // version
        for (int skipped = 0; skipped < 5; ++skipped) next = tbs.get_next_object(); // serial, signature, issuer, validity, subject
        if (!next.is_a(Botan::ASN1_Type::Sequence, Botan::ASN1_Class::Universal | Botan::ASN1_Class::Constructed)) return bytes{};
        bytes out;
        Botan::DER_Encoder(out).add_object(Botan::ASN1_Type::Sequence, Botan::ASN1_Class::Universal | Botan::ASN1_Class::Constructed,
                                           next.bits(), next.length());
        return out;
    });
    return found ? *found : bytes{};
}

/// Certificates against the public keys of `keys`, in canonical form. Fills in each key's fingerprint as well.
class certificate_matcher {
public:
    certificate_matcher(std::vector<pfx_key>& keys, std::vector<certificate_bag>& certificates, std::size_t key_bytes)
        : keys_(keys), certificates_(certificates), taken_(certificates.size()) {
        const auto hash = Botan::HashFunction::create_or_throw("SHA-256");
        for (pfx_key& k : keys) {
            own_.push_back(k.key->subject_public_key());
            hash->update(own_.back());
            hash->final(k.print.bytes);
        }
        for (const certificate_bag& c : certificates) {
            public_keys_.push_back(spki_of(c.der));
            if (public_keys_.back().size() > key_bytes) public_keys_.back().clear();
        }
    }

    /// Gives each key its certificate, and returns the others.
    std::vector<pfx_certificate> match() {
        if (!std::all_of(own_.begin(), own_.end(), [this](const bytes& key) { return among(public_keys_, key); })) make_canonical();
        for (std::size_t k = 0; k < own_.size(); ++k) match_key(k);
        std::vector<pfx_certificate> others;
        for (std::size_t i = 0; i < certificates_.size(); ++i) {
            certificate_bag& c = certificates_[i];
            if (!taken_[i])
                others.push_back({std::move(c.der), std::move(c.attributes.friendly_name), std::move(c.attributes.local_key_id)});
        }
        return others;
    }

private:
    static bool among(const std::vector<bytes>& all, const bytes& one) { return std::find(all.begin(), all.end(), one) != all.end(); }

    /// Most producers write public keys in canonical form; only where one key found none need the others be decoded.
    void make_canonical() {
        for (bytes& key : public_keys_) {
            if (key.empty() || among(own_, key)) continue;
            auto canonical = loads_cheaply(key, false) ? canonical_public_key(key) : fail(errc::unsupported, "");
            key = canonical ? std::move(*canonical) : bytes{};
        }
    }
    void match_key(std::size_t k) {
        pfx_key& key = keys_[k];
        std::size_t best = certificates_.size();
        for (std::size_t i = 0; i < certificates_.size(); ++i) {
            const bool claims = !key.local_key_id.empty() && certificates_[i].attributes.local_key_id == key.local_key_id;
            const bool fits = public_keys_[i] == own_[k];
            if (fits && (best == certificates_.size() || claims)) best = i;
            if (claims && !fits) key.match = certificate_match::mismatch;
        }
        if (best == certificates_.size()) return;
        key.match = certificate_match::matched;
        key.certificate = certificates_[best].der;
        taken_[best] = true;
    }

    std::vector<pfx_key>& keys_;
    std::vector<certificate_bag>& certificates_;
    std::vector<bytes> own_, public_keys_;
    std::vector<bool> taken_;
};

} // namespace keywright::formats::detail

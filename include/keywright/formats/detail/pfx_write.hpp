// SPDX-License-Identifier: Apache-2.0
// A PFX with one key and its certificate, written as DER. One layout serves every profile; they differ in how a safe
// is encrypted and in the MAC. Botan::PKCS12 (3.13) writes neither PBMAC1 nor characters above U+FFFF.
//
//   PFX { 3, data( AuthenticatedSafe { encryptedData( certificate bag ), data( shrouded key bag ) } ), MacData }
//   both bags carry the friendly name and a local key id, SHA-1 of the certificate, by which readers pair them
//
// Depends on: detail/pfx_unlock (its derivations), Botan.
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/formats/detail/pfx_unlock.hpp>

#include <botan/der_enc.h>
#include <botan/rng.h>

namespace keywright::formats::detail {

/// What stands in the file, besides the password's work.
struct pfx_parts {
    secure key;        // PrivateKeyInfo
    bytes certificate; // X.509
    std::string friendly_name;
};

using Botan::DER_Encoder;

inline Botan::AlgorithmIdentifier algorithm(const char* oid, DER_Encoder& parameters) {
    const secure der = parameters.get_contents();
    return {Botan::OID(oid), bytes(der.begin(), der.end())};
}
inline Botan::AlgorithmIdentifier with_null(const char* oid) { return {Botan::OID(oid), Botan::AlgorithmIdentifier::USE_NULL_PARAM}; }

/// RFC 8018, A.2. The key's length is optional there and required by PBMAC1 (RFC 9879).
inline Botan::AlgorithmIdentifier pbkdf2_algorithm(const kdf_scheme& kdf) {
    DER_Encoder out;
    out.start_sequence()
        .encode(kdf.salt, Botan::ASN1_Type::OctetString)
        .encode(static_cast<std::size_t>(kdf.iterations))
        .encode(kdf.key_bytes)
        .encode(with_null("1.2.840.113549.2.9"))
        .end_cons();
    return algorithm("1.2.840.113549.1.5.12", out);
}
inline Botan::AlgorithmIdentifier pbe_algorithm(const pbe_scheme& scheme) {
    DER_Encoder out;
    out.start_sequence();
    if (scheme.kdf.kind == kdf_kind::pkcs12) {
        out.encode(scheme.kdf.salt, Botan::ASN1_Type::OctetString).encode(static_cast<std::size_t>(scheme.kdf.iterations)).end_cons();
        return algorithm("1.2.840.113549.1.12.1.3", out);
    }
    DER_Encoder iv;
    iv.encode(scheme.iv, Botan::ASN1_Type::OctetString);
    out.encode(pbkdf2_algorithm(scheme.kdf)).encode(algorithm("2.16.840.1.101.3.4.1.42", iv)).end_cons();
    return algorithm("1.2.840.113549.1.5.13", out);
}

inline bytes encrypt(const pbe_scheme& scheme, byte_view plain, const pfx_password& password) {
    const auto cipher = Botan::Cipher_Mode::create_or_throw(scheme.cipher, Botan::Cipher_Dir::Encryption);
    cipher->set_key(derive(scheme.kdf, kdf_use::key, scheme.kdf.key_bytes, password));
    if (scheme.kdf.kind == kdf_kind::pkcs12)
        cipher->start(derive(scheme.kdf, kdf_use::iv, 8, password));
    else
        cipher->start(scheme.iv);
    secure buffer(plain.begin(), plain.end());
    cipher->finish(buffer);
    return {buffer.begin(), buffer.end()};
}

/// How everything in one file is protected. Every derivation has a salt of its own.
struct pfx_protection {
    bool pbes2 = true;  // else PBE-SHA1-3DES
    bool pbmac1 = false;
    std::size_t iterations = 0;
};

class pfx_composer {
public:
    /// All three outlive this.
    pfx_composer(const pfx_protection& how, const pfx_password& password, Botan::RandomNumberGenerator& rng)
        : how_(how), password_(password), rng_(rng) {}

    secure compose(const pfx_parts& parts) {
        bytes local_key_id(20);
        const auto sha1 = Botan::HashFunction::create_or_throw(for_old_programs<"SHA-1">);
        sha1->update(parts.certificate);
        sha1->final(local_key_id);
        const secure attributes = attributes_of(parts.friendly_name, local_key_id);
        DER_Encoder safes;
        safes.start_sequence();
        add_encrypted(safes, certificate_safe(parts.certificate, attributes));
        add_data(safes, key_safe(parts.key, attributes));
        safes.end_cons();
        const secure authenticated = safes.get_contents();
        DER_Encoder pfx;
        pfx.start_sequence().encode(std::size_t{3});
        add_data(pfx, authenticated);
        add_mac(pfx, authenticated);
        pfx.end_cons();
        return pfx.get_contents();
    }

private:
    bytes random(std::size_t size) {
        bytes out(size);
        rng_.randomize(out);
        return out;
    }
    pbe_scheme fresh_scheme() {
        pbe_scheme scheme;
        scheme.kdf.iterations = how_.iterations;
        scheme.kdf.salt = random(how_.pbes2 ? 16 : 8);
        scheme.kdf.kind = how_.pbes2 ? kdf_kind::pbkdf2 : kdf_kind::pkcs12;
        scheme.kdf.hash = how_.pbes2 ? approved<"SHA-256"> : for_old_programs<"SHA-1">;
        scheme.kdf.key_bytes = how_.pbes2 ? 32 : 24;
        scheme.cipher = how_.pbes2 ? approved<"AES-256/CBC"> : for_old_programs<"TripleDES/CBC">;
        if (how_.pbes2) scheme.iv = random(16);
        return scheme;
    }

    static secure attributes_of(const std::string& friendly_name, byte_view local_key_id) {
        DER_Encoder out;
        out.start_set();
        if (!friendly_name.empty()) {
            bytes name;
            append_utf16(name, friendly_name);
            out.start_sequence().encode(Botan::OID("1.2.840.113549.1.9.20")).start_set();
            out.add_object(Botan::ASN1_Type::BmpString, Botan::ASN1_Class::Universal, name).end_cons().end_cons();
        }
        out.start_sequence().encode(Botan::OID("1.2.840.113549.1.9.21")).start_set();
        out.encode(local_key_id, Botan::ASN1_Type::OctetString).end_cons().end_cons();
        out.end_cons();
        return out.get_contents();
    }
    static secure certificate_safe(const bytes& certificate, byte_view attributes) {
        DER_Encoder out;
        out.start_sequence().start_sequence().encode(Botan::OID("1.2.840.113549.1.12.10.1.3")).start_context_specific(0);
        out.start_sequence().encode(Botan::OID("1.2.840.113549.1.9.22.1")).start_context_specific(0);
        out.encode(certificate, Botan::ASN1_Type::OctetString).end_cons().end_cons();
        out.end_cons().raw_bytes(attributes).end_cons().end_cons();
        return out.get_contents();
    }
    secure key_safe(byte_view key, byte_view attributes) {
        const pbe_scheme scheme = fresh_scheme();
        DER_Encoder out;
        out.start_sequence().start_sequence().encode(Botan::OID("1.2.840.113549.1.12.10.1.2")).start_context_specific(0);
        out.start_sequence()
            .encode(pbe_algorithm(scheme))
            .encode(encrypt(scheme, key, password_), Botan::ASN1_Type::OctetString)
            .end_cons();
        out.end_cons().raw_bytes(attributes).end_cons().end_cons();
        return out.get_contents();
    }

    static void add_data(DER_Encoder& out, byte_view content) {
        out.start_sequence().encode(Botan::OID("1.2.840.113549.1.7.1")).start_context_specific(0);
        out.encode(content, Botan::ASN1_Type::OctetString).end_cons().end_cons();
    }
    void add_encrypted(DER_Encoder& out, byte_view content) {
        const pbe_scheme scheme = fresh_scheme();
        out.start_sequence().encode(Botan::OID("1.2.840.113549.1.7.6")).start_context_specific(0).start_sequence().encode(std::size_t{0});
        out.start_sequence().encode(Botan::OID("1.2.840.113549.1.7.1")).encode(pbe_algorithm(scheme));
        out.add_object(Botan::ASN1_Type(0), Botan::ASN1_Class::ContextSpecific, encrypt(scheme, content, password_)).end_cons();
        out.end_cons().end_cons().end_cons();
    }

    bytes mac_of(const kdf_scheme& kdf, byte_view authenticated) const {
        const auto hmac =
            Botan::MessageAuthenticationCode::create_or_throw(how_.pbes2 ? approved<"HMAC(SHA-256)"> : for_old_programs<"HMAC(SHA-1)">);
        hmac->set_key(derive(kdf, kdf_use::mac, kdf.key_bytes, password_));
        hmac->update(authenticated);
        return hmac->final_stdvec();
    }
    /// MacData. For PBMAC1 salt and count stand in its parameters; the two beside it are there for the sake of the
    /// structure, and nobody reads them.
    void add_mac(DER_Encoder& out, byte_view authenticated) {
        kdf_scheme kdf;
        kdf.kind = how_.pbmac1 ? kdf_kind::pbkdf2 : kdf_kind::pkcs12;
        kdf.hash = how_.pbes2 ? approved<"SHA-256"> : for_old_programs<"SHA-1">;
        kdf.key_bytes = how_.pbes2 ? 32 : 20;
        kdf.salt = random(how_.pbes2 ? 16 : 8);
        kdf.iterations = how_.iterations;
        Botan::AlgorithmIdentifier digest = with_null(how_.pbes2 ? "2.16.840.1.101.3.4.2.1" : "1.3.14.3.2.26");
        if (how_.pbmac1) {
            DER_Encoder parameters;
            parameters.start_sequence().encode(pbkdf2_algorithm(kdf)).encode(with_null("1.2.840.113549.2.9")).end_cons();
            digest = algorithm("1.2.840.113549.1.5.14", parameters);
        }
        out.start_sequence().start_sequence().encode(digest).encode(mac_of(kdf, authenticated), Botan::ASN1_Type::OctetString).end_cons();
        constexpr std::string_view not_used = "NOT USED";
        out.encode(how_.pbmac1 ? as_bytes(not_used) : byte_view(kdf.salt), Botan::ASN1_Type::OctetString);
        if (!how_.pbmac1) out.encode(how_.iterations); // PBMAC1: the default, 1, which DER leaves out
        out.end_cons();
    }

    const pfx_protection& how_;
    const pfx_password& password_;
    Botan::RandomNumberGenerator& rng_;
};

} // namespace keywright::formats::detail

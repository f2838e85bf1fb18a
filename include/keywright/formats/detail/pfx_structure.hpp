// SPDX-License-Identifier: Apache-2.0
// A PFX's structure (RFC 7292), walked without running any key derivation. What is found is priced, so that the
// whole visible cost is known before the first derivation; contents of encrypted safes are walked by the same code
// once they are decrypted, and priced before theirs.
//
//   PFX               SEQUENCE { version 3, authSafe ContentInfo(data), macData OPTIONAL }
//   AuthenticatedSafe SEQUENCE OF ContentInfo(data | encryptedData)
//   SafeContents      SEQUENCE OF SafeBag { id, [0] value, attributes SET OPTIONAL }
//   MacData           SEQUENCE { DigestInfo, salt, iterations DEFAULT 1 }
//
// Depends on: detail/pfx_schemes, Botan.
#pragma once

#include <keywright/formats/detail/pfx_schemes.hpp>
#include <keywright/formats/pfx_contents.hpp>

#include <vector>

namespace keywright::formats::detail {

/// A bag's two attributes that are read; all others are skipped (RFC 7292, 4.2).
struct bag_attributes {
    std::string friendly_name; // UTF-8
    bytes local_key_id;
};
struct key_bag {
    bag_attributes attributes;
    std::optional<pbe_scheme> encryption; // of the bag itself
    bool in_encrypted_safe = false;
    bool opened = true; // false: decryption failed
    secure data;        // PrivateKeyInfo, or its ciphertext until that is decrypted
};
struct certificate_bag {
    bag_attributes attributes;
    bytes der;
};
struct encrypted_safe {
    std::string algorithm; // OID
    pbe_scheme encryption;
    bytes ciphertext;
};
/// MacData. For PBMAC1, `kdf` is PBKDF2 and `hash` the HMAC's.
struct mac_data {
    kdf_scheme kdf;
    std::string_view hash;
    bytes value;
};
struct pfx_tree {
    secure authenticated; // the octets under the MAC
    std::optional<mac_data> mac;
    std::vector<encrypted_safe> safes;
    std::vector<pfx_closed_safe> closed; // their encryption is not offered
    std::vector<key_bag> keys;
    std::vector<certificate_bag> certificates;
    std::vector<std::string> other_bags; // OIDs
    std::size_t bags = 0;
};

inline constexpr const char* oid_data = "1.2.840.113549.1.7.1";
inline constexpr const char* oid_encrypted_data = "1.2.840.113549.1.7.6";

/// Text of an attribute. Empty for types that carry no text; malformed UTF-16 is refused.
inline std::string read_text(const Botan::BER_Object& value) {
    const byte_view raw{value.bits(), value.length()};
    if (value.is_a(Botan::ASN1_Type::BmpString, Botan::ASN1_Class::Universal)) {
        auto text = utf8_of_utf16(raw);
        if (!text) refuse(errc::malformed, "pfx: a friendly name is a BMPString of odd length");
        if (text->ends_with('\0')) text->pop_back(); // old producers wrote the terminator, too
        return *text;
    }
    const bool is_text = value.is_a(Botan::ASN1_Type::Utf8String, Botan::ASN1_Class::Universal) ||
                         value.is_a(Botan::ASN1_Type::PrintableString, Botan::ASN1_Class::Universal) ||
                         value.is_a(Botan::ASN1_Type::Ia5String, Botan::ASN1_Class::Universal);
    return is_text && keywright::detail::is_utf8(as_text(raw)) ? std::string(as_text(raw)) : std::string();
}

/// The first value of each attribute counts; a value SET may be empty.
inline bag_attributes read_attributes(Botan::BER_Decoder& bag) {
    bag_attributes found;
    if (!bag.more_items()) return found;
    auto set = bag.start_set();
    while (set.more_items()) {
        Botan::OID id;
        auto attribute = set.start_sequence();
        attribute.decode(id);
        auto values = attribute.start_set();
        const std::string oid = id.to_string();
        if (oid == "1.2.840.113549.1.9.20" && found.friendly_name.empty() && values.more_items())
            found.friendly_name = read_text(values.get_next_object());
        else if (oid == "1.2.840.113549.1.9.21" && found.local_key_id.empty() && values.more_items())
            values.decode(found.local_key_id, Botan::ASN1_Type::OctetString);
        values.discard_remaining();
        attribute.verify_end();
    }
    return found;
}

inline key_bag read_shrouded_key(Botan::BER_Decoder& value) {
    key_bag key;
    Botan::AlgorithmIdentifier algorithm;
    auto in = value.start_sequence();
    in.decode(algorithm).decode(key.data, Botan::ASN1_Type::OctetString);
    in.verify_end();
    key.encryption = read_pbe(algorithm, key.data.size(), pfx_place::key);
    return key;
}

/// The certificate, or nullopt for one that is not X.509 (SDSI).
inline std::optional<certificate_bag> read_certificate(Botan::BER_Decoder& value) {
    Botan::OID type;
    auto in = value.start_sequence();
    in.decode(type);
    if (type.to_string() != "1.2.840.113549.1.9.22.1") {
        in.discard_remaining();
        return std::nullopt;
    }
    certificate_bag certificate;
    auto body = in.start_context_specific(0);
    body.decode(certificate.der, Botan::ASN1_Type::OctetString);
    body.verify_end();
    in.verify_end();
    return certificate;
}

/// Walks SafeContents into the tree. `depth` counts levels, the outermost is 1.
class safe_walk {
public:
    safe_walk(pfx_tree& tree, const pfx_bounds& bounds, bool encrypted) : tree_(tree), bounds_(bounds), encrypted_(encrypted) {}

    void contents(byte_view der) {
        auto outer = ber(der);
        auto bags = outer.start_sequence();
        level(bags, 1);
        outer.verify_end();
    }

private:
    void level(Botan::BER_Decoder& bags, std::size_t depth) {
        if (depth > bounds_.depth) refuse(errc::limit_exceeded, "pfx: safes are nested deeper than the limit `depth` allows");
        while (bags.more_items()) {
            if (++tree_.bags > bounds_.bags) refuse(errc::limit_exceeded, "pfx: more bags than the limit `bags` allows");
            auto bag = bags.start_sequence();
            one_bag(bag, depth);
            bag.verify_end();
        }
    }
    void one_bag(Botan::BER_Decoder& bag, std::size_t depth) {
        Botan::OID id;
        bag.decode(id);
        auto value = bag.start_context_specific(0);
        const std::string oid = id.to_string();
        if (oid == "1.2.840.113549.1.12.10.1.1") {
            key_bag key;
            value.raw_bytes(key.data);
            add(std::move(key), bag);
        } else if (oid == "1.2.840.113549.1.12.10.1.2") {
            key_bag key = read_shrouded_key(value);
            value.verify_end();
            add(std::move(key), bag);
        } else if (oid == "1.2.840.113549.1.12.10.1.3") {
            if (!add_certificate(value, bag)) tree_.other_bags.push_back(oid);
        } else if (oid == "1.2.840.113549.1.12.10.1.6") {
            auto nested = value.start_sequence();
            level(nested, depth + 1);
            value.verify_end();
            read_attributes(bag);
        } else {
            tree_.other_bags.push_back(oid);
            value.discard_remaining();
            read_attributes(bag);
        }
    }
    /// False: it is one of a kind that is not read.
    bool add_certificate(Botan::BER_Decoder& value, Botan::BER_Decoder& bag) {
        auto certificate = read_certificate(value);
        value.verify_end();
        if (certificate && certificate->der.size() > bounds_.certificate_bytes)
            refuse(errc::limit_exceeded, "pfx: a certificate is longer than the limit `certificate_bytes` allows");
        bag_attributes attributes = read_attributes(bag);
        if (!certificate) return false;
        certificate->attributes = std::move(attributes);
        tree_.certificates.push_back(std::move(*certificate));
        return true;
    }
    void add(key_bag&& key, Botan::BER_Decoder& bag) {
        key.in_encrypted_safe = encrypted_;
        key.attributes = read_attributes(bag);
        tree_.keys.push_back(std::move(key));
    }

    pfx_tree& tree_;
    const pfx_bounds& bounds_;
    bool encrypted_;
};

/// encryptedContent, [0] IMPLICIT: primitive, or constructed of OCTET STRINGs.
inline bytes read_encrypted_content(const Botan::BER_Object& content) {
    if (content.is_a(0, Botan::ASN1_Class::ContextSpecific)) return {content.bits(), content.bits() + content.length()};
    if (!content.is_a(0, Botan::ASN1_Class::ContextSpecific | Botan::ASN1_Class::Constructed))
        refuse(errc::malformed, "pfx: an encrypted safe has no content");
    bytes out;
    auto chunks = ber({content.bits(), content.length()});
    while (chunks.more_items()) append(out, chunks.get_next_octet_string());
    return out;
}

/// One encrypted safe, to be opened or, where its encryption is not offered, to be reported.
inline void read_encrypted_safe(pfx_tree& tree, Botan::BER_Decoder& content) {
    Botan::OID type;
    Botan::AlgorithmIdentifier algorithm;
    auto data = content.start_sequence();
    const bool version_is_0 = count(data, "pfx: an encrypted safe has a negative version") == 0;
    auto info = data.start_sequence();
    info.decode(type).decode(algorithm);
    bytes ciphertext = read_encrypted_content(info.get_next_object());
    info.verify_end();
    if (version_is_0) data.verify_end();
    try {
        if (!version_is_0) refuse(errc::unsupported, "pfx: an encrypted safe has a version other than 0");
        if (type.to_string() != oid_data) refuse(errc::unsupported, "pfx: an encrypted safe holds something other than data");
        pbe_scheme scheme = read_pbe(algorithm, ciphertext.size(), pfx_place::safe);
        tree.safes.push_back({algorithm.oid().to_string(), std::move(scheme), std::move(ciphertext)});
    } catch (const walk_refused& refusal) {
        if (refusal.why.code != errc::unsupported) throw;
        tree.closed.push_back({closed_because::unsupported, refusal.why.text, algorithm.oid().to_string(), ciphertext.size()});
    }
}

/// PBMAC1's parameters: SEQUENCE { PBKDF2, HMAC }.
inline void read_pbmac1(mac_data& mac, byte_view parameters) {
    Botan::AlgorithmIdentifier kdf, hmac;
    auto outer = ber(parameters);
    auto in = outer.start_sequence();
    in.decode(kdf).decode(hmac);
    in.end_cons();
    outer.verify_end();
    const auto* row = find_oid(hmac_hashes, hmac);
    if (row == nullptr || kdf.oid().to_string() != "1.2.840.113549.1.5.12")
        refuse(errc::unsupported, "pfx: PBMAC1 uses algorithms that are not offered, expected PBKDF2 and an HMAC of SHA-1, SHA-2 or SHA-3");
    mac.kdf = read_pbkdf2(kdf.parameters(), 0, pfx_place::mac);
    mac.hash = row->name;
}

/// The MAC of RFC 7292 itself: a digest, with salt and count beside it.
inline void read_classic_mac(mac_data& mac, const Botan::AlgorithmIdentifier& digest, bytes salt, std::uint64_t iterations) {
    const auto* row = find_oid(mac_hashes, digest);
    if (row == nullptr) {
        if (const auto* named = find_oid(refused_digests, digest)) refuse(errc::unsupported, named->text.in(pfx_place::mac));
        refuse(errc::unsupported,
               "pfx: the MAC uses a digest that is not known, expected SHA-1, SHA-2, SHA-3, MD4, MD5, RIPEMD-160, SM3 or PBMAC1");
    }
    mac.hash = row->name;
    mac.kdf.hash = row->name;
    mac.kdf.salt = std::move(salt);
    mac.kdf.iterations = iterations;
    mac.kdf.key_bytes = row->bytes;
    mac.kdf.cost = {iterations, row->weight, 0};
}

inline mac_data read_mac(Botan::BER_Decoder& in) {
    mac_data mac;
    Botan::AlgorithmIdentifier algorithm;
    auto digest = in.start_sequence();
    digest.decode(algorithm).decode(mac.value, Botan::ASN1_Type::OctetString);
    digest.verify_end();
    bytes salt;
    in.decode(salt, Botan::ASN1_Type::OctetString);
    const std::uint64_t iterations = in.more_items() ? count(in, "pfx: the MAC has a negative iteration count") : 1;
    in.verify_end();
    if (algorithm.oid().to_string() == "1.2.840.113549.1.5.14")
        read_pbmac1(mac, algorithm.parameters()); // salt and count above are ignored (RFC 9879)
    else
        read_classic_mac(mac, algorithm, std::move(salt), iterations);
    return mac;
}

inline void read_authenticated_safe(pfx_tree& tree, const pfx_bounds& bounds) {
    auto outer = ber(tree.authenticated);
    auto safe_list = outer.start_sequence();
    for (std::size_t safes = 1; safe_list.more_items(); ++safes) {
        if (safes > bounds.safes) refuse(errc::limit_exceeded, "pfx: more safes than the limit `safes` allows");
        Botan::OID type;
        auto info = safe_list.start_sequence();
        info.decode(type);
        auto content = info.start_context_specific(0);
        if (type.to_string() == oid_data) {
            secure contents;
            content.decode(contents, Botan::ASN1_Type::OctetString);
            safe_walk(tree, bounds, false).contents(contents);
        } else if (type.to_string() == oid_encrypted_data) {
            read_encrypted_safe(tree, content);
        } else {
            const auto inside = content.get_next_object();
            tree.closed.push_back({closed_because::unsupported,
                                   "pfx: a safe is not data or password-encrypted data; public-key encryption is not offered",
                                   type.to_string(), inside.length()});
        }
        content.verify_end();
        info.verify_end();
    }
    outer.verify_end();
}

/// The whole file, encrypted safes still closed. Requires: the file's size is within its limit.
inline pfx_tree read_pfx_tree(byte_view file, const pfx_bounds& bounds) {
    pfx_tree tree;
    auto outer = ber(file);
    auto pfx = outer.start_sequence();
    if (count(pfx, "pfx: the version is negative") != 3) refuse(errc::unsupported, "pfx: expected version 3, found another");
    Botan::OID type;
    auto info = pfx.start_sequence();
    info.decode(type);
    if (type.to_string() == "1.2.840.113549.1.7.2")
        refuse(errc::unsupported, "pfx: the file is protected by a signature; only password integrity is offered");
    if (type.to_string() != oid_data) refuse(errc::unsupported, "pfx: the file's content is of a type that is not known");
    auto content = info.start_context_specific(0);
    content.decode(tree.authenticated, Botan::ASN1_Type::OctetString);
    content.verify_end();
    info.verify_end();
    if (pfx.more_items()) {
        auto mac = pfx.start_sequence();
        tree.mac = read_mac(mac);
    }
    pfx.verify_end();
    outer.verify_end();
    read_authenticated_safe(tree, bounds);
    return tree;
}

} // namespace keywright::formats::detail

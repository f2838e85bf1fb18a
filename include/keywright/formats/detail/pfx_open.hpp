// SPDX-License-Identifier: Apache-2.0
// Opens a walked PFX: reserve the visible cost, verify the MAC, open the safes, reserve what they hid, open the keys,
// match certificates to keys.
// Depends on: detail/pfx_structure, detail/public_key, Botan.
#pragma once

#include <keywright/core/contract.hpp>
#include <keywright/core/secret_bytes.hpp>
#include <keywright/formats/detail/pfx_structure.hpp>
#include <keywright/formats/detail/public_key.hpp>

#include <botan/pkcs8.h>
#include <botan/x509cert.h>

#include <memory>

namespace keywright::formats {

/// Whether a certificate stands beside a key.
enum class certificate_match : unsigned char {
    none,     ///< there is no certificate for it
    matched,  ///< a certificate with this very public key
    mismatch, ///< one claims to belong to it (same local key id) but holds another public key
};

struct pfx_key {
    std::unique_ptr<Botan::Private_Key> key;
    std::string friendly_name; ///< UTF-8, the alias; empty when there is none. From outside: escape it before printing
    bytes local_key_id;        ///< empty when there is none
    certificate_match match = certificate_match::none;
    bytes certificate;      ///< X.509 DER when matched, else empty; its signature and dates are not judged here
    bool encrypted = false; ///< whether the file kept the key under a password
};

struct pfx_certificate {
    bytes der;
    std::string friendly_name;
    bytes local_key_id;
};

/// What a PFX held, in the file's order.
struct pfx_contents {
    std::vector<pfx_key> keys;
    std::vector<pfx_certificate> other_certificates; ///< all that were not matched to a key
    std::vector<std::string> other_bags;             ///< OIDs of bags that are neither (secrets, CRLs)
    bool has_mac = false;
    bool has_password = false; ///< a password that is not empty was needed for the MAC or for anything in the file

    /// What "the file has a password" must mean before a key is taken from it: none of its keys lay in the clear.
    bool keys_protected() const noexcept {
        if (!has_password) return false;
        for (const pfx_key& k : keys)
            if (!k.encrypted) return false;
        return true;
    }
};

namespace detail {

class pfx_opener {
public:
    pfx_opener(const pfx_bounds& bounds, pfx_work& work, bool mac_may_lack)
        : bounds_(bounds), budget_(bounds), work_(work), mac_may_lack_(mac_may_lack) {}

    [[nodiscard]] result<pfx_contents> open(byte_view file, byte_view utf8, bool given) {
        if (file.size() > bounds_.file_bytes)
            return fail(errc::limit_exceeded, "pfx: the file is larger than the limit `file_bytes` allows");
        return ber_walk("pfx: not a PFX, or damaged: its structure does not decode", [&] {
            pfx_tree tree = read_pfx_tree(file, bounds_);
            pfx_password password = encode_password(utf8);
            reserve_visible(tree);
            if (!tree.mac && !mac_may_lack_)
                refuse(errc::unauthenticated,
                       "pfx: the file has no MAC, so whoever could write to it could exchange its contents; make it again with one");
            if (!given && needs_password(tree)) refuse(errc::password_needed, "pfx: the file is encrypted, and no password was given");
            return open_tree(std::move(tree), std::move(password), given);
        });
    }

private:
    static bool needs_password(const pfx_tree& tree) {
        return !tree.safes.empty() ||
               std::any_of(tree.keys.begin(), tree.keys.end(), [](const key_bag& k) { return k.encryption.has_value(); });
    }
    static bool uses_pkcs12_pbe(const pfx_tree& tree) {
        const auto pkcs12 = [](const pbe_scheme& s) { return s.kdf.kind == kdf_kind::pkcs12; };
        return std::any_of(tree.safes.begin(), tree.safes.end(), [&](const encrypted_safe& s) { return pkcs12(s.encryption); }) ||
               std::any_of(tree.keys.begin(), tree.keys.end(), [&](const key_bag& k) { return k.encryption && pkcs12(*k.encryption); });
    }
    void reserve_keys(const pfx_tree& tree, std::size_t from) {
        for (std::size_t i = from; i < tree.keys.size(); ++i)
            if (tree.keys[i].encryption) budget_.reserve(tree.keys[i].encryption->kdf.cost);
    }
    void reserve_visible(const pfx_tree& tree) {
        if (tree.mac) budget_.reserve(tree.mac->kdf.cost);
        for (const encrypted_safe& safe : tree.safes) budget_.reserve(safe.encryption.kdf.cost);
        reserve_keys(tree, 0);
    }

    pfx_contents open_tree(pfx_tree tree, pfx_password password, bool given) {
        const bool was_locked = needs_password(tree);
        if (tree.mac) {
            verify_mac(tree, password, given);
        } else if (password.ambiguous() && uses_pkcs12_pbe(tree)) {
            // Nothing tells which form of the empty password made the file: try the standard's, then the other.
            pfx_tree again = tree;
            try {
                return open_contents(std::move(tree), password);
            } catch (const walk_refused& refusal) {
                if (refusal.why.code != errc::authentication_failed) throw;
            }
            password.use_zero_length_form();
            reserve_visible(again);
            tree = std::move(again);
        }
        pfx_contents contents = open_contents(std::move(tree), password);
        contents.has_password = !password.utf8.empty() && (contents.has_mac || was_locked);
        return contents;
    }

    bool mac_holds(const pfx_tree& tree, const pfx_password& password) {
        note_run(work_, tree.mac->kdf.cost);
        const auto hmac = Botan::MessageAuthenticationCode::create_or_throw(std::string("HMAC(") + tree.mac->hash + ")");
        hmac->set_key(derive(tree.mac->kdf, kdf_use::mac, tree.mac->kdf.key_bytes, password));
        hmac->update(tree.authenticated);
        return Botan::constant_time_compare(hmac->final(), tree.mac->value);
    }
    /// Leaves `password` in the form that verified.
    void verify_mac(const pfx_tree& tree, pfx_password& password, bool given) {
        bool holds = mac_holds(tree, password);
        if (!holds && password.ambiguous() && tree.mac->kdf.kind == kdf_kind::pkcs12) {
            budget_.reserve(tree.mac->kdf.cost);
            password.use_zero_length_form();
            holds = mac_holds(tree, password);
        }
        if (holds) return;
        if (!given) refuse(errc::password_needed, "pfx: the MAC was made with a password, and none was given");
        refuse(errc::authentication_failed, "pfx: wrong password, or the file was altered: the MAC does not hold");
    }

    pfx_contents open_contents(pfx_tree tree, const pfx_password& password) {
        const std::size_t seen = tree.keys.size();
        for (const encrypted_safe& safe : tree.safes) open_safe(tree, safe, password);
        reserve_keys(tree, seen);
        pfx_contents contents;
        contents.has_mac = tree.mac.has_value();
        contents.other_bags = std::move(tree.other_bags);
        for (key_bag& bag : tree.keys) contents.keys.push_back(open_key(bag, password, contents.has_mac));
        match_certificates(contents, tree.certificates);
        return contents;
    }

    void open_safe(pfx_tree& tree, const encrypted_safe& safe, const pfx_password& password) {
        const char* wrong = tree.mac ? "pfx: an encrypted safe does not open with the password that the MAC was made with"
                                     : "pfx: wrong password, or the file was altered: an encrypted safe does not open";
        const secure plain = unlock(safe.encryption, safe.ciphertext, password, wrong);
        // Without a MAC, rubbish that happens to be padded well is what a wrong password looks like.
        const auto walked = ber_walk(wrong, [&] { safe_walk(tree, bounds_, true).contents(plain); });
        if (walked) return;
        const bool rubbish = walked.error().code == errc::malformed;
        if (rubbish && tree.mac) refuse(errc::malformed, "pfx: the contents of an encrypted safe do not decode");
        refuse(rubbish ? errc::authentication_failed : walked.error().code, walked.error().text);
    }

    pfx_key open_key(key_bag& bag, const pfx_password& password, bool has_mac) {
        pfx_key key{.key = nullptr,
                    .friendly_name = std::move(bag.attributes.friendly_name),
                    .local_key_id = std::move(bag.attributes.local_key_id),
                    .match = certificate_match::none,
                    .certificate = {},
                    .encrypted = bag.encryption.has_value() || bag.in_encrypted_safe};
        const char* wrong =
            has_mac ? "pfx: a key bag does not open with the password that the MAC was made with; its key may have a password of its own"
                    : "pfx: wrong password, or the file was altered: a key bag does not open";
        const secure der = bag.encryption ? unlock(*bag.encryption, bag.data, password, wrong) : std::move(bag.data);
        if (der.size() > bounds_.key_bytes) refuse(errc::limit_exceeded, "pfx: a private key is longer than the limit `key_bytes` allows");
        auto loaded = load_key(der);
        if (!loaded && loaded.error().code == errc::malformed && bag.encryption && !has_mac) refuse(errc::authentication_failed, wrong);
        key.key = value_or_refuse(std::move(loaded));
        return key;
    }

    static result<std::unique_ptr<Botan::Private_Key>> load_key(const secure& der) {
        // Botan would also take PEM and encrypted forms here; a key bag holds a PrivateKeyInfo and nothing else.
        if (der.empty() || der[0] != 0x30) return fail(errc::malformed, "pfx: a key bag does not hold a PKCS#8 key");
        return keywright::detail::botan_boundary(errc::internal, "pfx: a private key does not load: damaged, or of an unknown algorithm",
                                                 [&] { return Botan::PKCS8::load_key(std::span<const std::uint8_t>(der)); });
    }

    secure unlock(const pbe_scheme& scheme, byte_view ciphertext, const pfx_password& password, const char* wrong) {
        try {
            return decrypt(scheme, ciphertext, password, work_);
        } catch (const Botan::Lookup_Error&) {
            refuse(errc::unsupported, "pfx: Botan was built without a cipher or hash that this file uses");
        } catch (const Botan::Exception&) {
            refuse(errc::authentication_failed, wrong);
        }
    }

    /// The certificate's public key in canonical form; empty where it cannot be read. Most producers write the
    /// canonical form anyway, so a certificate of one of `own` keys need not be decoded.
    bytes public_key_of(const certificate_bag& certificate, const std::vector<bytes>& own) const {
        auto spki = keywright::detail::botan_boundary(errc::malformed, "",
                                                      [&] { return Botan::X509_Certificate(certificate.der).subject_public_key_info(); });
        if (!spki || spki->size() > bounds_.key_bytes) return {};
        if (std::find(own.begin(), own.end(), *spki) != own.end()) return std::move(*spki);
        auto canonical = canonical_public_key(*spki);
        return canonical ? std::move(*canonical) : bytes{};
    }
    /// A certificate belongs to a key when it holds its public key; a local key id alone is a claim.
    void match_certificates(pfx_contents& contents, std::vector<certificate_bag>& certificates) const {
        std::vector<bytes> own, public_keys;
        for (const pfx_key& k : contents.keys) own.push_back(k.key->subject_public_key());
        for (const certificate_bag& c : certificates) public_keys.push_back(public_key_of(c, own));
        std::vector<bool> taken(certificates.size());
        for (std::size_t k = 0; k < own.size(); ++k) {
            pfx_key& key = contents.keys[k];
            std::size_t best = certificates.size();
            for (std::size_t i = 0; i < certificates.size(); ++i) {
                const bool claims = !key.local_key_id.empty() && certificates[i].attributes.local_key_id == key.local_key_id;
                const bool fits = public_keys[i] == own[k];
                if (fits && (best == certificates.size() || claims)) best = i;
                if (claims && !fits) key.match = certificate_match::mismatch;
            }
            if (best == certificates.size()) continue;
            key.match = certificate_match::matched;
            key.certificate = certificates[best].der;
            taken[best] = true;
        }
        for (std::size_t i = 0; i < certificates.size(); ++i)
            if (!taken[i])
                contents.other_certificates.push_back({std::move(certificates[i].der), std::move(certificates[i].attributes.friendly_name),
                                                       std::move(certificates[i].attributes.local_key_id)});
    }

    const pfx_bounds& bounds_;
    kdf_budget budget_;
    pfx_work& work_;
    bool mac_may_lack_;
};

} // namespace detail
} // namespace keywright::formats

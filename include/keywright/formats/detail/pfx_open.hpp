// SPDX-License-Identifier: Apache-2.0
// Opens a walked PFX: reserve the visible cost, verify the MAC, decrypt what is visible, reserve what that hid, decrypt
// the keys, match certificates to keys. A wrong password and an altered file run the same operations in the same order.
// Depends on: formats/pfx_contents, detail/pfx_unlock, detail/pfx_structure, detail/pfx_match, Botan.
#pragma once

#include <keywright/formats/detail/pfx_match.hpp>
#include <keywright/formats/detail/pfx_private_key.hpp>
#include <keywright/formats/detail/pfx_structure.hpp>
#include <keywright/formats/detail/pfx_unlock.hpp>

namespace keywright::formats {

/// What a caller is after.
enum class pfx_want : unsigned char {
    everything, ///< every key and certificate
    keys,       ///< keys: where some lie outside encrypted safes, these stay closed and are listed
};

namespace detail {

class pfx_opener {
public:
    pfx_opener(const pfx_bounds& bounds, pfx_work& work, bool mac_may_lack, pfx_want want)
        : bounds_(bounds), budget_(bounds), work_(work), mac_may_lack_(mac_may_lack), want_(want) {}

    [[nodiscard]] result<pfx_contents> open(byte_view file, byte_view utf8, bool given) {
        if (file.size() > bounds_.file_bytes)
            return fail(errc::limit_exceeded, "pfx: the file is larger than the limit `file_bytes` allows");
        return ber_walk("pfx: not a PFX, or damaged: its structure does not decode", [&] {
            pfx_tree tree = read_pfx_tree(file, bounds_);
            pfx_password password = encode_password(utf8);
            if (want_ == pfx_want::keys && !tree.keys.empty()) leave_closed(tree);
            reserve_visible(tree);
            if (tree.keys.empty() && tree.safes.empty()) refuse_if_closed(tree.closed);
            if (!tree.mac && !mac_may_lack_)
                refuse(errc::unauthenticated,
                       "pfx: the file has no MAC, so whoever could write to it could exchange its contents; make it again with one");
            if (!given && needs_password(tree)) refuse(errc::password_needed, "pfx: the file is encrypted, and no password was given");
            pfx_unlocker unlocker(std::move(password), work_);
            return open_tree(std::move(tree), unlocker, given);
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
    static void leave_closed(pfx_tree& tree) {
        for (const encrypted_safe& safe : tree.safes)
            tree.closed.push_back({closed_because::not_wanted, "pfx: an encrypted safe was left closed, because only keys were wanted",
                                   safe.algorithm, safe.ciphertext.size()});
        tree.safes.clear();
    }
    /// Of a file without a readable key, the safe that may hold it is what must be told.
    static void refuse_if_closed(const std::vector<pfx_closed_safe>& closed) {
        if (!closed.empty()) refuse(errc::unsupported, closed.front().text);
    }
    void reserve_keys(const pfx_tree& tree, std::size_t from) {
        for (std::size_t i = from; i < tree.keys.size(); ++i)
            if (tree.keys[i].encryption) reserve_once(tree.keys[i].encryption->kdf);
    }
    /// Derivations that are equal run once.
    void reserve_once(const kdf_scheme& kdf) {
        if (std::find(reserved_.begin(), reserved_.end(), kdf) != reserved_.end()) return;
        budget_.reserve(kdf.cost);
        reserved_.push_back(kdf);
    }
    void reserve_visible(const pfx_tree& tree) {
        if (tree.mac) budget_.reserve(tree.mac->kdf.cost);
        for (const encrypted_safe& safe : tree.safes) reserve_once(safe.encryption.kdf);
        reserve_keys(tree, 0);
    }

    pfx_contents open_tree(pfx_tree tree, pfx_unlocker& unlocker, bool given) {
        const bool was_locked = needs_password(tree), has_text = !unlocker.password().utf8.empty();
        if (tree.mac) {
            verify_mac(tree, unlocker, given);
        } else if (unlocker.password().ambiguous() && uses_pkcs12_pbe(tree)) {
            // Nothing tells which form of the empty password made the file: try the standard's, then the other.
            pfx_tree again = tree;
            try {
                return open_contents(std::move(tree), unlocker);
            } catch (const walk_refused& refusal) {
                if (refusal.why.code != errc::authentication_failed) throw;
            }
            unlocker.use_zero_length_form();
            reserved_.clear();
            reserve_visible(again);
            tree = std::move(again);
        }
        pfx_contents contents = open_contents(std::move(tree), unlocker);
        contents.has_password = has_text && (contents.has_mac || was_locked);
        return contents;
    }

    /// Leaves the password in the form that verified.
    void verify_mac(const pfx_tree& tree, pfx_unlocker& unlocker, bool given) {
        const mac_data& mac = *tree.mac;
        bool holds = unlocker.mac_holds(mac.kdf, mac.hash, tree.authenticated, mac.value);
        if (!holds && unlocker.password().ambiguous() && mac.kdf.kind == kdf_kind::pkcs12) {
            budget_.reserve(mac.kdf.cost);
            unlocker.use_zero_length_form();
            holds = unlocker.mac_holds(mac.kdf, mac.hash, tree.authenticated, mac.value);
        }
        if (holds) return;
        if (!given) refuse(errc::password_needed, "pfx: the MAC was made with a password, and none was given");
        refuse(errc::authentication_failed, "pfx: wrong password, or the file was altered: the MAC does not hold");
    }

    pfx_contents open_contents(pfx_tree tree, pfx_unlocker& unlocker) {
        pfx_contents contents;
        contents.has_mac = tree.mac.has_value();
        // All that is visible is decrypted before any of it is judged: where it failed is nobody's business.
        std::vector<std::optional<secure>> safes;
        safes.reserve(tree.safes.size());
        for (const encrypted_safe& safe : tree.safes) safes.push_back(decrypt(unlocker, safe.encryption, safe.ciphertext));
        decrypt_keys(tree, unlocker, 0);
        if (!std::all_of(safes.begin(), safes.end(), [](const auto& plain) { return plain.has_value(); }))
            refuse(errc::authentication_failed, wrong_for_safe(contents.has_mac));
        load_keys(contents, tree, 0);
        const std::size_t visible = tree.keys.size();
        for (const auto& plain : safes) walk_safe(tree, *plain);
        reserve_keys(tree, visible);
        decrypt_keys(tree, unlocker, visible);
        load_keys(contents, tree, visible);
        if (tree.keys.empty()) refuse_if_closed(tree.closed);
        contents.other_bags = std::move(tree.other_bags);
        contents.closed_safes = std::move(tree.closed);
        contents.other_certificates = certificate_matcher(contents.keys, tree.certificates, bounds_.key_bytes).match();
        return contents;
    }

    static std::optional<secure> decrypt(pfx_unlocker& unlocker, const pbe_scheme& scheme, byte_view ciphertext) {
        try {
            return unlocker.decrypt(scheme, ciphertext);
        } catch (const Botan::Lookup_Error&) {
            refuse(errc::unsupported, "pfx: Botan was built without a cipher or hash that this file uses");
        }
    }
    /// From `from` on, ciphertexts become plaintexts.
    static void decrypt_keys(pfx_tree& tree, pfx_unlocker& unlocker, std::size_t from) {
        for (std::size_t i = from; i < tree.keys.size(); ++i) {
            key_bag& key = tree.keys[i];
            if (!key.encryption) continue;
            auto plain = decrypt(unlocker, *key.encryption, key.data);
            key.opened = plain.has_value();
            if (plain) key.data = std::move(*plain);
        }
    }
    static const char* wrong_for_safe(bool has_mac) {
        return has_mac ? "pfx: an encrypted safe does not open with the password that the MAC was made with"
                       : "pfx: wrong password, or the file was altered: an encrypted safe does not open";
    }
    void walk_safe(pfx_tree& tree, const secure& plain) {
        const char* wrong = wrong_for_safe(tree.mac.has_value());
        const auto walked = ber_walk(wrong, [&] { safe_walk(tree, bounds_, true).contents(plain); });
        if (walked) return;
        // Without a MAC, rubbish that happens to be padded well is what a wrong password looks like.
        const bool rubbish = walked.error().code == errc::malformed;
        if (rubbish && tree.mac) refuse(errc::malformed, "pfx: the contents of an encrypted safe do not decode");
        refuse(rubbish ? errc::authentication_failed : walked.error().code, walked.error().text);
    }

    void load_keys(pfx_contents& contents, pfx_tree& tree, std::size_t from) const {
        const char* wrong =
            tree.mac ? "pfx: a key bag does not open with the password that the MAC was made with; its key may have a password of its own"
                     : "pfx: wrong password, or the file was altered: a key bag does not open";
        for (std::size_t i = from; i < tree.keys.size(); ++i)
            if (!tree.keys[i].opened) refuse(errc::authentication_failed, wrong);
        for (std::size_t i = from; i < tree.keys.size(); ++i) {
            key_bag& bag = tree.keys[i];
            auto loaded = load_key(bag);
            // Without a MAC, rubbish is what a wrong password looks like.
            if (!loaded && loaded.error().code == errc::malformed && bag.encryption && !tree.mac)
                refuse(errc::authentication_failed, wrong);
            contents.keys.push_back(value_or_refuse(std::move(loaded)));
        }
    }
    result<pfx_key> load_key(key_bag& bag) const {
        if (bag.data.size() > bounds_.key_bytes)
            return fail(errc::limit_exceeded, "pfx: a private key is longer than the limit `key_bytes` allows");
        auto loaded = load_private_key(bag.data);
        if (!loaded) return pass(loaded);
        return pfx_key{.key = std::move(*loaded),
                       .print = {},
                       .friendly_name = std::move(bag.attributes.friendly_name),
                       .local_key_id = std::move(bag.attributes.local_key_id),
                       .match = certificate_match::none,
                       .certificate = {},
                       .encrypted = bag.encryption.has_value() || bag.in_encrypted_safe};
    }

    const pfx_bounds& bounds_;
    kdf_budget budget_;
    std::vector<kdf_scheme> reserved_;
    pfx_work& work_;
    bool mac_may_lack_;
    pfx_want want_;
};

} // namespace detail
} // namespace keywright::formats

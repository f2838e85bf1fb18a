// SPDX-License-Identifier: Apache-2.0
// From a customer's key file to what policy may know of it, and the key itself for the vault. Whatever is wrong with
// the file becomes evidence, so that a refusal can name every reason at once; only the world's own failures are errors.
// Depends on: formats, keys/acceptance, policy/commands, service/records.
#pragma once

#include <keywright/formats/byok_reader.hpp>
#include <keywright/formats/key_file.hpp>
#include <keywright/formats/pfx_reader.hpp>
#include <keywright/keys/acceptance.hpp>
#include <keywright/policy/state.hpp>
#include <keywright/ports/key_vault.hpp>
#include <keywright/service/codec.hpp>
#include <keywright/service/records.hpp>

#include <botan/system_rng.h>

#include <memory>
#include <optional>

namespace keywright::service {

/// A key file as a customer hands it in. The bytes and the password stay the caller's.
struct key_file {
    byte_view content;
    const secret_bytes* password = nullptr; ///< nullptr: none was given
    /// Of several keys in a PFX the one with this friendly name; empty: the file must hold one only.
    std::string_view alias{};

    /// A file that is kept as a secret itself, such as the one `generate_key` hands out. Both must outlive this.
    static key_file of(const secret_bytes& content, const secret_bytes& password) {
        return {keywright::detail::reveal(content), &password, {}};
    }
};

struct read_key {
    policy::key_evidence evidence;
    std::unique_ptr<Botan::Private_Key> key; ///< where the file opened and held one
    std::optional<error> trouble; ///< why the file did not open, in the reader's words
};

namespace detail {

inline read_key& note_trouble(read_key& r, const error& e) {
    const bool password = e.code == errc::authentication_failed || e.code == errc::password_needed;
    r.evidence.outcome = password ? policy::file_outcome::wrong_password : policy::file_outcome::corrupt;
    r.trouble = e;
    return r;
}

inline result<void> note_key(read_key& r, std::unique_ptr<Botan::Private_Key> key) {
    auto facts = keys::inspect(*key, Botan::system_rng());
    if (!facts) return pass(facts);
    r.evidence.outcome = policy::file_outcome::opened;
    r.evidence.has_private = facts->has_private && facts->halves_match;
    r.evidence.type = facts->algorithm == keys::key_algorithm::rsa  ? policy::key_kind::rsa
                      : facts->algorithm == keys::key_algorithm::ec ? policy::key_kind::elliptic_curve
                                                                    : policy::key_kind::other;
    r.evidence.bits = static_cast<std::uint32_t>(facts->bits);
    r.evidence.print = facts->identity.print;
    r.key = std::move(key);
    return {};
}

/// The one key that is meant, or none.
inline formats::pfx_key* choose(formats::pfx_contents& contents, std::string_view alias, std::size_t& candidates) {
    formats::pfx_key* chosen = nullptr;
    candidates = 0;
    for (formats::pfx_key& key : contents.keys)
        if (alias.empty() || key.friendly_name == alias) chosen = &key, ++candidates;
    return candidates == 1 ? chosen : nullptr;
}

inline result<read_key> read_pfx(const key_file& file) {
    read_key r;
    r.evidence.format = policy::file_kind::pfx;
    auto opened =
        file.password != nullptr ? formats::open_pfx(file.content, *file.password) : formats::open_pfx(file.content, formats::no_password);
    r.evidence.has_password = !opened || opened->keys_protected(); // of what did not open, T13 tells enough
    if (!opened) return std::move(note_trouble(r, opened.error()));
    r.evidence.outcome = policy::file_outcome::opened;
    std::size_t candidates = 0;
    formats::pfx_key* const chosen = choose(*opened, file.alias, candidates);
    if (candidates > 1) return fail(errc::misused, "pfx: the file holds several keys; name the one that is meant");
    if (chosen == nullptr && !opened->keys.empty()) return fail(errc::not_found, "pfx: the file holds no key of that name");
    if (chosen == nullptr) { // certificates only: a file that opened, without a private half
        r.evidence.has_password = opened->has_password;
        r.evidence.type = policy::key_kind::rsa;
        r.trouble = error{errc::not_found, "pfx: the file holds no private key; export it again with its key"};
        return r;
    }
    if (auto noted = note_key(r, std::move(chosen->key)); !noted) return pass(noted);
    return r;
}

template <class Vault>
result<read_key> read_transfer_file(const key_file& file, Vault& vault, const ring_id& ring, const policy::ring_state& state) {
    read_key r;
    r.evidence.format = policy::file_kind::byok;
    const auto header = formats::read_byok(file.content);
    if (!header) return std::move(note_trouble(r, header.error()));
    if (header->kid.size() <= policy::kid_text::capacity()) r.evidence.kid = policy::kid_text(header->kid);
    if (state.import_kid.empty() || !formats::names_kek(*header, state.import_kid.view()))
        return std::move(
            note_trouble(r, {errc::not_mine, "byok: the file was made for another import key; show this ring's and export the key anew"}));
    r.evidence.kid = state.import_kid; // the host may differ in case; from here on it is the ring's own
    const auto id = vault_ids::import(ring, state.import_print);
    const auto kek = vault.find(id);
    if (!kek) return pass(kek);
    const auto bits = keys::inspect_public(*Botan::X509::load_key(kek->public_key));
    if (!bits) return pass(bits);
    auto key = formats::open_byok(*header, bits->bits / 8, [&](byte_view c1) { return vault.unwrap(id, c1); });
    if (!key && key.error().retryable()) return pass(key);
    if (!key) return std::move(note_trouble(r, key.error()));
    r.evidence.has_password = true; // wrapped by the import key, which is more
    if (auto noted = note_key(r, std::move(*key)); !noted) return pass(noted);
    return r;
}

/// The ring that a key was last brought to, as `<tenant>/<region>`.
inline bytes write_owner(const ring_id& ring) {
    const std::string text = std::string(ring.tenant.view()) + "/" + std::string(ring.region.view());
    return bytes(text.begin(), text.end());
}
inline result<ring_id> read_owner(byte_view stored) {
    const auto text = as_text(stored);
    const auto slash = text.find('/');
    const auto tenant = tenant_id::parse(text.substr(0, slash));
    const auto region = region_id::parse(slash == text.npos ? std::string_view() : text.substr(slash + 1));
    if (!tenant || !region) return fail(errc::corrupt, "custody: the record of a key's ring is damaged");
    return ring_id{*tenant, *region};
}

/// Whether another ring holds the key: in the vault, whose ids end in the fingerprint, or locked, when the vault has it
/// no more and only that ring's state tells.
template <class Parts>
result<bool> held_elsewhere(Parts& parts, const ring_id& ring, const fingerprint& print) {
    const auto all = parts.vault.list("customer/");
    if (!all) return pass(all);
    for (const ports::vault_entry& entry : *all)
        if (entry.print == print && entry.id != vault_ids::customer(ring, print)) return true;
    const auto owner = parts.store.load(records::owner(print));
    if (!owner) return owner.error().code == errc::not_found ? result<bool>(false) : pass(owner);
    const auto other = read_owner(owner->value);
    if (!other) return pass(other);
    if (*other == ring) return false;
    const auto theirs = parts.store.load(records::ring(*other));
    if (!theirs) return pass(theirs);
    const auto state = decode<policy::ring_state>(theirs->value);
    if (!state) return pass(state);
    for (const policy::key_record& key : state->keys)
        if (key.print == print && policy::in_use(key)) return true;
    return false;
}

} // namespace detail

/// Reads a key file of whatever kind. Fails only where a retry or another argument may help: the vault is unavailable,
/// the file holds several keys and none was named.
template <class Parts>
[[nodiscard]] result<read_key> read_key_file(const key_file& file, Parts& parts, const ring_id& ring, const policy::ring_state& state) {
    const auto kind = formats::recognise(file.content);
    auto r = [&]() -> result<read_key> {
        if (kind == formats::key_file_kind::pfx) return detail::read_pfx(file);
        if (kind == formats::key_file_kind::byok) return detail::read_transfer_file(file, parts.vault, ring, state);
        read_key none;
        return std::move(detail::note_trouble(none, formats::explain(kind, formats::key_file_kind::pfx)));
    }();
    if (!r || r->key == nullptr) return r;
    const auto elsewhere = detail::held_elsewhere(parts, ring, r->evidence.print);
    if (!elsewhere) return pass(elsewhere);
    r->evidence.held_by_another_ring = *elsewhere;
    return r;
}

} // namespace keywright::service

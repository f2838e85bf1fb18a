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
    /// What a PFX may cost, where less is enough than the reader lets in.
    formats::pfx_limits limits{};

    /// A file that is kept as a secret itself, such as the one `generate_key` hands out. Both must outlive this.
    static key_file of(const secret_bytes& content, const secret_bytes& password) {
        return {keywright::detail::reveal(content), &password};
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

inline result<read_key> read_pfx(const key_file& file) {
    read_key r;
    r.evidence.format = policy::file_kind::pfx;
    const formats::pfx_options within{.limits = file.limits};
    auto opened = file.password != nullptr ? formats::open_pfx(file.content, *file.password, within)
                                           : formats::open_pfx(file.content, formats::no_password, within);
    r.evidence.has_password = !opened || opened->keys_protected(); // of what did not open, T13 tells enough
    if (!opened) return std::move(note_trouble(r, opened.error()));
    r.evidence.outcome = policy::file_outcome::opened;
    const auto chosen =
        formats::choose_key(*opened, file.alias.empty() ? formats::pfx_choice{} : formats::pfx_choice{.friendly_name = file.alias});
    if (!chosen && !opened->keys.empty()) return pass(chosen);
    if (!chosen) { // certificates only: a file that opened, without a private half
        r.evidence.has_password = opened->has_password;
        r.evidence.type = policy::key_kind::rsa;
        r.trouble = chosen.error();
        return r;
    }
    if (auto noted = note_key(r, std::move((*chosen)->key)); !noted) return pass(noted);
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
        return std::move(note_trouble(
            r, {errc::not_mine,
                "byok: the file was made for another import key, or for one that was used or has expired; show this ring's and export "
                "the key anew"}));
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

/// Whether another ring of this vault holds the key: its ids end in the fingerprint.
template <class Vault>
result<bool> held_elsewhere(Vault& vault, const ring_id& ring, const fingerprint& print) {
    const auto all = vault.list("customer/");
    if (!all) return pass(all);
    for (const ports::vault_entry& entry : *all)
        if (entry.print == print && entry.id != vault_ids::customer(ring, print)) return true;
    return false;
}

} // namespace detail

/// Reads a key file of whatever kind. Fails only where a retry or another argument may help: the vault is unavailable,
/// the file holds several keys and none was named.
template <class Vault>
[[nodiscard]] result<read_key> read_key_file(const key_file& file, Vault& vault, const ring_id& ring, const policy::ring_state& state) {
    const auto kind = formats::recognise(file.content);
    auto r = [&]() -> result<read_key> {
        if (kind == formats::key_file_kind::pfx) return detail::read_pfx(file);
        if (kind == formats::key_file_kind::byok) return detail::read_transfer_file(file, vault, ring, state);
        read_key none;
        return std::move(detail::note_trouble(none, formats::explain(kind, formats::key_file_kind::pfx)));
    }();
    if (!r || r->key == nullptr) return r;
    const auto elsewhere = detail::held_elsewhere(vault, ring, r->evidence.print);
    if (!elsewhere) return pass(elsewhere);
    r->evidence.held_by_another_ring = *elsewhere;
    return r;
}

} // namespace keywright::service

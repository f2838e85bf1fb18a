// SPDX-License-Identifier: Apache-2.0
// A key vault in a folder: each key sealed under a passphrase (Argon2id, AES-256-GCM) and a slot key of its own that
// destruction overwrites in place. Linux first: flock, rename and fsync on a local file system.
// Never back the folder up together with the state that it protects: older copies of both undo a lock. What
// overwriting is worth on the folder's file system, `storage_note` says.
// Depends on: ports/key_vault, Botan. Use: `auto vault = file::key_vault::open("/var/lib/app/vault", passphrase);`
#pragma once

#include <keywright/adapters/file/durable.hpp>
#include <keywright/adapters/file/file_system_note.hpp>
#include <keywright/adapters/file/ready_keys.hpp>
#include <keywright/adapters/file/vault_folder.hpp>
#include <keywright/adapters/file/vault_format.hpp>
#include <keywright/adapters/file/vault_seal.hpp>
#include <keywright/ports/held_key.hpp>
#include <keywright/ports/key_vault.hpp>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keywright::file {

/// See ports/key_vault.hpp for what each call means. Beyond the codes named there: malformed for an id that breaks the
/// port's rule, corrupt for a damaged file, permission_denied, storage_full and io_failed as the system says,
/// timed_out when another process keeps the folder locked for 10 s. A failed stage leaves nothing behind; a failed
/// publish or destroy may have happened or not, and is to be repeated.
/// Thread safety: every call from any thread, and from any number of processes; its making and moving from one. After
/// a fork the child must open a vault of its own.
/// Secrets: holds the passphrase's derivative for its life, and the private keys that were used lately (at most 256).
/// When another process destroys a key, this one refuses from that moment on; its memory lets go of the key at the
/// next use of it or at `forget_destroyed`.
class key_vault {
public:
    using algorithms = keywright::algorithms<"Argon2id">; ///< beside the library's own

    /// Makes the folder (its parent must exist) and an empty vault in it: already_exists when there is one.
    [[nodiscard]] static result<key_vault> create(const std::string& folder, const secret_bytes& passphrase, argon2_costs costs = {}) {
        if (const auto fine = detail::check_costs(costs); !fine) return pass(fine);
        const detail::vault_names names{folder};
        const auto taken = detail::present(names.header());
        if (!taken) return pass(taken);
        if (*taken) return fail(errc::already_exists, "vault: expected a folder without a vault, this one holds one; open it");
        for (const auto& made : {names.folder, names.keys(), names.owners()})
            if (const auto done = make_folder_durably(made); !done) return pass(done);
        detail::vault_header header{costs, {}, {}};
        const auto salted = keywright::detail::botan_boundary(errc::unavailable, "vault: the system gave no random bytes",
                                                              [&] { Botan::system_rng().randomize(header.salt); });
        if (!salted) return pass(salted);
        auto master = detail::master_of(passphrase, costs, header.salt);
        if (!master) return pass(master);
        const auto check = detail::passphrase_check(*master, header);
        if (!check) return pass(check);
        std::ranges::copy(keywright::detail::reveal(*check), header.passphrase_check.begin());
        if (const auto written = create_file_durably(names.header(), detail::write_header(header)); !written) return pass(written);
        return start(names, header, std::move(*master));
    }

    /// Opens a vault and finishes what killed processes began. Fails with not_found, authentication_failed (wrong
    /// passphrase), corrupt, unsupported, limit_exceeded (a header that asks for too much work), or as the system says.
    [[nodiscard]] static result<key_vault> open(const std::string& folder, const secret_bytes& passphrase) {
        const detail::vault_names names{folder};
        const auto raw = read_file(names.header(), 4096);
        if (!raw) return pass(raw);
        const auto header = detail::read_header(*raw);
        if (!header) return pass(header);
        auto master = detail::master_of(passphrase, header->costs, header->salt);
        if (!master) return pass(master);
        const auto check = detail::passphrase_check(*master, *header);
        if (!check) return pass(check);
        if (!Botan::constant_time_compare(keywright::detail::reveal(*check), header->passphrase_check))
            return fail(errc::authentication_failed, "vault: the passphrase does not open this vault");
        return start(names, *header, std::move(*master));
    }

    key_vault(key_vault&&) noexcept = default;
    key_vault& operator=(key_vault&&) = delete;
    /// What it staged and did not publish is from now on abandoned.
    ~key_vault() {
        if (owner_lock_) ::unlink(names_.owner(owner_).c_str());
    }

    [[nodiscard]] result<ports::vault_entry> stage(std::string_view id, ports::key_purpose purpose, const Botan::Private_Key& key) {
        auto entry = ports::describe_key(id, purpose, key);
        if (!entry) return entry;
        const auto secret = keywright::detail::botan_boundary(errc::misused, "key vault: expected a whole private key",
                                                              [&] { return secret_bytes(key.private_key_info()); });
        if (!secret) return pass(secret);
        return keep(std::move(*entry), *secret);
    }

    [[nodiscard]] result<ports::vault_entry> stage_slot(std::string_view id) {
        const auto secret = keywright::detail::random_secret(ports::slot_bytes);
        if (!secret) return pass(secret);
        auto entry = ports::describe_slot(id, *secret);
        if (!entry) return entry;
        return keep(std::move(*entry), *secret);
    }

    [[nodiscard]] result<void> publish(std::string_view id) {
        if (const auto valid = ports::check_vault_id(id); !valid) return valid;
        const auto lock = detail::lock_file(names_.lock());
        if (!lock) return pass(lock);
        const auto exists = detail::key_exists(names_, id);
        if (!exists) return pass(exists);
        if (!*exists) return none();
        const auto staged = names_.key(id, detail::staged_suffix);
        const auto waits = detail::present(staged);
        if (!waits) return pass(waits);
        if (*waits && ::rename(staged.c_str(), names_.key(id, detail::published_suffix).c_str()) != 0)
            return fail_errno("vault: expected to publish a key by renaming it");
        return sync_folder(names_.keys()); // also when it was published before: that process may have died before this
    }

    [[nodiscard]] result<void> destroy(std::string_view id) {
        if (const auto valid = ports::check_vault_id(id); !valid) return valid;
        const auto destroyed = destroy_at_rest(id);
        const std::lock_guard loading(*loading_); // whoever had read the key before has put it among the ready ones by now
        if (const auto held = ready_->find(id); held.key && !still_current(id, held.serial).value_or(false)) ready_->close(id, held.serial);
        return destroyed;
    }

    [[nodiscard]] result<ports::vault_entry> find(std::string_view id) {
        if (const auto valid = ports::check_vault_id(id); !valid) return pass(valid);
        const std::lock_guard loading(*loading_);
        auto found = read(id);
        if (!found) return pass(found);
        return std::move(found->entry);
    }

    [[nodiscard]] result<std::vector<ports::vault_entry>> list(std::string_view prefix) {
        const auto ids = ids_with(prefix, {detail::staged_suffix, detail::published_suffix});
        if (!ids) return pass(ids);
        std::vector<ports::vault_entry> entries;
        for (const auto& id : *ids) {
            auto found = find(id);
            if (found)
                entries.push_back(std::move(*found));
            else if (found.error().code != errc::not_found)
                return pass(found); // destroyed meanwhile
        }
        return entries;
    }

    [[nodiscard]] result<std::vector<std::string>> abandoned() {
        const auto ids = ids_with("", {detail::staged_suffix});
        if (!ids) return pass(ids);
        std::vector<std::string> left;
        for (const auto& id : *ids) {
            const auto slot = detail::load_slot(names_.key(id, detail::slot_suffix));
            if (!slot && slot.error().code == errc::not_found) continue;
            if (!slot) return pass(slot);
            const auto lives = detail::owner_lives(names_.owner(slot->owner));
            if (!lives) return pass(lives);
            const auto staged = detail::present(names_.key(id, detail::staged_suffix));
            if (!staged) return pass(staged);
            if (!*lives && *staged) left.push_back(id); // not published meanwhile
        }
        return left;
    }

    [[nodiscard]] result<secret_bytes> unwrap(std::string_view id, byte_view ciphertext) {
        const auto key = ready(id);
        if (!key) return pass(key);
        return (*key)->unwrap(ciphertext);
    }

    [[nodiscard]] result<secret_bytes> slot_secret(std::string_view id) {
        if (const auto valid = ports::check_vault_id(id); !valid) return pass(valid);
        const std::lock_guard loading(*loading_);
        auto found = read(id);
        if (!found) return pass(found);
        if (found->entry.purpose != ports::key_purpose::slot) return fail(errc::misused, "key vault: only a slot gives out its bytes");
        return std::move(found->secret);
    }

    [[nodiscard]] result<bytes> sign(std::string_view id, byte_view message) {
        const auto key = ready(id);
        if (!key) return pass(key);
        return (*key)->sign(message);
    }

    /// Wipes from this process's memory what another process has destroyed. Call it as often as epochs are read again.
    [[nodiscard]] result<void> forget_destroyed() {
        for (const auto& [id, serial] : ready_->all()) {
            const auto current = still_current(id, serial);
            if (!current) return pass(current);
            if (!*current) ready_->close(id, serial);
        }
        return {};
    }

    /// What `destroy` promises about the medium, for a lock's certificate.
    [[nodiscard]] result<file_system_note> storage_note() const { return note_on_file_system(names_.keys()); }
    /// How dear a guess at the passphrase is, and whether the vault was made for tests.
    const argon2_costs& costs() const noexcept { return costs_; }

private:
    struct opened_key {
        ports::vault_entry entry;
        detail::random_id serial{};
        secret_bytes secret;
    };

    key_vault(detail::vault_names names, const argon2_costs& costs, secret_bytes master)
        : names_(std::move(names)), costs_(costs), master_(std::move(master)) {}

    static tl::unexpected<error> none() { return fail(errc::not_found, "key vault: no key has this id"); }

    static result<key_vault> start(const detail::vault_names& names, const detail::vault_header& header, secret_bytes master) {
        key_vault vault(names, header.costs, std::move(master));
        const auto lock = detail::lock_file(names.lock());
        if (!lock) return pass(lock);
        if (const auto done = detail::finish_killed_changes(names); !done) return pass(done);
        if (const auto done = detail::forget_dead_owners(names); !done) return pass(done);
        const auto named = keywright::detail::botan_boundary(errc::unavailable, "vault: the system gave no random bytes",
                                                             [&] { Botan::system_rng().randomize(vault.owner_); });
        if (!named) return pass(named);
        auto owner_lock = detail::lock_file(names.owner(vault.owner_));
        if (!owner_lock) return pass(owner_lock);
        vault.owner_lock_ = std::move(*owner_lock);
        return vault;
    }

    /// Writes the slot block, then the sealed key beside it; takes both away again when that fails.
    result<ports::vault_entry> keep(ports::vault_entry entry, const secret_bytes& secret) {
        auto slot_key = keywright::detail::random_secret(ports::slot_bytes);
        if (!slot_key) return pass(slot_key);
        detail::slot_block slot{{}, owner_, std::move(*slot_key)};
        const auto numbered = keywright::detail::botan_boundary(errc::unavailable, "vault: the system gave no random bytes",
                                                                [&] { Botan::system_rng().randomize(slot.serial); });
        if (!numbered) return pass(numbered);
        const auto sealed = detail::seal(master_, slot, entry, secret);
        if (!sealed) return pass(sealed);

        const auto lock = detail::lock_file(names_.lock());
        if (!lock) return pass(lock);
        const auto exists = detail::key_exists(names_, entry.id);
        if (!exists) return pass(exists);
        if (*exists) return fail(errc::already_exists, "key vault: expected an id that is free, this one is taken");
        auto written = detail::remove_key(names_, entry.id); // remains of an earlier key; create_slot syncs their removal
        if (written) written = detail::create_slot(names_.key(entry.id, detail::slot_suffix), slot);
        if (written) written = write_file_durably(names_.key(entry.id, detail::staged_suffix), *sealed);
        if (!written) {
            (void)detail::remove_key(names_, entry.id); // if this fails too, the next opening or staging finishes it
            return pass(written);
        }
        return entry;
    }

    result<void> destroy_at_rest(std::string_view id) {
        const auto lock = detail::lock_file(names_.lock());
        if (!lock) return pass(lock);
        return detail::remove_key(names_, id);
    }

    /// The ids of keys with one of these suffixes, in order. Under the lock, because a folder read while a name in it
    /// changes may show neither the old name nor the new.
    result<std::vector<std::string>> ids_with(std::string_view prefix, std::initializer_list<std::string_view> suffixes) {
        const auto lock = detail::lock_file(names_.lock());
        if (!lock) return pass(lock);
        const auto found = detail::names_in(names_.keys());
        if (!found) return pass(found);
        std::vector<std::string> ids;
        for (const auto& name : *found) {
            auto parsed = detail::parse_key_name(name);
            if (parsed.id.starts_with(prefix) && std::ranges::find(suffixes, parsed.suffix) != suffixes.end())
                ids.push_back(std::move(parsed.id));
        }
        std::ranges::sort(ids);
        return ids;
    }

    /// Whether the key on the disk is still the one of this serial.
    result<bool> still_current(std::string_view id, const detail::random_id& serial) {
        const auto found = detail::load_slot_serial(names_.key(id, detail::slot_suffix));
        if (found) return *found == serial;
        if (found.error().code == errc::not_found) return false;
        return pass(found);
    }

    /// Reads and opens a key. A change between the reading of its two files looks like damage, so what looks damaged
    /// is read once more under the lock.
    result<opened_key> read(std::string_view id) {
        auto first = read_once(id);
        if (first || first.error().code != errc::corrupt) return first;
        const auto lock = detail::lock_file(names_.lock());
        if (!lock) return pass(lock);
        return read_once(id);
    }

    result<opened_key> read_once(std::string_view id) {
        // Staged first: publishing between the two looks then shows the key in both places and not in neither.
        auto raw = read_file(names_.key(id, detail::staged_suffix), detail::sealed_limit);
        const bool published = !raw && raw.error().code == errc::not_found;
        if (published) raw = read_file(names_.key(id, detail::published_suffix), detail::sealed_limit);
        if (!raw && raw.error().code == errc::not_found) return none();
        if (!raw && raw.error().code == errc::limit_exceeded) return fail(errc::corrupt, "vault: a sealed key is longer than any");
        if (!raw) return pass(raw);
        auto sealed = detail::read_sealed(*raw);
        if (!sealed) return pass(sealed);
        const auto slot = detail::load_slot(names_.key(id, detail::slot_suffix));
        if (!slot) return pass(slot);
        if (sealed->entry.id != id || sealed->serial != slot->serial)
            return fail(errc::corrupt, "vault: a sealed key lies under another key's name");
        auto secret = detail::unseal(master_, *slot, *sealed);
        if (!secret) return pass(secret);
        sealed->entry.published = published;
        return opened_key{std::move(sealed->entry), sealed->serial, std::move(*secret)};
    }

    /// The key, ready to use: from memory when its slot still stands, else from the disk.
    result<detail::ready_keys::key_pointer> ready(std::string_view id) {
        if (const auto valid = ports::check_vault_id(id); !valid) return pass(valid);
        if (const auto held = ready_->find(id); held.key) {
            const auto current = still_current(id, held.serial);
            if (!current) return pass(current);
            if (*current) return held.key;
            ready_->close(id, held.serial);
        }
        const std::lock_guard loading(*loading_);
        const auto found = read(id);
        if (!found) return pass(found);
        if (found->entry.purpose == ports::key_purpose::slot) return fail(errc::misused, "key vault: a slot neither unwraps nor signs");
        if (const auto held = ready_->find(id); held.key && held.serial == found->serial) return held.key;
        auto loaded = ports::held_key::from_pkcs8(found->entry.purpose, keywright::detail::reveal(found->secret));
        if (!loaded) return pass(loaded);
        ready_->put(id, found->serial, *loaded);
        return loaded;
    }

    detail::vault_names names_;
    argon2_costs costs_;
    secret_bytes master_;
    detail::random_id owner_{};
    descriptor owner_lock_;
    std::unique_ptr<detail::ready_keys> ready_ = std::make_unique<detail::ready_keys>();
    /// Held while a key's secret is outside both the disk and ready_, so that destroy can wait for that.
    std::unique_ptr<std::mutex> loading_ = std::make_unique<std::mutex>();
};

static_assert(ports::check_key_vault<key_vault>());

} // namespace keywright::file

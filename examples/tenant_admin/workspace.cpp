// SPDX-License-Identifier: Apache-2.0
#include "workspace.hpp"

#include "../common/key_files.hpp"

#include <keywright/adapters/sqlite/encrypted_state_store.hpp>

#include <filesystem>

template class keywright::service::interpreter<keywright::profiles::power_platform, tenant_admin::service_type::parts_type>;
template class keywright::service::environment_data<keywright::profiles::power_platform, tenant_admin::service_type::parts_type>;
template class keywright::tenant_service<keywright::profiles::power_platform, keywright::sqlite::state_store, keywright::file::key_vault,
                                         tenant_admin::either_clock, keywright::file::outbox, tenant_admin::contents>;

namespace tenant_admin {

using namespace keywright;

namespace {

// The record that says with which clock a state was begun: "manual" or "real".
constexpr const char* clock_record = "meta/clock";

result<either_clock> clock_of(const places& where) {
    if (where.now.empty()) return either_clock(std::nullopt);
    const auto moment = parse_instant(where.now);
    if (!moment) return fail(errc::malformed, "usage: --now expects a moment in UTC such as 2026-11-25T06:00:00Z");
    return either_clock(*moment);
}
std::string_view word_of(const either_clock& clock) { return clock.manual() ? "manual" : "real"; }

result<secret_bytes> passphrase(const places& where) {
    auto given = read_password(where.passphrase_file, "KEYWRIGHT_VAULT_PASSPHRASE");
    if (!given) return pass(given);
    if (!*given)
        return fail(errc::misused, "usage: the vault's passphrase is needed: --vault-passphrase-file or KEYWRIGHT_VAULT_PASSPHRASE");
    return std::move(**given);
}

result<secret_bytes> key_of_state(const places& where) {
    auto content = file::read_file(where.state_key, 33);
    if (!content && content.error().code != errc::limit_exceeded) return pass(content);
    if (!content || content->size() != 32)
        return fail(errc::malformed, "usage: --state-key expects a file of 32 bytes; make one: head -c 32 /dev/urandom > FILE");
    secret_bytes key{byte_view(*content)};
    Botan::secure_scrub_memory(content->data(), content->size());
    return key;
}
bool begins_with(const std::string& path, std::string_view head) {
    const auto in = file::open_file(path, O_RDONLY);
    bytes found(head.size());
    return in && file::read_fully(*in, found) && as_text(found) == head;
}

result<sqlite::state_store> open_store(const places& where) {
    const sqlite::store_options how{.deadline = seconds{where.deadline}};
    if (where.state_key.empty()) {
        if (begins_with(where.state, envelope::header_magic))
            return fail(errc::not_mine, "state: it is encrypted; name the file of its key: --state-key");
        return sqlite::state_store::open(where.state, how);
    }
    if (begins_with(where.state, "SQLite format 3"))
        return fail(errc::not_mine, "state: it is not encrypted yet; do that with: encrypted_sqlite convert --to encrypted --key FILE");
    auto key = key_of_state(where);
    if (!key) return pass(key);
    auto opened = sqlite::open_encrypted_store(where.state, example::leases_of(std::move(*key)), how);
    if (!opened && (opened.error().code == errc::not_mine || opened.error().code == errc::authentication_failed))
        return fail(errc::not_mine, "state: the key in --state-key is not the one that it is encrypted under, or its header was altered");
    return opened;
}

/// A state that was once used with a manual clock has a time of its own, and never goes back to the real one.
result<void> check_clock(const sqlite::state_store& store, const either_clock& clock) {
    const auto mark = store.load(clock_record);
    if (!mark && mark.error().code == errc::not_found)
        return fail(errc::corrupt, "state: init was not finished; remove the file and run init again");
    if (!mark) return pass(mark);
    if (as_text(mark->value) == word_of(clock)) return {};
    if (clock.manual()) return fail(errc::misused, "clock: this state was begun with the real clock and takes no --now");
    return fail(errc::misused, "clock: this state was begun with --now and needs it always; the real clock is not for it");
}

/// The parts' own errors say `file: …` of whatever they are about.
template <class T>
result<T> about(result<T>&& opened, const char* not_found, const char* denied) {
    if (opened || std::string_view(opened.error().text).substr(0, 5) != "file:") return std::move(opened);
    const auto e = opened.error();
    if (e.code == errc::not_found) return fail(e.code, not_found, e.native);
    if (e.code == errc::permission_denied) return fail(e.code, denied, e.native);
    return tl::unexpected(e);
}

template <class T>
result<T> about_vault(result<T>&& opened) {
    return about(std::move(opened), "vault: there is none in this folder; `init` makes one, --vault names another",
                 "vault: no rights to its folder");
}

} // namespace

result<void> workspace::init(const places& where) {
    const auto clock = clock_of(where);
    if (!clock) return pass(clock);
    const auto phrase = passphrase(where);
    if (!phrase) return pass(phrase);
    auto store = open_store(where);
    if (!store) return pass(store);
    if (store->load(clock_record)) return fail(errc::already_exists, "state: it has been begun already");
    const file::argon2_costs costs = where.argon_memory < 19 * 1024 ? file::argon2_costs{where.argon_memory, 1, 1, true}
                                                                    : file::argon2_costs{.memory_kib = where.argon_memory};
    // The vault before the mark in the state: an init that was killed in between can be done again.
    const auto vault = about_vault(file::key_vault::create(where.vault, *phrase, costs));
    if (!vault && vault.error().code != errc::already_exists) return pass(vault);
    if (const auto outbox = file::outbox::open(where.outbox); !outbox) return pass(outbox);
    if (const auto content = contents::open(where.content); !content) return pass(content);
    const auto word = as_bytes(word_of(*clock));
    ports::batch batch;
    batch.put(clock_record, 0, bytes(word.begin(), word.end()));
    return store->commit(batch);
}

result<sqlite::state_store> workspace::open_state(const places& where) {
    std::error_code failed;
    if (!std::filesystem::exists(where.state, failed) && !failed)
        return fail(errc::not_found, "state: there is no such file; `init` makes one, --state names another");
    return open_store(where);
}

result<std::unique_ptr<workspace>> workspace::open(const places& where, narrator& out) {
    const auto clock = clock_of(where);
    if (!clock) return pass(clock);
    auto store = open_state(where);
    if (!store) return pass(store);
    if (const auto fits = check_clock(*store, *clock); !fits) return pass(fits);
    const auto phrase = passphrase(where);
    if (!phrase) return pass(phrase);
    auto vault = about_vault(file::key_vault::open(where.vault, *phrase));
    if (!vault) return pass(vault);
    auto outbox = file::outbox::open(where.outbox);
    if (!outbox) return pass(outbox);
    auto content = contents::open(where.content);
    if (!content) return pass(content);
    return std::unique_ptr<workspace>(
        new workspace(where, out, std::move(*store), std::move(*vault), *clock, std::move(*outbox), std::move(*content)));
}

workspace::workspace(const places& w, narrator& o, sqlite::state_store&& s, file::key_vault&& v, either_clock c, file::outbox&& b,
                     contents&& f)
    : where(w), out(o), store(std::move(s)), vault(std::move(v)), clock(c), outbox(std::move(b)), content(std::move(f)),
      service(store, vault, clock, outbox, content,
              {.epoch_refresh = std::chrono::milliseconds(w.settle),
               .on_progress = [&o](std::string_view what, std::uint64_t done, std::uint64_t total) { o.progress(what, done, total); }}) {}

result<void> workspace::recover() {
    std::string waiting;
    const auto effects = store.scan("effect/", "", 1000);
    if (!effects) return pass(effects);
    const auto mails = store.scan(service::records::outbox_prefix(), "", 1000);
    if (!mails) return pass(mails);
    const auto keys = vault.abandoned();
    if (!keys) return pass(keys);
    auto done = service.recover();
    if (effects->empty() && mails->empty() && keys->empty()) return done;
    out.note(fmt::format("an earlier run did not end: {} piece(s) of work, {} mail(s) and {} abandoned key(s) were {}", effects->size(),
                         mails->size(), keys->size(), done ? "seen to" : "found, but not all could be seen to"));
    return done;
}

result<policy::actor> workspace::actor() const {
    const auto who = parse_id<admin_id>(where.by, "usage: --by expects who is asking, such as alice@contoso.example");
    if (!who) return pass(who);
    return policy::actor{*who, where.as == "provider" ? policy::principal::provider : policy::principal::person};
}
result<tenant_id> workspace::tenant() const { return parse_id<tenant_id>(where.tenant, "usage: --tenant expects a tenant's name"); }
result<service::ring_id> workspace::ring() const {
    const auto t = tenant();
    if (!t) return pass(t);
    const auto r = parse_id<region_id>(where.region, "usage: --region expects a region's name");
    if (!r) return pass(r);
    return service::ring_id{*t, *r};
}

result<std::vector<policy::environment_state>> workspace::environments(const service::ring_id& ring) {
    std::vector<policy::environment_state> found;
    for (std::string after;;) {
        const auto page = store.scan(service::records::environments(ring), after, 1000);
        if (!page) return pass(page);
        if (page->empty()) return found;
        for (const auto& record : *page) {
            const auto environment = service::decode<policy::environment_state>(record.value);
            if (!environment) return pass(environment);
            found.push_back(*environment);
        }
        after = page->back().key;
    }
}

} // namespace tenant_admin

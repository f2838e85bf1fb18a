// SPDX-License-Identifier: Apache-2.0
// The service that a product composes: a profile, a store, a vault, a clock, a notifier and where content lives.
// Every command is decided by the profile, committed once, and carried out; a refusal is an answer, not an error.
// Depends on: service/interpreter, service/key_evidence, formats/pfx_writer. Use:
//     using service = keywright::tenant_service<keywright::profiles::power_platform, keywright::sqlite::state_store,
//                                               keywright::file::key_vault, keywright::system_clock,
//                                               keywright::file::outbox, keywright::file::content_store>;
//     auto outcome = svc.lock(ring, {.by = {alice}, .file = {pfx, &password}, .confirmation = "lock contoso"});
//     if (outcome && outcome->refused()) for (const auto& reason : outcome->reasons()) fmt::print("{}\n", reason);
#pragma once

#include <keywright/formats/pfx_writer.hpp>
#include <keywright/profiles/plan.hpp>
#include <keywright/service/interpreter.hpp>
#include <keywright/service/key_evidence.hpp>

namespace keywright {

/// What became of a command.
class [[nodiscard]] outcome {
public:
    outcome(policy::decision decision, result<void> work, std::optional<error> file_trouble = {})
        : decision_(std::move(decision)), work_(work), file_trouble_(file_trouble) {}

    bool refused() const { return decision_.refused(); }
    const policy::reason_list& reasons() const { return decision_.reasons(); }
    const policy::decision& decision() const { return decision_; }
    /// Of an accepted command: why what follows from it is not finished. It is pending, or was given up and undone; the
    /// state tells which.
    std::optional<error> unfinished() const { return work_ ? std::nullopt : std::optional<error>(work_.error()); }
    /// Why a key file did not open, in its reader's words; beside the reasons.
    const std::optional<error>& file_trouble() const { return file_trouble_; }

private:
    policy::decision decision_;
    result<void> work_;
    std::optional<error> file_trouble_;
};

struct generate_request {
    policy::actor by;
    key_id key;
    const secret_bytes& password;
    const secret_bytes& password_again;
    /// Takes the PFX, once, and makes it durable before it returns. If it fails, no key was made.
    std::function<result<void>(const secret_bytes& pfx)> hand_out;
    bool region_chosen = true;
    bool acknowledged = false;
};
struct upload_request {
    policy::actor by;
    key_id key;
    service::key_file file;
    bool region_chosen = true;
    bool acknowledged = false;
};
struct lock_request {
    policy::actor by;
    service::key_file file;
    std::string_view confirmation; ///< `lock <tenant>`
};
struct unlock_request {
    policy::actor by;
    service::key_file file;
};

/// Whether `open` is going to write.
enum class access : std::uint8_t { read, read_write };

/// Thread safety: concurrent, also across processes that share store, vault and content. Calls block for as long as
/// the work takes; `options::on_progress` is told. The parts must outlive the service, and the leases it grants.
template <const auto& Profile, class Store, class Vault, class Clock, class Notifier, class Content>
class tenant_service {
public:
    using parts_type = service::parts<Store, Vault, Clock, Notifier, Content>;
    using ring_id = service::ring_id;
    using subject = service::subject;

    tenant_service(Store& store, Vault& vault, const Clock& clock, Notifier& notifier, Content& content, service::options how = {})
        : parts_{store, vault, clock, notifier, content, std::move(how)} {}
    tenant_service(const tenant_service&) = delete;
    tenant_service& operator=(const tenant_service&) = delete;

    // --- commands without key material ---

    /// Makes the tenant and its audit key. The command's `at` is set by the clock, here and everywhere.
    [[nodiscard]] result<outcome> create_tenant(policy::create_tenant command) {
        const auto id = service::vault_ids::audit(command.tenant);
        auto ready = ensure_audit_key(id);
        if (!ready) return pass(ready);
        return submit(subject{{command.tenant, {}}}, command, service::nothing_more{});
    }
    /// Any command of policy/commands.hpp that brings no key: on the tenant where `s.ring.region` is empty, on the
    /// ring, or on its environments.
    template <class Command>
    [[nodiscard]] result<outcome> run(const subject& s, Command command) {
        if constexpr (std::is_same_v<Command, policy::create_environment>) return create_environment(s.ring, command);
        else if constexpr (std::is_same_v<Command, policy::take_backup>) return take_backup(s, command);
        else if constexpr (policy::types<policy::delete_environment, policy::expire_environment>::contains<Command>)
            return submit(s, command, [&](ports::batch& batch, const service::loaded&) { return service::erase_keys(parts_.store, s.ring, s.environment, batch); });
        else return submit(s, command, service::nothing_more{});
    }
    /// What `run` would say and do at this moment; changes nothing.
    template <class Command>
    [[nodiscard]] result<profiles::plan_outline> plan(const subject& s, Command command) {
        if (auto timed = stamp(command); !timed) return pass(timed);
        const auto l = service::load(parts_.store, s);
        if (!l) return pass(l);
        return profiles::plan(Profile, l->facts(command.at), command);
    }

    // --- keys ---

    /// Makes an RSA-2048 key, hands it out once as a PFX, and keeps it Available. After this it cannot be exported.
    [[nodiscard]] result<outcome> generate_key(const ring_id& ring, const generate_request& q) {
        policy::generate_key command{.by = q.by, .key = q.key, .bits = 2048, .region_chosen = q.region_chosen, .acknowledged = q.acknowledged,
                                     .passwords_match = !q.password.empty() && equal(q.password, q.password_again)};
        auto early = preview(ring, command);
        if (!early || early->refused()) return early;
        auto made = keywright::detail::botan_boundary(errc::internal, "service: no RSA key could be made",
                                                      [] { return Botan::RSA_PrivateKey(Botan::system_rng(), 2048); });
        if (!made) return pass(made);
        const auto identity = keys::fingerprint_of(*made);
        if (!identity) return pass(identity);
        command.print = identity->print;
        return with_staged(ring, service::vault_ids::customer(ring, command.print), ports::key_purpose::customer, *made, [&]() -> result<outcome> {
            const auto pfx = formats::write_pfx(*made, {.friendly_name = std::string(q.key.view()), .not_before = command.at, .iterations = parts_.how.pfx_iterations},
                                                q.password, Botan::system_rng());
            if (!pfx) return pass(pfx);
            if (auto handed = q.hand_out(*pfx); !handed) return pass(handed);
            return submit(subject{ring}, command, keep_public_half(command.print, identity->spki));
        });
    }

    /// Takes a customer's key file. The ring's first one activates by itself.
    [[nodiscard]] result<outcome> upload_key(const ring_id& ring, const upload_request& q) {
        return with_key_file(ring, q.file, [&](const policy::key_evidence& file) {
            return policy::upload_key{.by = q.by, .key = q.key, .file = file, .region_chosen = q.region_chosen, .acknowledged = q.acknowledged};
        });
    }
    [[nodiscard]] result<outcome> unlock_key(const ring_id& ring, const unlock_request& q) {
        return with_key_file(ring, q.file, [&](const policy::key_evidence& file) { return policy::unlock_key{.by = q.by, .key = file}; });
    }
    [[nodiscard]] result<outcome> lock(const ring_id& ring, const lock_request& q) {
        auto command = lock_command(ring, q);
        if (!command) return pass(command);
        return submit(subject{ring}, command->first, service::nothing_more{}, command->second);
    }
    /// What the lock would say and do; the file is read, nothing is kept.
    [[nodiscard]] result<profiles::plan_outline> plan_lock(const ring_id& ring, const lock_request& q) {
        auto command = lock_command(ring, q);
        if (!command) return pass(command);
        return plan(subject{ring}, command->first);
    }
    /// The import key's id and public half, for the customer's HSM; made where there is none, or `replace` is set.
    [[nodiscard]] result<outcome> create_import_key(const ring_id& ring, const policy::actor& by, bool replace) {
        policy::create_import_key command{.by = by, .replace = replace};
        auto early = preview(ring, command);
        if (!early || early->refused()) return early;
        auto made = keywright::detail::botan_boundary(errc::internal, "service: no RSA key could be made",
                                                      [] { return Botan::RSA_PrivateKey(Botan::system_rng(), 4096); });
        if (!made) return pass(made);
        const auto identity = keys::fingerprint_of(*made);
        if (!identity) return pass(identity);
        command.print = identity->print;
        command.kid = import_kid(ring, identity->print);
        return with_staged(ring, service::vault_ids::import(ring, command.print), ports::key_purpose::import, *made,
                           [&] { return submit(subject{ring}, command, service::nothing_more{}); });
    }

    // --- data ---

    /// A lease of the environment's keys, if policy lets this actor open it now.
    /// Fails with locked when a rule forbids it; `why`, if given, receives the decision.
    [[nodiscard]] result<keys::data_key_lease> open(const ring_id& ring, const environment_id& environment, const policy::actor& by, access how,
                                                    std::optional<policy::decision>* why = nullptr) {
        policy::open_environment command{.by = by, .at = {}};
        if (auto timed = stamp(command); !timed) return pass(timed);
        const auto l = service::load(parts_.store, subject{ring, environment});
        if (!l) return pass(l);
        auto decision = profiles::decide(Profile, l->facts(command.at), command);
        const bool refused = decision.refused();
        if (why != nullptr) *why = std::move(decision);
        if (refused) return fail(errc::locked, "service: policy does not let this environment be opened now");
        const auto& env = l->environment->value;
        service::custody<parts_type> chain(parts_, ring);
        auto found = service::environment_keys(parts_, chain, ring, environment, env.key_version, how == access::read_write ? env.key_version : 0);
        if (!found) return pass(found);
        const auto epoch = policy::lease_epoch(l->ring.value, env);
        return keys::data_key_lease::grant(watches_.watch(parts_.store, ring, environment, epoch), epoch, std::move(*found), {.max_age = parts_.how.lease_age});
    }

    // --- upkeep ---

    /// Resumes what a killed process left, destroys keys that it staged without a commit, delivers what is to be told.
    /// Run it before anything else, and whenever `unfinished` was answered.
    [[nodiscard]] result<void> recover() {
        auto rings = rings_with_work();
        if (!rings) return pass(rings);
        result<void> outcome;
        for (const ring_id& ring : *rings)
            if (auto done = interpreter().run(ring); !done && outcome) outcome = done;
        if (outcome) outcome = destroy_abandoned();
        auto told = deliver();
        return outcome ? told : outcome;
    }
    /// What time itself does: installations that took too long fall back, locked environments past their retention
    /// are deleted.
    [[nodiscard]] result<void> tick(const ring_id& ring) {
        if (auto fallen = end_late_installation(ring); !fallen) return fallen;
        std::string after;
        for (;;) {
            const auto page = parts_.store.scan(service::records::environments(ring), after, 1000);
            if (!page) return pass(page);
            if (page->empty()) return {};
            for (const ports::record& r : *page)
                if (auto judged = expire(ring, r); !judged) return judged;
            after = page->back().key;
        }
    }
    /// Hands over every notice that is waiting.
    [[nodiscard]] result<void> deliver() {
        for (std::string after;;) {
            const auto page = parts_.store.scan(service::records::outbox_prefix(), after, 100);
            if (!page) return pass(page);
            if (page->empty()) return {};
            for (const ports::record& r : *page) {
                const auto notice = service::decode_notice(r.value);
                if (!notice) return pass(notice);
                if (auto told = parts_.notifier.deliver(*notice); !told) return told;
                ports::batch batch;
                batch.erase_any(r.key);
                if (auto done = parts_.store.commit(batch); !done) return done;
            }
            after = page->back().key;
        }
    }
    [[nodiscard]] result<service::loaded> state(const subject& s) { return service::load(parts_.store, s); }

private:
    service::interpreter<Profile, parts_type> interpreter() { return {parts_, watches_}; }

    template <class Command>
    result<void> stamp(Command& command) {
        const auto now = parts_.clock.now();
        if (!now) return pass(now);
        command.at = *now;
        return {};
    }

    /// Decides, commits, carries out, tells.
    template <class Command, class Extras>
    result<outcome> submit(const subject& s, Command command, const Extras& extras, std::optional<error> trouble = {}) {
        if (auto timed = stamp(command); !timed) return pass(timed);
        auto done = service::transact<Profile>(parts_, s, command, extras);
        if (!done) return pass(done);
        if (done->decision.refused()) return outcome(std::move(done->decision), {}, trouble);
        raise_watches(s, done->state);
        result<void> work;
        if (!s.ring.region.empty()) work = interpreter().run(s.ring);
        if (auto told = deliver(); !told && work) work = told;
        return outcome(std::move(done->decision), work);
    }
    void raise_watches(const subject& s, const service::loaded& l) {
        if (l.ring.value.locking) watches_.raise(s.ring, l.ring.value.lock_epoch << 32);
        if (l.environment) watches_.raise(s.ring, s.environment, policy::lease_epoch(l.ring.value, l.environment->value));
    }

    /// What the profile says before anything costly or secret is made for a command.
    template <class Command>
    result<outcome> preview(const ring_id& ring, Command& command, std::optional<error> trouble = {}) {
        if (auto timed = stamp(command); !timed) return pass(timed);
        const auto l = service::load(parts_.store, subject{ring});
        if (!l) return pass(l);
        return outcome(profiles::decide(Profile, l->facts(command.at), command), {}, trouble);
    }

    /// Stages a key, runs what commits it, and destroys it again if nothing was committed.
    template <class Work>
    result<outcome> with_staged(const ring_id& ring, const std::string& id, ports::key_purpose purpose, const Botan::Private_Key& key, const Work& work) {
        const auto staged = parts_.vault.stage(id, purpose, key);
        if (!staged) return pass(staged);
        auto done = work();
        if (done && !done->refused()) return done;
        // After an error only the state tells whether the commit happened; while it cannot be read the key stays as
        // it is, staged, and recovery sees to it.
        const auto l = service::load(parts_.store, subject{ring});
        if (l && !knows(l->ring.value, staged->print))
            if (auto gone = parts_.vault.destroy(id); !gone && done) return pass(gone);
        return done;
    }
    static bool knows(const policy::ring_state& ring, const fingerprint& print) {
        for (const policy::key_record& key : ring.keys)
            if (key.print == print && policy::in_use(key) && key.state != policy::key_state::locked) return true;
        return ring.import_print == print;
    }
    template <class MakeCommand>
    result<outcome> with_key_file(const ring_id& ring, const service::key_file& file, const MakeCommand& make_command) {
        const auto l = service::load(parts_.store, subject{ring});
        if (!l) return pass(l);
        auto read = service::read_key_file(file, parts_.vault, ring, l->ring.value);
        if (!read) return pass(read);
        auto command = make_command(read->evidence);
        auto early = preview(ring, command, read->trouble);
        if (!early || early->refused()) return early;
        return with_staged(ring, service::vault_ids::customer(ring, read->evidence.print), ports::key_purpose::customer, *read->key,
                           [&] { return submit(subject{ring}, command, keep_public_half(read->evidence.print, read->spki)); });
    }
    static auto keep_public_half(const fingerprint& print, const bytes& spki) {
        return [key = service::records::spki(print), spki](ports::batch& batch, const service::loaded&) -> result<void> {
            batch.put_any(key, spki);
            return {};
        };
    }
    result<std::pair<policy::lock, std::optional<error>>> lock_command(const ring_id& ring, const lock_request& q) {
        const auto l = service::load(parts_.store, subject{ring});
        if (!l) return pass(l);
        const auto read = service::read_key_file(q.file, parts_.vault, ring, l->ring.value);
        if (!read) return pass(read);
        policy::lock command{.by = q.by, .at = {}, .key = read->evidence, .confirmation = {}};
        if (q.confirmation.size() <= policy::typed_text::capacity()) command.confirmation = policy::typed_text(q.confirmation);
        return std::pair{command, read->trouble};
    }
    static policy::kid_text import_kid(const ring_id& ring, const fingerprint& print) {
        const std::string host = service::vault_ids::lower(ring.tenant.view()) + "." + service::vault_ids::lower(ring.region.view());
        return policy::kid_text("https://" + host + ".keywright.invalid/keys/import/" + to_hex(print).substr(0, 32));
    }

    /// A new environment is encrypted under the provider's key from its first byte: its keys and slot are in the same
    /// commit.
    result<outcome> create_environment(const ring_id& ring, const policy::create_environment& command) {
        const keys::environment_key_name name{command.environment, keys::data_purpose::message, 1};
        const std::string slot = service::vault_ids::slot(ring, command.environment, 1);
        return submit(subject{ring, command.environment}, command, [&](ports::batch& batch, const service::loaded&) -> result<void> {
            service::custody<parts_type> chain(parts_, ring);
            if (auto ready = chain.ensure_provider_secret(batch); !ready) return ready;
            const auto staged = parts_.vault.stage_slot(slot);
            if (!staged && staged.error().code != errc::already_exists) return pass(staged);
            const auto key = keys::random_secret();
            if (!key) return pass(key);
            auto wrapped = chain.wrap_under_slot(name, *key);
            if (!wrapped) return pass(wrapped);
            batch.put(service::records::wrap(ring, command.environment, name.text()), 0, std::move(*wrapped));
            return {};
        });
    }
    /// The copy is whole and durable before the record that names it.
    result<outcome> take_backup(const subject& s, policy::take_backup command) {
        if (auto timed = stamp(command); !timed) return pass(timed);
        const subject with_backup{s.ring, s.environment, {}, command.backup};
        const auto l = service::load(parts_.store, with_backup);
        if (!l) return pass(l);
        auto decision = profiles::decide(Profile, l->facts(command.at), command);
        if (decision.refused()) return outcome(std::move(decision), {});
        const ports::content_ref from{s.ring.tenant, s.ring.region, s.environment, l->environment->value.content, {}};
        ports::content_ref to = from;
        to.backup = command.backup;
        if (auto dropped = parts_.content.drop(to); !dropped) return pass(dropped); // of an attempt that was never recorded
        if (auto copied = parts_.content.duplicate(from, to); !copied) return pass(copied);
        return submit(with_backup, command, service::nothing_more{});
    }

    result<void> ensure_audit_key(const std::string& id) {
        const auto found = parts_.vault.find(id);
        if (!found && found.error().code != errc::not_found) return pass(found);
        if (!found) {
            auto made = keywright::detail::botan_boundary(errc::internal, "service: no Ed25519 key could be made",
                                                          [] { return Botan::Ed25519_PrivateKey(Botan::system_rng()); });
            if (!made) return pass(made);
            const auto staged = parts_.vault.stage(id, ports::key_purpose::audit, *made);
            if (!staged && staged.error().code != errc::already_exists) return pass(staged);
        }
        return parts_.vault.publish(id);
    }

    result<std::vector<ring_id>> rings_with_work() {
        std::vector<ring_id> rings;
        for (std::string after;;) {
            const auto page = parts_.store.scan("effect/", after, 1000);
            if (!page) return pass(page);
            if (page->empty()) return rings;
            for (const ports::record& r : *page) {
                const std::string_view key = r.key;
                const auto t = key.find('/') + 1, slash = key.find('/', t), end = key.find('/', slash + 1);
                const auto tenant = tenant_id::parse(key.substr(t, slash - t));
                const auto region = region_id::parse(key.substr(slash + 1, end - slash - 1));
                if (!tenant || !region) return fail(errc::corrupt, "service: a pending effect names no ring");
                const ring_id ring{*tenant, *region};
                if (rings.empty() || !(rings.back() == ring)) rings.push_back(ring);
            }
            after = page->back().key;
        }
    }
    /// Keys that were staged for a commit that never came. What a commit knows of has been published by now.
    result<void> destroy_abandoned() {
        const auto ids = parts_.vault.abandoned();
        if (!ids) return pass(ids);
        for (const std::string& id : *ids)
            if (auto gone = parts_.vault.destroy(id); !gone) return gone;
        return {};
    }
    result<void> end_late_installation(const ring_id& ring) {
        const auto l = service::load(parts_.store, subject{ring});
        if (!l) return pass(l);
        policy::failed command{.of = l->ring.value.installing_unlocks ? policy::operation::unlocking_key : policy::operation::activation};
        if (auto timed = stamp(command); !timed) return timed;
        const auto* installing = policy::installing_key(l->ring.value);
        const auto limit = Profile.template rule_of<policy::report_matches_work>().installation;
        if (installing == nullptr || policy::effective_now(l->ring.value, command.at) < l->ring.value.installing_since + limit) return {};
        const auto ended = submit(subject{ring}, command, service::nothing_more{});
        return ended ? result<void>{} : pass(ended);
    }
    result<void> expire(const ring_id& ring, const ports::record& r) {
        const auto env = service::decode<policy::environment_state>(r.value);
        if (!env) return pass(env);
        if (env->deleted || env->managed_by == policy::protector::provider) return {};
        const auto judged = run(subject{ring, env->id}, policy::expire_environment{});
        if (!judged) return pass(judged);
        return judged->unfinished() ? result<void>(tl::unexpected(*judged->unfinished())) : result<void>{};
    }

    parts_type parts_;
    service::watches watches_;
};

} // namespace keywright

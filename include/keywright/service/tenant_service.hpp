// SPDX-License-Identifier: Apache-2.0
// The service that a product composes: a profile, a store, a vault, a clock, a notifier and where content lives.
// Every command is decided by the profile, committed once, and carried out; a refusal is an answer, not an error.
// Depends on: service/upkeep, formats/pfx_writer. Use:
//     using service_type = tenant_service<profiles::power_platform, sqlite::state_store, file::key_vault, system_clock,
//                                         file::outbox, file::content_store>;
//     service_type svc(store, vault, clock, outbox, content);
//     auto outcome = svc.lock(ring, {.by = {alice}, .file = {pfx, &password}, .confirmation = "lock contoso"});
//     if (outcome && outcome->refused()) for (const auto& reason : outcome->reasons()) fmt::print("{}\n", reason);
#pragma once

#include <keywright/formats/pfx_writer.hpp>
#include <keywright/profiles/algorithms.hpp>
#include <keywright/profiles/consistency.hpp>
#include <keywright/service/affected.hpp>
#include <keywright/service/environment_data.hpp>
#include <keywright/service/holder.hpp>
#include <keywright/service/strength.hpp>
#include <keywright/service/upkeep.hpp>

namespace keywright {

/// Everything that a tenant's keys and environments are asked for, by the rules of one profile, over the parts of one product.
/// Thread safety: concurrent, also across processes that share store, vault and content. Calls block for as long as
/// the work takes; `options::on_progress` is told. The parts must outlive the service, and the leases it grants.
template <const auto& Profile, class Store, class Vault, class Clock, class Notifier, class Content>
class tenant_service {
    static_assert(profiles::check_algorithms<Profile, Store, Vault, Clock, Notifier, Content>());

    static_assert(profiles::check_profile<Profile>());

public:
    using parts_type = service::parts<Store, Vault, Clock, Notifier, Content>;
    using ring_id = service::ring_id;
    using subject = service::subject;

    tenant_service(Store& store, Vault& vault, const Clock& clock, Notifier& notifier, Content& content, service::options how = {})
        : submit_(parts_type{store, vault, clock, notifier, content, std::move(how)}), parts_(submit_.parts()) {}
    tenant_service(const tenant_service&) = delete; // tenant_service: one for each set of parts; hand it on by reference
    tenant_service& operator=(const tenant_service&) = delete;

    // --- commands without key material ---

    /// Makes the tenant and its audit key. The command's `at` is set by the clock, here and everywhere. Fails with misused
    /// where the tenant has no name, and, as every call below, with what the part says that fails.
    [[nodiscard]] result<outcome> create_tenant(policy::create_tenant command) {
        const auto s = service::named(subject{}, command);
        if (!s) return pass(s);
        const auto id = service::vault_ids::audit(command.tenant);
        auto ready = ensure_audit_key(id);
        if (!ready) return pass(ready);
        return submit_.submit(*s, command);
    }
    /// Any command of policy/commands.hpp that brings no key, on what the subject names: `{{tenant}}`, `{ring}`,
    /// `{ring, environment}`; of a restore `{.ring, .environment = target, .source, .backup}`.
    /// Fails with misused where a name is missing, not_found for a tenant or a backup that is not there.
    template <class Command>
    [[nodiscard("tenant_service: the command may have been refused; ask the outcome")]] result<outcome> run(const subject& s,
                                                                                                            Command command) {
        if constexpr (!service::check_runnable<Command>())
            return fail(errc::misused, "service: no command for `run`"); // and not on, into what it would instantiate
        else if constexpr (std::is_same_v<Command, policy::create_environment>)
            return create_environment(s, command);
        else if constexpr (std::is_same_v<Command, policy::take_backup>)
            return take_backup(s, command);
        else if constexpr (std::is_same_v<Command, policy::create_policy>)
            return submit_.submit(subject{.ring = s.ring, .policy = command.policy}, command);
        else if constexpr (std::is_same_v<Command, policy::delete_environment>)
            return submit_.submit(s, command,
                                  [&](ports::batch& batch, const service::loaded&) { return service::erase_keys(parts_.store, s, batch); });
        else if constexpr (std::is_same_v<Command, policy::expire_environment>)
            return service::upkeep(submit_).expire(s, command);
        else if constexpr (std::is_same_v<Command, policy::rollback_activation>)
            return submit_.submit(s, command, [&](ports::batch& batch, const service::loaded& before) {
                return service::close_to_cancelled(parts_, s.ring, batch, before.ring.value);
            });
        else
            return submit_.submit(s, command);
    }
    /// What `run` would say and do at this moment; changes nothing. Fails as `run`.
    template <class Command>
    [[nodiscard]] result<profiles::plan_outline> plan(const subject& s, Command command) {
        if (auto timed = submit_.stamp(command); !timed) return pass(timed);
        const auto l = service::load_for(parts_.store, s, command);
        if (!l) return pass(l);
        return profiles::plan(Profile, l->facts(command.at), command);
    }
    /// What a plan of a command on `s` counted, by name. Fails as the store does.
    [[nodiscard]] result<service::affected> affected(const subject& s, const profiles::plan_outline& plan) {
        return service::affected_by(parts_.store, s, plan);
    }

    // --- keys ---

    /// Makes an RSA-2048 key, hands it out once as a PFX, and keeps it Available. After this it cannot be exported.
    /// Fails with what `hand_out` says, and then there is no such key.
    [[nodiscard]] result<outcome> generate_key(const ring_id& ring, const generate_request& q) {
        policy::generate_key command{.by = q.by,
                                     .key = q.key,
                                     .bits = 2048,
                                     .region_chosen = q.region_chosen,
                                     .acknowledged = q.acknowledged,
                                     .passwords_match = !q.password.empty() && equal(q.password, q.password_again),
                                     .confirmed = q.confirmed};
        auto early = preview(ring, command);
        if (!early || early->refused()) return early;
        auto made = keywright::detail::botan_boundary(errc::internal, "service: no RSA key could be made",
                                                      [] { return Botan::RSA_PrivateKey(Botan::system_rng(), 2048); });
        if (!made) return pass(made);
        const auto identity = keys::fingerprint_of(*made);
        if (!identity) return pass(identity);
        command.print = identity->print;
        return commit_staged(
            ring, parts_.vault.stage(service::vault_ids::customer(ring, command.print), ports::key_purpose::customer, *made),
            [&](const ports::vault_entry& staged) -> result<outcome> {
                const auto pfx = formats::write_pfx(
                    *made, {.friendly_name = std::string(q.key.view()), .not_before = command.at, .iterations = parts_.how.pfx_iterations},
                    q.password, Botan::system_rng());
                if (!pfx) return pass(pfx);
                if (auto handed = q.hand_out(*pfx); !handed) return pass(handed);
                return submit_.submit(key_subject(ring), command, keep_customer_key(ring, staged, {}));
            });
    }

    /// Takes a customer's key file. The ring's first one activates by itself.
    /// Fails with weak_key when every rule would let it pass but the key can be broken; the text names the weakness.
    [[nodiscard]] result<outcome> upload_key(const ring_id& ring, const upload_request& q) {
        return with_key_file(ring, q.file, [&](const policy::key_evidence& file) {
            return policy::upload_key{.by = q.by,
                                      .key = q.key,
                                      .file = file,
                                      .region_chosen = q.region_chosen,
                                      .acknowledged = q.acknowledged,
                                      .confirmed = q.confirmed};
        });
    }
    /// Takes back the key that a lock has destroyed, from any file that holds it; the environments follow one by one, by
    /// `run(…, unlock_environment)`. A file that does not open is a refusal, and `file_trouble()` says why.
    [[nodiscard]] result<outcome> unlock_key(const ring_id& ring, const unlock_request& q) {
        return with_key_file(ring, q.file, [&](const policy::key_evidence& file) { return policy::unlock_key{.by = q.by, .key = file}; });
    }
    /// Destroys the ring's keys in the vault, and closes every environment that is on them; the file proves that the customer
    /// can undo it. Under a profile whose lock takes two this is a request, which is no refusal and locks nothing yet: the first event of
    /// `decision()` tells, and `run(…, approve_lock)` locks.
    [[nodiscard]] result<outcome> lock(const ring_id& ring, const lock_request& q) {
        auto command = lock_command(ring, q);
        if (!command) return pass(command);
        return submit_.submit(key_subject(ring), command->first, service::nothing_more{}, command->second);
    }
    /// What the lock would say and do; the file is read, nothing is kept. Fails as `lock`.
    [[nodiscard]] result<profiles::plan_outline> plan_lock(const ring_id& ring, const lock_request& q) {
        auto command = lock_command(ring, q);
        if (!command) return pass(command);
        return plan(key_subject(ring), command->first);
    }
    /// Makes the import key that a BYOK export is bound to; `import_key` shows it, `upload_key` takes what comes back.
    /// Fails with misused when the size or the time is out of range.
    [[nodiscard]] result<outcome> create_import_key(const ring_id& ring, const import_key_request& q) {
        if ((q.bits != 2048 && q.bits != 3072 && q.bits != 4096) || q.valid_for.count <= 0 || q.valid_for > days(90))
            return fail(errc::misused, "service: an import key has 2048, 3072 or 4096 bits and lives for up to 90 days");
        policy::create_import_key command{.by = q.by, .replace = q.replace};
        auto early = preview(ring, command);
        if (!early || early->refused()) return early;
        command.expires_at = command.at + q.valid_for;
        auto made = keywright::detail::botan_boundary(errc::internal, "service: no RSA key could be made",
                                                      [&] { return Botan::RSA_PrivateKey(Botan::system_rng(), q.bits); });
        if (!made) return pass(made);
        const auto identity = keys::fingerprint_of(*made);
        if (!identity) return pass(identity);
        command.print = identity->print;
        command.kid = import_kid(ring, identity->print);
        return commit_staged(
            ring, parts_.vault.stage(service::vault_ids::import(ring, command.print), ports::key_purpose::import, *made),
            [&](const ports::vault_entry& staged) { return submit_.submit(key_subject(ring), command, keep_what_stays(ring, staged)); });
    }
    /// The import key to be shown to the customer. Fails with not_found where none was made, or it was used or has expired.
    [[nodiscard]] result<import_public_key> import_key(const ring_id& ring) {
        const auto state = ring_for_files(ring);
        if (!state) return pass(state);
        if (state->import_kid.empty())
            return fail(errc::not_found, "service: the ring has no import key that serves; create_import_key makes one");
        auto entry = parts_.vault.find(service::vault_ids::import(ring, state->import_print));
        if (!entry) return pass(entry);
        return import_public_key{std::string(state->import_kid.view()), std::move(entry->public_key), state->import_expires_at};
    }

    // --- data ---

    /// One environment's data, for one person: see service/environment_data.hpp.
    [[nodiscard]] service::environment_data<Profile, parts_type> environment(const ring_id& ring, const environment_id& environment,
                                                                             const policy::actor& by) {
        return {submit_, ring, environment, by};
    }
    /// A lease for messages and files: `environment(ring, environment, by).open(how, why)`.
    [[nodiscard]] result<keys::data_key_lease> open(const ring_id& ring, const environment_id& environment, const policy::actor& by,
                                                    access how, std::optional<policy::decision>* why = nullptr) {
        return this->environment(ring, environment, by).open(how, why);
    }

    // --- upkeep ---

    /// Resumes what a killed process left, destroys keys that it staged without a commit, delivers what is to be told.
    /// Run it before anything else, and whenever `unfinished` was answered. Fails with the first failure of a part; what that
    /// was about stays for the next time.
    [[nodiscard]] result<void> recover() { return service::upkeep(submit_).recover(); }
    /// What time itself does: installations that took too long fall back, an import key that has expired is destroyed,
    /// locked environments past their retention are deleted.
    [[nodiscard]] result<void> tick(const ring_id& ring) { return service::upkeep(submit_).tick(ring); }
    /// Hands over every notice that is waiting. Fails as the notifier does; what it did not take stays.
    [[nodiscard]] result<void> deliver() { return submit_.deliver(); }
    /// What the store says of a subject at this moment, to be shown: what is decided by it may have changed by then. Fails
    /// as the store does.
    [[nodiscard]] result<service::loaded> state(const subject& s) { return service::load(parts_.store, s); }

private:
    /// What a command about the ring's key concerns: the ring, and where that is one instance, the instance.
    static subject key_subject(const ring_id& ring) {
        if constexpr (Profile.procedure().keys_at_once)
            return {ring, environment_id(ring.region.view())};
        else
            return {ring};
    }
    /// What the profile says before anything costly or secret is made for a command.
    template <class Command>
    result<outcome> preview(const ring_id& ring, Command& command, std::optional<error> trouble = {}) {
        if (auto timed = submit_.stamp(command); !timed) return pass(timed);
        const auto l = service::load_for(parts_.store, key_subject(ring), command);
        if (!l) return pass(l);
        return outcome(profiles::decide(Profile, l->facts(command.at), command), {}, trouble);
    }

    /// Runs what commits a staged key, and destroys it again if nothing was committed.
    template <class Work>
    result<outcome> commit_staged(const ring_id& ring, const result<ports::vault_entry>& staged, const Work& work) {
        if (!staged) return pass(staged);
        auto done = work(*staged);
        if (done && !done->refused()) return done;
        // After an error only the state tells whether the commit happened; while it cannot be read the key stays as
        // it is, staged, and recovery sees to it.
        const auto l = service::load(parts_.store, subject{ring});
        if (l && !knows(l->ring.value, staged->print))
            if (auto gone = parts_.vault.destroy(staged->id); !gone && done) return pass(gone);
        return done;
    }
    static bool knows(const policy::ring_state& ring, const fingerprint& print) {
        for (const policy::key_record& key : ring.keys)
            if (key.print == print && policy::in_use(key) && key.state != policy::key_state::locked) return true;
        return ring.import_print == print;
    }
    /// What key files are read against: an import key that has expired opens nothing, whatever policy is going to say.
    result<policy::ring_state> ring_for_files(const ring_id& ring) {
        auto l = service::load(parts_.store, subject{ring});
        if (!l) return pass(l);
        const auto now = parts_.clock.now();
        if (!now) return pass(now);
        if (policy::import_key_expired(l->ring.value, *now)) l->ring.value.import_kid = {};
        return std::move(l->ring.value);
    }
    template <class MakeCommand>
    result<outcome> with_key_file(const ring_id& ring, const service::key_file& file, const MakeCommand& make_command) {
        const auto state = ring_for_files(ring);
        if (!state) return pass(state);
        auto read = service::read_key_file(file, parts_.vault, ring, *state);
        if (!read) return pass(read);
        const auto held = service::holder_of(parts_.store, ring, read->evidence.print);
        if (!held) return pass(held);
        read->evidence.held_by_another_ring = read->evidence.held_by_another_ring || held->is_another;
        auto command = make_command(read->evidence);
        auto early = preview(ring, command, read->trouble);
        if (!early || early->refused()) return early;
        if constexpr (std::is_same_v<decltype(command), policy::upload_key>)
            if (auto strong = service::require_strong(parts_.store, *state, *read->key); !strong) return pass(strong);
        auto staged_key =
            parts_.vault.stage(service::vault_ids::customer(ring, read->evidence.print), ports::key_purpose::customer, *read->key);
        return commit_staged(ring, staged_key, [&](const ports::vault_entry& staged) {
            return submit_.submit(key_subject(ring), command, keep_customer_key(ring, staged, *held));
        });
    }
    static auto keep_customer_key(const ring_id& ring, const ports::vault_entry& key, const service::key_holder& held) {
        return [&ring, &key, held](ports::batch& batch, const service::loaded& now) -> result<void> {
            service::put_holder(batch, ring, key.print, held);
            return keep_what_stays(ring, key)(batch, now);
        };
    }
    /// The public half, to wrap under, and the check values, to recognise survivors by.
    static auto keep_what_stays(const ring_id& ring, const ports::vault_entry& key) {
        return [&ring, &key](ports::batch& batch, const service::loaded&) -> result<void> {
            batch.put_any(service::records::spki(key.print), key.public_key);
            if (key.purpose == ports::key_purpose::customer) batch.put_any(service::records::check_of_key(ring, key.print), key.key_check);
            return {};
        };
    }
    result<std::pair<policy::lock, std::optional<error>>> lock_command(const ring_id& ring, const lock_request& q) {
        const auto state = ring_for_files(ring);
        if (!state) return pass(state);
        const auto read = service::read_key_file(q.file, parts_.vault, ring, *state);
        if (!read) return pass(read);
        policy::lock command{.by = q.by, .at = {}, .key = read->evidence, .confirmation = {}, .confirmed = q.confirmed};
        if (q.confirmation.size() <= policy::typed_text::capacity()) command.confirmation = policy::typed_text(q.confirmation);
        return std::pair{command, read->trouble};
    }
    static policy::kid_text import_kid(const ring_id& ring, const fingerprint& print) {
        const std::string host = service::vault_ids::part(ring.tenant.view()) + "." + service::vault_ids::part(ring.region.view());
        return policy::kid_text("https://" + host + ".keywright.invalid/keys/import/" + to_hex(print).substr(0, 32));
    }

    /// A new environment is encrypted under the provider's key from its first byte: its keys and slot are in the same
    /// commit.
    result<outcome> create_environment(const subject& asked, const policy::create_environment& command) {
        const auto s = service::named(asked, command);
        if (!s) return pass(s);
        const ring_id& ring = s->ring;
        const keys::environment_key_name name{command.environment, keys::data_purpose::message, 1};
        return submit_.submit(*s, command, [&](ports::batch& batch, const service::loaded&) -> result<void> {
            service::custody<parts_type> chain(parts_, ring);
            if (auto ready = chain.ensure_provider_secret(batch); !ready) return ready;
            if (auto staged = chain.stage_slot(batch, name); !staged) return staged;
            return chain.make_key(batch, name, [&](const secret_bytes& key) { return chain.wrap_under_slot(name, key); });
        });
    }
    /// The copy is whole and durable before the record that names it.
    result<outcome> take_backup(const subject& asked, policy::take_backup command) {
        if (auto timed = submit_.stamp(command); !timed) return pass(timed);
        const auto s = service::named({.ring = asked.ring, .environment = asked.environment, .backup = asked.backup}, command);
        if (!s) return pass(s);
        const auto l = service::load(parts_.store, *s);
        if (!l) return pass(l);
        auto decision = profiles::decide(Profile, l->facts(command.at), command);
        if (decision.refused()) return outcome(std::move(decision), {});
        const ports::content_ref from{s->ring.tenant, s->ring.region, s->environment, l->environment->value.content, {}};
        ports::content_ref to = from;
        to.backup = command.backup;
        const std::string taking = service::records::taking(s->ring, s->environment, command.backup);
        if (auto mine = reserve(taking); !mine) return pass(mine);
        service::environment_work<Profile, parts_type> work(parts_, submit_.known_watches());
        auto copied = parts_.content.back_up(from, to, work.keys_of_content(s->ring, s->environment), command.at);
        auto done =
            !copied ? result<outcome>(pass(copied))
                    : submit_.submit(*s, command, [&](ports::batch& batch, const service::loaded& now) -> result<void> {
                          batch.erase_any(taking);
                          if (now.environment->value.content == from.generation) return {};
                          return fail(errc::version_conflict, "service: the data was replaced while it was copied; take the backup again");
                      });
        if (done && !done->refused()) return done;
        // Whether an unanswered commit happened only the state tells; a name that it may hold stays reserved.
        const auto now = service::load(parts_.store, *s);
        if (now && now->backup->version == 0)
            if (auto dropped = parts_.content.drop(to); dropped) (void)release(taking).has_value();
        return done;
    }
    /// Two processes that take a backup of one name at once would otherwise undo each other's copy.
    result<void> reserve(const std::string& record) {
        ports::batch batch;
        batch.put(record, 0, {});
        auto mine = parts_.store.commit(batch);
        if (mine || mine.error().code != errc::version_conflict) return mine;
        return fail(errc::already_exists,
                    "service: a backup of this name is being taken, or was begun by a process that died; use another name");
    }
    result<void> release(const std::string& record) {
        ports::batch batch;
        batch.erase_any(record);
        return parts_.store.commit(batch);
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

    service::submitter<Profile, parts_type> submit_;
    parts_type& parts_;
};

} // namespace keywright

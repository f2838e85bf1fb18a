// SPDX-License-Identifier: Apache-2.0
// Load, decide, commit: what a command is judged against is read with versions, and everything that follows from its
// events (state, audit records, notices, effects, and what the caller adds) is written in one commit that holds only
// if nothing of it has changed since. A conflict is a value, retried a bounded number of times.
// Depends on: service/audit, service/notices, service/parts, service/subject, profiles/decide.
#pragma once

#include <keywright/policy/effects.hpp>
#include <keywright/policy/evolve.hpp>
#include <keywright/policy/vault_evolve.hpp>
#include <keywright/profiles/decide.hpp>
#include <keywright/service/audit.hpp>
#include <keywright/service/notices.hpp>
#include <keywright/service/parts.hpp>
#include <keywright/service/subject.hpp>

#include <optional>

namespace keywright::service {

template <class T>
struct versioned {
    T value{};
    std::uint64_t version = 0; ///< 0: there is no such record
};

/// The aggregates of a subject, as of one moment: a commit that requires their versions sees no other.
struct loaded {
    versioned<policy::tenant_state> tenant;
    versioned<policy::ring_state> ring;
    std::optional<versioned<policy::environment_state>> environment;
    std::optional<versioned<policy::environment_state>> source;
    std::optional<versioned<policy::backup_state>> backup;
    std::optional<versioned<policy::policy_state>> vault_policy;
    std::optional<versioned<policy::policy_state>> source_vault_policy; ///< where it is another one
    versioned<log_head> head;

    policy::facts facts(instant at) const {
        return {.tenant = tenant.value,
                .ring = ring.value,
                .now = policy::effective_now(ring.value, at),
                .environment_ = environment ? &environment->value : nullptr,
                .source_ = source ? &source->value : nullptr,
                .backup_ = backup && backup->version != 0 ? &backup->value : nullptr,
                .policy_ = vault_policy ? &vault_policy->value : nullptr,
                .source_policy_ = source_vault_policy ? &source_vault_policy->value : nullptr};
    }
};

/// The record under a key, or a default value with version 0. Fails as the store does, and as `decode`.
template <class T, class Store>
[[nodiscard]] result<versioned<T>> load(Store& store, const std::string& key) {
    const auto found = store.load(key);
    if (!found && found.error().code == errc::not_found) return versioned<T>{};
    if (!found) return pass(found);
    auto value = decode<T>(found->value);
    if (!value) return pass(value);
    return versioned<T>{std::move(*value), found->version};
}

/// The same, into `slot`, which a failure leaves as it was.
template <class T, class Store>
[[nodiscard]] result<void> load_into(versioned<T>& slot, Store& store, const std::string& key) {
    auto found = load<T>(store, key);
    if (!found) return pass(found);
    slot = std::move(*found);
    return {};
}

/// Everything that `s` names, with its versions; what is not there is a default value with version 0. Fails as the store
/// does, and as `decode`.
template <class Store>
[[nodiscard]] result<loaded> load(Store& store, const subject& s) {
    loaded l;
    const auto into = [&store](auto& slot, const std::string& key) { return load_into(slot, store, key); };
    // The head first: it moves with every commit of the tenant, so a commit that requires it sees one moment.
    if (auto r = into(l.head, records::log_head(s.ring.tenant)); !r) return pass(r);
    if (auto r = into(l.tenant, records::tenant(s.ring.tenant)); !r) return pass(r);
    if (s.ring.region.empty()) return l;
    if (auto r = into(l.ring, records::ring(s.ring)); !r) return pass(r);
    if (l.ring.version == 0) l.ring.value.tenant = s.ring.tenant, l.ring.value.region = s.ring.region;
    if (!s.environment.empty())
        if (auto r = into(l.environment.emplace(), records::environment(s.ring, s.environment)); !r) return pass(r);
    if (!s.source.empty())
        if (auto r = into(l.source.emplace(), records::environment(s.ring, s.source)); !r) return pass(r);
    const environment_id& owner = s.source.empty() ? s.environment : s.source;
    if (!s.backup.empty())
        if (auto r = into(l.backup.emplace(), records::backup(s.ring, owner, s.backup)); !r) return pass(r);
    const policy_id mine = s.policy.empty() && l.environment ? l.environment->value.membership.policy : s.policy;
    const policy_id theirs = l.source ? l.source->value.membership.policy : policy_id{};
    if (!mine.empty()) {
        if (auto r = into(l.vault_policy.emplace(), records::policy(s.ring, mine)); !r) return pass(r);
        if (l.vault_policy->version == 0) l.vault_policy->value.tenant = s.ring.tenant;
    }
    if (!theirs.empty() && theirs != mine)
        if (auto r = into(l.source_vault_policy.emplace(), records::policy(s.ring, theirs)); !r) return pass(r);
    return l;
}

/// What a command is judged against. Fails as `named`, and with not_found where a restore names a backup that is not
/// there: rules take it for granted. Whatever else is missing is H01's to refuse.
template <class Command, class Store>
[[nodiscard]] result<loaded> load_for(Store& store, const subject& s, const Command& command) {
    const auto whole = named(s, command);
    if (!whole) return pass(whole);
    auto l = load(store, *whole);
    if (!l) return l;
    if (detail::about_a_policy::contains<Command> && !l->vault_policy)
        return fail(errc::misused, "service: the environment is in no policy; expected the name of one in the subject: {.ring, .policy}");
    if constexpr (std::is_same_v<Command, policy::restore>)
        if (l->backup->version == 0) return fail(errc::not_found, "service: the source environment has no backup of this name");
    return l;
}

namespace detail {

/// Builds the one commit of a list of events and moves `state` on to what it leaves.
template <const auto& Profile, class Parts>
class committer {
public:
    committer(Parts& p, const subject& s, loaded& state) : parts_(p), subject_(s), state_(state) {}

    result<void> add(const policy::event& event) {
        evolve_all(event);
        auto record = append_audit(parts_.vault, state_.head.value, subject_.ring, event);
        if (!record) return pass(record);
        const std::uint64_t number = state_.head.value.number;
        batch_.put(records::log(subject_.ring.tenant, number), 0, std::move(*record));
        std::size_t n = 0;
        for (const policy::effect& effect : policy::effects_of(event))
            batch_.put(records::effect(subject_.ring, number, n++), 0, encode(effect));
        if (const auto* taken = std::get_if<policy::backup_taken>(&event.body)) add_backup(*taken, event.at);
        return policy::notifies(event) ? notify(event, number) : result<void>{};
    }

    /// The finished batch; what was only read is required to be unchanged.
    ports::batch& finish(const loaded& before) {
        put_or_require(records::tenant(subject_.ring.tenant), before.tenant, state_.tenant);
        batch_.put(records::log_head(subject_.ring.tenant), before.head.version, encode(state_.head.value));
        if (subject_.ring.region.empty()) return batch_;
        put_or_require(records::ring(subject_.ring), before.ring, state_.ring);
        if (before.environment)
            put_or_require(records::environment(subject_.ring, subject_.environment), *before.environment, *state_.environment);
        if (before.source && subject_.source != subject_.environment)
            batch_.require(records::environment(subject_.ring, subject_.source), before.source->version);
        if (before.vault_policy) put_or_require(policy_key(state_.vault_policy->value), *before.vault_policy, *state_.vault_policy);
        if (before.source_vault_policy) batch_.require(policy_key(before.source_vault_policy->value), before.source_vault_policy->version);
        return batch_;
    }

private:
    void evolve_all(const policy::event& event) {
        policy::evolve(state_.tenant.value, event);
        if (subject_.ring.region.empty()) return;
        policy::evolve(state_.ring.value, event);
        if (state_.vault_policy) policy::evolve(state_.vault_policy->value, event);
        if (!state_.environment) return;
        if (std::holds_alternative<policy::environment_created>(event.body)) {
            state_.environment->value.tenant = subject_.ring.tenant;
            state_.environment->value.region = subject_.ring.region;
        }
        policy::evolve(state_.environment->value, event);
    }
    /// A policy that does not exist and was not made has no name of its own.
    std::string policy_key(const policy::policy_state& policy) const {
        return records::policy(subject_.ring, policy.id.empty() ? subject_.policy : policy.id);
    }
    template <class T>
    void put_or_require(std::string key, const versioned<T>& before, const versioned<T>& after) {
        if (before.value == after.value)
            batch_.require(std::move(key), before.version);
        else
            batch_.put(std::move(key), before.version, encode(after.value));
    }
    void add_backup(const policy::backup_taken& e, instant at) {
        const policy::backup_state backup{e.backup, e.environment, at, e.managed_by, e.key, e.key_version, e.data_era};
        batch_.put(records::backup(subject_.ring, e.environment, e.backup), 0, encode(backup));
    }
    /// One entry for each administrator of the tenant, and of any environment of this ring.
    result<void> notify(const policy::event& event, std::uint64_t number) {
        constexpr bool rollback = Profile.template grants_to<policy::rollback_activation>() != policy::no_one;
        constexpr auto way_back = rollback ? undo::by_rollback : undo::by_return;
        for (const policy::administrator& admin : state_.tenant.value.administrators) {
            if (!admin.environment.empty()) {
                const auto theirs = parts_.store.load(records::environment(subject_.ring, admin.environment));
                if (!theirs && theirs.error().code == errc::not_found) continue;
                if (!theirs) return pass(theirs);
            }
            const auto notice = make_notice(event, admin.who, {subject_.ring, state_.ring.value, state_.head.value, way_back});
            batch_.put_any(records::outbox(subject_.ring.tenant, number, admin.who), encode_notice(notice));
        }
        return {};
    }

    Parts& parts_;
    const subject& subject_;
    loaded& state_;
    ports::batch batch_;
};

} // namespace detail

/// A decision, and the state that it was made against or, when allowed, the one it led to.
struct transaction {
    policy::decision decision;
    loaded state;
};

/// What a caller adds to the commit of an allowed command: `(batch&, const loaded& before) -> result<void>`. Called
/// once for each attempt.
struct nothing_more {
    result<void> operator()(ports::batch&, const loaded&) const { return {}; }
};

/// Judges a command and, if it is allowed, commits what follows. Tried again after a version_conflict, eight times.
/// Fails as the store and the vault do; then nothing was changed.
template <const auto& Profile, class Parts, class Command, class Extras = nothing_more>
[[nodiscard]] result<transaction> transact(Parts& parts, const subject& s, const Command& command, const Extras& extras = {}) {
    constexpr int attempts = 8;
    for (int attempt = 1;; ++attempt) {
        const auto before = load_for(parts.store, s, command);
        if (!before) return pass(before);
        auto decision = profiles::decide(Profile, before->facts(command.at), command);
        if (decision.refused() || decision.events().empty()) return transaction{std::move(decision), *before};
        if (before->tenant.version == 0 && !std::is_same_v<Command, policy::create_tenant>)
            return fail(errc::not_found, "service: there is no tenant of this name; create_tenant makes it");
        loaded after = *before;
        detail::committer<Profile, Parts> commit(parts, s, after);
        for (const policy::event& event : decision.events())
            if (auto added = commit.add(event); !added) return pass(added);
        ports::batch& batch = commit.finish(*before);
        if (auto more = extras(batch, *before); !more) return pass(more);
        auto committed = parts.store.commit(batch);
        if (committed) return transaction{std::move(decision), std::move(after)};
        if (committed.error().code != errc::version_conflict || attempt == attempts) return pass(committed);
    }
}

} // namespace keywright::service

// SPDX-License-Identifier: Apache-2.0
// The shipped core behind the same door as the second model: an operation in, an outcome out. It keeps the core's
// aggregates as a program around it would, and knows no rule. Depends on vocabulary.hpp and keywright/policy.
//     core_side core; const outcome answer = core.step(operation);
#pragma once

#include "vocabulary.hpp"

#include <keywright/policy.hpp>
#include <keywright/policy/vault_evolve.hpp>
#include <keywright/profiles/dynamics_365.hpp>
#include <keywright/profiles/enterprise_policy.hpp>
#include <keywright/profiles/recommended.hpp>

#include <algorithm>
#include <map>

namespace second_model {

namespace kp = keywright::policy;

inline keywright::fingerprint print_of(const material& is) {
    keywright::fingerprint out;
    for (std::size_t i = 0; i < is.name.size() && i < out.bytes.size(); ++i) out.bytes[i] = static_cast<std::uint8_t>(is.name[i]);
    return out;
}

template <class Id>
Id id_of(const std::string& text) {
    return text.empty() ? Id{} : Id{text};
}

inline kp::actor actor_of(const operation& asked) {
    const auto& by = asked.by;
    if (asked.as_vault) return {id_of<keywright::admin_id>(by), kp::principal::vault};
    if (by == "provider") return {keywright::admin_id{by}, kp::principal::provider};
    if (by == "system") return kp::the_system;
    return {id_of<keywright::admin_id>(by), kp::principal::person};
}

class core_side {
public:
    explicit core_side(profile plays) : plays_(plays) {}

    outcome step(const operation& asked) {
        asked_ = &asked;
        out_ = {};
        region_ = region_of(asked);
        auto& ring = rings_[region_];
        if (ring.region.empty() && !region_.empty()) ring.region = keywright::region_id{region_}, ring.tenant = tenant_.id;
        const bool onto = asked.does == verb::restore || asked.does == verb::copy;
        on_ = environment_or_new(onto ? asked.target : asked.environment);
        from_ = onto ? environment_or_new(asked.source) : kp::environment_state{};
        dispatch();
        return std::move(out_);
    }

private:
    profile plays_;
    kp::tenant_state tenant_;
    std::vector<std::string> regions_;
    std::map<std::string, kp::ring_state> rings_;
    std::map<std::string, kp::environment_state> environments_;
    std::map<std::string, kp::backup_state> backups_;
    std::map<std::string, kp::policy_state> policies_;
    std::map<std::string, kp::environment_facts> shown_; ///< what each environment shows of itself
    const operation* asked_ = nullptr;
    outcome out_;
    std::string region_;
    kp::environment_state on_, from_;

    std::string region_of(const operation& asked) const {
        const bool onto = asked.does == verb::restore || asked.does == verb::copy;
        if (plays_ == profile::dynamics_365) return asked.does == verb::admin ? std::string{} : onto ? asked.target : asked.environment;
        const auto found = environments_.find(onto ? asked.target : asked.environment);
        if (found != environments_.end() && asked.does != verb::environment && asked.does != verb::admin)
            return std::string(found->second.region.view());
        if (!asked.policy.empty() && asked.does != verb::policy && asked.does != verb::add_to_policy)
            if (const auto of = policies_.find(asked.policy); of != policies_.end()) return std::string(of->second.region.view());
        if (!asked.region.empty()) return asked.region;
        return regions_.empty() ? std::string{} : regions_.front();
    }

    kp::environment_state environment_or_new(const std::string& name) const {
        if (const auto found = environments_.find(name); found != environments_.end()) return found->second;
        kp::environment_state made;
        made.tenant = tenant_.id;
        made.region = id_of<keywright::region_id>(region_);
        return made;
    }

    keywright::instant at() const { return {asked_->at}; }

    bool held_elsewhere(const keywright::fingerprint& print) const {
        for (const auto& [region, ring] : rings_)
            for (const auto& key : ring.keys)
                if (region != region_ && key.print == print && kp::in_use(key)) return true;
        return false;
    }

    kp::key_evidence evidence() const {
        const auto& asked = *asked_;
        kp::key_evidence out;
        out.format = asked.file.in == format::pfx    ? kp::file_kind::pfx
                     : asked.file.in == format::byok ? kp::file_kind::byok
                                                     : kp::file_kind::other;
        out.outcome = asked.corrupt                           ? kp::file_outcome::corrupt
                      : asked.password != asked.file_password ? kp::file_outcome::wrong_password
                                                              : kp::file_outcome::opened;
        out.has_password = !asked.file_password.empty();
        if (!asked.file.kid.empty()) out.kid = kp::kid_text(asked.file.kid);
        if (out.outcome != kp::file_outcome::opened) return out; // nothing is known of what was not opened
        out.has_private = asked.file.private_half;
        out.type = asked.file.type == "rsa"              ? kp::key_kind::rsa
                   : asked.file.type == "elliptic_curve" ? kp::key_kind::elliptic_curve
                                                         : kp::key_kind::other;
        out.bits = asked.file.bits;
        out.print = print_of(asked.file);
        out.held_by_another_ring = held_elsewhere(out.print);
        return out;
    }

    template <class Command>
    kp::decision decide(const kp::facts& facts, const Command& command) const {
        namespace profiles = keywright::profiles;
        switch (plays_) {
        case profile::recommended: return profiles::decide(profiles::recommended, facts, command);
        case profile::dynamics_365: return profiles::decide(profiles::dynamics_365, facts, command);
        case profile::enterprise_policy: return profiles::decide(profiles::enterprise_policy, facts, command);
        default: return profiles::decide(profiles::power_platform, facts, command);
        }
    }

    template <class Command>
    bool ask(Command command) {
        command.by = actor_of(*asked_);
        command.at = at();
        auto& ring = rings_[region_];
        const auto backup = backups_.find(asked_->backup);
        const kp::backup_state none;
        const kp::policy_state no_policy;
        const kp::facts facts{.tenant = tenant_,
                              .ring = ring,
                              .now = kp::effective_now(ring, at()),
                              .environment_ = &on_,
                              .source_ = asked_->does == verb::restore || asked_->does == verb::copy ? &from_ : nullptr,
                              .backup_ = backup != backups_.end()        ? &backup->second
                                         : asked_->does == verb::restore ? &none
                                                                         : nullptr,
                              .policy_ =
                                  policy_or(asked_->policy.empty() ? std::string(on_.membership.policy.view()) : asked_->policy, no_policy),
                              .source_policy_ = policy_or(std::string(from_.membership.policy.view()), no_policy)};
        const auto decision = decide(facts, command);
        if (decision.refused()) {
            for (const auto& why : decision.reasons())
                out_.refusals.insert({why.rule, kp::name(why.code),
                                      keywright::happened(why.not_before) ? std::optional{why.not_before.since_epoch} : std::nullopt});
            return false;
        }
        for (const auto& event : decision.events()) commit(event);
        return true;
    }

    const kp::policy_state* policy_or(const std::string& name, const kp::policy_state& none) const {
        const auto of = policies_.find(name);
        return of != policies_.end() ? &of->second : name.empty() && asked_->policy.empty() ? nullptr : &none;
    }

    void commit(const kp::event& event) {
        out_.events.push_back(kp::name(event));
        kp::evolve(tenant_, event);
        kp::evolve(rings_[region_], event);
        if (const auto* taken = std::get_if<kp::backup_taken>(&event.body))
            backups_[std::string(taken->backup.view())] = {taken->backup, taken->environment, event.at,       taken->managed_by,
                                                           taken->key,    taken->key_version, taken->data_era};
        if (const auto* made = std::get_if<kp::environment_created>(&event.body)) {
            shown_[std::string(made->environment.view())] = {asked_->managed, asked_->dataverse, asked_->licensed, asked_->finance,
                                                             asked_->cloud_hosted};
            auto& one = environments_[std::string(made->environment.view())] = environment_or_new({});
            return kp::evolve(one, event);
        }
        for (auto& [name, one] : environments_)
            if (one.region.view() == region_) kp::evolve(one, event);
        if (const auto* made = std::get_if<kp::policy_created>(&event.body)) policies_[std::string(made->policy.view())] = {};
        for (auto& [name, one] : policies_)
            if (one.id.empty() || !std::holds_alternative<kp::policy_created>(event.body)) kp::evolve(one, event);
    }

    void dispatch() {
        const auto& asked = *asked_;
        const auto environment = id_of<keywright::environment_id>(asked.environment);
        const auto key = id_of<keywright::key_id>(asked.key);
        const auto typed = kp::typed_text(asked.confirmation);
        switch (asked.does) {
        case verb::tenant:
            if (ask(kp::create_tenant{.by = {},
                                      .tenant = keywright::tenant_id{"tenant"},
                                      .seats = asked.seats,
                                      .opted_in = asked.opted_in,
                                      .regions = static_cast<std::uint8_t>(asked.regions.size()),
                                      .plan = plan()}))
                begin_tenant();
            return;
        case verb::admin:
            if (asked.remove)
                ask(kp::remove_administrator{.by = {}, .who = id_of<keywright::admin_id>(asked.who), .environment = environment});
            else
                ask(kp::add_administrator{.by = {}, .who = id_of<keywright::admin_id>(asked.who), .environment = environment});
            return;
        case verb::feature_on: ask(kp::enable_feature{}); return;
        case verb::environment:
            ask(kp::create_environment{.by = {},
                                       .environment = environment,
                                       .kind = static_cast<kp::environment_kind>(asked.is),
                                       .file_data = asked.file_data,
                                       .external_logs = asked.external_logs,
                                       .geography = id_of<keywright::geography_id>(asked.geography),
                                       .release = kp::release_text(asked.version)});
            return;
        case verb::import_key:
            ask(kp::create_import_key{.by = {}, .kid = kp::kid_text(asked.file.kid), .print = print_of(asked.file), .replace = true});
            return;
        case verb::generate_key:
            ask(kp::generate_key{.by = {},
                                 .key = key,
                                 .print = print_of(asked.file),
                                 .bits = asked.file.bits,
                                 .region_chosen = region_chosen(),
                                 .acknowledged = asked.acknowledged,
                                 .passwords_match = asked.password == asked.password_again,
                                 .confirmed = asked.confirmed});
            return;
        case verb::upload_key:
            ask(kp::upload_key{.by = {},
                               .key = key,
                               .file = evidence(),
                               .region_chosen = region_chosen(),
                               .acknowledged = asked.acknowledged,
                               .confirmed = asked.confirmed});
            return;
        case verb::activate_key:
            ask(kp::activate_key{.by = {}, .key = key, .acknowledged = asked.acknowledged, .confirmed = asked.confirmed});
            return;
        case verb::lock: ask(kp::lock{.by = {}, .key = evidence(), .confirmation = typed, .confirmed = asked.confirmed}); return;
        case verb::rollback_activation: ask(kp::rollback_activation{}); return;
        case verb::approve: ask(kp::approve_lock{.by = {}, .confirmation = typed}); return;
        case verb::accept_clock: ask(kp::accept_clock{}); return;
        case verb::notice_delivered: deliver(); return;
        case verb::unlock_key: ask(kp::unlock_key{.by = {}, .key = evidence()}); return;
        case verb::tick: tick(); return;
        default: dispatch_environment(typed); return;
        }
    }

    kp::licence_plan plan() const {
        return asked_->plan == "customer_engagement" ? kp::licence_plan::customer_engagement
               : asked_->plan == "dynamics_365"      ? kp::licence_plan::dynamics_365
                                                     : kp::licence_plan::other;
    }

    kp::vault_key_evidence vault_key() const {
        const auto& file = asked_->file;
        return {.key = id_of<keywright::key_id>(asked_->key),
                .print = print_of(file),
                .type = file.type == "rsa" ? kp::key_kind::rsa : kp::key_kind::elliptic_curve,
                .bits = file.bits,
                .deleted_at = asked_->deleted_at ? keywright::instant{*asked_->deleted_at} : keywright::never,
                .in_hsm = false};
    }

    kp::revocation cause() const {
        constexpr std::string_view names[] = {"access",      "key_disabled",  "version_disabled",
                                              "key_deleted", "vault_deleted", "policy_deleted"};
        return static_cast<kp::revocation>(std::ranges::find(names, asked_->cause) - names);
    }

    void dispatch_vault(const kp::typed_text& typed) {
        const auto& asked = *asked_;
        const auto organisation = id_of<keywright::organisation_id>(asked.organisation);
        switch (asked.does) {
        case verb::policy:
            ask(kp::create_policy{.by = {},
                                  .policy = id_of<keywright::policy_id>(asked.policy),
                                  .vault = {.vault = id_of<keywright::vault_id>(asked.vault),
                                            .region = id_of<keywright::region_id>(asked.vault_region),
                                            .soft_delete = {asked.soft_delete},
                                            .purge_protection = asked.purge_protection},
                                  .key = vault_key(),
                                  .offered_here = asked.offered});
            return;
        case verb::grant:
            ask(kp::grant_access{.by = {}, .permissions = {asked.get, asked.wrap, asked.unwrap}, .print = print_of(asked.file)});
            return;
        case verb::revoke: ask(kp::revoke_access{.by = {}, .cause = cause()}); return;
        case verb::request_unlock: ask(kp::request_unlock{}); return;
        case verb::approve_unlock: ask(kp::approve_unlock{}); return;
        case verb::rotate_version: ask(kp::rotate_version{.by = {}, .key = vault_key()}); return;
        case verb::purge_key: ask(kp::purge_key{.by = {}, .version = asked.version_number}); return;
        case verb::integrate: ask(kp::integrate_environment{.by = {}, .organisation = organisation}); return;
        case verb::add_to_policy:
            ask(kp::add_to_policy{
                .by = {}, .facts = shown_[asked.environment], .organisation = organisation, .confirmed = asked.confirmed});
            return;
        case verb::remove_from_policy: ask(kp::remove_from_policy{.by = {}, .confirmed = asked.confirmed, .confirmation = typed}); return;
        default: return;
        }
    }

    void dispatch_environment(const kp::typed_text& typed) {
        const auto& asked = *asked_;
        switch (asked.does) {
        case verb::apply_key: ask(kp::apply_key{.by = {}, .acknowledged = asked.acknowledged, .confirmed = asked.confirmed}); return;
        case verb::return_to_provider:
            ask(kp::return_to_provider{.by = {}, .acknowledged = asked.acknowledged, .confirmed = asked.confirmed, .confirmation = typed});
            return;
        case verb::unlock_environment: ask(kp::unlock_environment{.by = {}, .confirmed = asked.confirmed}); return;
        case verb::delete_environment: ask(kp::delete_environment{.by = {}, .confirmation = typed}); return;
        case verb::open: ask(kp::open_environment{}); return;
        case verb::backup: ask(kp::take_backup{.by = {}, .backup = id_of<keywright::backup_id>(asked.backup)}); return;
        case verb::restore: ask(kp::restore{.by = {}, .confirmation = typed}); return;
        case verb::copy: ask(kp::copy{.by = {}, .confirmation = typed}); return;
        case verb::reset: ask(kp::reset{.by = {}, .confirmation = typed}); return;
        case verb::completed: ask(kp::completed{.of = reported()}); return;
        case verb::failed: ask(kp::failed{.of = reported()}); return;
        default: dispatch_vault(typed); return;
        }
    }

    /// The notice of the latest activation, as the product's mail reports it.
    void deliver() {
        const auto& ring = rings_[region_];
        const auto* active = kp::active_key(ring);
        ask(kp::report_delivery{.to = id_of<keywright::admin_id>(asked_->to),
                                .key = active ? active->print : keywright::fingerprint{},
                                .activation = ring.activation.number});
    }

    void begin_tenant() {
        regions_ = asked_->regions;
        const auto first = rings_[region_]; // the creation itself happened before any region had a name
        rings_.clear();
        if (plays_ == profile::dynamics_365) return;
        for (const auto& region : regions_) {
            rings_[region] = first;
            rings_[region].tenant = tenant_.id;
            rings_[region].region = keywright::region_id{region};
        }
    }

    bool region_chosen() const { return !asked_->region.empty() || regions_.size() == 1; }

    kp::operation reported() const {
        switch (asked_->of) {
        case work::apply: return kp::operation::applying;
        case work::giving_back: return kp::operation::returning;
        case work::restore: return kp::operation::restoring;
        case work::copy: return kp::operation::copying;
        case work::reset: return kp::operation::resetting;
        case work::unlock_key: return kp::operation::unlocking_key;
        case work::unlock_environment: return kp::operation::unlocking;
        case work::activation: return kp::operation::activation;
        case work::lock: return kp::operation::locking;
        case work::rewrap: return kp::operation::none;
        }
        return kp::operation::none;
    }

    /// Time's own duties in one region, as a program around the core has to ask for them.
    void tick() {
        outcome all;
        const auto offer = [&](auto command) {
            ask(command);
            out_.refusals.clear();
        };
        const auto& ring = rings_[region_];
        const bool late =
            keywright::happened(ring.installing_since) && kp::effective_now(ring, at()) >= ring.installing_since + keywright::hours(1);
        if ((kp::installing_key(ring) || ring.installing_unlocks) && late)
            offer(kp::failed{.of = ring.installing_unlocks ? kp::operation::unlocking_key : kp::operation::activation});
        std::vector<std::string> names;
        for (const auto& [name, one] : environments_)
            if (one.region.view() == region_) names.push_back(name);
        for (const auto& name : names) {
            on_ = environments_.at(name);
            offer(kp::expire_environment{});
        }
    }
};

} // namespace second_model

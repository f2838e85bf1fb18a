// SPDX-License-Identifier: Apache-2.0
// The answer of a policy: allowed, with the events that follow, or refused, with every reason at once. A reason is
// data (rule, code, values, the moment from which it no longer stands, who can mend it); sentences are made of it in
// format.hpp, so that a product can translate them. Refusal is not an error.
// Depends on: core, policy/events.
#pragma once

#include <keywright/core/inline_list.hpp>
#include <keywright/policy/events.hpp>

#include <array>
#include <string_view>
#include <variant>

namespace keywright::policy {

/// The public names of refusals; `name` gives them as they appear in JSON and in the documentation.
enum class refusal : std::uint8_t {
    not_authorized,
    not_eligible,
    feature_off,
    environment_predates_feature,
    unsupported_storage,
    bad_format,
    bad_key_type,
    bad_key_size,
    pfx_without_password,
    missing_private_key,
    byok_wrong_binding,
    acknowledgement_required,
    region_required,
    key_name_required,
    password_mismatch,
    wrong_password,
    corrupt,
    key_in_use,
    duplicate_key,
    not_available,
    not_confirmed,
    locked_environments_exist,
    activation_cooldown,
    lock_cooldown,
    no_active_key,
    confirmation_mismatch,
    wrong_key,
    nothing_to_lock,
    key_change_in_progress,
    operation_in_progress,
    environment_locked,
    lock_in_progress,
    unlock_cooldown,
    retention_expired,
    not_locked,
    key_not_active,
    key_mismatch,
    key_version_unavailable,
    backup_deleted,
    same_environment,
    support_environment_not_customer_managed,
    not_provider_managed,
    not_customer_managed,
    already_exists,
    not_found,
    not_in_progress,
    not_due,
    too_many,
    cannot_turn_off,
    geography_mismatch,
    rollback_window_closed,
    self_approval,
    nothing_to_roll_back,
    notice_undelivered,
    approval_required,
    request_expired,
    clock_frozen,
    grant_incomplete,
    not_managed,
    already_in_policy,
    environment_offline,
    vault_unprotected,
    separation_of_duties,
    not_integrated,
    cloud_hosted,
    not_licensed,
    version_in_use,
    region_mismatch,
    recoverable,
    purge_protected,
    unknown_organisation,
    no_data_platform,
    region_unavailable,
    custody_too_weak,
    consumer_rule
};

inline constexpr std::array refusal_names = std::to_array<std::string_view>({"not_authorized",
                                                                             "not_eligible",
                                                                             "feature_off",
                                                                             "environment_predates_feature",
                                                                             "unsupported_storage",
                                                                             "bad_format",
                                                                             "bad_key_type",
                                                                             "bad_key_size",
                                                                             "pfx_without_password",
                                                                             "missing_private_key",
                                                                             "byok_wrong_binding",
                                                                             "acknowledgement_required",
                                                                             "region_required",
                                                                             "key_name_required",
                                                                             "password_mismatch",
                                                                             "wrong_password",
                                                                             "corrupt",
                                                                             "key_in_use",
                                                                             "duplicate_key",
                                                                             "not_available",
                                                                             "not_confirmed",
                                                                             "locked_environments_exist",
                                                                             "activation_cooldown",
                                                                             "lock_cooldown",
                                                                             "no_active_key",
                                                                             "confirmation_mismatch",
                                                                             "wrong_key",
                                                                             "nothing_to_lock",
                                                                             "key_change_in_progress",
                                                                             "operation_in_progress",
                                                                             "environment_locked",
                                                                             "lock_in_progress",
                                                                             "unlock_cooldown",
                                                                             "retention_expired",
                                                                             "not_locked",
                                                                             "key_not_active",
                                                                             "key_mismatch",
                                                                             "key_version_unavailable",
                                                                             "backup_deleted",
                                                                             "same_environment",
                                                                             "support_environment_not_customer_managed",
                                                                             "not_provider_managed",
                                                                             "not_customer_managed",
                                                                             "already_exists",
                                                                             "not_found",
                                                                             "not_in_progress",
                                                                             "not_due",
                                                                             "too_many",
                                                                             "cannot_turn_off",
                                                                             "geography_mismatch",
                                                                             "rollback_window_closed",
                                                                             "self_approval",
                                                                             "nothing_to_roll_back",
                                                                             "notice_undelivered",
                                                                             "approval_required",
                                                                             "request_expired",
                                                                             "clock_frozen",
                                                                             "grant_incomplete",
                                                                             "not_managed",
                                                                             "already_in_policy",
                                                                             "environment_offline",
                                                                             "vault_unprotected",
                                                                             "separation_of_duties",
                                                                             "not_integrated",
                                                                             "cloud_hosted",
                                                                             "not_licensed",
                                                                             "version_in_use",
                                                                             "region_mismatch",
                                                                             "recoverable",
                                                                             "purge_protected",
                                                                             "unknown_organisation",
                                                                             "no_data_platform",
                                                                             "region_unavailable",
                                                                             "custody_too_weak",
                                                                             "consumer_rule"});
static_assert(refusal_names.size() == static_cast<std::size_t>(refusal::consumer_rule) + 1, "refusal: each code has a name");

constexpr std::string_view name(refusal code) {
    const auto at = static_cast<std::size_t>(code);
    return at < refusal_names.size() ? refusal_names[at] : std::string_view("unknown");
}

/// Who can make a refusal go away, where time does not.
enum class mender : std::uint8_t {
    nobody,
    time,
    the_caller,
    tenant_administrator,
    environment_administrator,
    provider,
    second_administrator,
    vault_administrator
};

constexpr std::string_view name(mender who) {
    constexpr std::string_view names[] = {"nobody",
                                          "time",
                                          "the_caller",
                                          "tenant_administrator",
                                          "environment_administrator",
                                          "provider",
                                          "second_administrator",
                                          "vault_administrator"};
    return names[static_cast<std::size_t>(who)];
}

/// One rule's objection. `subject` names the key or environment it is about; `since`, `span` and `limit` are the
/// values it was judged by, 0 or `never` where they do not apply.
struct reason {
    std::string_view rule; ///< static storage: `T18`
    refusal code = refusal::not_authorized;
    mender who_can_mend = mender::nobody;
    inline_text<63> subject;
    instant since = never;
    seconds span;
    std::int64_t found = 0;
    std::int64_t limit = 0;
    instant not_before = never; ///< from this moment on the rule no longer objects; `never` where time cures nothing

    friend constexpr bool operator==(const reason&, const reason&) = default;
};

/// What one rule says of one command: nothing, or its objection.
class [[nodiscard("verdict: return it; a rule that drops it objects to nothing")]] verdict {
public:
    static constexpr verdict pass() { return {}; }
    /// Time does not cure it.
    static constexpr verdict object(refusal code, mender who, std::string_view subject = {}) {
        verdict v;
        v.objects_ = true;
        v.reason_.code = code;
        v.reason_.who_can_mend = who;
        v.reason_.subject = inline_text<63>(subject);
        return v;
    }
    /// A window [since, since + span) that is still open; `who` where somebody can end it earlier.
    static constexpr verdict wait(refusal code, instant since, seconds span, std::string_view subject = {}, mender who = mender::time) {
        verdict v = object(code, who, subject);
        v.reason_.since = since;
        v.reason_.span = span;
        v.reason_.not_before = since + span;
        return v;
    }
    /// A number that is not what it must be.
    static constexpr verdict measure(refusal code, mender who, std::int64_t found, std::int64_t limit, std::string_view subject = {}) {
        return object(code, who, subject).counted(found, limit);
    }
    /// The same, with the window that it was judged by, where time does not cure it.
    constexpr verdict judged_by(instant since, seconds span) const {
        verdict v = *this;
        v.reason_.since = since;
        v.reason_.span = span;
        return v;
    }
    /// The same, with the number that it was judged by.
    constexpr verdict counted(std::int64_t found, std::int64_t limit) const {
        verdict v = *this;
        v.reason_.found = found;
        v.reason_.limit = limit;
        return v;
    }
    constexpr bool objects() const { return objects_; }
    constexpr const reason& why() const { return reason_; }

private:
    bool objects_ = false;
    reason reason_;
};

using event_list = inline_list<event, 4>;
using reason_list = inline_list<reason, 24>;

/// Allowed with events, or refused with reasons. A program must look: [[nodiscard]].
class [[nodiscard("decision: it may be a refusal; ask refused()")]] decision {
public:
    constexpr explicit decision(const event_list& events) : outcome_(events) {}
    constexpr explicit decision(const reason_list& reasons) : outcome_(reasons) {
        expects(!reasons.empty(), "decision: a refusal has a reason");
    }
    /// The same, written in place by `fill(list)`: the lists are large, and to copy one costs more than to judge.
    template <class Fill>
    static constexpr decision allow(const Fill& fill) {
        return decision(std::in_place_type<event_list>, fill);
    }
    template <class Fill>
    static constexpr decision refuse(const Fill& fill) {
        return decision(std::in_place_type<reason_list>, fill);
    }

    constexpr bool allowed() const { return outcome_.index() == 0; }
    constexpr bool refused() const { return outcome_.index() == 1; }
    /// Requires: allowed().
    constexpr const event_list& events() const {
        expects(allowed(), "decision: events() of an allowed decision");
        return *std::get_if<0>(&outcome_);
    }
    /// Requires: refused().
    constexpr const reason_list& reasons() const {
        expects(refused(), "decision: reasons() of a refused decision");
        return *std::get_if<1>(&outcome_);
    }
    constexpr bool refused_by(std::string_view rule, refusal code) const {
        if (allowed()) return false;
        for (const reason& r : reasons())
            if (r.rule == rule && r.code == code) return true;
        return false;
    }
    /// The earliest moment at which nothing objects any more, given that the state stays as it is; `never` where time
    /// alone does not cure every reason. Requires: refused().
    constexpr instant not_before() const {
        instant earliest = never;
        for (const reason& r : reasons()) {
            if (!happened(r.not_before)) return never;
            earliest = later(earliest, r.not_before);
        }
        return earliest;
    }

private:
    template <class List, class Fill>
    constexpr decision(std::in_place_type_t<List> empty, const Fill& fill) : outcome_(empty) {
        fill(*std::get_if<List>(&outcome_));
        expects(allowed() || !reasons().empty(), "decision: a refusal has a reason");
    }

    std::variant<event_list, reason_list> outcome_;
};

} // namespace keywright::policy

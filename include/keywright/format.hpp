// SPDX-License-Identifier: Apache-2.0
// Our values as text for people, through fmt: ids, moments, spans, errors and above all reasons. What holds a secret is
// not printed: `fmt::print("{}", key)` does not compile, and says so.
// Depends on: policy, fmt. Use: `for (const auto& reason : outcome.reasons()) fmt::print("{}\n", reason);`
#pragma once

#include <keywright/core/time_text.hpp>
#include <keywright/policy/decision.hpp>
#include <keywright/profiles/sources.hpp>

#include <fmt/format.h>

#include <concepts>
#include <string>

namespace keywright {

class secret_bytes;
namespace keys {
class data_key_lease;
} // namespace keys

/// `72 h`, `28 d`, `90 min`, `5 s`: the largest unit that leaves no rest, days from two on.
inline std::string to_text(seconds span) {
    const auto n = span.count;
    if (n != 0 && n % 86400 == 0 && (n >= 7 * 86400 || n <= -7 * 86400)) return fmt::format("{} d", n / 86400);
    if (n != 0 && n % 3600 == 0) return fmt::format("{} h", n / 3600);
    if (n != 0 && n % 60 == 0) return fmt::format("{} min", n / 60);
    return fmt::format("{} s", n);
}

namespace detail {

/// What a refusal says in one sentence, with its values; the rule's id is put in front of it. A template, as all that prints
/// a reason: a program that prints none does not compile some seventy texts.
template <std::same_as<policy::reason> Reason>
std::string sentence(const Reason& r) {
    using policy::refusal;
    const auto subject = r.subject.view();
    switch (r.code) {
    case refusal::not_authorized: return fmt::format("`{}` holds no role that may do this", subject);
    case refusal::not_eligible:
        return subject.empty() ? fmt::format("the tenant has {} licensed seats, and more than {} are needed", r.found, r.limit)
                               : fmt::format("the tenant has not opted in by a support request (and has {} seats; more than {} are needed)",
                                             r.found, r.limit);
    case refusal::feature_off: return "managing one's own key is not turned on for this tenant";
    case refusal::environment_predates_feature:
        return fmt::format("environment `{}` was created before the feature was turned on", subject);
    case refusal::unsupported_storage:
        return fmt::format("environment `{}` holds File or Image data, or files or logs outside its SQL database", subject);
    case refusal::bad_format: return "the file is neither a PFX nor a BYOK transfer file";
    case refusal::bad_key_type: return "the key is not an RSA key";
    case refusal::bad_key_size:
        if (r.rule == "P15") return fmt::format("the key has {} bits, which is none of the sizes that are accepted", r.found);
        return fmt::format("the key has {} bits, and {} are needed", r.found, r.limit);
    case refusal::pfx_without_password: return "the PFX is not protected by a password";
    case refusal::missing_private_key: return "the file holds no private half that fits its public half";
    case refusal::byok_wrong_binding: return "the transfer file was not made for this ring's import key";
    case refusal::acknowledgement_required: return "the risk of managing one's own key has to be acknowledged";
    case refusal::region_required: return fmt::format("the tenant has {} regions, so one has to be chosen", r.found);
    case refusal::key_name_required: return "the key needs a name";
    case refusal::password_mismatch: return "the password was not given twice alike";
    case refusal::wrong_password: return "the file does not open with this password, or was altered";
    case refusal::corrupt: return "the file is damaged or no key file";
    case refusal::key_in_use: return "another ring already holds this key";
    case refusal::duplicate_key:
        if (r.rule == "P16") return fmt::format("key `{}` has or had this version already", subject);
        return fmt::format("this ring already holds the key, as `{}`", subject);
    case refusal::not_available: return fmt::format("key `{}` is not Available", subject);
    case refusal::not_confirmed: return "the command was not confirmed";
    case refusal::locked_environments_exist: return fmt::format("{} environment(s) are still locked; unlock or delete them first", r.found);
    case refusal::activation_cooldown:
        return fmt::format("no other activation for {} after one; key `{}` became active at {}", to_text(r.span), subject,
                           to_text(r.since));
    case refusal::lock_cooldown:
        if (r.rule == "R02")
            return fmt::format("no lock for {} after another administrator was told that key `{}` became active; that was at {}",
                               to_text(r.span), subject, to_text(r.since));
        return fmt::format("no lock for {} after a key change; key `{}` became active, or was applied, at {}", to_text(r.span), subject,
                           to_text(r.since));
    case refusal::no_active_key: return "the ring has no Active key";
    case refusal::confirmation_mismatch: return fmt::format("what was typed is not `{}{}`", r.rule == "T21" ? "lock " : "", subject);
    case refusal::wrong_key: return fmt::format("this is another key than `{}`", subject);
    case refusal::nothing_to_lock: return "no environment is on the customer's key, so a lock would lock nothing";
    case refusal::key_change_in_progress: return fmt::format("key `{}` is still being installed", subject);
    case refusal::operation_in_progress:
        return subject.empty() ? fmt::format("{} operation(s) are still under way", r.found)
                               : fmt::format("environment `{}` is in the middle of another operation", subject);
    case refusal::environment_locked: return fmt::format("environment `{}` is locked and serves no one, the provider included", subject);
    case refusal::lock_in_progress: return "a lock is being carried out";
    case refusal::unlock_cooldown:
        return fmt::format("no unlock for {} after a lock; it was requested at {}", to_text(r.span), to_text(r.since));
    case refusal::retention_expired:
        if (r.rule == "P18") return fmt::format("policy `{}` has environments whose time is over; they are deleted first", subject);
        return subject.empty() ? std::string("the time to unlock is over")
                               : fmt::format("environment `{}` was not unlocked in time and is being deleted", subject);
    case refusal::not_locked:
        if (r.rule.starts_with('P')) return fmt::format("`{}` is not offline", subject);
        if (subject.empty() && r.rule != "T27") return "what does not exist is not locked"; // H01 tells that it does not
        return subject.empty() ? std::string("no key is locked") : fmt::format("environment `{}` is not locked", subject);
    case refusal::key_not_active: return fmt::format("the key must be Active before environment `{}` can be unlocked", subject);
    case refusal::key_mismatch: return fmt::format("`{}` is not under the same key as the data", subject);
    case refusal::key_version_unavailable: return fmt::format("backup `{}` needs key version {}, which is not held now", subject, r.found);
    case refusal::backup_deleted: return fmt::format("backup `{}` was deleted by a reset", subject);
    case refusal::same_environment: return fmt::format("`{}` cannot be copied onto itself", subject);
    case refusal::support_environment_not_customer_managed:
        return fmt::format("support environment `{}` has to be on the customer's key first", subject);
    case refusal::not_provider_managed: return fmt::format("environment `{}` is already on the customer's key", subject);
    case refusal::not_customer_managed: return fmt::format("environment `{}` is not on the customer's key", subject);
    case refusal::already_exists:
        if (r.rule == "P08") return fmt::format("the environments of policy `{}` have been asked back already", subject);
        return fmt::format("`{}` already exists", subject);
    case refusal::not_found:
        if (r.found > 0) return fmt::format("version {} of `{}` does not exist", r.found, subject);
        return subject.empty() ? std::string("nothing of that name exists here") : fmt::format("`{}` does not exist", subject);
    case refusal::not_in_progress: return "nothing of that kind is under way";
    case refusal::not_due: return fmt::format("environment `{}` may still be unlocked", subject);
    case refusal::too_many:
        if (r.span > seconds{})
            return fmt::format("there were {} {} within {}, and at most {} are allowed", r.found, subject, to_text(r.span), r.limit);
        return fmt::format("there are {} {}, and at most {} fit", r.found, subject, r.limit);
    case refusal::cannot_turn_off: return fmt::format("field encryption of environment `{}` is on and stays on", subject);
    case refusal::geography_mismatch: return fmt::format("data does not leave its geography, and `{}` is in another one", subject);
    case refusal::rollback_window_closed:
        return fmt::format("the {} in which an activation can be rolled back are over; they began at {}", to_text(r.span),
                           to_text(r.since));
    case refusal::self_approval: return fmt::format("`{}` acted first, so somebody else has to", subject);
    case refusal::nothing_to_roll_back: return "the last change of key was no activation in place of an earlier key";
    case refusal::notice_undelivered: return fmt::format("no other administrator has been told yet that key `{}` became active", subject);
    case refusal::approval_required:
        if (r.rule == "P08")
            return fmt::format("policy `{}` comes back only when a tenant administrator has asked and the provider has approved", subject);
        return fmt::format("a lock takes {} administrators of the tenant, and there is {}", r.limit, r.found);
    case refusal::request_expired:
        return fmt::format("a request is valid for {}, and this one was made at {}", to_text(r.span), to_text(r.since));
    case refusal::clock_frozen:
        return fmt::format("the clock is behind the latest record, of {}, so no wait counts as over", to_text(r.since));
    case refusal::grant_incomplete: return fmt::format("policy `{}` lacks one of get, wrap and unwrap on its key", subject);
    case refusal::not_managed: return fmt::format("environment `{}` is not a managed environment", subject);
    case refusal::already_in_policy: return fmt::format("environment `{}` is in a policy already", subject);
    case refusal::environment_offline: return fmt::format("`{}` is offline: the use of its key was revoked", subject);
    case refusal::vault_unprotected:
        if (r.limit == 0) return fmt::format("the vault lacks {}", subject);
        return fmt::format("the vault keeps what was deleted for {}, and the limit is {}", to_text(seconds{r.found}),
                           to_text(seconds{r.limit}));
    case refusal::separation_of_duties: return fmt::format("`{}` may not be administrator of both the vault and the tenant", subject);
    case refusal::not_integrated: return fmt::format("environment `{}` is not integrated yet", subject);
    case refusal::cloud_hosted: return fmt::format("environment `{}` is hosted in the customer's own subscription", subject);
    case refusal::not_licensed: return fmt::format("environment `{}` lacks the licence", subject);
    case refusal::version_in_use:
        if (!happened(r.since)) return fmt::format("version {} of key `{}` is the one in force", r.found, subject);
        return fmt::format("a version of key `{}` is kept for {} after it was replaced, which was at {}", subject, to_text(r.span),
                           to_text(r.since));
    case refusal::region_mismatch: return fmt::format("`{}` is in another region than the policy", subject);
    case refusal::recoverable: return fmt::format("key `{}` is deleted and can still be recovered", subject);
    case refusal::purge_protected:
        if (!happened(r.since)) return fmt::format("key `{}` is not deleted, so it is not purged", subject);
        return fmt::format("key `{}` can be recovered for {} after its deletion, which was at {}", subject, to_text(r.span),
                           to_text(r.since));
    case refusal::unknown_organisation: return fmt::format("no environment has the organisation name `{}`", subject);
    case refusal::no_data_platform: return fmt::format("environment `{}` has no data platform", subject);
    case refusal::region_unavailable: return fmt::format("this is not available in region `{}`", subject);
    case refusal::custody_too_weak:
        return fmt::format("the data of environment `{}` is classified too high for a key that is held this way", subject);
    case refusal::consumer_rule: return fmt::format("a rule of the product objects{}{}", subject.empty() ? "" : ": ", subject);
    }
    return std::string(policy::name(r.code));
}

inline std::string_view way_out(policy::mender who) {
    switch (who) {
    case policy::mender::nobody: return "nobody can change this";
    case policy::mender::time: return "wait until it is over";
    case policy::mender::the_caller: return "ask again with that put right";
    case policy::mender::tenant_administrator: return "a tenant administrator can change this";
    case policy::mender::environment_administrator: return "an administrator of the environment can change this";
    case policy::mender::provider: return "the provider can change this";
    case policy::mender::second_administrator: return "a second tenant administrator can change this";
    case policy::mender::vault_administrator: return "an administrator of the customer's vault can change this";
    }
    return "";
}

} // namespace detail

/// One line: `T18: no lock for 72 h after …; allowed from 2026-11-25T06:00:00Z`.
template <std::same_as<policy::reason> Reason>
std::string to_text(const Reason& r) {
    if (happened(r.not_before)) return fmt::format("{}: {}; allowed from {}", r.rule, detail::sentence(r), to_text(r.not_before));
    return fmt::format("{}: {}; {}", r.rule, detail::sentence(r), detail::way_out(r.who_can_mend));
}

/// The same, with the source of the rule, so that it can be looked up: `…; see "Lock the tenant" in Manage the encryption
/// key, Power Platform documentation, 2020-04-17`.
template <std::same_as<policy::reason> Reason>
std::string explain(const Reason& r) {
    const profiles::rule_source source = profiles::source_of(r.rule);
    if (source.document.empty()) return to_text(r);
    if (source.section.empty()) return fmt::format("{}; see {}", to_text(r), source.document);
    return fmt::format("{}; see \"{}\" in {}", to_text(r), source.section, source.document);
}

/// `authentication_failed: pfx: wrong password …`.
inline std::string to_text(const error& e) {
    return e.native == 0 ? fmt::format("{}: {}", name(e.code), e.text) : fmt::format("{}: {} ({})", name(e.code), e.text, e.native);
}

} // namespace keywright

// fmt would ask for a formatter to be written, which is the one thing that must not be done.
namespace keywright::detail {

template <class T>
concept never_printed = std::same_as<T, secret_bytes> || std::same_as<T, keys::data_key_lease>;

template <class T>
consteval void print_a_secret() {
    static_assert(!never_printed<T>, "keywright: a secret is not printed; print the name or the fingerprint of its key");
}

} // namespace keywright::detail

template <keywright::detail::never_printed T>
struct fmt::formatter<T> {
    template <class Context>
    constexpr auto parse(Context& context) {
        keywright::detail::print_a_secret<T>();
        return context.begin();
    }
    template <class Context>
    auto format(const T&, Context& context) const {
        keywright::detail::print_a_secret<T>();
        return context.out();
    }
};

// Each formatter takes no options of its own and passes width and alignment on to text.
template <class Tag>
struct fmt::formatter<keywright::id<Tag>> : fmt::formatter<fmt::string_view> {
    auto format(const keywright::id<Tag>& value, fmt::format_context& out) const {
        return fmt::formatter<fmt::string_view>::format({value.view().data(), value.view().size()}, out);
    }
};
#define KEYWRIGHT_FORMATS_AS_TEXT(type)                                                                                                    \
    template <>                                                                                                                            \
    struct fmt::formatter<type> : fmt::formatter<fmt::string_view> {                                                                       \
        template <class Context>                                                                                                           \
        auto format(const type& value, Context& out) const {                                                                               \
            return fmt::formatter<fmt::string_view>::format(keywright::to_text(value), out);                                               \
        }                                                                                                                                  \
    }
KEYWRIGHT_FORMATS_AS_TEXT(keywright::instant);
KEYWRIGHT_FORMATS_AS_TEXT(keywright::seconds);
KEYWRIGHT_FORMATS_AS_TEXT(keywright::error);
KEYWRIGHT_FORMATS_AS_TEXT(keywright::policy::reason);
#undef KEYWRIGHT_FORMATS_AS_TEXT

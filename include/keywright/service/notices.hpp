// SPDX-License-Identifier: Apache-2.0
// What administrators are told: which key or environment, by whom, when, and how to undo it (T40), so that somebody
// who did not expect it can act in time.
// Depends on: service/audit, ports/notifier, fmt.
#pragma once

#include <keywright/core/overloaded.hpp>
#include <keywright/ports/notifier.hpp>
#include <keywright/service/audit.hpp>

#include <fmt/format.h>

#include <concepts>

namespace keywright::service {

/// How a change of key that nobody else wanted is undone.
enum class undo : std::uint8_t { by_return, by_rollback };

namespace detail {

struct notice_text {
    std::string what; ///< one sentence, no full stop
    std::string undo; ///< what whoever did not authorise it can do, and until when
};

inline std::string_view text_of(const auto& id) { return id.view(); }

/// The way back that the other administrators have.
inline std::string undo_key_change(const policy::ring_state& ring, undo how) {
    const std::string until =
        happened(ring.effective_at) ? to_text(ring.effective_at + hours(72)) : std::string("72 hours after it became active");
    if (how == undo::by_rollback)
        return fmt::format(
            "Roll the activation back, now: any other administrator of the tenant can. No lock is possible before {}, nor within 72 "
            "hours of the delivery of this message, nor without a second administrator.",
            until);
    return fmt::format(
        "No lock is possible before {}. Until then return environments to the provider's key at once, or activate the earlier "
        "key 24 hours after this one became active.",
        until);
}

template <std::same_as<policy::event> Event>
notice_text describe(const Event& event, const policy::ring_state& ring, undo how) {
    using namespace policy;
    const auto text_of_body = overloaded{
        [](const key_generated& e) {
            return notice_text{
                fmt::format("key `{}` was generated", e.key.view()),
                "Nothing is encrypted under it before it is Active. Whoever holds its file and password must keep a backup of both: after a lock only that key opens the data."};
        },
        [](const key_uploaded& e) {
            return notice_text{fmt::format("key `{}` was uploaded", e.key.view()), "Nothing is encrypted under it before it is Active."};
        },
        [&](const activation_started& e) {
            return notice_text{fmt::format("activation of key `{}` has begun", e.key.view()), undo_key_change(ring, how)};
        },
        [&](const key_activated& e) {
            return notice_text{fmt::format("key `{}` is active: it now protects every environment on the customer's key", e.key.view()),
                               undo_key_change(ring, how)};
        },
        [](const activation_failed& e) {
            return notice_text{fmt::format("activation of key `{}` failed; the earlier key is still in force", e.key.view()),
                               "Nothing needs to be undone."};
        },
        [](const activation_rolled_back& e) {
            return notice_text{
                fmt::format("activation of key `{}` was rolled back{}", e.key.view(), e.cancelled ? " before it was finished" : ""),
                "Ask whoever activated that key; it can be activated again."};
        },
        [](const lock_requested& e) {
            return notice_text{
                fmt::format("a lock with key `{}` was requested; it takes a second administrator within 24 hours", e.key.view()),
                "Do not approve it; after 24 hours the request is void."};
        },
        [](const deadline_passed& e) {
            return notice_text{
                fmt::format("environment `{}` was not unlocked in time and will be deleted in 24 hours", e.environment.view()),
                "If the clock is wrong, put it right and accept it before then; two administrators can. The deadline then starts again."};
        },
        [](const clock_accepted& e) {
            return notice_text{fmt::format("the clock, behind at {}, {}", to_text(e.clock),
                                           e.agreed ? "was accepted by two administrators; every wait starts again"
                                                    : "was called right by an administrator"),
                               "Do not accept it unless it is right."};
        },
        [](const lock_started& e) {
            return notice_text{
                fmt::format("a lock with key `{}` was started: {} environment(s) serve no one until the same key comes back", e.key.view(),
                            e.environments),
                "A lock cannot be undone for one hour. After that a tenant administrator unlocks with the same key; environments that are not unlocked within 28 days are deleted."};
        },
        [](const key_unlocked& e) {
            return notice_text{fmt::format("key `{}` is active again after a lock", e.key.view()),
                               "Environments stay locked until each is unlocked."};
        },
        [&](const key_applied& e) {
            return notice_text{fmt::format("environment `{}` is now on the customer's key", e.environment.view()),
                               undo_key_change(ring, how)};
        },
        [](const returned_to_provider& e) {
            return notice_text{fmt::format("environment `{}` is back on the provider's key", e.environment.view()),
                               "Apply the active key to it again."};
        },
        [](const environment_deleted& e) {
            return notice_text{fmt::format("environment `{}` was deleted with its keys and backups{}", e.environment.view(),
                                           e.by_retention ? ", because it was not unlocked in time" : ""),
                               "This cannot be undone."};
        },
        [](const restored& e) {
            return notice_text{fmt::format("production environment `{}` was overwritten from a backup", e.environment.view()),
                               "Restore another backup of it."};
        },
        [](const copied& e) {
            return notice_text{fmt::format("production environment `{}` was overwritten by a copy", e.environment.view()),
                               "Restore a backup of it."};
        },
        [](const reset_completed& e) {
            return notice_text{fmt::format("environment `{}` was reset: its data and backups are gone, and it is on the provider's key",
                                           e.environment.view()),
                               "This cannot be undone."};
        },
        [](const access_revoked& e) {
            return notice_text{
                fmt::format("the use of the key of policy `{}` was revoked ({}): {} environment(s) are offline and serve no one",
                            e.policy.view(), name(e.cause), e.environments),
                "The vault's administrator grants the original key again, a tenant administrator asks, the provider approves. Production environments that are still offline after 30 days are deleted, others after 7."};
        },
        [](const access_granted& e) {
            return notice_text{fmt::format("policy `{}` was granted its key{}", e.policy.view(),
                                           e.permissions.complete() ? "" : ", though not for all that it needs"),
                               "The vault's administrator can revoke it."};
        },
        [](const unlock_requested& e) {
            return notice_text{fmt::format("the environments of policy `{}` were asked back", e.policy.view()),
                               "Revoke the key again, or tell the provider before it approves."};
        },
        [](const unlock_approved& e) {
            return notice_text{fmt::format("policy `{}` is back: {} environment(s) are online again", e.policy.view(), e.environments),
                               "The vault's administrator can revoke the key again."};
        },
        [](const version_rotated& e) {
            return notice_text{fmt::format("the key of policy `{}` has a new version, {}", e.policy.view(), e.version),
                               "Rotate to another version; the earlier one is kept for 28 days."};
        },
        [](const key_purged& e) {
            return notice_text{e.version == 0 ? fmt::format("the key of policy `{}` was purged from the vault", e.policy.view())
                                              : fmt::format("version {} of the key of policy `{}` was purged", e.version, e.policy.view()),
                               "This cannot be undone."};
        },
        [](const auto& e) { return notice_text{std::string(e.name), "See the audit log."}; },
    };
    notice_text told;
    visit_body(event.body, [&](const auto& body) { told = text_of_body(body); });
    return told;
}

} // namespace detail

/// What an event happened to, as a notice tells of it.
struct notice_context {
    const ring_id& name;
    const policy::ring_state& ring;
    const log_head& head; ///< the audit log's at the event
    undo how = undo::by_return;
};

/// The notice of one event to one administrator.
template <std::same_as<policy::event> Event>
ports::notice make_notice(const Event& event, const admin_id& to, const notice_context& about) {
    const auto text = detail::describe(event, about.ring, about.how);
    const auto& [tenant, region] = about.name;
    const log_head& head = about.head;
    ports::notice n;
    // Ids of people hold characters that a notice's id may not, so a hash stands for them.
    const std::string unique = fmt::format("{}/{}/{}", tenant.view(), head.number, to.view());
    n.id = fmt::format("{:012}.{}", head.number, to_hex(detail::sha256(as_bytes(unique))).substr(0, 32));
    n.to = to;
    n.tenant = tenant;
    n.at = event.at;
    n.subject = fmt::format("[{}/{}] {}", tenant.view(), region.view(), text.what);
    n.body = fmt::format(
        "Tenant {}, region {}: {}.\n\nBy:   {}{}\nWhen: {}\n\nIf nobody among you authorised this:\n{}\n\nRecord {} of the audit log; its head is then\n{}\n",
        tenant.view(), region.view(), text.what, event.by.who.view(),
        event.by.as == policy::principal::person ? "" : fmt::format(" ({})", policy::name(event.by.as)), to_text(event.at), text.undo,
        head.number, to_hex(head.hash));
    n.sequence = head.number;
    n.head_hash = to_hex(head.hash);
    return n;
}

/// A notice, as a stored record of the outbox.
template <std::same_as<ports::notice> Notice>
bytes encode_notice(const Notice& n) {
    const json stored = {{"format", record_format},
                         {"id", n.id},
                         {"to", std::string(n.to.view())},
                         {"tenant", std::string(n.tenant.view())},
                         {"at", to_text(n.at)},
                         {"subject", n.subject},
                         {"body", n.body},
                         {"number", n.sequence},
                         {"head", n.head_hash}};
    return detail::to_bytes(stored);
}

/// Reads what `encode_notice` wrote. corrupt: it is no such record; unsupported: a later version wrote it.
template <class Notice = ports::notice>
[[nodiscard]] result<Notice> decode_notice(byte_view stored) {
    const auto in = parse_record(stored);
    if (!in) return pass(in);
    const json& j = *in;
    for (const char* name : {"id", "to", "tenant", "at", "subject", "body", "head"})
        if (!j.contains(name) || !j[name].is_string()) return fail(errc::corrupt, "outbox: a notice lacks a field");
    Notice n;
    if (!j.contains("number") || !detail::read_value(j["to"], n.to) || !detail::read_value(j["tenant"], n.tenant) ||
        !detail::read_value(j["at"], n.at) || !detail::read_value(j["number"], n.sequence))
        return fail(errc::corrupt, "outbox: a notice has a field of the wrong shape");
    n.id = j["id"], n.subject = j["subject"], n.body = j["body"], n.head_hash = j["head"];
    return n;
}

} // namespace keywright::service

// SPDX-License-Identifier: Apache-2.0
// What can I do now, and what when? Each command of a profile is judged as it would be if the caller did everything
// right: confirmed, acknowledged, with the right key. What is left is what others, or time, must cure.
// Depends on: profiles/decide. Use: `for (const auto& a : everything_allowed(profile, facts, alice, now)) ...`
#pragma once

#include <keywright/policy/locking.hpp>
#include <keywright/profiles/decide.hpp>

namespace keywright::profiles {

/// Whether a command is allowed: now; from a moment on, if nothing else changes; only after somebody has cured
/// something; or never to this caller, because the profile grants it to others or to nobody.
enum class allowed : std::uint8_t { now, from, after, never };

struct availability {
    std::string_view command;
    allowed when = allowed::never;
    instant from = never;      ///< of allowed::from: the earliest moment; of after: not before it, if that is known
    policy::reason why; ///< of from, after and never: the reason that stands in the way longest; of `after` one that time does not cure
    friend constexpr bool operator==(const availability&, const availability&) = default;
};

namespace detail {

/// Whether a command is allowed, by the facts as they are.
template <class Profile, class C>
constexpr availability at_this_moment(const Profile& profile, const policy::facts& f, const C& command, std::string_view name) {
    const policy::decision d = decide(profile, f, command);
    if (d.allowed()) return {name, allowed::now, f.now, {}};
    availability found{name, allowed::from, never, {}};
    for (const policy::reason& r : d.reasons()) {
        if (happened(r.not_before) && r.not_before > found.from) {
            found.from = r.not_before;
            if (found.when == allowed::from) found.why = r;
        }
        if (happened(r.not_before)) continue;
        const bool no_role = r.code == policy::refusal::not_authorized && r.rule == Profile::grants::id::text;
        if (found.when == allowed::from || no_role) found.why = r;
        if (found.when != allowed::never) found.when = no_role ? allowed::never : allowed::after;
    }
    return found;
}

} // namespace detail

/// The same for one command as it was asked. What ends one wait may be past another limit by then, so the moment that
/// is found is judged too, until one holds.
template <class Profile, class C>
constexpr availability next_allowed(const Profile& profile, const policy::facts& f, const C& command, std::string_view name = {}) {
    availability found = detail::at_this_moment(profile, f, command, name);
    policy::facts then = f;
    C asked = command;
    for (int waits = 0; waits < 16 && found.when == allowed::from; ++waits) {
        then.now = asked.at = found.from;
        const availability next = detail::at_this_moment(profile, then, asked, name);
        if (next.when == allowed::now) return found;
        found = next;
    }
    return found;
}

namespace detail {

/// A key file as the rules want it, of this fingerprint.
constexpr policy::key_evidence good_file(const fingerprint& print) {
    return {.format = policy::file_kind::pfx,
            .outcome = policy::file_outcome::opened,
            .has_password = true,
            .has_private = true,
            .type = policy::key_kind::rsa,
            .bits = 2048,
            .print = print,
            .kid = {}};
}
/// Of a key that nobody has.
constexpr fingerprint unknown_print() {
    fingerprint print;
    for (std::uint8_t& byte : print.bytes) byte = 0xFF;
    return print;
}
constexpr policy::typed_text lock_text(const policy::facts& f, bool by_name) {
    if (by_name) return policy::typed_text(f.ring.region.view());
    char text[policy::typed_text::capacity()]{};
    std::size_t n = 0;
    for (const std::string_view part : {std::string_view("lock "), f.tenant.id.view()})
        for (const char c : part) text[n++] = c;
    return policy::typed_text(std::string_view(text, n));
}

/// Judges command after command with all that the caller can put right put right.
template <class Profile, class List>
class survey {
public:
    constexpr survey(const Profile& profile, const policy::facts& f, const policy::actor& by, instant at, List& list)
        : profile_(profile), f_(f), by_(by), at_(at), list_(list) {
        f_.source_ = nullptr, f_.backup_ = nullptr; // only what is about two environments comes with two
    }

    constexpr void of_keys() const {
        using namespace policy;
        const bool at_once = profile_.procedure().keys_at_once;
        const key_record* active = active_key(f_.ring);
        const key_record* shut = find_key(f_.ring, key_state::locked);
        const key_record* waiting = find_key(f_.ring, key_state::available);
        const typed_text text = lock_text(f_, at_once);
        const key_id fresh{"a-new-key"};
        add("create_import_key", create_import_key{.by = by_, .at = at_, .kid = kid_text("a-new-key"), .print = {}, .replace = true});
        add("generate_key", generate_key{by_, at_, fresh, unknown_print(), 2048, true, true, true, true});
        add("upload_key", upload_key{by_, at_, fresh, good_file(unknown_print()), true, true, true});
        add("activate_key", activate_key{by_, at_, waiting != nullptr ? waiting->id : key_id{}, true, true});
        add("rollback_activation", rollback_activation{by_, at_});
        add("lock", lock{by_, at_, good_file(active != nullptr ? active->print : unknown_print()), text, true});
        add("approve_lock", approve_lock{by_, at_, text});
        add("unlock_key", unlock_key{by_, at_, good_file(shut != nullptr ? shut->print : unknown_print())});
        add("accept_clock", accept_clock{by_, at_});
    }
    constexpr void of_environment() const {
        using namespace policy;
        const typed_text name(f_.environment().id.view());
        add("apply_key", apply_key{by_, at_, true, true});
        add("return_to_provider", return_to_provider{by_, at_, true, true, name});
        add("unlock_environment", unlock_environment{by_, at_, true});
        add("open_environment", open_environment{by_, at_});
        add("reset", reset{by_, at_, name});
        add("delete_environment", delete_environment{by_, at_, name});
        add("enable_field_encryption", enable_field_encryption{by_, at_});
        add("take_backup", take_backup{by_, at_, backup_id{"a-new-backup"}});
        add("remove_from_policy", remove_from_policy{by_, at_, true, name});
        add("integrate_environment", integrate_environment{by_, at_, organisation_id{"an-organisation"}});
    }
    /// Of the data that `two` brings: its backup, or the other environment as it is.
    constexpr void of_source(const policy::facts& two) {
        using namespace policy;
        const facts one = f_;
        f_.source_ = two.source_;
        const typed_text name(f_.environment().id.view());
        if (f_.source().id != f_.environment().id) add("copy", copy{by_, at_, name});
        f_.backup_ = two.backup_;
        if (f_.backup_ != nullptr) add("restore", restore{by_, at_, name});
        f_.source_ = one.source_, f_.backup_ = one.backup_;
    }
    /// Of the policy that the facts bring; a new one is judged beside it.
    constexpr void of_policy() {
        using namespace policy;
        const policy_state* const of = f_.policy_;
        const vault_key_evidence key{.key = key_id{"a-new-key"}, .print = unknown_print(), .type = key_kind::rsa, .bits = 2048};
        f_.policy_ = nullptr;
        add("create_policy", create_policy{.by = by_,
                                           .at = at_,
                                           .policy = policy_id{"a-new-policy"},
                                           .vault = {.vault = vault_id{"a-vault"}, .region = f_.ring.region, .purge_protection = true},
                                           .key = key,
                                           .offered_here = true});
        f_.policy_ = of;
        if (of == nullptr || of->id.empty()) return;
        add("grant_access", grant_access{by_, at_, all_uses, of->in_force().print});
        add("revoke_access", revoke_access{by_, at_});
        add("request_unlock", request_unlock{by_, at_});
        add("approve_unlock", approve_unlock{by_, at_});
        add("rotate_version", rotate_version{by_, at_, key});
        add("purge_key", purge_key{by_, at_});
        if (f_.environment_ == nullptr) return;
        const environment_facts fit{.managed = true, .data_platform = true, .licensed = true};
        add("add_to_policy", add_to_policy{by_, at_, fit, f_.environment().membership.organisation, true});
    }

private:
    /// What nobody is granted does not exist in the profile, and is not listed.
    template <class C>
    constexpr void add(std::string_view name, const C& command) const {
        if constexpr (Profile::grants::template to<C>() != policy::no_one) list_.push_back(next_allowed(profile_, f_, command, name));
    }

    const Profile& profile_;
    policy::facts f_;
    const policy::actor& by_;
    instant at_;
    List& list_;
};

} // namespace detail

using availability_list = inline_list<availability, 29>;

/// For each command that somebody may give at all about keys, environments and policies in this profile: whether `by` may
/// now, when, or after what. Judged as `f` has them: what is about an environment, `copy` from the source, `restore` of
/// the backup, and what is about a policy.
template <class Profile>
constexpr availability_list everything_allowed(const Profile& profile, const policy::facts& f, const policy::actor& by, instant at) {
    availability_list list;
    detail::survey<Profile, availability_list> all(profile, f, by, at, list);
    all.of_keys();
    if (f.environment_ != nullptr) all.of_environment();
    if (f.environment_ != nullptr && f.source_ != nullptr) all.of_source(f);
    all.of_policy();
    return list;
}

} // namespace keywright::profiles

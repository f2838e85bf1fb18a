// SPDX-License-Identifier: Apache-2.0
// decide(profile, facts, command): the one place where "may this happen?" is answered, for a command and for a plan
// alike. Deny when nobody is granted the command; otherwise every rule that speaks about it is asked, and all
// objections are returned together.
// Depends on: profiles/profile, policy/consequences.
#pragma once

#include <keywright/policy/consequences.hpp>
#include <keywright/profiles/profile.hpp>

namespace keywright::profiles {

/// The roles that somebody holds towards a command's subject.
constexpr policy::roles roles_of(const policy::facts& f, const policy::actor& by) {
    using namespace policy;
    if (by.as == principal::provider) return provider_role;
    if (by.as == principal::system) return system_role;
    if (by.as == principal::vault) return vault_admin;
    bool tenant = false;
    bool target = false;
    bool other = f.source_ == nullptr;
    for (const administrator& a : f.tenant.administrators) {
        if (a.who != by.who) continue;
        if (a.environment.empty()) tenant = true;
        if (!a.environment.empty() && f.environment_ != nullptr && a.environment == f.environment_->id) target = true;
        if (!a.environment.empty() && f.source_ != nullptr && a.environment == f.source_->id) other = true;
    }
    roles held = no_one;
    if (tenant) held = held | tenant_admin;
    if (target) held = held | target_admin;
    if (target && other) held = held | environment_admin;
    return held;
}

/// Allowed with the events that follow, or refused with every reason. Pure: same arguments, same answer.
template <class Profile, class C>
constexpr policy::decision decide(const Profile& profile, const policy::facts& f, const C& command) {
    using namespace policy;
    expects(f.now >= effective_now(f.ring, command.at),
            "decide: facts.now is the later of the command's moment and the latest committed one");
    constexpr roles granted = Profile::grants::template to<C>();
    const bool may = granted.any_of(roles_of(f, command.by));
    if (may && !profile.objects(f, command))
        return decision::allow([&](event_list& events) { consequences(f, command, profile.procedure(), events); });
    return decision::refuse([&](reason_list& reasons) {
        if (!may) {
            const mender who = granted == provider_role ? mender::provider : mender::tenant_administrator;
            reasons.push_back(verdict::object(refusal::not_authorized, who, command.by.who.view()).why()).rule = Profile::grants::id::text;
        }
        profile.judge(f, command, reasons);
    });
}

} // namespace keywright::profiles

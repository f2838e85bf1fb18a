// SPDX-License-Identifier: Apache-2.0
// The family of quotas: at most so many in any window. A cooldown is a quota of one; this counts more. In no shipped
// profile, because no source limits how often; made to be added to any of them.
// Depends on: policy/rule. Use, at most three keys a week:
//     using few_keys = quota<"ACME-3", keys_brought, generate_key, upload_key>;
//     inline constexpr auto acme = profiles::power_platform.with(few_keys{.most = 3, .window = days(7)});
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::policy {

/// When the things happened that a quota counts, in any order, and what a refusal calls them.
struct moments {
    std::string_view what;
    inline_list<instant, tenant_state::max_administrators> at{};
};

/// Keys that were generated or uploaded. A ring keeps the records of 16 keys, used-up ones included, the newest last.
constexpr moments keys_brought(const facts& f) {
    moments found{"keys"};
    for (const key_record& key : f.ring.keys) found.at.push_back(key.created_at);
    return found;
}
/// Locks that were completed, of which a ring keeps the last 12.
constexpr moments locks_completed(const facts& f) {
    moments found{"locks"};
    for (const lock_record& lock : f.ring.locks) found.at.push_back(lock.completed_at);
    return found;
}
/// Administrators of the whole tenant who were added and are still there.
constexpr moments administrators_added(const facts& f) {
    moments found{"administrators"};
    for (const administrator& a : f.tenant.administrators)
        if (a.environment.empty()) found.at.push_back(a.since);
    return found;
}

/// At most `most` of `Moments` in any `window`; the next one when the oldest that counts has left it. Half-open: what
/// comes exactly `window` later counts no more. `most` of 0 is never cured by time.
template <fixed_text Id, moments (*Moments)(const facts&), class... Commands>
struct quota {
    using id = rule_tag<Id>;
    using commands = types<Commands...>;
    std::uint32_t most = 1;
    seconds window = hours(24);

    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        const moments all = Moments(f);
        std::uint32_t count = 0;
        for (const instant at : all.at) count += counts(f, at) ? 1U : 0U;
        if (count < most) return verdict::pass();
        if (most == 0) return verdict::measure(refusal::too_many, mender::nobody, count, most, all.what);
        return verdict::wait(refusal::too_many, last_to_leave(f, all), window, all.what).counted(count, most);
    }

private:
    constexpr bool counts(const facts& f, instant at) const { return f.now < at + window; }
    /// The `most`-th newest: when it has left the window, fewer than `most` are in it.
    constexpr instant last_to_leave(const facts& f, const moments& all) const {
        instant found = never;
        for (const instant at : all.at) {
            std::uint32_t no_older = 0;
            for (const instant other : all.at) no_older += other >= at ? 1U : 0U;
            if (counts(f, at) && no_older >= most) found = later(found, at);
        }
        return found;
    }
};

} // namespace keywright::policy

// SPDX-License-Identifier: Apache-2.0
// Classification decides about custody: G12, G13. In no shipped profile, because only a product knows how it holds keys
// and what its customers call confidential; made to be added to any of them.
// Depends on: policy/rule. Use, where the service's vault is an HSM:
//     inline constexpr auto acme = profiles::power_platform.with(policy::custody_fits{.held = custody::hsm})
//                                                          .with(policy::protection_fits{});
#pragma once

#include <keywright/policy/rule.hpp>

#include <array>

namespace keywright::policy {

/// Who holds the key that protects data, and how; each is more than the one before.
enum class custody : std::uint8_t {
    provider, ///< the provider's own key
    vault,    ///< a key of the customer's, in software
    hsm       ///< a key of the customer's that never leaves the hardware
};

/// The custody that each classification asks for at the least, in the order of the enumerators.
using custody_table = std::array<custody, 4>;
/// Highly sensitive data: the key in an HSM (G12); confidential data: a key of the customer's (G13).
inline constexpr custody_table usual_custody{custody::provider, custody::provider, custody::vault, custody::hsm};

constexpr custody needed(const custody_table& table, classification data) { return table[static_cast<std::size_t>(data)]; }

/// G12: the key that an environment is put under is held as its data asks for. `held` is how the service's vault holds
/// keys; where a policy names the key, the vault has said so itself.
struct custody_fits {
    using id = rule_tag<"G12">;
    using commands = types<apply_key, add_to_policy>;
    custody held = custody::vault;
    custody_table least = usual_custody;

    constexpr verdict operator()(const facts& f, const apply_key&) const { return judge(f, held); }
    constexpr verdict operator()(const facts& f, const add_to_policy&) const {
        if (f.policy_ == nullptr || f.policy_->id.empty()) return verdict::pass(); // H01 tells
        return judge(f, f.policy().in_hsm ? custody::hsm : custody::vault);
    }

private:
    constexpr verdict judge(const facts& f, custody offered) const {
        const custody wanted = needed(least, f.environment().data);
        if (offered >= wanted) return verdict::pass();
        return verdict::measure(refusal::custody_too_weak, mender::provider, static_cast<std::int64_t>(offered),
                                static_cast<std::int64_t>(wanted), f.environment().id.view());
    }
};

/// G13: what has to be under a key of the customer's does not go back to the provider's, and is not copied or restored
/// to where the data would count for less than it does.
struct protection_fits {
    using id = rule_tag<"G13">;
    using commands = types<return_to_provider, remove_from_policy, restore, copy>;
    custody_table least = usual_custody;

    constexpr verdict operator()(const facts& f, const return_to_provider&) const { return leaving(f); }
    constexpr verdict operator()(const facts& f, const remove_from_policy&) const { return leaving(f); }
    template <class C>
    constexpr verdict operator()(const facts& f, const C&) const {
        const custody wanted = needed(least, f.source().data);
        const custody offered = needed(least, f.environment().data);
        return offered >= wanted ? verdict::pass() : too_weak(f, offered, wanted);
    }

private:
    static constexpr verdict too_weak(const facts& f, custody offered, custody wanted) {
        return verdict::measure(refusal::custody_too_weak, mender::tenant_administrator, static_cast<std::int64_t>(offered),
                                static_cast<std::int64_t>(wanted), f.environment().id.view());
    }
    constexpr verdict leaving(const facts& f) const {
        const custody wanted = needed(least, f.environment().data);
        return wanted == custody::provider ? verdict::pass() : too_weak(f, custody::provider, wanted);
    }
};

} // namespace keywright::policy

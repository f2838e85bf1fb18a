// SPDX-License-Identifier: Apache-2.0
// Which environments a policy takes in, and how they leave it: P01, P02, P03, P12, P14, P17, P23, P24, and T20.
// Depends on: policy/vault_keys.
#pragma once

#include <keywright/policy/vault_keys.hpp>

namespace keywright::policy {

/// P01: the policy may do with its key all that it needs.
struct grant_is_complete {
    using id = rule_tag<"P01">;
    using commands = types<add_to_policy>;
    constexpr verdict operator()(const facts& f, const add_to_policy&) const {
        if (!detail::has_policy(f) || f.policy().permissions.complete()) return verdict::pass();
        return verdict::object(refusal::grant_incomplete, mender::vault_administrator, f.policy().id.view());
    }
};

/// P02: a managed environment.
struct environment_is_managed {
    using id = rule_tag<"P02">;
    using commands = types<add_to_policy>;
    constexpr verdict operator()(const facts& f, const add_to_policy& c) const {
        if (c.facts.managed) return verdict::pass();
        return verdict::object(refusal::not_managed, mender::tenant_administrator, f.environment().id.view());
    }
};

/// P03: in one policy at the most: to change the key is to leave one and to enter another.
struct in_no_policy_yet {
    using id = rule_tag<"P03">;
    using commands = types<add_to_policy>;
    constexpr verdict operator()(const facts& f, const add_to_policy&) const {
        if (!f.environment().membership.in_policy()) return verdict::pass();
        return verdict::object(refusal::already_in_policy, mender::tenant_administrator, f.environment().id.view());
    }
};

/// P12: a finance-and-operations environment is integrated first, and its key comes after that.
struct integrated_first {
    using id = rule_tag<"P12">;
    using commands = types<add_to_policy, integrate_environment>;
    constexpr verdict operator()(const facts& f, const add_to_policy& c) const {
        if (!c.facts.finance_and_operations || !f.environment().membership.organisation.empty()) return verdict::pass();
        return verdict::object(refusal::not_integrated, mender::tenant_administrator, f.environment().id.view());
    }
    constexpr verdict operator()(const facts& f, const integrate_environment&) const {
        if (!f.environment().membership.in_policy()) return verdict::pass();
        return verdict::object(refusal::already_in_policy, mender::tenant_administrator, f.environment().id.view());
    }
};

/// P23: it is found by its organisation's name, which may differ from its own. A name that is given must fit, whatever
/// the environment is.
struct organisation_is_known {
    using id = rule_tag<"P23">;
    using commands = types<add_to_policy, integrate_environment>;
    constexpr verdict operator()(const facts& f, const add_to_policy& c) const {
        const organisation_id& noted = f.environment().membership.organisation;
        if (c.facts.finance_and_operations && noted.empty()) return verdict::pass(); // P12 tells
        if (!c.facts.finance_and_operations && c.organisation.empty()) return verdict::pass();
        return c.organisation == noted ? verdict::pass() : unknown(c.organisation);
    }
    constexpr verdict operator()(const facts&, const integrate_environment& c) const {
        return c.organisation.empty() ? unknown(c.organisation) : verdict::pass();
    }

private:
    static constexpr verdict unknown(const organisation_id& name) {
        return verdict::object(refusal::unknown_organisation, mender::the_caller, name.view());
    }
};

/// P14: not in the customer's own subscription, where the provider encrypts nothing.
struct hosted_by_provider {
    using id = rule_tag<"P14">;
    using commands = types<add_to_policy>;
    constexpr verdict operator()(const facts& f, const add_to_policy& c) const {
        if (!c.facts.cloud_hosted) return verdict::pass();
        return verdict::object(refusal::cloud_hosted, mender::nobody, f.environment().id.view());
    }
};

/// P14: licensed.
struct environment_is_licensed {
    using id = rule_tag<"P14">;
    using commands = types<add_to_policy>;
    constexpr verdict operator()(const facts& f, const add_to_policy& c) const {
        if (c.facts.licensed) return verdict::pass();
        return verdict::object(refusal::not_licensed, mender::provider, f.environment().id.view());
    }
};

/// P17: environment and policy are in the same region.
struct environment_in_region {
    using id = rule_tag<"P17">;
    using commands = types<add_to_policy>;
    constexpr verdict operator()(const facts& f, const add_to_policy&) const {
        if (!detail::has_policy(f) || f.environment().region == f.policy().region) return verdict::pass();
        return verdict::object(refusal::region_mismatch, mender::nobody, f.environment().id.view());
    }
};

/// P24: it has the data platform.
struct has_data_platform {
    using id = rule_tag<"P24">;
    using commands = types<add_to_policy>;
    constexpr verdict operator()(const facts& f, const add_to_policy& c) const {
        if (c.facts.data_platform) return verdict::pass();
        return verdict::object(refusal::no_data_platform, mender::tenant_administrator, f.environment().id.view());
    }
};

/// T20: only what is in a policy leaves it.
struct remove_from_its_policy {
    using id = rule_tag<"T20">;
    using commands = types<remove_from_policy>;
    constexpr verdict operator()(const facts& f, const remove_from_policy&) const {
        if (f.environment().membership.in_policy()) return verdict::pass();
        return verdict::object(refusal::not_customer_managed, mender::nobody, f.environment().id.view());
    }
};

} // namespace keywright::policy

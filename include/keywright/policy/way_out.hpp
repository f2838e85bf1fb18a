// SPDX-License-Identifier: Apache-2.0
// When an environment's data may be left in the clear: once it has been returned to the provider's key (T20), which was
// asked for, confirmed and told. While the customer's key protects it, nobody takes it out of that protection by a copy.
// Depends on: policy/environments.
// Use: `const auto answer = way_out(ring, environment);` then `answer.permit()` or `answer.why()`.
#pragma once

#include <keywright/policy/environments.hpp>

namespace keywright::insecure {
class secret_access; // <keywright/insecure.hpp>
}

namespace keywright::policy {

class way_out_answer;

/// The right to leave one environment's data in the clear. Only a policy's answer has one, or whoever says in the code
/// that no policy is asked.
class clear_permit {
public:
    /// For keys that belong to no tenant, such as a key file of one's own: its holder alone decides. `environment` is the
    /// name that the keys' lease carries.
    static constexpr clear_permit without_policy(const environment_id& environment, const insecure::secret_access&) {
        return clear_permit(environment);
    }
    constexpr const environment_id& environment() const { return environment_; }

private:
    friend class way_out_answer;
    constexpr explicit clear_permit(const environment_id& environment) : environment_(environment) {}
    environment_id environment_;
};

/// A permit, or the reason why there is none. As a decision: a program must look.
class [[nodiscard]] way_out_answer {
public:
    constexpr way_out_answer(const ring_state& ring, const environment_state& e) : permit_(e.id), why_(judge(ring, e)) {
        why_.rule = "T20";
    }
    constexpr bool allowed() const { return !objects_; }
    /// Requires: allowed().
    constexpr const clear_permit& permit() const {
        expects(allowed(), "way_out: permit() of an allowed answer");
        return permit_;
    }
    /// Requires: not allowed().
    constexpr const reason& why() const {
        expects(!allowed(), "way_out: why() of a refusal");
        return why_;
    }

private:
    constexpr reason judge(const ring_state& ring, const environment_state& e) {
        const verdict said = objection(ring, e);
        objects_ = said.objects();
        return said.why();
    }
    static constexpr verdict objection(const ring_state& ring, const environment_state& e) {
        if (e.deleted) return verdict::object(refusal::not_found, mender::nobody, e.id.view());
        if (is_locked(ring, e)) return verdict::object(refusal::environment_locked, mender::tenant_administrator, e.id.view());
        if (e.managed_by == protector::customer)
            return verdict::object(refusal::not_provider_managed, mender::tenant_administrator, e.id.view());
        if (e.transition != operation::none) return verdict::object(refusal::operation_in_progress, mender::time, e.id.view());
        return verdict::pass();
    }

    clear_permit permit_;
    bool objects_ = true;
    reason why_;
};

/// Pure: same arguments, same answer. Who may ask is another question: that of `open_environment`.
constexpr way_out_answer way_out(const ring_state& ring, const environment_state& e) { return {ring, e}; }

} // namespace keywright::policy

// SPDX-License-Identifier: Apache-2.0
// What the people of a tenant ask for in the tests of the service: every operation, confirmed as it must be.
//     struct my_world : service_tests::tenant_operations<my_world> { tenant_service<...> svc; service::key_file pfx() const; };
//     my_world w; w.apply(environment_id("prod"));
#pragma once

#include <keywright/keywright.hpp>

#include <string_view>

namespace service_tests {

using namespace keywright;

inline const tenant_id contoso{"contoso"};
inline const service::ring_id eu{contoso, region_id{"eu"}};
inline const policy::actor provider{admin_id{"provider"}, policy::principal::provider};
inline const policy::actor alice{admin_id{"alice"}};
inline const policy::actor bob{admin_id{"bob"}};

/// World has `svc`, a service, and `pfx()`, the key file with which it is locked and unlocked.
template <class World>
struct tenant_operations {
    result<outcome> activate(std::string_view name = "k2") {
        return svc().run({eu}, policy::activate_key{.by = alice, .key = key_id{name}, .acknowledged = true, .confirmed = true});
    }
    result<outcome> apply(const environment_id& e) {
        return svc().run({eu, e}, policy::apply_key{.by = alice, .acknowledged = true, .confirmed = true});
    }
    result<outcome> give_back(const environment_id& e) {
        return svc().run({eu, e}, policy::return_to_provider{
                                      .by = alice, .acknowledged = true, .confirmed = true, .confirmation = policy::typed_text(e.view())});
    }
    result<outcome> lock() { return svc().lock(eu, {.by = alice, .file = self().pfx(), .confirmation = "lock contoso"}); }
    result<outcome> unlock() { return svc().unlock_key(eu, {.by = bob, .file = self().pfx()}); }
    result<outcome> unlock(const environment_id& e) {
        return svc().run({eu, e}, policy::unlock_environment{.by = alice, .confirmed = true});
    }
    result<outcome> reset(const environment_id& e) {
        return svc().run({eu, e}, policy::reset{.by = alice, .confirmation = policy::typed_text(e.view())});
    }
    result<outcome> remove(const environment_id& e) {
        return svc().run({eu, e}, policy::delete_environment{.by = alice, .confirmation = policy::typed_text(e.view())});
    }
    result<outcome> back_up(const environment_id& e, std::string_view name) {
        return svc().run({eu, e}, policy::take_backup{.by = alice, .backup = backup_id{name}});
    }
    result<outcome> restore(const environment_id& from, std::string_view name, const environment_id& to) {
        return svc().run({eu, to, from, backup_id{name}}, policy::restore{.by = alice, .confirmation = policy::typed_text(to.view())});
    }
    result<outcome> copy(const environment_id& from, const environment_id& to) {
        return svc().run({eu, to, from}, policy::copy{.by = alice, .confirmation = policy::typed_text(to.view())});
    }

private:
    friend World;
    tenant_operations() = default;
    World& self() { return static_cast<World&>(*this); }
    auto& svc() { return self().svc; }
};

} // namespace service_tests

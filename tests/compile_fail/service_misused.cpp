// SPDX-License-Identifier: Apache-2.0
// SAYS: tenant_service: `run` takes no command that brings a key; call the function of its name, which reads the key itself
// SAYS: tenant_service: `run` takes no report; what has become of its work the service says itself, in `recover`
// SAYS: tenant_service: the command may have been refused; ask the outcome
// SAYS: outcome: it may be a refusal; ask refused()
// SAYS: tenant_service: one for each set of parts; hand it on by reference
// SAYS: state_store: needs `result<record> load(std::string_view key)`; see keywright/ports/state_store.hpp
// SAYS: keywright: a secret is not printed; print the name or the fingerprint of its key
// A service that is asked for what it must not believe, whose answers are dropped, that is copied, or whose parts are in each
// other's place.
#include <keywright/adapters/memory.hpp>
#include <keywright/keywright.hpp>

using namespace keywright;

template <class Store, class Vault>
using service_on = tenant_service<profiles::power_platform, Store, Vault, memory::manual_clock, memory::notifier, memory::content_store>;
using service_type = service_on<memory::state_store, memory::key_vault>;

outcome asked(service_type& svc, const service::ring_id& ring);

// Nothing here goes on to instantiate what a service does: that is compiled elsewhere, and takes a minute.
#ifndef FIXED
void lock_by_made_up_evidence(service_type& svc, const service::ring_id& ring) { (void)svc.run({ring}, policy::lock{}); }
void report_and_drop_the_result(service_type& svc, const service::ring_id& ring) { svc.run({ring}, policy::completed{}); }
void drop_an_outcome(service_type& svc, const service::ring_id& ring) { asked(svc, ring); }
void copy(service_type& svc) { service_type second = svc; }
constexpr auto parts_in_each_others_place = sizeof(service_on<memory::key_vault, memory::state_store>);
std::string print(const keys::data_key_lease& lease) { return fmt::format("{}", lease); }
#else
using answer = decltype(std::declval<service_type&>().run({service::ring_id{}}, policy::rollback_activation{}));
bool refused(const answer& done) { return done && done->refused(); }
bool refused(service_type& svc, const service::ring_id& ring) { return asked(svc, ring).refused(); }
constexpr auto parts_in_their_place = sizeof(service_type);
std::string print(const keys::data_key_lease& lease) { return fmt::format("{}", lease.environment()); }
#endif

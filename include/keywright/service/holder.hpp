// SPDX-License-Identifier: Apache-2.0
// One key, one ring: which ring took a customer's key last, and whether it still uses it. The vault alone cannot tell: a
// locked key is not in it, and would open what it locked if another ring brought it back there.
// Depends on: service/transact, service/records. Use: `auto held = holder_of(store, ring, print);`
#pragma once

#include <keywright/service/transact.hpp>

namespace keywright::service {

struct key_holder {
    std::uint64_t version = 0;   ///< of the record; 0: no ring ever took the key
    bool is_another = false;     ///< another ring took it and has it Available, Installing, Active or Locked
};

/// As the store; corrupt when the record names no ring.
template <class Store>
[[nodiscard]] result<key_holder> holder_of(Store& store, const ring_id& ring, const fingerprint& print) {
    const auto found = store.load(records::holder(print));
    if (!found && found.error().code == errc::not_found) return key_holder{};
    if (!found) return pass(found);
    const std::string_view text = as_text(found->value);
    const auto slash = text.find('/');
    const auto corrupt = fail(errc::corrupt, "service: the record of a key's holder names no ring");
    if (slash == std::string_view::npos) return corrupt;
    const std::string_view tenant = text.substr(0, slash), region = text.substr(slash + 1);
    if (!tenant_id::valid(tenant) || !region_id::valid(region)) return corrupt;
    const ring_id holder{tenant_id(tenant), region_id(region)};
    if (holder == ring) return key_holder{found->version, false};
    const auto state = load<policy::ring_state>(store, records::ring(holder));
    if (!state) return pass(state);
    for (const policy::key_record& key : state->value.keys)
        if (key.print == print && policy::in_use(key)) return key_holder{found->version, true};
    return key_holder{found->version, false};
}

/// Puts the ring down as the key's holder; the commit holds only if no other ring has been put down since `held` was read.
inline void put_holder(ports::batch& batch, const ring_id& ring, const fingerprint& print, const key_holder& held) {
    const std::string text = std::string(ring.tenant.view()) + "/" + std::string(ring.region.view());
    batch.put(records::holder(print), held.version, bytes(text.begin(), text.end()));
}

} // namespace keywright::service

// SPDX-License-Identifier: Apache-2.0
// A key that somebody else can break is not taken in, whatever a profile allows: no policy makes it protect anything.
// Only when it comes new: a key that is in use already locks and unlocks, or its data would be lost.
// Depends on: keys/weakness, policy/state, service/records.
#pragma once

#include <keywright/keys/weakness.hpp>
#include <keywright/policy/state.hpp>
#include <keywright/service/records.hpp>

#include <concepts>
#include <vector>

namespace keywright::service {

/// Looks at the key alone, and beside every key that the ring ever held and still has a public half of.
/// A `Key` that is a Botan::Private_Key is asked for its private numbers, too.
/// Fails with weak_key, whose text names the first weakness; otherwise as the store, and as keys::weaknesses_of.
template <class Store, std::derived_from<Botan::Public_Key> Key>
[[nodiscard]] result<void> require_strong(Store& store, const policy::ring_state& ring, const Key& key) {
    std::vector<bytes> earlier;
    for (const policy::key_record& known : ring.keys) {
        auto half = store.load(records::spki(known.print));
        if (half)
            earlier.push_back(std::move(half->value));
        else if (half.error().code != errc::not_found)
            return pass(half);
    }
    const auto found = keys::weaknesses_of(key, earlier);
    if (!found) return pass(found);
    return found->empty() ? result<void>{} : fail(errc::weak_key, keys::explain((*found)[0]));
}

} // namespace keywright::service

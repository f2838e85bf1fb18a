// SPDX-License-Identifier: Apache-2.0
// The leases that work on an environment goes by: a day long, watched like any other, of the purposes that are asked for.
// Depends on: service/environment_keys, service/watches. Use: `work_leases(chain, known, l).to_read()`.
#pragma once

#include <keywright/service/environment_keys.hpp>
#include <keywright/service/watches.hpp>

namespace keywright::service {

/// Of `l.environment`. Requires: all three outlive this. Thread safety: one thread at a time.
template <class Parts>
class work_leases {
public:
    work_leases(custody<Parts>& chain, watches& known, const loaded& l) : chain_(chain), watches_(known), loaded_(l) {}

    /// Of one purpose, or of all that there are (nullopt), to write under the keys of version `primary`; 0: to read. Fails as
    /// key_opener::open.
    [[nodiscard]] result<keys::data_key_lease> of(std::optional<keys::data_purpose> purpose, std::uint64_t primary = 0) {
        return granted(key_opener<Parts>(chain_).open({env().id, env().key_version, primary, purpose}));
    }
    /// Of what the content is sealed under. An environment that has none of it has no key for it, and a lease all the same.
    [[nodiscard]] result<keys::data_key_lease> to_read() {
        key_opener<Parts> opener(chain_);
        std::vector<keys::leased_key> all;
        for (const keys::data_purpose purpose : Parts::content_purposes) {
            auto some = opener.open({env().id, env().key_version, 0, purpose});
            if (!some && some.error().code == errc::not_found) continue;
            if (!some) return pass(some);
            std::move(some->begin(), some->end(), std::back_inserter(all));
        }
        return all.empty() ? of(keys::data_purpose::message) : granted(std::move(all));
    }
    /// The same to write content; keys are made where there are none. Fails as open_to_write.
    [[nodiscard]] result<keys::data_key_lease> to_write() {
        std::vector<keys::leased_key> all;
        for (const keys::data_purpose purpose : Parts::content_purposes) {
            auto some = open_to_write(chain_, loaded_, purpose);
            if (!some) return pass(some);
            std::move(some->begin(), some->end(), std::back_inserter(all));
        }
        return granted(std::move(all));
    }

private:
    const policy::environment_state& env() const { return loaded_.environment->value; }
    result<keys::data_key_lease> granted(result<std::vector<keys::leased_key>>&& keys) {
        if (!keys) return pass(keys);
        return keys::data_key_lease::grant(watches_.watch(chain_.parts().store, chain_.ring(), loaded_), lease_epoch(loaded_),
                                           std::move(*keys), {.max_age = std::chrono::hours(24)});
    }

    custody<Parts>& chain_;
    watches& watches_;
    const loaded& loaded_;
};

} // namespace keywright::service

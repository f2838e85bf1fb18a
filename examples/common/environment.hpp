// SPDX-License-Identifier: Apache-2.0
// The keys of a tenant's environment, out of the folder that the example tenant_admin keeps.
#pragma once

#include "trouble.hpp"

#include <keywright/envelope/page_header.hpp>
#include <keywright/keys/lease.hpp>
#include <keywright/policy/way_out.hpp>
#include <keywright/ports/content_store.hpp>

#include <functional>
#include <memory>

namespace example {

enum class intent : unsigned char { read, write };

/// Which environment of which tenant, and what opens it: the folder that the example tenant_admin keeps.
struct environment_options {
    std::string name; ///< TENANT/REGION/ENVIRONMENT; empty: none
    std::string state_folder, state_key, by, passphrase_file, now;
    std::string confirmation; ///< what a person types before data is replaced
};

/// A backup of a database, by what it says of itself.
struct database_backup {
    keywright::environment_id of{};
    keywright::envelope::file_identity file{};
    keywright::instant taken{};
};

class environment {
public:
    /// Opens state and vault.
    static outcome<std::unique_ptr<environment>> open(const environment_options& given, intent how);
    ~environment();

    /// Asks the policy for a lease for messages. A lease ends after minutes; many files take longer. The old one's keyrings
    /// go before this is called again.
    outcome<void> renew();
    const keywright::keys::data_key_lease& lease() const;
    /// Asks the policy for a lease for pages of databases, each time.
    outcome<keywright::keys::data_key_lease> pages();
    keywright::result<keywright::instant> now() const;
    /// A backup of a database, which `write` makes with keys of the environment, if the policy lets it be taken; the state knows it from
    /// then on.
    outcome<void> back_up(const database_backup& backup,
                          const std::function<keywright::result<void>(const keywright::ports::content_keys&)>& write);
    /// Has such a backup restored by `put_in_place`, if the policy says so: its guards and cooldowns decide, administrators are told, and the
    /// log holds what was asked, by whom and how it ended.
    outcome<void> restore(const database_backup& backup,
                          const std::function<keywright::result<void>(const keywright::keys::data_key_lease& opens,
                                                                      const keywright::keys::data_key_lease& seals)>& put_in_place);
    /// Which generation of a database file the state knows, 0: none; and what it is to know. An older file put in that place is refused.
    keywright::result<std::uint64_t> known_generation(const std::string& path) const;
    keywright::result<void> keep_generation(const std::string& path, std::uint64_t generation);
    /// Asks the policy whether data may be left in the clear.
    outcome<keywright::policy::clear_permit> way_out();

private:
    struct parts;
    explicit environment(std::unique_ptr<parts> p);
    std::unique_ptr<parts> parts_;
};

} // namespace example

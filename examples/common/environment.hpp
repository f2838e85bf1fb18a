// SPDX-License-Identifier: Apache-2.0
// The keys of a tenant's environment, out of the folder that the example tenant_admin keeps.
#pragma once

#include "trouble.hpp"

#include <keywright/keys/lease.hpp>
#include <keywright/policy/way_out.hpp>

#include <memory>

namespace example {

enum class intent : unsigned char { read, write };

/// Which environment of which tenant, and what opens it: the folder that the example tenant_admin keeps.
struct environment_options {
    std::string name; ///< TENANT/REGION/ENVIRONMENT; empty: none
    std::string state_folder, by, passphrase_file, now;
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
    /// Asks the policy whether data may be left in the clear.
    outcome<keywright::policy::clear_permit> way_out();

private:
    struct parts;
    explicit environment(std::unique_ptr<parts> p);
    std::unique_ptr<parts> parts_;
};

} // namespace example

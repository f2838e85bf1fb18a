// SPDX-License-Identifier: Apache-2.0
// The keys of a tenant's environment, out of the folder that the example tenant_admin keeps.
#pragma once

#include "options.hpp"

#include <keywright/keys/lease.hpp>

#include <memory>

namespace envelope_file {

class environment {
public:
    /// Opens state and vault, and asks the policy for the environment.
    static outcome<std::unique_ptr<environment>> open(const environment_options& given, action what);
    ~environment();

    const keywright::keys::data_key_lease& lease() const;
    /// A lease ends after minutes; many files take longer. The old one's keyrings go before this is called.
    outcome<void> renew();

private:
    struct parts;
    explicit environment(std::unique_ptr<parts> p);
    std::unique_ptr<parts> parts_;
};

} // namespace envelope_file

// SPDX-License-Identifier: Apache-2.0
// The reference store passes what every store must pass.
#include <keywright/adapters/memory/state_store.hpp>
#include <keywright/testing/state_store_suite.hpp>

#include <doctest/doctest.h>

namespace {

struct place {
    static constexpr bool outlives_the_store = false;
    static keywright::memory::state_store open() { return {}; }
};

} // namespace

TEST_CASE("memory::state_store: passes the suite") { keywright::testing::state_store_suite<place>(); }

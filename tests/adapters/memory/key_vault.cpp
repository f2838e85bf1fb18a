// SPDX-License-Identifier: Apache-2.0
#include <keywright/adapters/memory/key_vault.hpp>

#include <keywright/testing/key_vault_suite.hpp>

#include <doctest/doctest.h>

namespace {

struct memory_fixture {
    keywright::memory::key_vault kept;
    keywright::memory::key_vault& vault() { return kept; }
    void restart() { kept.restart(); }
};

} // namespace

TEST_CASE("memory::key_vault: does what the port says") { keywright::testing::key_vault_suite<memory_fixture>(); }

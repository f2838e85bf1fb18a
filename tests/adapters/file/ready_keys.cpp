// SPDX-License-Identifier: Apache-2.0
#include <keywright/adapters/file/ready_keys.hpp>

#include <keywright/testing/key_vault_suite.hpp>

#include <doctest/doctest.h>

using keywright::file::detail::random_id;
using keywright::file::detail::ready_keys;
using namespace keywright::testing;

namespace {

ready_keys::key_pointer signing_key() {
    return *keywright::ports::held_key::from_pkcs8(keywright::ports::key_purpose::audit, vault_ed25519_key().private_key_info());
}

} // namespace

TEST_CASE("ready_keys: keeps 256, drops the one that was used longest ago, and never one in use") {
    ready_keys keys;
    const auto in_use = signing_key();
    keys.put("in use", random_id{1}, in_use);
    for (int i = 0; i < 255; ++i) keys.put(std::to_string(i), {}, signing_key());
    CHECK(keys.all().size() == 256);
    CHECK(keys.find("0").key); // so that 1 is the oldest
    keys.put("256th", {}, signing_key());
    CHECK(keys.all().size() == 256);
    CHECK(keys.find("in use").key == in_use);
    CHECK(keys.find("0").key);
    CHECK_FALSE(keys.find("1").key);
}

TEST_CASE("ready_keys: close reaches the key that others hold, and leaves a newer one of the same id") {
    ready_keys keys;
    const auto held = signing_key();
    keys.put("a", random_id{1}, held);
    keys.close("a", random_id{2});
    CHECK(held->sign(from_hex(vectors::ed25519_message)));
    keys.close("a", random_id{1});
    CHECK(detail::fails_with(held->sign({}), keywright::errc::not_found));
    CHECK_FALSE(keys.find("a").key);
}

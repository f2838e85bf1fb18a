// SPDX-License-Identifier: Apache-2.0
// A key that can be broken is not taken in; one that is in use already locks and unlocks all the same.
#include "world.hpp"

#include <doctest/doctest.h>

using world::tenant;

namespace {

using namespace keywright;

bytes pfx_of(const Botan::Private_Key& key) {
    const auto made = formats::write_pfx(key, {.friendly_name = "k", .not_before = instant{1'800'000'000}, .iterations = 1000},
                                         world::first_password(), Botan::system_rng());
    REQUIRE(made);
    const byte_view file = detail::reveal(*made);
    return {file.begin(), file.end()};
}
result<outcome> upload(tenant& t, const bytes& file, std::string_view name) {
    return t.svc.upload_key(world::eu,
                            {.by = world::alice, .key = key_id{name}, .file = {file, &world::first_password()}, .acknowledged = true});
}
const Botan::RSA_PrivateKey& first_key() {
    static const auto opened = formats::open_pfx(world::first_pfx(), world::first_password());
    return dynamic_cast<const Botan::RSA_PrivateKey&>(*opened->keys.at(0).key);
}
/// Another key with one prime of the first.
const Botan::RSA_PrivateKey& sibling() {
    static const Botan::RSA_PrivateKey key(first_key().get_p(), Botan::random_prime(Botan::system_rng(), 1024, 65537), 65537);
    return key;
}

} // namespace

TEST_CASE("tenant_service: a weak key is refused by name, and nothing of it stays") {
    tenant t;
    const auto before = t.ring();
    const auto records = t.records("");
    const auto refused = upload(t, pfx_of(Botan::RSA_PrivateKey(Botan::system_rng(), 2048, 3)), "weak");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::weak_key);
    CHECK(std::string(refused.error().text) == keys::explain(keys::weakness::low_exponent));
    CHECK(t.ring() == before);
    CHECK(t.records("") == records);
    CHECK(t.customer_keys() == 0);
}

TEST_CASE("tenant_service: a key that shares a prime with an earlier one of the ring is refused") {
    tenant t;
    tenant::must(t.upload());
    const auto refused = upload(t, pfx_of(sibling()), "sibling");
    REQUIRE_FALSE(refused);
    CHECK(std::string(refused.error().text) == keys::explain(keys::weakness::shared_factor));
    CHECK(t.customer_keys() == 1);
    tenant other;
    tenant::must(upload(other, pfx_of(sibling()), "alone")); // by itself nothing is wrong with it
}

TEST_CASE("tenant_service: what the rules say comes before a weakness") {
    tenant t;
    const auto refused = upload(t, pfx_of(Botan::RSA_PrivateKey(Botan::system_rng(), 1024, 3)), "weak");
    REQUIRE(refused);
    REQUIRE(refused->refused());
    CHECK(refused->reasons()[0].code == policy::refusal::bad_key_size);
}

TEST_CASE("tenant_service: a key in use that turns out weak still locks and unlocks") {
    tenant t;
    tenant::must(t.upload());
    tenant::must(t.generate("k2"));
    // As if the second key had a prime of the first: from here on an upload of the first would be refused.
    ports::batch batch;
    batch.put_any(service::records::spki(t.ring().keys[1].print), sibling().subject_public_key());
    REQUIRE(t.memory.commit(batch));
    REQUIRE_FALSE(service::require_strong(t.memory, t.ring(), first_key()));
    tenant::must(t.apply(world::prod));
    t.clock.advance(hours(72));
    tenant::must(t.lock());
    t.clock.advance(hours(2));
    tenant::must(t.unlock());
    tenant::must(t.unlock(world::prod));
    CHECK(t.opens(world::prod));
}

TEST_CASE("require_strong: a store that cannot be read is not taken for one without earlier keys") {
    tenant t;
    tenant::must(t.upload());
    const auto ring = t.ring();
    t.store.fail_all({errc::unavailable});
    const auto asked = service::require_strong(t.store, ring, sibling());
    REQUIRE_FALSE(asked);
    CHECK(asked.error().code == errc::unavailable);
}

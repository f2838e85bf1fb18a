// SPDX-License-Identifier: Apache-2.0
// Many threads use one environment while another locks it: whoever began before the lock may finish its call, and no
// use that begins after it succeeds. Built with ThreadSanitizer in the preset tsan.
#include "world.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using world::tenant;

TEST_CASE("threads: no lease works once a lock has returned, on whatever thread") {
    using namespace keywright;
    tenant t;
    tenant::must(t.upload());
    tenant::must(t.apply(world::prod));
    t.clock.advance(hours(72));
    std::atomic<bool> locked = false, broken = false;
    std::atomic<int> sealed = 0, refused = 0;
    const auto work = [&] {
        while (refused < 40) {
            const bool was_locked = locked;
            const auto lease = t.svc.open(world::eu, world::prod, world::alice, access::read_write);
            const auto message = lease ? envelope::seal(*lease, as_bytes("data")) : result<bytes>(pass(lease));
            if (message && was_locked) broken = true;
            if (message) ++sealed;
            if (!message && message.error().code != errc::locked && message.error().code != errc::version_conflict) broken = true;
            if (!message && message.error().code == errc::locked) ++refused;
        }
    };
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work);
    while (sealed < 20) std::this_thread::yield();
    tenant::must(t.lock());
    locked = true;
    threads.clear();
    CHECK_FALSE(broken);
    CHECK(t.customer_keys() == 0);
}

TEST_CASE("threads: of administrators who all return and apply at once, each is answered and the counts stay right") {
    using namespace keywright;
    tenant t;
    tenant::must(t.upload());
    std::atomic<bool> broken = false;
    const auto work = [&](const environment_id& e) {
        for (int i = 0; i < 3; ++i)
            for (const auto& o : {t.apply(e), t.give_back(e)})
                if (!o && o.error().code != errc::version_conflict) broken = true;
    };
    {
        std::vector<std::jthread> threads;
        for (const auto& e : {world::prod, world::test, world::sand}) threads.emplace_back(work, e);
    }
    CHECK_FALSE(broken);
    REQUIRE(t.svc.recover().has_value());
    std::uint32_t on_customer_key = 0;
    for (const auto& e : {world::prod, world::test, world::sand}) {
        on_customer_key += t.environment(e).managed_by == policy::protector::customer ? 1U : 0U;
        CHECK(t.opens(e));
    }
    CHECK(t.ring().customer_managed == on_customer_key);
    CHECK(t.ring().in_transition == 0);
}

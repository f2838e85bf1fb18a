// SPDX-License-Identifier: Apache-2.0
// Many threads use one environment while another locks it: whoever began before the lock may finish its call, and no
// use that begins after it succeeds. Built with ThreadSanitizer in the preset tsan.
#include "world.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using world::tenant;

namespace {

/// What went wrong in any thread, in words.
class failures {
public:
    void add(std::string_view what) {
        const std::scoped_lock alone(busy_);
        all_.append(what).append("; ");
    }
    std::string all() {
        const std::scoped_lock alone(busy_);
        return all_;
    }

private:
    std::mutex busy_;
    std::string all_;
};

} // namespace

TEST_CASE("threads: no lease works once a lock has returned, on whatever thread") {
    using namespace keywright;
    tenant t;
    tenant::must(t.upload());
    tenant::must(t.apply(world::prod));
    t.clock.advance(hours(72));
    std::atomic<bool> locked = false;
    std::atomic<int> sealed = 0, refused = 0;
    failures wrong;
    const auto work = [&] {
        while (refused < 40) {
            const bool was_locked = locked;
            const auto lease = t.svc.open(world::eu, world::prod, world::alice, access::read_write);
            const auto message = lease ? envelope::seal(*lease, as_bytes("data")) : result<bytes>(pass(lease));
            if (message && was_locked) wrong.add("a message was sealed after the lock");
            if (message) ++sealed;
            if (!message && message.error().code == errc::locked)
                ++refused;
            else if (!message && message.error().code != errc::version_conflict)
                wrong.add(message.error().text);
        }
    };
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work);
    while (sealed < 20 && wrong.all().empty()) std::this_thread::yield();
    const auto lock = t.lock();
    locked = true;
    if (!tenant::accepted(lock)) refused = 40; // or nobody would come to an end
    threads.clear();
    CHECK(tenant::accepted(lock));
    CHECK(wrong.all() == "");
    CHECK(t.customer_keys() == 0);
}

TEST_CASE("threads: of administrators who all return and apply at once, each is answered and the counts stay right") {
    using namespace keywright;
    tenant t;
    tenant::must(t.upload());
    failures wrong;
    const auto work = [&](const environment_id& e) {
        for (int i = 0; i < 3; ++i)
            for (const auto& o : {t.apply(e), t.give_back(e)})
                if (!o && o.error().code != errc::version_conflict) wrong.add(o.error().text);
    };
    {
        std::vector<std::jthread> threads;
        for (const auto& e : {world::prod, world::test, world::sand}) threads.emplace_back(work, e);
    }
    CHECK(wrong.all() == "");
    REQUIRE(t.svc.recover().has_value());
    std::uint32_t on_customer_key = 0;
    for (const auto& e : {world::prod, world::test, world::sand}) {
        on_customer_key += t.environment(e).managed_by == policy::protector::customer ? 1U : 0U;
        CHECK(t.opens(e));
    }
    CHECK(t.ring().customer_managed == on_customer_key);
    CHECK(t.ring().in_transition == 0);
}

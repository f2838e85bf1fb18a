// SPDX-License-Identifier: Apache-2.0
// What every notifier must pass. A place is where one notifier's messages can be counted.
// Depends on: ports/notifier, doctest. Use, for a place of your own (made empty):
//     struct my_place { my_notifier& notifier(); std::size_t delivered(); };
//     TEST_CASE("my_notifier: passes the suite") { keywright::testing::notifier_suite<my_place>(); }
#pragma once

#include <keywright/ports/notifier.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace keywright::testing {

/// A notice as the service makes them.
inline ports::notice sample_notice(std::string id) {
    ports::notice made;
    made.id = std::move(id);
    made.to = admin_id("alice@example.org");
    made.tenant = tenant_id("contoso");
    made.at = instant{1795315364}; // 2026-11-22 02:42:44 UTC
    made.subject = "contoso/eu: key 2026 was activated by bob";
    made.body = "The key was activated.\nTo undo it, see the manual.\n";
    made.sequence = 7;
    made.head_hash = std::string(64, 'a');
    return made;
}

/// `Place` is default constructible: a notifier that has delivered nothing.
template <class Place>
void notifier_suite() {
    Place place;
    auto& notifier = place.notifier();
    SUBCASE("each id is one message, however often it is delivered") {
        CHECK(place.delivered() == 0);
        for (const char* id : {"a.1", "a.2", "a.1", "a.1", "b.1"}) REQUIRE(notifier.deliver(sample_notice(id)).has_value());
        CHECK(place.delivered() == 3);
    }
    SUBCASE("any text is delivered") {
        auto notice = sample_notice("a");
        notice.subject = "";
        notice.body = "";
        REQUIRE(notifier.deliver(notice).has_value());
        notice.id = "b";
        notice.subject = "two\r\nlines: \xc3\xa4 and \xff";
        notice.body = std::string("no end of line, a NUL: \0, \xff", 27) + std::string(5000, 'x');
        notice.head_hash = "";
        REQUIRE(notifier.deliver(notice).has_value());
        CHECK(place.delivered() == 2);
    }
    SUBCASE("an id has 1 to 200 characters that are safe everywhere") {
        std::size_t delivered = 0;
        for (const auto& id : {std::string("a"), std::string("0"), std::string("-a-"), std::string("a.b.c"), std::string(200, 'a')}) {
            CAPTURE(id);
            CHECK(notifier.deliver(sample_notice(id)).has_value());
            CHECK(place.delivered() == ++delivered);
        }
        for (const auto& id : {std::string(""), std::string(201, 'a'), std::string("A"), std::string("a/b"), std::string(".."),
                               std::string(".a"), std::string("a."), std::string("a..b"), std::string("a b"), std::string("a\n"),
                               std::string("a\0b", 3), std::string("\xc3\xa4"), std::string("a@b"), std::string("a_b")}) {
            CAPTURE(id);
            const auto done = notifier.deliver(sample_notice(id));
            REQUIRE_FALSE(done.has_value());
            CHECK(done.error().code == errc::malformed);
        }
        CHECK(place.delivered() == delivered);
    }
    SUBCASE("threads that deliver the same notices make each once") {
        std::atomic<int> failures{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] {
                for (int n = 0; n < 10; ++n)
                    if (!notifier.deliver(sample_notice("id-" + std::to_string(n)))) ++failures;
            });
        for (auto& thread : threads) thread.join();
        CHECK(failures == 0);
        CHECK(place.delivered() == 10);
    }
}

} // namespace keywright::testing

// SPDX-License-Identifier: Apache-2.0
// The notifier that keeps what it is told.
#include <keywright/adapters/memory/notifier.hpp>
#include <keywright/testing/notifier_suite.hpp>

#include <doctest/doctest.h>

using namespace keywright;

namespace {

class place {
public:
    memory::notifier& notifier() { return notifier_; }
    std::size_t delivered() const { return notifier_.notices().size(); }

private:
    memory::notifier notifier_;
};

} // namespace

TEST_CASE("memory::notifier: passes the suite") { testing::notifier_suite<place>(); }

TEST_CASE("memory::notifier: keeps notices in order, the first of each id, until it is cleared") {
    memory::notifier told;
    auto again = testing::sample_notice("a");
    again.subject = "another";
    REQUIRE(told.deliver(testing::sample_notice("a")).has_value());
    REQUIRE(told.deliver(testing::sample_notice("b")).has_value());
    REQUIRE(told.deliver(again).has_value());
    REQUIRE(told.notices().size() == 2);
    CHECK(told.notices()[0].subject == testing::sample_notice("a").subject);
    CHECK(told.notices()[1].id == "b");
    told.clear();
    CHECK(told.notices().empty());
}

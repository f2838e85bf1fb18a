// SPDX-License-Identifier: Apache-2.0
// Two processes on one store and one vault: at every store call that the first makes, the second does all the pending
// work of the ring, and then the first goes on with what it had read. Whoever was held up must neither undo nor
// repeat what the other has done.
#include <keywright/service/reporter.hpp>

#include "at_rest.hpp"

#include <doctest/doctest.h>

using world::check_ring;
using world::smtp;
using world::tenant;

namespace {

using namespace keywright;

/// Lets somebody else act right before one call of this store.
class interrupted_store {
public:
    explicit interrupted_store(memory::state_store& inner) : inner_(inner) {}
    void interrupt(std::uint64_t call, std::function<void()> by) { calls_ = 0, at_ = call, by_ = std::move(by); }
    std::uint64_t calls() const { return calls_; }

    result<ports::record> load(std::string_view key) { return count(), inner_.load(key); }
    result<std::vector<ports::record>> scan(std::string_view prefix, std::string_view after, std::size_t limit) {
        return count(), inner_.scan(prefix, after, limit);
    }
    result<void> commit(const ports::batch& b) { return count(), inner_.commit(b); }
    result<void> scrub() { return inner_.scrub(); }

private:
    void count() {
        if (++calls_ == at_) by_();
    }
    memory::state_store& inner_;
    std::uint64_t calls_ = 0, at_ = 0;
    std::function<void()> by_;
};

using first_type =
    tenant_service<profiles::power_platform, interrupted_store, memory::key_vault, memory::manual_clock, memory::notifier, world::content>;

/// The first process, beside the tenant's own service, which is the second.
struct two : tenant {
    interrupted_store seen{memory};
    first_type first{seen, vault, clock, mail, data, options()};
};

/// `operation` by the first process, once for each store call it makes, with `second` in front of that call.
template <class Prepare, class Operation, class Second>
void interrupt_everywhere(const Prepare& prepare, const Operation& operation, const Second& second) {
    for (std::uint64_t call = 1, calls = 1; call <= calls; ++call) {
        CAPTURE(call);
        two t;
        prepare(t);
        t.seen.interrupt(call, [&] { second(t); });
        (void)operation(t).has_value();
        calls = t.seen.calls();
        t.seen.interrupt(0, {});
        t.vault.restart();
        REQUIRE(t.svc.recover().has_value());
        check_ring(t);
    }
}
void recover(two& t) { (void)t.svc.recover().has_value(); }

void with_active_key(tenant& t) {
    tenant::must(t.upload());
    tenant::must(t.apply(world::prod));
}
void with_two_keys(tenant& t) {
    with_active_key(t);
    tenant::must(t.upload_second());
    t.clock.advance(hours(24));
}
void locked(tenant& t) {
    with_active_key(t);
    t.clock.advance(hours(72));
    tenant::must(t.lock());
    t.clock.advance(hours(1));
}
result<outcome> activate(two& t) {
    return t.first.run({world::eu}, policy::activate_key{.by = world::alice, .key = key_id{"k2"}, .acknowledged = true, .confirmed = true});
}
result<outcome> apply(two& t) {
    return t.first.run({world::eu, world::test}, policy::apply_key{.by = world::alice, .acknowledged = true, .confirmed = true});
}
result<outcome> give_back(two& t) {
    return t.first.run({world::eu, world::prod},
                       policy::return_to_provider{
                           .by = world::alice, .acknowledged = true, .confirmed = true, .confirmation = policy::typed_text("prod")});
}

} // namespace

TEST_CASE("two processes: one rotation between them makes one secret, and cuts off nothing") {
    interrupt_everywhere(with_two_keys, activate, recover);
}
TEST_CASE("two processes: one apply or return between them") {
    interrupt_everywhere([](two& t) { tenant::must(t.upload()); }, apply, recover);
    interrupt_everywhere(with_active_key, give_back, recover);
}
TEST_CASE("two processes: a rotation in the midst of an apply leaves no key under a secret that it dropped") {
    interrupt_everywhere(with_two_keys, apply, [](two& t) { (void)t.activate().has_value(); });
}
TEST_CASE("two processes: an apply in the midst of a rotation leaves no key under a secret that it dropped") {
    interrupt_everywhere(with_two_keys, activate, [](two& t) { (void)t.apply(world::test).has_value(); });
}
TEST_CASE("two processes: a move in the midst of the end of the one before it loses no secret") {
    const auto prepare = [&](two& t) {
        tenant::must(t.upload());
        REQUIRE(t.use(world::test).secrets().put(smtp, secret_bytes(as_bytes("hunter2"))));
        t.seen.interrupt(0, {});
    };
    two reference;
    prepare(reference);
    tenant::must(apply(reference));
    const auto calls = reference.seen.calls();
    std::size_t returned = 0;
    for (std::uint64_t call = calls - std::min<std::uint64_t>(calls - 1, 24); call <= calls; ++call) {
        CAPTURE(call);
        two t;
        prepare(t);
        t.seen.interrupt(call, [&] { returned += tenant::accepted(t.give_back(world::test)) ? 1U : 0U; });
        (void)apply(t).has_value();
        REQUIRE(t.svc.recover());
        check_ring(t);
        std::string value;
        CHECK(t.use(world::test).secrets().with(smtp, [&](byte_view v) { value = as_text(v); }));
        CHECK(value == "hunter2");
    }
    CHECK(returned > 4); // as soon as the apply was committed
}
TEST_CASE("two processes: one lock between them, and a key that has come back stays") {
    const auto ready = [](two& t) {
        with_active_key(t);
        t.clock.advance(hours(72));
    };
    const auto lock = [](two& t) { return t.first.lock(world::eu, {.by = world::alice, .file = t.pfx(), .confirmation = "lock contoso"}); };
    interrupt_everywhere(ready, lock, recover);
}
TEST_CASE("two processes: a lock in the midst of an apply or a return undoes it") {
    const auto ready = [](two& t) {
        with_active_key(t);
        t.clock.advance(hours(72));
    };
    const auto lock = [](two& t) { (void)t.lock().has_value(); };
    interrupt_everywhere(ready, apply, lock);
    interrupt_everywhere(ready, give_back, lock);
}
TEST_CASE("two processes: an unlock that was not installed within the hour leaves no live key, and can be tried again") {
    interrupt_everywhere(
        locked, [](two& t) { return t.first.unlock_key(world::eu, {.by = world::bob, .file = t.pfx()}); },
        [](two& t) { t.clock.advance(hours(1)); });
    two t;
    locked(t);
    for (std::uint64_t call = 1;; ++call) {
        t.store.reset_calls();
        t.store.fail_call(call, {errc::io_failed, "store: told to fail"}, testing::failing::before);
        (void)t.unlock().has_value();
        t.store.fail_call(0, {});
        if (policy::installing_key(t.ring()) != nullptr) break;
        REQUIRE(policy::locked_key(t.ring()) != nullptr);
    }
    t.clock.advance(hours(2));
    t.vault.restart();
    REQUIRE(t.svc.recover().has_value());
    CHECK(policy::locked_key(t.ring()) != nullptr);
    CHECK(t.customer_keys() == 0);
    tenant::must(t.unlock());
    tenant::must(t.unlock(world::prod));
    CHECK(t.opens(world::prod));
}

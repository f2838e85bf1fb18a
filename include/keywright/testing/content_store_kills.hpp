// SPDX-License-Identifier: Apache-2.0
// What a content store must pass, beyond testing/content_store_suite, where its content outlives the process: a rebuild is killed
// at any progress.
// Depends on: testing/content_store_suite, POSIX. Use, for a place of your own, as there:
//     TEST_CASE("my_store: passes the kills") { keywright::testing::content_store_kills<my_place>(); }
#pragma once

#include <keywright/testing/content_store_suite.hpp>

#include <sys/wait.h>
#include <unistd.h>

namespace keywright::testing {

/// There is no new generation after a kill, the old one is whole, and the next attempt, of another process, makes the new one.
template <class Place>
void content_store_kills() {
    using namespace detail;
    to_be_rebuilt<Place> filled;
    auto& [place, store, from, to, old_lease, new_lease, messages] = filled;
    for (std::size_t kill_at = 1;; kill_at += 1 + kill_at / 8) {
        const auto child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            std::size_t told = 0;
            const auto done = store.rebuild(from, to, old_lease, new_lease, [&](std::uint64_t, std::uint64_t) {
                if (++told == kill_at) ::_exit(7);
            });
            ::_exit(done ? 0 : 1);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFEXITED(status));
        if (WEXITSTATUS(status) != 7) {
            CHECK(WEXITSTATUS(status) == 0);
            CHECK(kill_at > sample_items().size()); // so it was killed within each
            break;
        }
        CHECK(count_of(store, to) == 0);
    }
    CHECK(count_of(store, to) == 1);
    check_opens(place, to, new_lease);
    check_opens(place, from, old_lease);
}

} // namespace keywright::testing

// SPDX-License-Identifier: Apache-2.0
// What a decision of the whole power_platform profile costs, allowed and refused, and that it allocates nothing.
// `bench_decide 1000` makes fewer calls, for `valgrind --tool=callgrind`, whose counts do not depend on the machine's load.
#include <keywright/policy.hpp>
#include <keywright/testing/given_when_then.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {

std::size_t allocations = 0;

} // namespace

void* operator new(std::size_t size) {
    ++allocations;
    if (void* made = std::malloc(size)) return made;
    throw std::bad_alloc();
}
void operator delete(void* made) noexcept { std::free(made); }
void operator delete(void* made, std::size_t) noexcept { std::free(made); }

namespace {

using namespace keywright;
using namespace keywright::policy;

constexpr instant start{1'700'000'000};
constexpr actor alice{admin_id{"alice"}};

testing::world make_world() {
    testing::world w(tenant_id{"contoso"}, region_id{"eu"});
    w.evolve({the_system, start, tenant_created{tenant_id{"contoso"}, 1001, true, 1}});
    w.evolve({the_system, start, feature_enabled{}});
    w.evolve({the_system, start, administrator_added{alice.who, {}}});
    w.evolve({the_system, start + seconds{1}, environment_created{environment_id{"prod"}, environment_kind::production, false, false}});
    fingerprint print;
    print.bytes[0] = 1;
    w.evolve({alice, start, key_uploaded{key_id{"k1"}, print, 2048, file_kind::pfx}});
    w.evolve({alice, start, activation_started{key_id{"k1"}, print, 1}});
    w.evolve({the_system, start, key_activated{{key_id{"k1"}, print}}});
    w.evolve({alice, start, apply_started{{environment_id{"prod"}}}});
    w.evolve({the_system, start, key_applied{environment_id{"prod"}, 2, 0}});
    return w;
}

int calls = 200'000;

template <class Body>
void measure(const char* what, Body body) {
    constexpr int rounds = 7;
    double best = 1e18;
    std::size_t allowed = 0;
    const std::size_t before = allocations;
    for (int round = 0; round < rounds; ++round) {
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < calls; ++i) allowed += body(i) ? 1U : 0U;
        const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
        best = std::min(best, took.count() / calls);
    }
    std::printf("%-44s %7.1f ns   %s   %zu allocations\n", what, best, allowed == 0 ? "refused" : "allowed", allocations - before);
}

} // namespace

int main(int count, char** arguments) {
    if (count > 1) calls = std::atoi(arguments[1]);
    const testing::world w = make_world();
    const environment_state& prod = w.environments[0];
    key_evidence file{.format = file_kind::pfx,
                      .outcome = file_outcome::opened,
                      .has_password = true,
                      .has_private = true,
                      .type = key_kind::rsa,
                      .bits = 2048,
                      .print = w.ring.keys[0].print,
                      .kid = {}};
    const auto facts_at = [&](instant now) { return facts{w.tenant, w.ring, effective_now(w.ring, now), &prod, nullptr, nullptr}; };
    const auto ask = [&](const auto& command) {
        const decision answer = profiles::decide(profiles::power_platform, facts_at(command.at), command);
        asm volatile("" : : "r"(&answer) : "memory"); // all of it is made, as for a caller who reads it
        return answer.allowed();
    };

    // The commands are made beforehand: what is measured is the decision.
    const auto ask_at = [&](auto command, seconds after) {
        return [&ask, command, after](int i) mutable {
            command.at = start + after + seconds{i % 1000};
            return ask(command);
        };
    };
    const lock locks{alice, start, file, typed_text{"lock contoso"}};
    measure("lock", ask_at(locks, hours(72)));
    measure("lock in cooldown", ask_at(locks, {}));
    lock wrong{actor{admin_id{"mallory"}}, start, file, typed_text{"lock"}};
    wrong.key.print.bytes[0] = 2;
    measure("lock with five objections", ask_at(wrong, {}));
    file.print.bytes[0] = 3;
    measure("upload", ask_at(upload_key{alice, start, key_id{"k3"}, file, true, true}, {}));
    const upload_key hopeless{actor{admin_id{"mallory"}}, start, key_id{"k1"}, key_evidence{}, false, false};
    measure("upload with nine objections", ask_at(hopeless, {}));
    measure("open an environment", ask_at(open_environment{alice, start}, {}));
    std::printf("sizes: event %zu, event_list %zu, reason %zu, reason_list %zu, decision %zu, ring_state %zu\n", sizeof(event),
                sizeof(event_list), sizeof(reason), sizeof(reason_list), sizeof(decision), sizeof(ring_state));
}

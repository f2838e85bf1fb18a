// SPDX-License-Identifier: Apache-2.0
// Every state that power_platform can reach within bounds, and every mutant of it.
//     model_power_platform [mutants]      with KEYWRIGHT_MODEL_LARGE set: within wider bounds
#include "report.hpp"

#include <cstdlib>
#include <cstring>

namespace {

using namespace keywright::model;

constexpr bounds searches[] = {
    {.name = "two rings", .rings = 2, .environments = {2, 1}},
    {.name = "one ring", .environments = {3, 0}, .backups = true, .elsewhere = true},
    {.name = "people", .rings = 2, .keys = 2, .environments = {1, 1}, .people_change = true},
    {.name = "files", .keys = 2, .environments = {2, 0}, .backups = true, .import_keys = true, .elsewhere = true},
};
constexpr bounds large[] = {
    {.name = "two rings, large", .rings = 2, .environments = {2, 1}, .import_keys = true},
    {.name = "one ring, large", .environments = {3, 0}, .backups = true, .import_keys = true, .elsewhere = true},
};
constexpr bounds for_mutants{.name = "mutants", .keys = 2, .environments = {2, 0}, .backups = true, .import_keys = true, .elsewhere = true};

} // namespace

int main(int count, char** arguments) {
    using subject = shipped<keywright::profiles::power_platform>;
    if (count > 1 && std::strcmp(arguments[1], "mutants") == 0)
        return hunt_all<faulty<keywright::profiles::power_platform>>(mutants, for_mutants) == 0 ? 0 : 1;
    const bool wide = std::getenv("KEYWRIGHT_MODEL_LARGE") != nullptr;
    std::size_t states = 0;
    for (const bounds& b : searches) {
        const std::size_t found = check<subject>(b);
        if (found == 0) return 1;
        states += found;
    }
    for (const bounds& b : large) {
        if (!wide) break;
        const std::size_t found = check<subject>(b);
        if (found == 0) return 1;
        states += found;
    }
    std::printf("power_platform: every invariant holds in all %zu states\n", states);
    return states > 1'000'000 ? 0 : 1;
}

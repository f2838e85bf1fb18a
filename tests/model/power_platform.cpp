// SPDX-License-Identifier: Apache-2.0
// Every state that power_platform can reach within bounds, and every mutant of it.
//     model_power_platform            all states; with KEYWRIGHT_MODEL_LARGE in the environment, within wider bounds
//     model_power_platform mutants    a table: which mutant broke which sentence
#include "report.hpp"

#include <cstring>

namespace {

using namespace keywright::model;
constexpr const auto& profile = keywright::profiles::power_platform;

constexpr bounds searches[] = {
    {.name = "two rings", .rings = 2, .environments = {2, 1}},
    {.name = "one ring with backups", .environments = {3, 0}, .backups = true},
    {.name = "people and the feature", .rings = 2, .keys = 2, .environments = {1, 1}, .people_change = true},
    {.name = "key files", .keys = 2, .environments = {2, 0}, .backups = true, .import_keys = true, .elsewhere = true},
};
constexpr bounds wider[] = {
    {.name = "two rings, key files", .rings = 2, .keys = 2, .environments = {2, 1}, .import_keys = true},
    {.name = "one ring with everything", .keys = 2, .environments = {3, 0}, .backups = true, .import_keys = true, .elsewhere = true},
};
constexpr bounds for_mutants = searches[3];

} // namespace

int main(int count, char** arguments) {
    if (count > 1 && std::strcmp(arguments[1], "mutants") == 0) return hunt_all<faulty<profile>>(mutants, for_mutants);
    return check_all<shipped<profile>>(searches, wider);
}

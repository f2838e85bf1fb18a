// SPDX-License-Identifier: Apache-2.0
// The same of recommended, in which it matters who did something and who knows of it; its mutants are of what it has
// beyond power_platform.
#include "report.hpp"

#include <keywright/profiles/recommended.hpp>

#include <cstring>

namespace {

using namespace keywright::model;
constexpr const auto& profile = keywright::profiles::recommended;

constexpr bounds searches[] = {
    {.name = "two rings", .rings = 2, .keys = 2, .environments = {1, 1}, .two_people = true},
    {.name = "one ring", .environments = {2, 0}, .two_people = true},
    {.name = "clocks", .keys = 2, .environments = {1, 0}, .two_people = true, .clocks = true},
    {.name = "people and the feature", .keys = 2, .environments = {1, 0}, .people_change = true, .two_people = true},
};
constexpr bounds wider[] = {
    {.name = "clocks", .keys = 2, .environments = {2, 0}, .two_people = true, .clocks = true},
    {.name = "people and the feature", .environments = {1, 0}, .people_change = true, .two_people = true},
};
constexpr bounds for_mutants = searches[2];

} // namespace

int main(int count, char** arguments) {
    if (count > 1 && std::strcmp(arguments[1], "mutants") == 0) return hunt_all<faulty<profile>>(mutants_of_recommended, for_mutants);
    return check_all<shipped<profile>>(searches, wider);
}

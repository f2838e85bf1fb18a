// SPDX-License-Identifier: Apache-2.0
#include <keywright/adapters/file/vault_format.hpp>

#include <doctest/doctest.h>

using keywright::errc;
using keywright::file::argon2_costs;
namespace vault = keywright::file::detail;

namespace {

struct row {
    const char* name;
    argon2_costs costs;
    errc expected; // internal: accepted
};
constexpr errc accepted = errc::internal;
constexpr row rows[] = {
    {"the default", {}, accepted},
    {"RFC 9106's first recommended set needs 2 GiB, more than the limit", {2 * 1024 * 1024, 1, 4, false}, errc::limit_exceeded},
    {"most memory", {1024 * 1024, 2, 4, false}, accepted},
    {"memory above the most", {1024 * 1024 + 1, 2, 4, false}, errc::limit_exceeded},
    {"most work", {1024 * 1024, 16, 4, false}, accepted},
    {"work above the most", {1024 * 1024, 17, 4, false}, errc::limit_exceeded},
    {"most passes", {64 * 1024, 64, 4, false}, accepted},
    {"passes above the most", {64 * 1024, 65, 4, false}, errc::limit_exceeded},
    {"most lanes", {64 * 1024, 3, 16, false}, accepted},
    {"lanes above the most", {64 * 1024, 3, 17, false}, errc::limit_exceeded},
    {"everything at its greatest", {UINT32_MAX, UINT32_MAX, UINT32_MAX, false}, errc::limit_exceeded},
    {"least memory", {19 * 1024, 2, 1, false}, accepted},
    {"memory below the least", {19 * 1024 - 1, 2, 1, false}, errc::unsupported},
    {"passes below the least", {64 * 1024, 1, 1, false}, errc::unsupported},
    {"cheap, marked", {64, 1, 1, true}, accepted},
    {"cheap, not marked", {64, 1, 1, false}, errc::unsupported},
    {"least memory of Argon2", {16, 1, 2, true}, accepted},
    {"below the least memory of Argon2", {15, 1, 2, true}, errc::unsupported},
    {"no pass", {64, 0, 1, true}, errc::unsupported},
    {"no lane", {64, 1, 0, true}, errc::unsupported},
};

constexpr errc outcome_of(const argon2_costs& costs) {
    const auto checked = vault::check_costs(costs);
    return checked ? accepted : checked.error().code;
}

} // namespace

TEST_CASE("check_costs: bounds on both sides") {
    for (const auto& row : rows) {
        CAPTURE(row.name);
        CHECK(outcome_of(row.costs) == row.expected);
    }
}

TEST_CASE("read_header: hostile costs are refused before any work, however well the header is checksummed") {
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const auto header = vault::read_header(vault::write_header({row.costs, {}, {}}));
        CHECK((header ? accepted : header.error().code) == row.expected);
        if (header) CHECK(header->costs.for_tests == row.costs.for_tests);
    }
}

TEST_CASE("read_header: another version is unsupported") {
    auto raw = vault::write_header({{}, {}, {}});
    raw[9] = 2;
    const auto header = vault::read_header(raw);
    CHECK((!header && header.error().code == errc::unsupported));
}

TEST_CASE("read_slot: a block of zeros is a destroyed key, whatever its length") {
    for (const std::size_t size : {8U, 100U, 4096U}) {
        const auto slot = vault::read_slot(keywright::bytes(size));
        CHECK((!slot && slot.error().code == errc::not_found));
    }
    const auto short_slot = vault::read_slot(keywright::bytes(7));
    CHECK((!short_slot && short_slot.error().code == errc::corrupt));
}

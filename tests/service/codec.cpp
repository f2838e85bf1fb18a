// SPDX-License-Identifier: Apache-2.0
#include <keywright/service/audit.hpp>
#include <keywright/testing/given_when_then.hpp>

#include <doctest/doctest.h>

#include <fstream>
#include <set>

namespace {

using namespace keywright;

policy::ring_state full_ring() {
    policy::ring_state r;
    r.tenant = tenant_id{"contoso"};
    r.region = region_id{"eu"};
    r.latest = instant{1'800'000'000};
    fingerprint print;
    for (std::size_t i = 0; i < print.bytes.size(); ++i) print.bytes[i] = static_cast<std::uint8_t>(i);
    for (const auto state : {policy::key_state::available, policy::key_state::locked, policy::key_state::retired})
        r.keys.push_back({key_id{"k" + std::to_string(static_cast<int>(state))}, print, state, instant{7}});
    r.lock_epoch = UINT64_MAX;
    r.locks.push_back({3, instant{0}});
    r.hold_from = instant{-1};
    r.import_kid = policy::kid_text("https://h/keys/n/v");
    r.in_transition = 4;
    return r;
}

bytes text(std::string_view t) { return {t.begin(), t.end()}; }

// --- what version 0.1.0 has stored: the log of a tenant and the state after it, kept for ever as that version wrote them ---

std::vector<std::string> lines_of_version_0_1(const char* file) {
    std::ifstream in(std::string(KEYWRIGHT_TEST_DATA) + "/state-1/" + file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}
/// The world that the old log leads to today; demands of each record that it follows the one before.
testing::world folded_of_version_0_1(std::set<std::string>& kinds) {
    testing::world w(tenant_id{"contoso"}, region_id{"eu"});
    fingerprint previous;
    for (const std::string& line : lines_of_version_0_1("log.jsonl")) {
        const auto record = service::detail::parse_audit_text(line);
        REQUIRE(record.has_value());
        CHECK(record->previous == previous);
        previous = service::detail::sha256(as_bytes(line));
        kinds.insert(std::string(policy::name(record->event)));
        w.evolve(record->event);
    }
    return w;
}
/// Every field that the old record has, and says the same of.
template <class T>
void check_like_version_0_1(const service::json& old, const T& now) {
    CHECK(service::decode<T>(service::detail::to_bytes(old)).has_value());
    const auto today = service::json::parse(as_text(service::encode(now)));
    for (const auto& [name, value] : old.items()) {
        CAPTURE(name);
        REQUIRE(today.contains(name));
        CHECK(today[name] == value);
    }
}
template <class List>
const auto& named(const List& list, const service::json& old) {
    for (const auto& one : list)
        if (one.id.view() == old.at("id").get<std::string>()) return one;
    FAIL("nothing of that name");
    return list[0];
}

} // namespace

TEST_CASE("codec: an aggregate with every field set comes back as it was") {
    const auto ring = full_ring();
    CHECK(*service::decode<policy::ring_state>(service::encode(ring)) == ring);
}
TEST_CASE("codec: text is canonical: keys sorted, no white space, moments in RFC 3339, never as null") {
    CHECK(as_text(service::encode(policy::lock_record{3, instant{1'800'000'000}})) ==
          R"({"completed_at":"2027-01-15T08:00:00Z","epoch":3,"format":1})");
    CHECK(as_text(service::encode(policy::lock_record{})) == R"({"completed_at":null,"epoch":0,"format":1})");
}
TEST_CASE("codec: a record without a field keeps its default, one with an unknown field is read") {
    const auto record = service::decode<policy::lock_record>(text(R"({"format":1,"epoch":9,"invented":[1]})"));
    REQUIRE(record.has_value());
    CHECK(record->epoch == 9);
    CHECK(record->completed_at == never);
}
TEST_CASE("codec: a later format is unsupported, so that nothing of it is overwritten") {
    CHECK(service::decode<policy::lock_record>(text(R"({"format":2,"epoch":9})")).error().code == errc::unsupported);
}
TEST_CASE("codec: what is no record is corrupt, whatever is wrong with it") {
    for (const auto* bad : {"", "{", "[]", "null", R"({"epoch":1})", R"({"format":"1"})", R"({"format":0})", R"({"format":1,"epoch":-1})",
                            R"({"format":1,"epoch":1.5})", R"({"format":1,"epoch":18446744073709551616})", R"({"format":1,"epoch":"1"})",
                            R"({"format":1,"completed_at":"yesterday"})", R"({"format":1,"completed_at":0})"}) {
        CAPTURE(std::string(bad));
        const auto record = service::decode<policy::lock_record>(text(bad));
        REQUIRE_FALSE(record.has_value());
        CHECK(record.error().code == errc::corrupt);
    }
    CHECK(service::decode<policy::key_record>(text(R"({"format":1,"state":"unheard"})")).error().code == errc::corrupt);
    CHECK(service::decode<policy::key_record>(text(R"({"format":1,"print":"00"})")).error().code == errc::corrupt);
    CHECK(service::decode<policy::key_record>(text(R"({"format":1,"id":"no/slash"})")).error().code == errc::corrupt);
}
TEST_CASE("codec: a list longer than the state has room for is corrupt and not cut off") {
    std::string keys;
    for (std::size_t i = 0; i < policy::ring_state::max_keys; ++i) keys += R"({"id":"k"},)";
    const auto with = [&](const std::string& more) { return text(R"({"format":1,"keys":[)" + keys + more + "]}"); };
    std::string fits = keys;
    fits.pop_back();
    CHECK(service::decode<policy::ring_state>(text(R"({"format":1,"keys":[)" + fits + "]}"))->keys.full());
    CHECK(service::decode<policy::ring_state>(with(R"({"id":"k"})")).error().code == errc::corrupt);
}
TEST_CASE("codec: every kind of effect comes back by its name") {
    const policy::effect effects[] = {policy::publish_key{},
                                      policy::destroy_import_key{},
                                      policy::destroy_key{},
                                      policy::install_key{key_id{"k"}, {}, true},
                                      policy::carry_out_lock{7},
                                      policy::carry_out{policy::operation::copying, environment_id{"a"}, environment_id{"b"}, {}},
                                      policy::settle_environment{environment_id{"a"}}};
    static_assert(std::variant_size_v<policy::effect> == sizeof effects / sizeof *effects);
    for (const auto& e : effects) CHECK(service::decode_effect(service::encode(e))->index() == e.index());
    CHECK(service::decode_effect(text(R"({"format":1,"effect":"burn"})")).error().code == errc::corrupt);
}
TEST_CASE("codec: the log that version 0.1.0 stored folds to the state that it stored") {
    std::set<std::string> kinds;
    const testing::world w = folded_of_version_0_1(kinds);
    CHECK(kinds.size() == 37); // all that there were
    std::size_t environments = 0;
    std::size_t backups = 0;
    for (const std::string& line : lines_of_version_0_1("state.jsonl")) {
        CAPTURE(line);
        const auto old = service::json::parse(line);
        if (old.contains("tenant")) check_like_version_0_1(old["tenant"], w.tenant);
        if (old.contains("ring")) check_like_version_0_1(old["ring"], w.ring);
        if (old.contains("environment"))
            check_like_version_0_1(old["environment"], named(w.environments, old["environment"])), ++environments;
        if (old.contains("backup")) check_like_version_0_1(old["backup"], named(w.backups, old["backup"])), ++backups;
    }
    CHECK(environments == 4);
    CHECK(backups == 3);
}
TEST_CASE("codec: a field that version 0.1.0 did not know is as if nothing had been lost or asked for") {
    for (const std::string& line : lines_of_version_0_1("state.jsonl")) {
        const auto old = service::json::parse(line);
        if (!old.contains("ring")) continue;
        const auto ring = service::decode<policy::ring_state>(service::detail::to_bytes(old["ring"]));
        REQUIRE(ring.has_value());
        CHECK(ring->first_generation == 0);
        CHECK(ring->lock_request.by.empty());
        CHECK(ring->import_expires_at == never);
        CHECK(ring->clock_era == 0);
    }
}
TEST_CASE("time_text: what is written is read again, and days that do not exist are refused") {
    for (const std::int64_t s : {0LL, 951'782'400LL, 1'800'000'000LL, 253'402'300'799LL})
        CHECK(*parse_instant(to_text(instant{s})) == instant{s});
    CHECK(to_text(instant{951'782'400}) == "2000-02-29T00:00:00Z");
    for (const auto* bad : {"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
                            "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00", " 2026-01-01T00:00:00Z"})
        CHECK(parse_instant(bad).error().code == errc::malformed);
}

// SPDX-License-Identifier: Apache-2.0
#include <keywright/service/codec.hpp>

#include <doctest/doctest.h>

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
        CAPTURE(bad);
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
TEST_CASE("time_text: what is written is read again, and days that do not exist are refused") {
    for (const std::int64_t s : {0LL, 951'782'400LL, 1'800'000'000LL, 253'402'300'799LL})
        CHECK(*parse_instant(to_text(instant{s})) == instant{s});
    CHECK(to_text(instant{951'782'400}) == "2000-02-29T00:00:00Z");
    for (const auto* bad : {"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
                            "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00", " 2026-01-01T00:00:00Z"})
        CHECK(parse_instant(bad).error().code == errc::malformed);
}

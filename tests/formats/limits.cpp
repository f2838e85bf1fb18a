// SPDX-License-Identifier: Apache-2.0
// Limits, each at limit - 1, limit and limit + 1, and what runs before a file is refused: nothing.
#include <keywright/formats/limits.hpp>

#include "craft.hpp"

#include <keywright/formats/pfx_reader.hpp>

using namespace keywright;
using namespace keywright::formats;
using samples::secret;

namespace {

struct attempt {
    std::string outcome; // "ok", or the code's name
    std::string text;
    pfx_work work;
};
attempt try_open(const bytes& file, const pfx_limits& limits = {}) {
    attempt a;
    const auto opened =
        open_pfx(file, secret("x"), {.limits = limits, .without_mac = accept_unauthenticated{"crafted here"}, .work = &a.work});
    a.outcome = opened ? "ok" : name(opened.error().code);
    a.text = opened ? "" : opened.error().text;
    return a;
}
bytes pkcs8() { return samples::load("byok/target-p256.p8.der"); }
/// A key bag whose count is a claim: nothing was derived with it.
bytes claims(std::uint64_t iterations, byte_view salt = craft::salt) {
    return craft::shrouded_key(craft::pbes2(iterations, salt), bytes(32));
}
bytes hidden(const bytes& contents, std::size_t iterations = 10) {
    return craft::encrypted_safe(craft::pbes2(iterations, craft::third_salt), craft::encrypt(contents, "x", iterations, craft::third_salt));
}
bytes key_bag(std::size_t iterations, byte_view salt = craft::salt) {
    return craft::shrouded_key(craft::pbes2(iterations, salt), craft::encrypt(pkcs8(), "x", iterations, salt));
}

} // namespace

static_assert(pfx_limits{}.bounds().iterations == 2'000'000 && pfx_limits{}.bounds().total_cost == 10'000'000);
static_assert(pfx_limits{{.total_cost = 5}}.bounds().total_cost == 5, "limits can be lowered");
static_assert(pfx_limits{{.total_cost = 20'000'000}}.bounds().total_cost == 10'000'000, "and not raised");
static_assert(pfx_limits(raised_pfx_limits{{.total_cost = 20'000'000}}).bounds().total_cost == 20'000'000, "unless the type says so");
static_assert(pfx_limits(raised_pfx_limits{{.depth = 1'000'000}}).bounds().depth == pfx_deepest);

TEST_CASE("limits: file_bytes") {
    const bytes file = craft::pfx_without_mac({craft::plain_safe({craft::plain_key(pkcs8())})});
    CHECK(try_open(file, pfx_limits{{.file_bytes = file.size() - 1}}).outcome == "limit_exceeded");
    CHECK(try_open(file, pfx_limits{{.file_bytes = file.size()}}).outcome == "ok");
    CHECK(try_open(file, pfx_limits{{.file_bytes = file.size() + 1}}).outcome == "ok");
    CHECK(try_open(bytes((1u << 20) + 1, 0x30)).text.find("`file_bytes`") != std::string::npos);
    CHECK(try_open(bytes(1u << 20, 0x30)).outcome == "malformed");
}

TEST_CASE("limits: depth, visible and hidden") {
    for (const bool encrypted : {false, true}) {
        CAPTURE(encrypted);
        const auto file = [&](std::size_t levels) {
            const bytes inner = craft::nested(craft::plain_key(pkcs8()), levels - 1);
            return craft::pfx_without_mac({encrypted ? hidden(craft::seq({inner})) : craft::plain_safe({inner})});
        };
        CHECK(try_open(file(9)).outcome == "ok");
        CHECK(try_open(file(10)).outcome == "ok");
        const attempt eleven = try_open(file(11));
        CHECK(eleven.outcome == "limit_exceeded");
        CHECK(eleven.text.find("`depth`") != std::string::npos);
        CHECK(try_open(file(3), pfx_limits{{.depth = 2}}).outcome == "limit_exceeded");
        CHECK(try_open(file(11), raised_pfx_limits{{.depth = 11}}).outcome == "ok");
    }
}

TEST_CASE("limits: bags, counted across safes, levels and encryption") {
    const auto bags = [](std::size_t n) {
        bytes all;
        for (std::size_t i = 0; i < n; ++i) append(all, craft::unknown_bag());
        return craft::tlv(0x30, all);
    };
    const auto plain = [](const bytes& contents) {
        return craft::seq({craft::oid("1.2.840.113549.1.7.1"), craft::explicit0(craft::octets(contents))});
    };
    const auto outcome = [&](std::size_t visible, std::size_t behind) {
        return try_open(craft::pfx_without_mac({plain(bags(visible)), hidden(bags(behind))}));
    };
    CHECK(outcome(255, 0).outcome == "ok");
    CHECK(outcome(256, 0).outcome == "ok");
    CHECK(outcome(257, 0).outcome == "limit_exceeded");
    CHECK(outcome(257, 0).work.derivations == 0);
    CHECK(outcome(128, 127).outcome == "ok");
    CHECK(outcome(128, 128).outcome == "ok");
    CHECK(outcome(128, 129).text.find("`bags`") != std::string::npos);
}

TEST_CASE("limits: key_bytes") {
    const bytes key = pkcs8();
    const bytes file = craft::pfx_without_mac({craft::plain_safe({craft::plain_key(key)})});
    CHECK(try_open(file, pfx_limits{{.key_bytes = key.size() - 1}}).text.find("`key_bytes`") != std::string::npos);
    CHECK(try_open(file, pfx_limits{{.key_bytes = key.size()}}).outcome == "ok");
    CHECK(try_open(file, pfx_limits{{.key_bytes = key.size() + 1}}).outcome == "ok");
}

TEST_CASE("limits: iterations of one derivation, wherever it stands") {
    const auto file = [&](std::size_t mac, std::size_t safe, std::size_t bag) {
        return craft::pfx({hidden(craft::seq({key_bag(bag)}), safe)}, "x", mac);
    };
    const pfx_limits hundred{{.iterations = 100}};
    CHECK(try_open(file(99, 99, 99), hundred).outcome == "ok");
    const attempt at = try_open(file(100, 100, 100), hundred);
    CHECK(at.outcome == "ok");
    CHECK(at.work.derivations == 3);
    CHECK(at.work.cost == 300);
    for (const auto& [over, ran] : {std::pair{file(101, 1, 1), 0u}, std::pair{file(1, 101, 1), 0u}, std::pair{file(1, 1, 101), 2u}}) {
        const attempt a = try_open(over, hundred);
        CHECK(a.outcome == "limit_exceeded");
        CHECK(a.text.find("`iterations`") != std::string::npos);
        CHECK(a.work.derivations == ran); // the last one stands inside the safe, which had to be opened to see it
    }
}

TEST_CASE("limits: total_cost is the sum over MAC, safes and bags, PKCS#12 encryption three times") {
    const bytes file = craft::pfx(
        {craft::plain_safe({key_bag(20), key_bag(20, craft::other_salt)}), hidden(craft::seq({key_bag(20, bytes{1, 2})}))}, "x", 7);
    CHECK(try_open(file, pfx_limits{{.total_cost = 78}}).outcome == "ok");
    const attempt exact = try_open(file, pfx_limits{{.total_cost = 77}});
    CHECK(exact.outcome == "ok");
    CHECK(exact.work.cost == 77);
    const attempt over = try_open(file, pfx_limits{{.total_cost = 76}});
    CHECK(over.text.find("`total_cost`") != std::string::npos);
    CHECK(over.work.cost == 57); // all that is visible; the hidden bag does not fit, so it is not opened
    CHECK(try_open(file, pfx_limits{{.total_cost = 56}}).work.derivations == 0);
    const bytes triple = craft::pfx_without_mac({craft::plain_safe({craft::shrouded_key(craft::pbe_3des(100), bytes(8))})});
    CHECK(try_open(triple, pfx_limits{{.total_cost = 299}}).outcome == "limit_exceeded");
    CHECK(try_open(triple, pfx_limits{{.total_cost = 300}}).outcome == "authentication_failed");
}

TEST_CASE("limits: ten million iterations run nothing, visible or hidden") {
    const attempt visible = try_open(craft::pfx_without_mac({craft::plain_safe({claims(10'000'000)})}));
    CHECK(visible.outcome == "limit_exceeded");
    CHECK(visible.work.derivations == 0);
    const attempt behind = try_open(craft::pfx({hidden(craft::seq({claims(100'000'000)}))}, "x", 1));
    CHECK(behind.outcome == "limit_exceeded");
    CHECK(behind.work.derivations == 2); // MAC and safe; not the bag
    CHECK(behind.work.cost == 11);
    bytes many;
    for (std::uint8_t i = 0; i < 40; ++i) append(many, claims(2'000'000, bytes{i}));
    const attempt sum = try_open(craft::pfx({hidden(craft::tlv(0x30, many))}, "x", 1));
    CHECK(sum.text.find("`total_cost`") != std::string::npos);
    CHECK(sum.work.cost == 11);
}

TEST_CASE("limits: scrypt's memory and work") {
    const auto file = [](std::uint64_t n, std::uint64_t r, std::uint64_t p) {
        return craft::pfx_without_mac({craft::plain_safe({craft::shrouded_key(craft::pbes2_scrypt(n, r, p), bytes(32))})});
    };
    const auto with = [&](std::size_t memory) { return try_open(file(1024, 8, 3), pfx_limits{{.scrypt_bytes = memory}}); };
    constexpr std::size_t needed = 128 * 8 * (1024 + 3 + 1); // RFC 7914: V of N blocks of 128 r bytes, B of p, and one to work in
    CHECK(with(needed - 1).text.find("`scrypt_bytes`") != std::string::npos);
    CHECK(with(needed).outcome == "authentication_failed");
    CHECK(with(needed + 1).outcome == "authentication_failed");
    // Little in V and much in B: the memory is p's.
    CHECK(try_open(file(2, 256, 900)).outcome == "authentication_failed");
    CHECK(try_open(file(2, 256, 1021)).outcome == "authentication_failed");
    CHECK(try_open(file(2, 256, 1022)).text.find("`scrypt_bytes`") != std::string::npos);
    CHECK(try_open(file(std::uint64_t{1} << 40, 8, 1)).text.find("`scrypt_bytes`") != std::string::npos);
    CHECK(try_open(file(1024, 8, 123)).text.find("`iterations`") != std::string::npos); // 2 * 1024 * 8 * 123 > 2 000 000
    CHECK(try_open(file(1024, 8, 122)).outcome == "authentication_failed");
    for (const auto& bad : {file(0, 8, 1), file(1, 8, 1), file(1000, 8, 1), file(1024, 0, 1), file(1024, 8, 0)}) {
        const attempt a = try_open(bad);
        CHECK(a.outcome == "malformed");
        CHECK(a.work.derivations == 0);
    }
}

TEST_CASE("limits: safes") {
    const auto outcome = [](std::size_t safes, const pfx_limits& limits) {
        bytes all;
        for (std::size_t i = 0; i < safes; ++i)
            append(all, i == 0 ? craft::plain_safe({craft::plain_key(pkcs8())}) : craft::plain_safe({}));
        return try_open(craft::pfx_without_mac({all}), limits);
    };
    CHECK(outcome(63, {}).outcome == "ok");
    CHECK(outcome(64, {}).outcome == "ok");
    CHECK(outcome(65, {}).text == "pfx: more safes than the limit `safes` allows");
    CHECK(outcome(3, pfx_limits{{.safes = 2}}).outcome == "limit_exceeded");
    CHECK(outcome(65, raised_pfx_limits{{.safes = 65}}).outcome == "ok");
}

TEST_CASE("limits: certificate_bytes") {
    const auto with = [](std::size_t size) {
        return try_open(craft::pfx_without_mac({craft::plain_safe({craft::plain_key(pkcs8()), craft::certificate(bytes(size))})}),
                        pfx_limits{{.certificate_bytes = 1000}});
    };
    CHECK(with(999).outcome == "ok");
    CHECK(with(1000).outcome == "ok");
    CHECK(with(1001).text == "pfx: a certificate is longer than the limit `certificate_bytes` allows");
}

TEST_CASE("limits: a slower hash counts for more") {
    const auto cost = [](const char* prf, const char* cipher, std::size_t iv) {
        const bytes kdf = craft::seq({craft::oid("1.2.840.113549.1.5.12"),
                                      craft::seq({craft::octets(craft::salt), craft::integer(100), craft::seq({craft::oid(prf)})})});
        const bytes scheme = craft::seq(
            {craft::oid("1.2.840.113549.1.5.13"), craft::seq({kdf, craft::seq({craft::oid(cipher), craft::octets(bytes(iv))})})});
        return try_open(craft::pfx_without_mac({craft::plain_safe({craft::shrouded_key(scheme, bytes(16))})})).work.cost;
    };
    constexpr const char *aes128 = "2.16.840.1.101.3.4.1.2", *aes256 = "2.16.840.1.101.3.4.1.42";
    CHECK(cost("1.2.840.113549.2.9", aes256, 16) == 100);       // SHA-256: one block
    CHECK(cost("1.2.840.113549.2.7", aes256, 16) == 200);       // SHA-1: two blocks
    CHECK(cost("1.2.840.113549.2.7", aes128, 16) == 100);       // SHA-1: one
    CHECK(cost("1.2.840.113549.2.11", aes256, 16) == 400);      // SHA-512
    CHECK(cost("2.16.840.1.101.3.4.2.14", aes256, 16) == 700);  // SHA-3(256)
    CHECK(cost("2.16.840.1.101.3.4.2.13", aes256, 16) == 1400); // SHA-3(224): two blocks
    CHECK(cost("1.2.840.113549.2.6", aes256, 16) == 400);       // MD5: two blocks, each twice as slow
}

TEST_CASE("limits: bags that share a salt and a count are derived, and counted, once") {
    const bytes file = craft::pfx({craft::plain_safe({key_bag(20), key_bag(20), key_bag(20)})}, "x", 7);
    const attempt opened = try_open(file, pfx_limits{{.total_cost = 27}});
    CHECK(opened.outcome == "ok");
    CHECK(opened.work.derivations == 2);
    CHECK(opened.work.cost == 27);
    CHECK(try_open(file, pfx_limits{{.total_cost = 26}}).outcome == "limit_exceeded");
}

TEST_CASE("limits: the two forms of an empty password cost twice, and are reserved twice") {
    pfx_work work;
    CHECK(open_pfx(samples::load("pfx/bc-pkcs12-3des-3des-empty.p12"), secret(""), {.work = &work}));
    CHECK(work.derivations == 4);
    CHECK(work.cost == 512'000);
    CHECK_FALSE(open_pfx(samples::load("pfx/bc-pkcs12-3des-3des-empty.p12"), secret(""), {.limits = pfx_limits{{.total_cost = 511'999}}}));
    CHECK(open_pfx(samples::load("pfx/bc-pkcs12-3des-3des-empty.p12"), secret(""), {.limits = pfx_limits{{.total_cost = 512'000}}}));
}

// SPDX-License-Identifier: Apache-2.0
// The AWS Encryption SDK's own known answers, opened whole and as streams of every step.
#include <keywright/envelope/message.hpp>

#include "helpers.hpp"

#include <botan/base64.h>
#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <string>

using namespace keywright;

namespace {

using vector_fields = std::map<std::string, std::string>;

std::vector<vector_fields> read_vectors() {
    std::ifstream in(KEYWRIGHT_TEST_DATA "/esdk/commitment-vectors.txt");
    REQUIRE(in.good());
    std::vector<vector_fields> all(1);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with('#')) continue;
        if (line.empty()) {
            if (!all.back().empty()) all.emplace_back();
            continue;
        }
        const auto colon = line.find(": ");
        REQUIRE(colon != std::string::npos);
        const auto field = line.substr(0, colon);
        REQUIRE((field == "comment" || field == "expect" || field == "unsorted" || field == "key" || field == "message" ||
                 field == "plaintext"));
        all.back()[field] = line.substr(colon + 2);
    }
    return all;
}
bytes base64(const std::string& text) {
    const auto raw = Botan::base64_decode(text);
    return {raw.begin(), raw.end()};
}

} // namespace

TEST_CASE("vectors of the AWS Encryption SDK: each ends as it says") {
    const auto all = read_vectors();
    CHECK(all.size() == 46);
    std::map<std::string, int> ends;
    for (const auto& v : all) {
        CAPTURE(v.at("comment"));
        const test::static_keyring key(base64(v.at("key")));
        const bytes message = base64(v.at("message"));
        const bool unsorted = v.contains("unsorted");
        const envelope::open_options options{.limits = {.unsorted_context = unsorted},
                                             .release = envelope::before_signature("the vectors are no secret")};
        const auto whole = envelope::open(key, message, options);
        CHECK((whole ? "ok" : name(whole.error().code)) == v.at("expect"));
        if (whole) CHECK(*whole == base64(v.at("plaintext")));
        ++ends[v.at("expect")];
        if (unsorted) CHECK(envelope::open(key, message).error().code == errc::malformed);
        for (const std::size_t step : {1u, 3u, 64u, 100'000u}) {
            const auto streamed = test::open_in_steps(key, message, step, options);
            CHECK((streamed.end ? "ok" : name(streamed.end.error().code)) == v.at("expect"));
            if (whole && streamed.end) CHECK(streamed.out == *whole);
        }
    }
    CHECK(ends["ok"] == 41);
    CHECK(ends["authentication_failed"] == 5); // two of one ciphertext: its other key is no key
}

TEST_CASE("a context that is not sorted: the tag proves its order, and no key may stand twice") {
    for (const auto& v : read_vectors()) {
        if (!v.contains("unsorted") || v.at("expect") != "ok") continue;
        const test::static_keyring key(base64(v.at("key")));
        bytes message = base64(v.at("message"));
        const envelope::open_options options{.limits = {.unsorted_context = true}};
        REQUIRE(envelope::open(key, message, options).has_value());
        const auto info = envelope::inspect_header(message).value();
        // The same pairs, sorted: another header than the one that was sealed.
        const bytes sorted = info.context.serialise();
        std::copy(sorted.begin(), sorted.end(), message.begin() + 37);
        CHECK(envelope::inspect_header(message).value().context == info.context);
        CHECK(envelope::open(key, message, options).error().code == errc::authentication_failed);
    }
}

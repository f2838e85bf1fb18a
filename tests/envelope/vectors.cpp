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
        REQUIRE((field == "comment" || field == "expect" || field == "key" || field == "message" || field == "plaintext"));
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
    int opened = 0;
    for (const auto& v : all) {
        CAPTURE(v.at("comment"));
        const test::static_keyring key(base64(v.at("key")));
        const bytes message = base64(v.at("message"));
        const envelope::open_options options{.release = envelope::before_signature("the vectors are no secret")};
        const auto whole = envelope::open(key, message);
        CHECK((whole ? "ok" : name(whole.error().code)) == v.at("expect"));
        if (whole) {
            CHECK(*whole == base64(v.at("plaintext")));
            ++opened;
        }
        for (const std::size_t step : {1u, 3u, 64u, 100'000u}) {
            const auto streamed = test::open_in_steps(key, message, step, options);
            CHECK((streamed.end ? "ok" : name(streamed.end.error().code)) == v.at("expect"));
            if (whole && streamed.end) CHECK(streamed.out == *whole);
        }
    }
    CHECK(opened == 38);
}

// SPDX-License-Identifier: Apache-2.0
// core/secret_bytes: moves leave nothing, clones share nothing, equality sees every bit. What it refuses at compile
// time is in tests/static/secrets.cpp and tests/compile_fail/secret_*.cpp.
#include <keywright/core/secret_bytes.hpp>
#include <keywright/insecure.hpp>

#include <doctest/doctest.h>

#include <utility>

using namespace keywright;

namespace {

bytes seen(const secret_bytes& secret) {
    const auto view = insecure::export_secret(secret, insecure::secret_access{"the test compares"});
    return bytes(view.begin(), view.end());
}
const bytes sample{1, 2, 3, 0, 255};

} // namespace

TEST_CASE("secret_bytes: holds a copy of what it was given") {
    bytes source = sample;
    const secret_bytes secret{byte_view(source)};
    source[0] = 9;
    CHECK(seen(secret) == sample);
    CHECK(secret.size() == 5);
    CHECK_FALSE(secret.empty());
    CHECK(secret_bytes().empty());
}

TEST_CASE("secret_bytes: a sized one is zero until it is filled") {
    secret_bytes secret(3);
    CHECK(seen(secret) == bytes{0, 0, 0});
    detail::reveal_writable(secret)[1] = 7;
    CHECK(seen(secret) == bytes{0, 7, 0});
}

TEST_CASE("secret_bytes: takes Botan's own memory over without a copy") {
    Botan::secure_vector<std::uint8_t> source(sample.begin(), sample.end());
    const auto* where = source.data();
    const secret_bytes secret(std::move(source));
    CHECK(detail::reveal(secret).data() == where);
    CHECK(seen(secret) == sample);
}

TEST_CASE("secret_bytes: a moved-from secret is empty") {
    secret_bytes first{byte_view(sample)};
    secret_bytes second(std::move(first));
    CHECK(first.empty()); // NOLINT(bugprone-use-after-move): that is what is tested
    CHECK(seen(second) == sample);
    secret_bytes third{byte_view(bytes{8})};
    third = std::move(second);
    CHECK(second.empty()); // NOLINT(bugprone-use-after-move)
    CHECK(seen(third) == sample);
}

TEST_CASE("secret_bytes: assigning to itself loses nothing") {
    secret_bytes secret{byte_view(sample)};
    auto& same = secret;
    secret = std::move(same);
    CHECK(seen(secret) == sample);
}

TEST_CASE("secret_bytes: a clone is a second owner") {
    secret_bytes first{byte_view(sample)};
    secret_bytes second = first.clone();
    detail::reveal_writable(second)[0] = 9;
    CHECK(seen(first) == sample);
    CHECK_FALSE(equal(first, second));
}

TEST_CASE("equal: every single bit and every length counts") {
    const secret_bytes secret{byte_view(sample)};
    CHECK(equal(secret, secret.clone()));
    for (std::size_t bit = 0; bit < sample.size() * 8; ++bit) {
        bytes other = sample;
        other[bit / 8] = static_cast<std::uint8_t>(other[bit / 8] ^ (1U << (bit % 8)));
        CAPTURE(bit);
        CHECK_FALSE(equal(secret, secret_bytes(byte_view(other))));
    }
    for (std::size_t size = 0; size < sample.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(equal(secret, secret_bytes(byte_view(sample).first(size))));
    }
    CHECK(equal(secret_bytes(), secret_bytes(std::size_t{0})));
}

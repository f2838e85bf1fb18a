// SPDX-License-Identifier: Apache-2.0
// Layers, counts and iterations as `openssl pkcs12 -info -legacy` prints them (and salts as `openssl asn1parse`); costs
// follow from them by the weights of pfx_limits.
#include <keywright/formats/pfx_outline.hpp>

#include "craft.hpp"

using namespace keywright;
using formats::pfx_layer;
using place = pfx_layer::place;
using derivation = pfx_layer::derivation;

namespace {

struct layer {
    place where;
    const char* algorithm;
    derivation kdf;
    const char* hash;
    std::uint64_t iterations;
    std::size_t salt;
    std::uint64_t weight;
};
struct row {
    const char* file;
    std::vector<layer> layers;
    std::size_t keys, in_clear, certificates;
};

const std::vector<row>& rows() {
    using enum pfx_layer::place;
    using enum pfx_layer::derivation;
    static const std::vector<row> all{
        {"ossl-default-rsa2048.p12",
         {{mac, "SHA-256", pkcs12, "SHA-256", 2048, 8, 1},
          {safe, "AES-256/CBC", pbkdf2, "SHA-256", 2048, 8, 1},
          {key, "AES-256/CBC", pbkdf2, "SHA-256", 2048, 8, 1}},
         1,
         0,
         0},
        {"kt-multikey.p12",
         {{mac, "SHA-256", pkcs12, "SHA-256", 10000, 20, 1},
          {safe, "AES-256/CBC", pbkdf2, "SHA-256", 10000, 20, 1},
          {key, "AES-256/CBC", pbkdf2, "SHA-256", 10000, 20, 1},
          {key, "AES-256/CBC", pbkdf2, "SHA-256", 10000, 20, 1}},
         2,
         0,
         0},
        {"nss-3des.p12",
         {{mac, "SHA-256", pkcs12, "SHA-256", 600000, 16, 1},
          {safe, "TripleDES/CBC", pkcs12, "SHA-1", 600000, 16, 3},
          {key, "TripleDES/CBC", pkcs12, "SHA-1", 600000, 16, 3}},
         1,
         0,
         0},
        {"forge-3des-ascii.p12",
         {{mac, "SHA-1", pkcs12, "SHA-1", 2048, 8, 1}, {key, "TripleDES/CBC", pkcs12, "SHA-1", 2048, 8, 3}},
         1,
         0,
         1},
        {"ossl-nomac.p12", {{key, "AES-256/CBC", pbkdf2, "SHA-256", 2048, 8, 1}}, 1, 0, 1},
        {"ossl-pbe-none.p12", {{mac, "SHA-256", pkcs12, "SHA-256", 2048, 8, 1}}, 1, 1, 1},
        {"ossl-certonly.p12",
         {{mac, "SHA-256", pkcs12, "SHA-256", 2048, 8, 1}, {safe, "AES-256/CBC", pbkdf2, "SHA-256", 2048, 8, 1}},
         0,
         0,
         0},
    };
    return all;
}

} // namespace

TEST_CASE("outline_pfx: every layer is as openssl tells it") {
    for (const row& r : rows()) {
        CAPTURE(std::string(r.file));
        const auto outline = formats::outline_pfx(samples::load(std::string("pfx/") + r.file));
        REQUIRE(outline);
        CHECK(outline->keys == r.keys);
        CHECK(outline->keys_in_clear == r.in_clear);
        CHECK(outline->certificates == r.certificates);
        CHECK(outline->has_mac() == (!r.layers.empty() && r.layers.front().where == place::mac));
        CHECK_FALSE(outline->too_costly);
        REQUIRE(outline->layers.size() == r.layers.size());
        std::uint64_t cost = 0;
        for (std::size_t i = 0; i < r.layers.size(); ++i) {
            CAPTURE(i);
            const pfx_layer& found = outline->layers[i];
            const layer& expected = r.layers[i];
            CHECK(found.where == expected.where);
            CHECK(found.algorithm == expected.algorithm);
            CHECK(found.kdf == expected.kdf);
            CHECK(found.hash == expected.hash);
            CHECK(found.iterations == expected.iterations);
            CHECK(found.salt_bytes == expected.salt);
            CHECK(found.cost == expected.iterations * expected.weight);
            cost += found.cost;
        }
        CHECK(outline->visible_cost == cost);
    }
}

TEST_CASE("outline_pfx: a safe that the reader would leave closed is told with its algorithm") {
    // openssl pkcs12 -info: MAC: sha1, Iteration 2048; pbeWithSHA1And40BitRC2-CBC; pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048
    const auto outline = formats::outline_pfx(samples::load("pfx/ossl-legacy.p12"));
    REQUIRE(outline);
    REQUIRE(outline->closed_safes.size() == 1);
    CHECK(outline->closed_safes[0].algorithm == "1.2.840.113549.1.12.1.6");
    REQUIRE(outline->layers.size() == 2);
    CHECK(outline->layers[1].where == place::key);
    CHECK(outline->visible_cost == 2048 + 3 * 2048);
}

TEST_CASE("outline_pfx: tells the names that lie open") {
    const auto outline = formats::outline_pfx(samples::load("pfx/kt-multikey.p12"));
    REQUIRE(outline);
    CHECK(outline->friendly_names.size() == 2);
}

TEST_CASE("outline_pfx: describes a file that is too costly to open, and says what is too much") {
    const bytes file = samples::load("pfx/evil-mac-iter-100m1.p12"); // 100 000 001 iterations of the MAC
    const auto outline = formats::outline_pfx(file);
    REQUIRE(outline);
    CHECK(outline->layers[0].iterations == 100'000'001);
    REQUIRE(outline->too_costly);
    CHECK(outline->too_costly->code == errc::limit_exceeded);
    const auto enormous = formats::outline_pfx(samples::load("pfx/evil-mac-iter-2pow64.p12"));
    REQUIRE(enormous);
    CHECK(enormous->visible_cost == UINT64_MAX);
    REQUIRE(enormous->too_costly);
}

TEST_CASE("outline_pfx: the budget is the reader's, at the limit and one above") {
    const bytes file = samples::load("pfx/ossl-default-rsa2048.p12"); // 3 derivations of 2048
    const auto with = [&](std::uint64_t total) { return formats::outline_pfx(file, formats::pfx_limits{{.total_cost = total}}); };
    REQUIRE(with(3 * 2048));
    CHECK_FALSE(with(3 * 2048)->too_costly);
    REQUIRE(with(3 * 2048 - 1));
    CHECK(with(3 * 2048 - 1)->too_costly);
}

TEST_CASE("outline_pfx: scrypt's parameters are told") {
    const auto outline = formats::outline_pfx(samples::load("pfx/evil-scrypt.p12")); // N = 16384
    REQUIRE(outline);
    const auto& layer = outline->layers.back();
    CHECK(layer.kdf == derivation::scrypt);
    CHECK(layer.iterations == 16384);
    CHECK(layer.r > 0);
    CHECK(layer.p > 0);
}

TEST_CASE("outline_pfx: what is no PFX, too large or too deep is refused as the reader refuses it") {
    CHECK(formats::outline_pfx(as_bytes("no PFX")).error().code == errc::malformed);
    CHECK(formats::outline_pfx(samples::load("pfx/evil-truncated.p12")).error().code == errc::malformed);
    CHECK(formats::outline_pfx(samples::load("pfx/evil-nest-5000.p12")).error().code == errc::limit_exceeded);
    const bytes large(formats::pfx_bounds{}.file_bytes + 1);
    CHECK(formats::outline_pfx(large).error().code == errc::limit_exceeded);
}

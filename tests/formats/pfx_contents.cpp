// SPDX-License-Identifier: Apache-2.0
// The choice of one key among several, and what is told of safes that stayed closed.
#include <keywright/formats/pfx_contents.hpp>

#include "craft.hpp"

#include <keywright/formats/pfx_reader.hpp>

using namespace keywright;
using namespace keywright::formats;
using samples::secret;

namespace {

bytes p256() { return samples::load("byok/target-p256.p8.der"); }
bytes p384() { return samples::load("byok/target-p384.p8.der"); }
bytes named(const bytes& bag, std::string_view name) {
    bytes utf16;
    for (const char c : name) utf16.push_back(0), utf16.push_back(static_cast<std::uint8_t>(c));
    return craft::with_attribute(bag, "1.2.840.113549.1.9.20", craft::tlv(0x1e, utf16));
}
bytes shrouded(const bytes& pkcs8) { return craft::shrouded_key(craft::pbes2(3), craft::encrypt(pkcs8, "x", 3)); }
bytes hidden(const bytes& bags) {
    return craft::encrypted_safe(craft::pbes2(4, craft::other_salt), craft::encrypt(bags, "x", 4, craft::other_salt));
}
/// Nobody can read it here; what is in it does not matter.
bytes rc2_safe() {
    return craft::encrypted_safe(
        craft::seq({craft::oid("1.2.840.113549.1.12.1.6"), craft::seq({craft::octets(craft::salt), craft::integer(2048)})}), bytes(64));
}
pfx_contents open(std::initializer_list<bytes> safes, const pfx_options& options = {}) {
    auto opened = open_pfx(craft::pfx(safes, "x", 5), secret("x"), options);
    REQUIRE_MESSAGE(opened, opened.error().text);
    return std::move(*opened);
}
std::string refusal_of(const result<pfx_key*>& chosen) {
    REQUIRE_FALSE(chosen);
    return std::string(name(chosen.error().code)) + ": " + chosen.error().text;
}
constexpr const char* rc2_text = "pfx: an encrypted safe uses PKCS#12 RC2-40, which is not offered; convert the file: openssl pkcs12 "
                                 "-legacy -in old.pfx -nodes | openssl pkcs12 -export -out new.pfx";

} // namespace

TEST_CASE("choose_key: the only key needs no name, and of several none is chosen in silence") {
    pfx_contents one = open({craft::plain_safe({named(shrouded(p256()), "a")})});
    REQUIRE(choose_key(one));
    CHECK(*choose_key(one) == &one.keys[0]);
    pfx_contents two = open({craft::plain_safe({named(shrouded(p256()), "a"), named(shrouded(p384()), "b")})});
    CHECK(refusal_of(choose_key(two)) == "misused: pfx: the file holds several keys; choose one by its name or fingerprint");
}

TEST_CASE("choose_key: by name, by fingerprint, by both") {
    pfx_contents two = open({craft::plain_safe({named(shrouded(p256()), "a"), named(shrouded(p384()), "b")})});
    REQUIRE(two.keys[0].print != two.keys[1].print);
    const auto is = [&](const pfx_choice& choice, std::size_t index) {
        const auto chosen = choose_key(two, choice);
        REQUIRE(chosen);
        return *chosen == &two.keys[index];
    };
    CHECK(is({.friendly_name = "a"}, 0));
    CHECK(is({.friendly_name = "b"}, 1));
    CHECK(is({.print = two.keys[1].print}, 1));
    CHECK(is({.friendly_name = "a", .print = two.keys[0].print}, 0));
    const std::string none = "not_found: pfx: the file holds no key of that name or fingerprint";
    CHECK(refusal_of(choose_key(two, {.friendly_name = "A"})) == none);
    CHECK(refusal_of(choose_key(two, {.friendly_name = ""})) == none);
    CHECK(refusal_of(choose_key(two, {.print = fingerprint{}})) == none);
    CHECK(refusal_of(choose_key(two, {.friendly_name = "a", .print = two.keys[1].print})) == none);
}

TEST_CASE("choose_key: two keys of one name are told apart by fingerprint only, and one key twice is one") {
    pfx_contents same_name = open({craft::plain_safe({named(shrouded(p256()), "a"), named(shrouded(p384()), "a")})});
    CHECK(refusal_of(choose_key(same_name, {.friendly_name = "a"})) ==
          "misused: pfx: several keys of the file have that name; choose one by its fingerprint");
    CHECK(choose_key(same_name, {.friendly_name = "a", .print = same_name.keys[1].print}) == &same_name.keys[1]);
    pfx_contents twice = open({craft::plain_safe({named(shrouded(p256()), "a"), named(shrouded(p256()), "b")})});
    CHECK(choose_key(twice) == &twice.keys[0]);
    CHECK(choose_key(twice, {.friendly_name = "b"}) == &twice.keys[1]);
}

TEST_CASE("choose_key: a terminator that a producer wrote into a name is not part of it") {
    pfx_contents one = open({craft::plain_safe({named(shrouded(p256()), std::string_view("a\0", 2))})});
    CHECK(choose_key(one, {.friendly_name = "a"}) == &one.keys[0]);
}

TEST_CASE("choose_key: a file without a key is not_found, and a closed safe is mentioned") {
    pfx_contents empty = open({craft::plain_safe({craft::certificate(bytes{1})})});
    CHECK(refusal_of(choose_key(empty)) == "not_found: pfx: the file holds no private key; export it again with its key");
    pfx_contents closed = open({craft::plain_safe({named(shrouded(p256()), "a")}), rc2_safe()});
    CHECK(refusal_of(choose_key(closed, {.friendly_name = "b"})) ==
          "not_found: pfx: the key that is meant is not among those that were read, and a safe of the file stayed closed");
}

TEST_CASE("open_pfx: a safe that cannot be read is listed by name, and does not stand in a key's way") {
    const pfx_contents opened = open({rc2_safe(), craft::plain_safe({shrouded(p256())})});
    CHECK(opened.keys.size() == 1);
    REQUIRE(opened.closed_safes.size() == 1);
    CHECK(opened.closed_safes[0].why == closed_because::unsupported);
    CHECK(opened.closed_safes[0].algorithm == "1.2.840.113549.1.12.1.6");
    CHECK(opened.closed_safes[0].length == 64);
    CHECK(std::string(opened.closed_safes[0].text) == rc2_text);
    CHECK(open({hidden(craft::seq({shrouded(p256())})), rc2_safe()}).closed_safes.size() == 1);
}

TEST_CASE("open_pfx: where no key was found and a safe could not be read, its name is the refusal") {
    const auto refused = [](std::initializer_list<bytes> safes, std::uint64_t derivations) {
        pfx_work work;
        const auto opened = open_pfx(craft::pfx(safes, "x", 5), secret("x"), {.work = &work});
        CHECK_FALSE(opened);
        CHECK(work.derivations == derivations);
        return opened ? "" : std::string(name(opened.error().code)) + ": " + opened.error().text;
    };
    const std::string rc2 = std::string("unsupported: ") + rc2_text;
    CHECK(refused({rc2_safe()}, 0) == rc2);
    CHECK(refused({craft::plain_safe({craft::certificate(bytes{1})}), rc2_safe()}, 0) == rc2);
    CHECK(refused({hidden(craft::seq({craft::certificate(bytes{1})})), rc2_safe()}, 2) == rc2); // one that opened held none
}

TEST_CASE("open_pfx: an iteration count in a safe that is not opened costs nothing") {
    const bytes dear =
        craft::seq({craft::oid("1.2.840.113549.1.12.1.6"), craft::seq({craft::octets(craft::salt), craft::integer(1u << 31)})});
    pfx_work work;
    CHECK(open({craft::encrypted_safe(dear, bytes(8)), craft::plain_safe({shrouded(p256())})}, {.work = &work}).closed_safes.size() == 1);
    CHECK(work.cost == 5 + 3);
}

TEST_CASE("open_pfx: where only keys are wanted, safes stay closed if a key lies outside") {
    pfx_work work;
    const pfx_options keys{.want = pfx_want::keys, .work = &work};
    const pfx_contents outside = open({hidden(craft::seq({shrouded(p384())})), craft::plain_safe({shrouded(p256())})}, keys);
    CHECK(outside.keys.size() == 1);
    CHECK(work.cost == 5 + 3);
    REQUIRE(outside.closed_safes.size() == 1);
    CHECK(outside.closed_safes[0].why == closed_because::not_wanted);
    CHECK(outside.closed_safes[0].algorithm == "1.2.840.113549.1.5.13");
    work = {};
    const pfx_contents inside = open({hidden(craft::seq({shrouded(p384())})), hidden(craft::seq({shrouded(p256())}))}, keys);
    CHECK(inside.keys.size() == 2);
    CHECK(inside.closed_safes.empty());
    CHECK(work.cost == 5 + 4 + 3); // both safes share a derivation
}

TEST_CASE("open_pfx: a file's own certificates are opened for everything, and left closed for keys") {
    const bytes file = samples::load("pfx/ossl-default-rsa2048.p12");
    const auto all = open_pfx(file, secret("test1234"));
    const auto key = open_pfx(file, secret("test1234"), {.want = pfx_want::keys});
    REQUIRE(all);
    REQUIRE(key);
    CHECK(all->keys[0].match == certificate_match::matched);
    CHECK(key->keys[0].match == certificate_match::none);
    CHECK(key->keys[0].print == all->keys[0].print);
    CHECK(key->keys_protected());
    CHECK(key->closed_safes.size() == 1);
}

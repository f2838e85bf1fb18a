// SPDX-License-Identifier: Apache-2.0
// Keys that have one fault each, made so that a proof says which, and keys at the boundary that have none. ROCA's moduli
// are those of roca-detect 1.2.12 (MIT, CRoCS), tests/data.
#include "../formats/samples.hpp"

#include <keywright/keys/weakness.hpp>

#include <botan/pkcs8.h>
#include <botan/rsa.h>
#include <botan/system_rng.h>

#include <set>

using namespace keywright;
using Botan::BigInt;
using keys::weakness;

namespace {

constexpr std::size_t bits = 1024; // of the keys made here

Botan::RandomNumberGenerator& rng() { return Botan::system_rng(); }
BigInt two_to(std::size_t n) { return BigInt::power_of_2(n); }
/// A prime whose two upper bits are set.
BigInt prime() { return Botan::random_prime(rng(), bits / 2, 65537); }
bool is_rsa_prime(const BigInt& n) { return (n - 1) % 65537 != 0 && Botan::is_prime(n, rng(), 32); }
BigInt next_prime(BigInt from) {
    for (from.set_bit(0); !is_rsa_prime(from);) from += 2;
    return from;
}
BigInt lambda(const BigInt& p, const BigInt& q) { return (p - 1) * (q - 1) / Botan::gcd(p - 1, q - 1); }

using names = std::set<weakness>;
names names_of(const result<keys::weakness_list>& found) {
    REQUIRE(found);
    const names out(found->begin(), found->end());
    CHECK(out.size() == found->size());
    return out;
}
names of_private(const BigInt& p, const BigInt& q, const BigInt& e = 65537, const BigInt& d = 0) {
    return names_of(keys::weaknesses_of(Botan::RSA_PrivateKey(p, q, e, d)));
}
names of_public(const BigInt& n, const BigInt& e = 65537) { return names_of(keys::weaknesses_of(Botan::RSA_PublicKey(n, e))); }
bytes spki(const BigInt& n) { return Botan::RSA_PublicKey(n, 65537).subject_public_key(); }

// positive: mod01 (512 bits), mod08 (1025), mod03 (2048), mod09 (4096); negative: mod07 is mod03 with one digit changed
constexpr const char* roca_512 =
    "0x944e13208a280c37efc31c3114485e590192adbb8e11c87cad60cdef0037ce99278330d3f471a2538fa667802ed2a3c44a8b7dea826e888d0aa341fd664f7fa7";
constexpr const char* roca_1025 =
    "0x1db349e1f58f5d41f65aa5b0ffa6ae0cea80de6c170b2b4abf9c358d79494ca59cab008f5ee92759b91d497e2131701047f953935a163e91db5460"
    "c82566f4df0c05bca02a8576f7c4e916b274e2f307b56fc8a20ad452b1b54d3924726a3b2329da882c7b8e102379dfe7a8c6b01d62e7ff0fd58e1e98"
    "22f6e32b5b0486561fb";
constexpr const char* roca_2048 =
    "0x9dcd7420e420c270a68060eb8b5aa7457a9f6648f86fafed2775cc1f79ae962f1e63f1b9e51c55f9ea6fdc7332e9b0058c9ff2eb1fc89855029cf6"
    "aafe21e689feb38ac9ffb12f1ce371bb5d0e9aae64161abce74b4244bf68f1edb4411f756a097c8929c14740245ea355f8332d1aa36bb50c7dcb4505"
    "da8de02e4e53d38f8df06097da7524df0df93db48eac8cc4af2d3a16257eb2b2adca6ba464e5974fa92550d31b1babf161e7692d00b86e3dd886ecab"
    "4abfbe1a8f8cc263ff4af55cdb45f4249a5193925f5e983d762f0b6800943eb0267b08f42ed311ce1f5c86eacbc8ce4d3cb7a2fee1ef5641423a1cf4"
    "114e5ecf50034a60a412523af9e6f4aa11";
constexpr const char* roca_4096 =
    "0xc39a928060db513091b604eadad719ed94e246de8fe15fb76efab5cfabbc3fc5486fe2ef2a5a5a8472f0c5be089edec071fb284df4467fa1fa6c8f"
    "0b013d3173fe636744666289bf67b5c998c87b59015d94bb9c20d30a70cfe275e42fd3c6f44d4c5252f9c6b6803f92afd928153bdb90ef08ede934c0"
    "76f33543f9a1c362130929b9a1324c5ebee6831c251c48a7dee24d75ac538ce9a58d7ff09c12a5d772b6c33f4265a4e4830bd73ad221d24d4d3f092e"
    "24279c15fc1d10ca69561f4f071313c86b11ab36a5dd28df392f581834eecfdc9e183a466198e33cf01d273bd41d4b7e288cc66f24eba04676bd2090"
    "f6f73830336a317bc2d423b558b9d8f632e12af7b0e7fc9bdb69282e81fdf41a68cf4e85f01fc343dfe52a3ad01f67459d380165159e1209ef1ce4ec"
    "d26648e061faf0896551f7f1f92d6b6a19af0ab7f1f092d7e168bcec0ee478b8618489a8967a71e5e0a5c197662d8e9756f090a177109d4a34ae20a1"
    "8c5629efea5ca66623960fc325f779cdae891a7ec051f00e837b8f2fb9fd19f6a35832ca0e5ce8375972c42a308f7d5ca0434022c131874087e826ed"
    "737994e46fbe44f5f1e908934f6033e6851ebd05447dddbaa51c0671849cafd3a503cdc150101914edf33b140c168c3dbea4791e74ea619ab1b31c90"
    "691de1d425b746b222a2b26ed54222cbcaf27a054f9f66f77be6466198c33e37dd";
constexpr const char* no_roca_2048 =
    "0x9dcd7420e420c270a68060eb8b5aa7457a9f6648f86fafed2775cc1f79ae962f1e63f1b9e51c55f9ea6fdc7332e9b0058c9ff2eb1fc89855029cf6"
    "aafe21e689feb38ac9ffb12f1ce371bb5d0e9aae64161abce74b4244bf68f1edb4411f756a097c8929c14740245ea355f8332d1aa36bb50c7dcb4505"
    "da8de02e4e53d38f8df06097da7524df0df93db48eac8cc4af2d3a16257eb2b2adca6ba464e5974fa92550d31b1babf161e7692d00b86e3dd886ecab"
    "4abfbe1a8f8cc263ff4af55cdb45f4249a5193925f5e983d762f0b6800943eb0267b08f42ed311ce1f5c86eacbc8ce4d3cb7a2fee1ef5641423a1cf4"
    "114e5ecf50034a60a412523af9e6f4aa21";

} // namespace

TEST_CASE("weaknesses_of: keys of many producers have none") {
    for (const char* name : {"rsa2048", "rsa3072", "rsa4096", "p256"}) {
        CAPTURE(std::string(name));
        const bytes der = samples::load(std::string("byok/target-") + name + ".p8.der");
        const auto key = Botan::PKCS8::load_key(std::span<const std::uint8_t>(der));
        CHECK(names_of(keys::weaknesses_of(*key)).empty());
        CHECK(names_of(keys::weaknesses_of(*key->public_key())).empty());
    }
    for (int i = 0; i < 8; ++i) CHECK(of_private(prime(), prime()).empty());
}

TEST_CASE("weaknesses_of: an exponent below 65537 is low, 65537 is not") {
    const BigInt p = prime(), q = prime();
    CHECK(of_public(p * q, 65535) == names{weakness::low_exponent});
    CHECK(of_public(p * q, 3) == names{weakness::low_exponent});
    CHECK(of_public(p * q, 65537).empty());
    CHECK(of_public(p * q, 65539).empty());
}

TEST_CASE("weaknesses_of: an even exponent is told where the numbers alone are asked") {
    // Botan loads no such key, so the question is asked below it.
    CHECK_THROWS(Botan::RSA_PublicKey(prime() * prime(), 65538));
    keys::weakness_list found;
    keys::detail::note_public(found, prime() * prime(), 65538);
    CHECK(found.size() == 1);
    CHECK(found[0] == weakness::even_exponent);
}

TEST_CASE("weaknesses_of: a prime below 2^16 in the modulus is found, the next one above is not") {
    const BigInt rest = Botan::random_prime(rng(), bits - 16, 65537);
    CHECK(of_public(rest * 3) == names{weakness::small_factor});
    CHECK(of_public(rest * 65521) == names{weakness::small_factor}); // the last prime below 2^16
    CHECK(of_public(rest * 65537).empty());                          // the first above
    CHECK(keys::detail::has_small_factor(rest * 2));
}

TEST_CASE("weaknesses_of: ROCA's fingerprint is found in the published moduli of every length") {
    for (const char* modulus : {roca_512, roca_1025, roca_2048, roca_4096}) {
        CAPTURE(std::string(modulus).substr(0, 40));
        CHECK(of_public(BigInt(modulus)) == names{weakness::roca});
    }
    CHECK(of_public(BigInt(no_roca_2048)).count(weakness::roca) == 0);
}

TEST_CASE("weaknesses_of: a private key made as Infineon's library made them has the fingerprint") {
    BigInt m = 2;
    for (std::size_t i = 0; i < 38; ++i) m = m * BigInt(Botan::PRIMES[i]);
    CHECK(m == BigInt("962947420735983927056946215901134429196419130606213075415963491270")); // roca-detect's primorial(167)
    BigInt power = 65537;
    const auto made = [&] { // p = k M + (65537^a mod M)
        for (;; power = power * 65537 % m) {
            BigInt p = BigInt(rng(), bits / 2 - m.bits()) * m + power;
            if (p.bits() == bits / 2 && is_rsa_prime(p)) return p;
        }
    };
    const BigInt p = made(), q = made();
    CHECK(of_private(p, q) == names{weakness::roca});
    // Of 65537's powers modulo 11 there are two, 1 and 10. A number that is like `base` modulo all other primes:
    const BigInt others = m / 11;
    const auto with = [&](const BigInt& base, const BigInt& modulo_11) {
        const BigInt number = base + others * ((modulo_11 + 11 - base % 11) * Botan::inverse_mod(others % 11, 11) % 11);
        REQUIRE(number % others == base % others);
        REQUIRE(number % 11 == modulo_11);
        return number;
    };
    CHECK(keys::detail::has_roca_fingerprint(with(65537, 10)));
    CHECK_FALSE(keys::detail::has_roca_fingerprint(with(65537, 1))); // powers all, but no exponent gives them all
    CHECK(keys::detail::has_roca_fingerprint(with(1, 1)));
    CHECK_FALSE(keys::detail::has_roca_fingerprint(with(1, 2))); // no power of 65537
}

TEST_CASE("weaknesses_of: neighbouring primes are found with and without the private half") {
    const BigInt p = prime(), q = next_prime(p + 2);
    CHECK(of_public(p * q) == names{weakness::close_primes});
    CHECK(of_private(p, q) == names{weakness::close_primes});
    CHECK(of_public(p * p) == names{weakness::close_primes});
}

TEST_CASE("weaknesses_of: primes at FIPS 186-5's distance are too close, farther ones are not") {
    const BigInt p = Botan::random_prime(rng(), bits / 2 - 1, 65537) + two_to(bits / 2 - 1); // no prime: only the distance counts
    const BigInt limit = two_to(bits / 2 - 100);
    CHECK(keys::detail::too_close(p, p + limit - 1, bits));
    CHECK(keys::detail::too_close(p, p + limit, bits));
    CHECK(keys::detail::too_close(p + limit, p, bits));
    CHECK_FALSE(keys::detail::too_close(p, p + limit + 1, bits));
    const BigInt q = prime();
    CHECK(of_private(q, next_prime(q + limit - two_to(40))) == names{weakness::close_primes});
    CHECK(of_private(q, next_prime(q + limit + 2)).empty());
}

TEST_CASE("splits_by_fermat: the last step that is made finds what needs it, and one more is not made") {
    // n = a^2 - b^2 is found in step a - ceil(sqrt(n)); b is chosen for that step and odd n.
    const auto steps_away = [](std::size_t step) {
        for (BigInt a = two_to(300) + 1;; a += 2) {
            BigInt b = keys::detail::square_root(a * (2 * step + 1)); // b^2 / 2a = step + 1/2
            if (b.is_odd()) b += 1;
            const BigInt n = a * a - b * b;
            if (keys::detail::square_root(n) + 1 + BigInt(step) == a) return n;
        }
    };
    CHECK(keys::detail::splits_by_fermat(steps_away(0)));
    CHECK(keys::detail::splits_by_fermat(steps_away(keys::detail::fermat_steps - 1)));
    CHECK_FALSE(keys::detail::splits_by_fermat(steps_away(keys::detail::fermat_steps)));
}

TEST_CASE("square_root: rounds down at every size") {
    for (const std::size_t size : {1u, 2u, 7u, 63u, 64u, 65u, 512u}) {
        const BigInt root = two_to(size) - 1;
        CHECK(keys::detail::square_root(root * root) == root);
        CHECK(keys::detail::square_root(root * root + (root << 1)) == root);
        CHECK(keys::detail::square_root((root + 1) * (root + 1)) == root + 1);
        CHECK(keys::detail::is_square(root * root));
        CHECK_FALSE(keys::detail::is_square(root * root + 1 + root));
    }
}

TEST_CASE("too_low: half the modulus' length is the last private exponent that is too low") {
    const BigInt p = prime(), q = prime();
    CHECK(keys::detail::too_low(two_to(bits / 2), p, q, bits));
    CHECK_FALSE(keys::detail::too_low(two_to(bits / 2) + 1, p, q, bits));
    CHECK(keys::detail::too_low(two_to(bits / 2) + lambda(p, q), p, q, bits)); // decrypts the same
}

TEST_CASE("weaknesses_of: a low private exponent is found, also where the file hides it behind a higher one") {
    // Botan takes public exponents of 256 bits at most, and e d > lcm(p - 1, q - 1): so that one is made small.
    const BigInt p = prime(), g = (p - 1) >> 1;
    BigInt q = g * 3 + 1;
    while (!Botan::is_prime(q, rng(), 32)) q += g;
    const BigInt l = lambda(p, q), limit = two_to((p * q).bits() / 2);
    const auto exponent = [&](bool low) {
        for (BigInt e = 65537;; e += 2)
            if (Botan::gcd(e, l) == 1 && (Botan::inverse_mod(e, l) <= limit) == low) return e;
    };
    const BigInt e = exponent(true), good = exponent(false);
    CHECK(of_private(p, q, e, Botan::inverse_mod(e, l)) == names{weakness::low_private_exponent});
    CHECK(of_private(p, q, e, Botan::inverse_mod(e, l) + l) == names{weakness::low_private_exponent});
    CHECK(of_private(p, q, good, Botan::inverse_mod(good, l)).empty());
}

TEST_CASE("weaknesses_of: a prime that an earlier key has, too, breaks both; the same key again does not") {
    const BigInt p = prime(), q = prime(), r = prime(), s = prime();
    const Botan::RSA_PublicKey key(p * q, 65537);
    const bytes curve =
        Botan::PKCS8::load_key(std::span<const std::uint8_t>(samples::load("byok/target-p256.p8.der")))->subject_public_key();
    const std::vector<bytes> strangers{curve, spki(r * s), spki(p * q)};
    CHECK(names_of(keys::weaknesses_of(key, strangers)).empty());
    const std::vector<bytes> sibling{curve, spki(r * s), spki(r * q)};
    CHECK(names_of(keys::weaknesses_of(key, sibling)) == names{weakness::shared_factor});
    const std::vector<bytes> rubbish{bytes{1, 2, 3}};
    REQUIRE_FALSE(keys::weaknesses_of(key, rubbish));
}

TEST_CASE("weaknesses_of: bounded in the key's length and in the number of other keys") {
    const auto longer = [](std::size_t length) { return Botan::RSA_PublicKey(two_to(length - 1) + 1, 65537); };
    CHECK(keys::weaknesses_of(longer(keys::longest_inspected_bits)));
    const auto too_long = keys::weaknesses_of(longer(keys::longest_inspected_bits + 1));
    REQUIRE_FALSE(too_long);
    CHECK(too_long.error().code == errc::limit_exceeded);
    const Botan::RSA_PublicKey key(prime() * prime(), 65537);
    std::vector<bytes> others(keys::most_compared_keys, spki(key.get_n()));
    CHECK(names_of(keys::weaknesses_of(key, others)).empty());
    others.push_back(others.front());
    const auto too_many = keys::weaknesses_of(key, others);
    REQUIRE_FALSE(too_many);
    CHECK(too_many.error().code == errc::limit_exceeded);
}

TEST_CASE("weakness: every one has a name and a sentence of its own, which says what to do") {
    std::set<std::string> seen;
    for (unsigned i = 0; i < keys::weakness_kinds; ++i) {
        const auto w = static_cast<weakness>(i);
        CHECK(seen.insert(keys::name(w)).second);
        const std::string text = keys::explain(w);
        CHECK(seen.insert(text).second);
        CHECK(text.starts_with("key: weak: "));
        CHECK(text.find("; make a new") != std::string::npos);
    }
    CHECK(seen.count("unknown") == 0);
    CHECK(std::string(keys::name(static_cast<weakness>(keys::weakness_kinds))) == "unknown");
}

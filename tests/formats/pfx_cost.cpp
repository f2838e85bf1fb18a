// SPDX-License-Identifier: Apache-2.0
// What a hostile file may cost, and what is left behind: every allocation of this program is counted, and every block
// that is freed while a file is opened is searched for secrets. Bytes and counts, no clock.
#include "craft.hpp"

#include <keywright/formats/pfx_reader.hpp>

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <cstdio>

using namespace keywright;
using namespace keywright::formats;
using samples::secret;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KEYWRIGHT_OWN_MALLOC 0
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KEYWRIGHT_OWN_MALLOC 0
#endif
#ifndef KEYWRIGHT_OWN_MALLOC
#define KEYWRIGHT_OWN_MALLOC 1
#endif

namespace {

struct needle {
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;
};
struct counters {
    long live = 0, peak = 0;
    std::size_t blocks = 0, total = 0, found = 0;
};
bool counting = false;
counters counted;
needle needles[8];

#if KEYWRIGHT_OWN_MALLOC
void note_made(void* block) {
    if (!counting || block == nullptr) return;
    const std::size_t size = ::malloc_usable_size(block);
    ++counted.blocks;
    counted.total += size;
    counted.live += static_cast<long>(size);
    counted.peak = std::max(counted.peak, counted.live);
}
void note_freed(void* block) {
    if (!counting || block == nullptr) return;
    const std::size_t size = ::malloc_usable_size(block);
    counted.live -= static_cast<long>(size);
    for (const needle& n : needles)
        if (n.size != 0 && ::memmem(block, size, n.data, n.size) != nullptr) ++counted.found;
}
// Botan's pool of locked memory would hide blocks from the counter; it is read before any static object is made.
__attribute__((constructor(101))) void no_pool() { ::setenv("BOTAN_MLOCK_POOL_SIZE", "0", 1); }
#endif

template <class Work>
counters count(Work&& work) {
    counted = {};
    counting = true;
    work();
    counting = false;
    return counted;
}

} // namespace

#if KEYWRIGHT_OWN_MALLOC
// The C library's own entry points; operator new and Botan's allocator end here, too.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);

// A new block is cleared, or what an earlier owner left in it would be taken for its own.
void* malloc(std::size_t size) {
    void* const block = counting ? __libc_calloc(1, size) : __libc_malloc(size);
    note_made(block);
    return block;
}
void* calloc(std::size_t count, std::size_t size) {
    void* const block = __libc_calloc(count, size);
    note_made(block);
    return block;
}
void* realloc(void* block, std::size_t size) {
    note_freed(block);
    void* const moved = __libc_realloc(block, size);
    note_made(moved);
    return moved;
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
    void* const block = __libc_memalign(alignment, size);
    if (counting && block != nullptr) ::memset(block, 0, size);
    note_made(block);
    return block;
}
void free(void* block) {
    note_freed(block);
    __libc_free(block);
}
}
#endif

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

bool own_malloc() {
    if (!KEYWRIGHT_OWN_MALLOC) MESSAGE("skipped: a sanitizer owns the allocator");
    return KEYWRIGHT_OWN_MALLOC;
}

bytes repeated(const bytes& part, std::size_t size) {
    bytes out;
    for (out.reserve(size); out.size() + part.size() <= size;) append(out, part);
    return out;
}
bytes p256() { return samples::load("byok/target-p256.p8.der"); }
bytes numbered(std::size_t i) { return {static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}; }
bytes open_ended(std::uint8_t tag, byte_view content) {
    return craft::join({bytes{tag, 0x80}, bytes(content.begin(), content.end()), bytes{0, 0}});
}
bytes safe_of(const bytes& bags) {
    return craft::seq({craft::oid("1.2.840.113549.1.7.1"), craft::explicit0(craft::octets(craft::tlv(0x30, bags)))});
}
/// PKCS#8 of an RSA key whose numbers are as long as asked and not prime at all.
bytes big_rsa(std::size_t modulus) {
    const auto number = [](const Botan::BigInt& n) {
        bytes der;
        Botan::DER_Encoder(der).encode(n);
        return der;
    };
    bytes half(modulus / 2, 0xa5);
    const Botan::BigInt p = Botan::BigInt::from_bytes(half), q = p + 2;
    const bytes rsa = craft::seq({craft::integer(0), number(p * q), craft::integer(65537), number(p * q - 2), number(p), number(q),
                                  number(p - 2), number(q - 2), number(p - 4)});
    return craft::seq({craft::integer(0), craft::seq({craft::oid("1.2.840.113549.1.1.1"), craft::tlv(0x05, {})}), craft::octets(rsa)});
}
/// A certificate of which only the place of the public key is right.
bytes certificate_with(byte_view spki, std::size_t filler) {
    const bytes tbs = craft::seq({craft::integer(1), craft::seq({}), craft::seq({}), craft::seq({}), craft::seq({}),
                                  bytes(spki.begin(), spki.end()), craft::octets(bytes(filler))});
    return craft::seq({tbs});
}
bytes spki_of_p256() { return Botan::PKCS8::load_key(std::span<const std::uint8_t>(p256()))->subject_public_key(); }

struct dear_file {
    const char* name;
    bytes file;
    const char* password = "x";
};

/// The dearest files of a mebibyte that the default limits let in, one for each thing that can be made dear. Iterations
/// are few: their number is bounded by count, see limits.cpp.
std::vector<dear_file> dear_files() {
    std::vector<dear_file> all;
    const auto add = [&](const char* name, const bytes& safes) { all.push_back({name, craft::pfx_without_mac({safes})}); };
    const bytes key = craft::plain_key(p256());
    constexpr std::size_t most = mebibyte - 4096;
    const bytes nested = craft::join({key, craft::nested(craft::bag("1.2.3.4", craft::octets(bytes(most))), 9)});
    add("nested to the limit around one large bag", safe_of(nested));
    add("the same within an encrypted safe", craft::encrypted_safe(craft::pbes2(1), craft::encrypt(craft::tlv(0x30, nested), "x", 1)));
    {
        bytes inner = repeated(bytes{0x30, 0x80, 0, 0}, most);
        for (int i = 0; i < 8; ++i) inner = open_ended(0x30, inner);
        add("indefinite lengths, small ones in nested ones",
            safe_of(craft::join({key, craft::seq({craft::oid("1.2.3.4"), craft::explicit0(inner)})})));
    }
    {
        const bytes small = craft::seq({safe_of(key), safe_of(craft::bag("1.2.3.4", craft::octets(bytes(most / 3 - 400))))});
        bytes chunks;
        for (const std::uint8_t b : small) append(chunks, bytes{0x04, 0x01, b});
        all.push_back({"an octet string in chunks of one byte",
                       craft::seq({craft::integer(3),
                                   craft::seq({craft::oid("1.2.840.113549.1.7.1"), craft::explicit0(craft::tlv(0x24, chunks))})})});
    }
    {
        bytes safes = safe_of(key);
        for (std::size_t i = 1; i < 64; ++i) {
            const bytes salt = numbered(i), plain = craft::seq({craft::bag("1.2.3.4", craft::octets(bytes(most / 64 - 300)))});
            append(safes, craft::encrypted_safe(craft::pbes2(1, salt), craft::encrypt(plain, "x", 1, salt)));
        }
        add("as many encrypted safes as are let in", safes);
    }
    {
        bytes bags;
        for (std::size_t i = 0; i < 256; ++i)
            append(bags, craft::shrouded_key(craft::pbes2(1, numbered(i)), craft::encrypt(p256(), "x", 1, numbered(i))));
        add("as many keys as are let in, a derivation for each", safe_of(bags));
    }
    add("RSA keys of 16 000 bits", safe_of(repeated(craft::plain_key(big_rsa(2000)), most)));
    {
        bytes bags = repeated(key, 255 * key.size());
        append(bags, craft::certificate(certificate_with(spki_of_p256(), (64 << 10) - 200)));
        add("one large certificate for many keys", safe_of(bags));
    }
    {
        bytes bags = key,
              spki = Botan::PKCS8::load_key(std::span<const std::uint8_t>(samples::load("byok/target-p521.p8.der")))->subject_public_key();
        for (std::size_t i = 0; i < 255; ++i) append(bags, craft::certificate(certificate_with(spki, 3800)));
        add("certificates of foreign keys", safe_of(bags));
    }
    {
        const bytes attribute = craft::seq({craft::oid("1.2.3.4"), craft::tlv(0x31, {})});
        bytes bag =
            craft::seq({craft::oid("1.2.840.113549.1.12.10.1.1"), craft::explicit0(p256()), craft::tlv(0x31, repeated(attribute, most))});
        add("attributes without number", safe_of(bag));
    }
    {
        const bytes name = craft::tlv(0x1e, repeated(bytes{0x20, 0xac}, most)); // three bytes of UTF-8 from two
        add("a friendly name of half a million characters",
            safe_of(craft::with_attribute(craft::shrouded_key(craft::pbes2(1), craft::encrypt(p256(), "x", 1)), "1.2.840.113549.1.9.20",
                                          name)));
    }
    add("an object identifier of a mebibyte",
        safe_of(craft::join({key, craft::seq({craft::tlv(0x06, bytes(most, 0x7f)), craft::explicit0(craft::seq({}))})})));
    add("a salt of a mebibyte",
        safe_of(craft::join({key, craft::bag("1.2.840.113549.1.12.10.1.2",
                                             craft::seq({craft::seq({craft::oid("1.2.840.113549.1.12.1.3"),
                                                                     craft::seq({craft::octets(bytes(most, 1)), craft::integer(1)})}),
                                                         craft::octets(bytes(8))}))})));
    add("a count of a mebibyte",
        safe_of(craft::shrouded_key(craft::seq({craft::oid("1.2.840.113549.1.12.1.3"),
                                                craft::seq({craft::octets(craft::salt), craft::tlv(0x02, bytes(most, 0x11))})}),
                                    bytes(8))));
    add("scrypt with all its memory, beside a mebibyte",
        craft::join({safe_of(craft::join({key, craft::shrouded_key(craft::pbes2_scrypt(16384, 15, 1), bytes(32))})),
                     safe_of(craft::bag("1.2.3.4", craft::octets(bytes(most - 600))))}));
    all.push_back({"3DES over a mebibyte, and two forms of an empty password",
                   craft::pfx_without_mac({craft::encrypted_safe(craft::pbe_3des(1), bytes(most / 8 * 8))}), ""});
    return all;
}

} // namespace

TEST_CASE("open_pfx: no file of a mebibyte takes more than 64 MiB, or more blocks than it has bytes") {
    if (!own_malloc()) return;
    for (const dear_file& dear : dear_files()) {
        CAPTURE(std::string(dear.name));
        CHECK(dear.file.size() <= mebibyte);
        pfx_work work;
        std::string outcome;
        const counters used = count([&] {
            const auto opened = open_pfx(dear.file, secret(dear.password),
                                         {.without_mac = accept_unauthenticated{"this test asks what it costs"}, .work = &work});
            outcome = opened ? "ok" : opened.error().text;
        });
        std::printf("%6ld KiB at once, %6zu KiB in all, %7zu blocks, cost %7llu: %s: %s\n", used.peak / 1024, used.total / 1024,
                    used.blocks, static_cast<unsigned long long>(work.cost), dear.name, outcome.c_str());
        CHECK(used.peak <= static_cast<long>(64 * mebibyte));
        CHECK(used.total <= 512 * mebibyte); // copying that grows with the square would be far above
        CHECK(used.blocks <= 2 * mebibyte);
        CHECK(work.cost <= pfx_bounds{}.total_cost);
    }
}

// --- what is left behind ---

namespace {

/// A freed block that still holds any of these is a secret left behind. Eight bytes are enough to be no accident.
class search {
public:
    explicit search(std::initializer_list<byte_view> secrets) {
        std::size_t i = 0;
        for (const byte_view s : secrets) {
            REQUIRE(s.size() >= 8);
            needles[i++] = {s.data(), s.size()};
        }
    }
    search(const search&) = delete;
    search& operator=(const search&) = delete;
    ~search() {
        for (needle& n : needles) n = {};
    }
};
constexpr std::string_view long_password = "correct horse battery staple";

} // namespace

TEST_CASE("open_pfx: no block is freed that holds the password, a derived key, a private key or a safe's plaintext") {
    if (!own_malloc()) return;
    const bytes key = p256();
    const bytes inside = craft::seq({craft::shrouded_key(craft::pbes2(3), craft::encrypt(key, long_password, 3)),
                                     craft::bag("1.2.3.4", craft::octets(as_bytes("a plaintext that nobody else has")))});
    const bytes safe =
        craft::encrypted_safe(craft::pbes2(4, craft::other_salt), craft::encrypt(inside, long_password, 4, craft::other_salt));
    // The clear key stands under the MAC in clear, too; its bytes are a secret all the same.
    const bytes clear = samples::load("byok/target-p384.p8.der");
    const bytes file = craft::pfx({safe, craft::plain_safe({craft::plain_key(clear)})}, long_password, 5);
    bytes utf16;
    for (const char c : long_password) utf16.push_back(0), utf16.push_back(static_cast<std::uint8_t>(c));
    Botan::secure_vector<std::uint8_t> derived(32), mac_key(32);
    Botan::PasswordHashFamily::create_or_throw("PBKDF2(HMAC(SHA-256))")->from_iterations(3)->hash(derived, long_password, craft::salt);
    Botan::PasswordHashFamily::create_or_throw("PKCS12-KDF(SHA-256,3)")->from_iterations(5)->hash(mac_key, long_password, craft::salt);
    // RFC 5915: 30 len 02 01 01 04 len, then the private number; PKCS#8 has it behind 0x04 0x20 and 0x04 0x30.
    const auto scalar = [](byte_view pkcs8, std::uint8_t size) {
        const std::uint8_t head[] = {0x02, 0x01, 0x01, 0x04, size};
        const auto at = std::search(pkcs8.begin(), pkcs8.end(), std::begin(head), std::end(head));
        REQUIRE(at != pkcs8.end());
        return pkcs8.subspan(static_cast<std::size_t>(at - pkcs8.begin()) + sizeof head, size);
    };
    const secret_bytes password{as_bytes(long_password)};
    const search looking{utf16,
                         as_bytes(long_password),
                         derived,
                         mac_key,
                         scalar(key, 32).first(16),
                         scalar(clear, 48).first(16),
                         as_bytes("a plaintext that nobody else has")};
    std::size_t keys = 0;
    const counters used = count([&] {
        const auto opened = open_pfx(file, password);
        if (opened) keys = opened->keys.size();
    });
    CHECK(keys == 2);
    CHECK(used.blocks > 50);
    CHECK(used.found == 0);
    // Where it ends in a refusal, nothing is left either.
    CHECK(count([&] { CHECK_FALSE(open_pfx(file, password, {.limits = pfx_limits{{.total_cost = 11}}})); }).found == 0);
}

TEST_CASE("the search finds a secret that an ordinary vector leaves behind") {
    if (!own_malloc()) return;
    const bytes secret_value(32, 0x5e);
    const search looking{byte_view(secret_value)};
    CHECK(count([&] { bytes copy(secret_value); }).found == 1);
    CHECK(count([&] { Botan::secure_vector<std::uint8_t> copy(secret_value.begin(), secret_value.end()); }).found == 0);
}

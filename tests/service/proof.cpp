// SPDX-License-Identifier: Apache-2.0
#include <keywright/adapters/file/key_vault.hpp>
#include <keywright/adapters/file/vault_traces.hpp>
#include <keywright/service/proof.hpp>
#include <keywright/testing/temporary_folder.hpp>

#include <botan/base64.h>
#include <botan/ed25519.h>
#include <botan/hex.h>
#include <botan/pkcs8.h>
#include <botan/rsa.h>
#include <botan/system_rng.h>
#include <doctest/doctest.h>

#include <fstream>
#include <random>

using namespace keywright;
using service::found_as;
using service::survivor_kind;

namespace {

bytes random_bytes(std::size_t size, std::uint32_t seed) {
    std::mt19937 generator(seed);
    bytes out(size);
    for (auto& b : out) b = static_cast<std::uint8_t>(generator());
    return out;
}
bytes slice(byte_view data, std::size_t at, std::size_t size) {
    const auto part = data.subspan(at, size);
    return {part.begin(), part.end()};
}
const Botan::RSA_PrivateKey& rsa_key() {
    static const Botan::RSA_PrivateKey key(Botan::system_rng(), 2048);
    return key;
}

/// Folders with innocent files, and a lost key that is looked for.
struct scene {
    testing::temporary_folder folder;
    bytes lost = random_bytes(32, 99);
    service::proof_request request{.places = {folder.path()}};

    scene() {
        const auto check = keys::key_check(secret_bytes(byte_view(lost)));
        request.checks.secrets = {service::key_check{}, check.value()};
        request.traces = file::vault_traces;
        put("random.bin", random_bytes(10'000, 1));
        put("deep/notes.txt", as_bytes("Nothing to see here: the key was destroyed on Monday, says slot/nobody and ring/nobody.\n"));
        put("zeros", bytes(5000));
    }
    void put(std::string_view name, byte_view data) {
        const std::filesystem::path path(folder / name);
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary).write(as_text(data).data(), static_cast<std::streamsize>(data.size()));
    }
    void put_at(std::string_view name, std::size_t at, byte_view data) {
        auto all = random_bytes(at, 7);
        append(all, data);
        append(all, random_bytes(100, 8));
        put(name, all);
    }
    service::proof search() {
        auto found = service::find_survivors(request);
        REQUIRE_MESSAGE(found.has_value(), found.error().text);
        return std::move(*found);
    }
    /// That there is one survivor, and that it is this.
    void check_one(survivor_kind kind, std::string_view name, std::uint64_t offset, found_as as = found_as::plain) {
        const auto found = search();
        CHECK_FALSE(found.clean());
        REQUIRE(found.survivor_count == 1);
        CHECK(std::string(service::name(found.survivors[0].kind)) == service::name(kind));
        CHECK(found.survivors[0].file == folder / name);
        CHECK(found.survivors[0].offset == offset);
        CHECK(found.survivors[0].as == as);
    }
    void check_some(survivor_kind kind, std::string_view name) {
        const auto found = search();
        CHECK_FALSE(found.clean());
        const auto is_it = [&](const auto& s) { return s.kind == kind && s.file == folder / name; };
        CHECK(std::any_of(found.survivors.begin(), found.survivors.end(), is_it));
    }
};

} // namespace

TEST_CASE("proof: a clean folder passes, and says what was read") {
    scene here;
    std::filesystem::create_symlink("/etc/passwd", here.folder / "link");
    std::uint64_t last = 0, all = 0;
    here.request.progress = [&](std::uint64_t done, std::uint64_t total) {
        last = done;
        all = total;
    };
    const auto found = here.search();
    CHECK(found.clean());
    CHECK(found.files == 3);
    CHECK(found.bytes == 10'000 + 5000 + std::filesystem::file_size(here.folder / "deep/notes.txt"));
    CHECK(found.others == 1);
    CHECK(found.wraps.empty());
    CHECK(last == found.bytes);
    CHECK(all == found.bytes);
}

TEST_CASE("proof: a raw key is found at every alignment") {
    scene here;
    for (std::size_t at = 0; at < 40; ++at) {
        CAPTURE(at);
        here.put_at("app.db-wal", at, here.lost);
        here.check_one(survivor_kind::secret, "app.db-wal", at);
    }
}

TEST_CASE("proof: a key is found at the end of a file, and one byte less of it is none") {
    scene here;
    here.put("end", here.lost);
    here.check_one(survivor_kind::secret, "end", 0);
    here.put("end", slice(here.lost, 0, 31));
    CHECK(here.search().clean());
    here.put("end", slice(here.lost, 1, 31));
    CHECK(here.search().clean());
}

TEST_CASE("proof: a key is found once where two pieces of a file meet") {
    scene here;
    constexpr std::size_t edge = std::size_t{1} << 20;
    for (const std::size_t at : {edge - 33, edge - 32, edge - 31, edge - 1, edge, edge + 1}) {
        CAPTURE(at);
        auto all = bytes(at);
        append(all, here.lost);
        all.resize(at + 100'000);
        here.put("big", all);
        here.check_one(survivor_kind::secret, "big", at);
    }
}

TEST_CASE("proof: a key of equal bytes is found, although such windows are not hashed") {
    scene here;
    here.put("zeros", bytes(31));
    here.request.checks.secrets.push_back(keys::key_check(secret_bytes(bytes(32))).value());
    CHECK(here.search().clean());
    here.put("zeros", bytes(32));
    here.check_one(survivor_kind::secret, "zeros", 0);
}

TEST_CASE("proof: hexadecimal of either case is found, in lines, with colons, at an odd place, in UTF-16") {
    scene here;
    auto text = Botan::hex_encode(here.lost);
    std::size_t at = 11;
    SUBCASE("upper case") {}
    SUBCASE("lower case") { text = Botan::hex_encode(here.lost, false); }
    SUBCASE("in lines of 20") {
        for (std::size_t i = 20; i < text.size(); i += 22) text.insert(i, "\r\n");
    }
    SUBCASE("with colons") {
        for (std::size_t i = 2; i < text.size(); i += 3) text.insert(i, ":");
    }
    SUBCASE("behind one more digit") {
        text.insert(0, "a");
        at = 12;
    }
    SUBCASE("in UTF-16") {
        std::string wide;
        for (const char c : text) wide.append({c, '\0'});
        text = wide;
    }
    here.put("outbox/1.eml", as_bytes("The key is " + text + ".\n"));
    here.check_one(survivor_kind::secret, "outbox/1.eml", at, found_as::hex);
}

TEST_CASE("proof: base64 is found in both alphabets, at all phases, with and without line breaks") {
    scene here;
    for (std::size_t before = 0; before < 6; ++before)
        for (const bool url : {false, true})
            for (const std::size_t line : {0u, 64u, 7u}) {
                CAPTURE(before);
                CAPTURE(url);
                CAPTURE(line);
                auto inner = random_bytes(before, 3);
                append(inner, here.lost);
                append(inner, random_bytes(20, 4));
                auto text = Botan::base64_encode(inner);
                if (url) {
                    std::ranges::replace(text, '+', '-');
                    std::ranges::replace(text, '/', '_');
                }
                for (std::size_t i = line; line > 0 && i < text.size(); i += line + 2) text.insert(i, "\r\n");
                // A word before it, that cannot be told from it, shifts where its groups of four begin.
                here.put("mail.eml", as_bytes("Content: " + std::string(before % 4, 'x') + ' ' + text + "\r\n"));
                const auto found = here.search();
                REQUIRE(found.survivor_count == 1);
                CHECK(found.survivors[0].kind == survivor_kind::secret);
                CHECK(found.survivors[0].as == found_as::base64);
                CHECK(found.survivors[0].offset >= 9);
                CHECK(found.survivors[0].offset <= 9 + 4 + 4 * before);
            }
    here.put("mail.eml", as_bytes(Botan::base64_encode(here.lost).substr(0, 42))); // 31 bytes and a half
    CHECK(here.search().clean());
}

TEST_CASE("proof: encoded keys are found where two pieces of a file meet") {
    scene here;
    constexpr std::size_t edge = std::size_t{1} << 20;
    for (const auto& text : {Botan::base64_encode(here.lost), Botan::hex_encode(here.lost)})
        for (const std::size_t at : {edge - 64, edge - 43, edge - 1, edge}) {
            CAPTURE(at);
            bytes all(at, '.');
            append(all, as_bytes(text));
            all.resize(at + 1000, '.');
            here.put("big", all);
            const auto found = here.search();
            REQUIRE(found.survivor_count == 1);
            CHECK(found.survivors[0].offset == at);
        }
}

TEST_CASE("proof: a prime is found alone, in both byte orders and encoded, and not when a byte is missing") {
    scene here;
    ports::vault_entry entry;
    entry.public_key = rsa_key().subject_public_key();
    const auto p = rsa_key().get_p().serialize(), q = rsa_key().get_q().serialize();
    for (const auto& prime : {p, q}) {
        const auto check = keys::key_check(secret_bytes(byte_view(prime))).value();
        entry.key_check.insert(entry.key_check.end(), check.begin(), check.end());
    }
    REQUIRE(here.request.checks.add(entry).has_value());
    CHECK(here.search().clean());
    REQUIRE(p.size() == 128);
    for (const auto& prime : {p, q}) {
        for (const std::size_t at : {0u, 1u, 77u}) {
            here.put_at("core", at, prime);
            here.check_one(survivor_kind::prime, "core", at);
        }
        here.put_at("core", 5, bytes(prime.rbegin(), prime.rend()));
        here.check_one(survivor_kind::prime, "core", 5);
        here.put("core", as_bytes("{\"p\":\"" + Botan::base64_encode(prime) + "\"}"));
        here.check_one(survivor_kind::prime, "core", 6, found_as::base64);
        here.put("core", slice(prime, 0, 127));
        CHECK(here.search().clean());
        here.put("core", slice(prime, 1, 127));
        CHECK(here.search().clean());
    }
}

TEST_CASE("proof: every prime passes the filters, of all sizes, in either order") {
    // That nothing is filtered away that could be a prime is what the proof stands on.
    for (const std::size_t bits : {1024u, 1032u, 1536u, 2048u}) {
        CAPTURE(bits);
        for (int round = 0; round < 4; ++round) {
            const Botan::RSA_PrivateKey key(Botan::system_rng(), bits);
            for (const auto& prime : {key.get_p().serialize(), key.get_q().serialize()}) {
                service::detail::prime_windows windows(bits);
                windows.add(keys::key_check(secret_bytes(byte_view(prime))).value());
                service::detail::window_hasher hash;
                bytes data = random_bytes(300, static_cast<std::uint32_t>(round));
                append(data, prime);
                append(data, bytes(prime.rbegin(), prime.rend()));
                std::vector<std::size_t> found;
                windows.scan(data, data.size(), hash, [&](std::size_t at) { found.push_back(at); });
                CHECK(found == std::vector<std::size_t>{300, 300 + prime.size()});
            }
        }
    }
}

TEST_CASE("proof: private keys are found by their structure") {
    scene here;
    auto& generator = Botan::system_rng();
    const auto quick = std::chrono::milliseconds(1);
    const auto pkcs8 = rsa_key().private_key_info();
    const auto pkcs1 = rsa_key().private_key_bits();
    SUBCASE("PKCS#8 in DER") {
        here.put_at("file", 50, pkcs8);
        here.check_some(survivor_kind::private_key, "file");
        CHECK(here.search().survivors[0].offset == 50); // itself, before the PKCS#1 inside it
    }
    SUBCASE("PKCS#1 in DER") {
        here.put_at("file", 50, pkcs1);
        here.check_one(survivor_kind::private_key, "file", 50);
    }
    SUBCASE("PEM") {
        here.put("file", as_bytes(Botan::PKCS8::PEM_encode(rsa_key())));
        here.check_some(survivor_kind::private_key, "file");
    }
    SUBCASE("PEM, only its first line") {
        here.put("file", as_bytes("\n-----BEGIN RSA PRIVATE KEY-----\n"));
        here.check_one(survivor_kind::private_key, "file", 1);
    }
    SUBCASE("encrypted PKCS#8 in DER") {
        here.put_at(
            "file", 3,
            Botan::PKCS8::BER_encode_encrypted_pbkdf_msec(rsa_key(), generator, "secret", quick, nullptr, "AES-256/CBC", "SHA-256"));
        here.check_one(survivor_kind::private_key, "file", 3);
    }
    SUBCASE("in base64 without the lines of PEM") {
        here.put("file", as_bytes("<key>" + Botan::base64_encode(pkcs1) + "</key>"));
        here.check_some(survivor_kind::private_key, "file");
    }
    SUBCASE("a public key is none") {
        here.put("file", rsa_key().subject_public_key());
        here.put("pem", as_bytes("-----BEGIN PUBLIC KEY-----\n" + Botan::base64_encode(rsa_key().subject_public_key()) +
                                 "\n-----END PUBLIC KEY-----\n"));
        CHECK(here.search().clean());
    }
}

TEST_CASE("proof: a PFX file of OpenSSL is found by its structure") {
    scene here;
    // `openssl pkcs12 -export -nokeys`, its first 26 bytes, and room for what they announce
    auto pfx = Botan::hex_decode("308203e1020103308203a706092a864886f70d010701a0820398");
    bytes file(pfx.begin(), pfx.end());
    file.resize(1000, 0x11);
    here.put_at("upload.tmp", 17, file);
    here.check_one(survivor_kind::pfx, "upload.tmp", 17);
}

namespace {

keys::wrapped_key wrap_of(std::string_view key_name, byte_view key) {
    auto under = keys::kek::make(secret_bytes(random_bytes(32, 5)));
    return keys::wrap_key(*under, key_name, {}, secret_bytes(key)).value();
}

} // namespace

TEST_CASE("proof: wraps are listed by the key that they begin at") {
    scene here;
    const auto key = random_bytes(32, 6);
    auto all = wrap_of("ring/contoso/eu/3", key).serialised();
    append(all, random_bytes(9, 1));
    const auto second = all.size();
    append(all, wrap_of("prod.message.1", key).serialised());
    append(all, wrap_of("prod.message.1", key).serialised());
    append(all, wrap_of("slot/contoso/eu/test", key).serialised());
    here.put("state.db", all);
    here.request.open_slots = {"slot/contoso/eu/test"};
    const auto found = here.search();
    CHECK(found.clean());
    REQUIRE(found.wraps.size() == 3);
    CHECK(found.wraps.at("ring/contoso/eu/3").count == 1);
    CHECK(found.wraps.at("ring/contoso/eu/3").first_offset == 0);
    CHECK(found.wraps.at("prod.message.1").count == 2);
    CHECK(found.wraps.at("prod.message.1").first_offset == second);
    CHECK(found.wraps.at("prod.message.1").first_file == here.folder / "state.db");
    CHECK(found.wraps.at("slot/contoso/eu/test").count == 1);
}

TEST_CASE("proof: a wrap on the provider's path survives, unless its environment is open") {
    scene here;
    const auto wrap = wrap_of("slot/contoso/eu/prod", random_bytes(32, 6)).serialised();
    here.request.open_slots = {"slot/contoso/eu/test", "slot/contoso/eu/pro", "slot/contoso/eu/prod2"};
    SUBCASE("whole") {
        here.put_at("file", 9, wrap);
        here.check_one(survivor_kind::slot_wrap, "file", 9);
    }
    SUBCASE("with its front overwritten, as in a page that was used again") {
        here.put_at("file", 9, slice(wrap, 12, wrap.size() - 12));
        here.check_one(survivor_kind::slot_wrap, "file", 10);
    }
    SUBCASE("where two pieces of a file meet") {
        constexpr std::size_t edge = std::size_t{1} << 20;
        for (std::size_t before = 0; before <= 14; ++before) {
            here.put_at("file", edge - before, wrap);
            here.check_one(survivor_kind::slot_wrap, "file", edge - before);
        }
    }
    SUBCASE("in base64") {
        here.put("file", as_bytes(Botan::base64_encode(wrap)));
        here.check_one(survivor_kind::slot_wrap, "file", 0, found_as::base64);
    }
}

TEST_CASE("proof: a wrap under a key of which nothing is known survives") {
    scene here;
    here.put_at("file", 9, wrap_of("nobody", random_bytes(32, 6)).serialised());
    here.check_one(survivor_kind::unknown_wrap, "file", 9);
}

TEST_CASE("proof: keys of a file vault survive unless they are to live") {
    scene here;
    auto vault = file::key_vault::create(here.folder / "vault", secret_bytes(as_bytes("correct horse")), file::costs_for_tests).value();
    REQUIRE(vault.stage("customer/1", ports::key_purpose::customer, rsa_key()).has_value());
    REQUIRE(vault.stage_slot("slot/contoso/eu/prod/1").has_value());
    const std::string slot = here.folder / "vault/keys/customer+1.slot";
    SUBCASE("staged, published or not") {
        CHECK(here.search().survivor_count == 2);
        here.request.living_vault_keys = {"customer/1"};
        here.check_one(survivor_kind::vault_key, "vault/keys/slot+contoso+eu+prod+1.slot", 0);
        REQUIRE(vault.publish("slot/contoso/eu/prod/1").has_value());
        here.check_one(survivor_kind::vault_key, "vault/keys/slot+contoso+eu+prod+1.slot", 0);
        CHECK(here.search().survivors[0].name == "slot/contoso/eu/prod/1");
        here.request.living_vault_keys = {"customer/1", "slot/contoso/eu/prod/1"};
        CHECK(here.search().clean());
    }
    SUBCASE("destroyed they are gone, but not from an older copy of the slot") {
        here.request.living_vault_keys = {"slot/contoso/eu/prod/1"};
        const auto old = file::read_file(slot, 1 << 20).value();
        REQUIRE(vault.destroy("customer/1").has_value());
        CHECK(here.search().clean());
        here.put_at("backup.tar", 300, old);
        here.check_one(survivor_kind::vault_key, "backup.tar", 300);
    }
    SUBCASE("a damaged slot still has its key") {
        REQUIRE(vault.destroy("slot/contoso/eu/prod/1").has_value());
        auto old = file::read_file(slot, 1 << 20).value();
        old.resize(80);
        REQUIRE(vault.destroy("customer/1").has_value());
        here.put("undelete", old);
        here.check_one(survivor_kind::vault_key, "undelete", 0);
    }
}

TEST_CASE("proof: a slot's secret is recognised by the check in its vault entry, and so is an audit key's seed") {
    scene here;
    here.request.checks.secrets.clear();
    const testing::temporary_folder elsewhere;
    auto vault = file::key_vault::create(elsewhere / "vault", secret_bytes(as_bytes("correct horse")), file::costs_for_tests).value();
    const auto slot = vault.stage_slot("slot/1").value();
    const Botan::Ed25519_PrivateKey audit_key(Botan::system_rng());
    const auto audit = vault.stage("audit/1", ports::key_purpose::audit, audit_key).value();
    bytes secret;
    SUBCASE("slot") {
        const auto held = vault.slot_secret("slot/1").value();
        append(secret, keywright::detail::reveal(held));
        here.put("copy", secret);
        REQUIRE(here.request.checks.add(audit).has_value());
        CHECK(here.search().clean());
        REQUIRE(here.request.checks.add(slot).has_value());
    }
    SUBCASE("audit key") {
        const auto seed = audit_key.raw_private_key_bits();
        here.put("copy", byte_view(seed).first(32));
        REQUIRE(here.request.checks.add(slot).has_value());
        CHECK(here.search().clean());
        REQUIRE(here.request.checks.add(audit).has_value());
    }
    here.check_one(survivor_kind::secret, "copy", 0);
    auto entry = slot;
    entry.key_check.pop_back();
    CHECK(here.request.checks.add(entry).error().code == errc::malformed);
    entry.key_check.clear();
    CHECK(here.request.checks.add(entry).error().code == errc::malformed);
}

TEST_CASE("proof: what cannot be read is a survivor") {
    scene here;
    here.request.progress = [&](std::uint64_t, std::uint64_t) {
        // Grown after it was listed: the first piece's marks no longer fit.
        std::ofstream(here.folder / "zzz", std::ios::app) << "more";
    };
    here.request.threads = 1;
    here.put("zzz", bytes(3 << 20));
    here.request.checks.secrets.clear();
    here.check_some(survivor_kind::unread, "zzz");
}

TEST_CASE("proof: places that are not there, or none, are refused") {
    scene here;
    here.request.places.push_back(here.folder / "nowhere");
    CHECK(service::find_survivors(here.request).error().code == errc::not_found);
    here.request.places.clear();
    CHECK(service::find_survivors(here.request).error().code == errc::misused);
    here.request.places = {here.folder.path()};
    here.request.threads = 0;
    CHECK(service::find_survivors(here.request).error().code == errc::misused);
}

TEST_CASE("proof: a place may be one file, and a link; links below it are not followed") {
    scene here;
    testing::temporary_folder other;
    std::ofstream(other / "key", std::ios::binary).write(as_text(here.lost).data(), 32);
    std::filesystem::create_symlink(other / "key", here.folder / "inner");
    CHECK(here.search().clean());
    here.request.places = {here.folder / "inner"};
    CHECK(here.search().survivor_count == 1);
    here.request.places = {here.folder.path(), other.path()};
    CHECK(here.search().survivor_count == 1);
}

TEST_CASE("proof: one thread and many find the same") {
    scene here;
    bytes all;
    for (std::uint32_t i = 0; i < 40; ++i) {
        append(all, random_bytes(100'000, i));
        append(all, here.lost);
    }
    here.put("many", all);
    for (const unsigned threads : {1u, 2u, 7u}) {
        here.request.threads = threads;
        const auto found = here.search();
        REQUIRE(found.survivor_count == 40);
        for (std::size_t i = 0; i < 40; ++i) CHECK(found.survivors[i].offset == 100'000 + i * 100'032);
    }
}

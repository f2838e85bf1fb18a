// SPDX-License-Identifier: Apache-2.0
#include <keywright/adapters/file/key_vault.hpp>

#include <keywright/testing/key_vault_suite.hpp>

#include <botan/base64.h>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>

#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using keywright::byte_view;
using keywright::bytes;
using keywright::errc;
using keywright::secret_bytes;
using keywright::file::key_vault;
using keywright::ports::key_purpose;
using namespace keywright::testing;
using keywright::testing::detail::fails_with;
using keywright::testing::detail::opens;

secret_bytes passphrase(std::string_view text = "correct horse") { return secret_bytes(keywright::as_bytes(text)); }

/// A vault in a folder of its own, removed at the end.
struct file_fixture {
    fs::path folder;
    std::optional<key_vault> kept;

    file_fixture() {
        std::string pattern = (fs::temp_directory_path() / "keywright-vault-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        folder = fs::path(pattern) / "vault";
        auto made = key_vault::create(folder.string(), passphrase(), keywright::file::costs_for_tests);
        REQUIRE(made);
        kept.emplace(std::move(*made));
    }
    file_fixture(const file_fixture&) = delete;
    file_fixture& operator=(const file_fixture&) = delete;
    ~file_fixture() { fs::remove_all(folder.parent_path()); }

    key_vault& vault() { return *kept; }
    key_vault another() const {
        auto opened = key_vault::open(folder.string(), passphrase());
        REQUIRE(opened);
        return std::move(*opened);
    }
    void restart() {
        kept.reset();
        kept.emplace(another());
    }
    fs::path key_file(const std::string& name) const { return folder / "keys" / name; }
};

bytes contents(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
void overwrite(const fs::path& path, byte_view data) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << keywright::as_text(data);
}

/// Names and contents of all files, owners' locks apart: those come and go with vault objects.
std::map<std::string, bytes> snapshot(const fs::path& folder) {
    std::map<std::string, bytes> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && entry.path().parent_path().filename() != "owners")
            files[entry.path().string()] = contents(entry.path());
    return files;
}

/// Whether a secret is in some file, raw, in hex or in base64.
bool found_in(const fs::path& folder, byte_view secret) {
    const std::string forms[] = {std::string(keywright::as_text(secret)), Botan::hex_encode(secret, true), Botan::hex_encode(secret, false),
                                 Botan::base64_encode(secret.first(secret.size() / 3 * 3))};
    for (const auto& [name, data] : snapshot(folder))
        for (const auto& form : forms)
            if (keywright::as_text(data).find(form) != std::string_view::npos) return true;
    return false;
}

/// Runs `work` in a process of its own; what it returns is the exit code.
int in_child(const std::function<int()>& work) {
    const auto child = ::fork();
    if (child == 0) ::_exit(work());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

} // namespace

TEST_CASE("file::key_vault: does what the port says") { key_vault_suite<file_fixture>(); }

// --- opening ---

TEST_CASE("file::key_vault: a wrong passphrase is authentication_failed, none is password_needed") {
    file_fixture fixture;
    for (const auto* wrong : {"correct horsf", "correct hors", "correct horse "})
        CHECK(fails_with(key_vault::open(fixture.folder.string(), passphrase(wrong)), errc::authentication_failed));
    CHECK(fails_with(key_vault::open(fixture.folder.string(), secret_bytes()), errc::password_needed));
    CHECK(key_vault::open(fixture.folder.string(), passphrase()));
}

TEST_CASE("file::key_vault: create refuses a folder that holds a vault, open one that does not") {
    file_fixture fixture;
    CHECK(fails_with(key_vault::create(fixture.folder.string(), passphrase(), keywright::file::costs_for_tests), errc::already_exists));
    CHECK(fails_with(key_vault::open(fixture.folder.string() + "-none", passphrase()), errc::not_found));
}

TEST_CASE("file::key_vault: everything is for the owner's eyes only") {
    file_fixture fixture;
    REQUIRE(fixture.vault().stage_slot("a"));
    CHECK(fs::status(fixture.folder).permissions() == fs::perms::owner_all);
    for (const auto& entry : fs::recursive_directory_iterator(fixture.folder)) {
        CAPTURE(entry.path().string());
        CHECK(entry.status().permissions() ==
              (entry.is_directory() ? fs::perms::owner_all : fs::perms::owner_read | fs::perms::owner_write));
    }
}

TEST_CASE("file::key_vault: a folder without rights is permission_denied") {
    file_fixture fixture;
    const auto outcome = in_child([&] {
        if (::geteuid() != 0)
            fs::permissions(fixture.folder, fs::perms::none);
        else if (::setgid(65534) != 0 || ::setuid(65534) != 0)
            return 2;
        return fails_with(key_vault::open(fixture.folder.string(), passphrase()), errc::permission_denied) ? 0 : 1;
    });
    fs::permissions(fixture.folder, fs::perms::owner_all);
    CHECK(outcome == 0);
}

// --- damage ---

TEST_CASE("file::key_vault: every changed bit of a slot's files, and every truncation, is an error") {
    file_fixture fixture;
    REQUIRE(fixture.vault().stage_slot("a"));
    for (const auto* name : {"a.staged", "a.slot"}) {
        const auto path = fixture.key_file(name);
        const auto whole = contents(path);
        const auto interesting = std::min<std::size_t>(whole.size(), 160); // beyond that a slot block is zeros
        for (std::size_t bit = 0; bit < interesting * 8; ++bit) {
            CAPTURE(bit);
            auto changed = whole;
            changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
            overwrite(path, changed);
            const auto outcome = fixture.vault().slot_secret("a");
            CHECK((fails_with(outcome, errc::corrupt) || fails_with(outcome, errc::unsupported)));
        }
        for (std::size_t size = 0; size < whole.size(); size += size < interesting ? 1 : 997) {
            CAPTURE(size);
            overwrite(path, byte_view(whole).first(size));
            const bool unborn = size == 0 && std::string_view(name) == "a.slot"; // what a power cut in `stage` leaves
            CHECK(fails_with(fixture.vault().slot_secret("a"), unborn ? errc::not_found : errc::corrupt));
        }
        auto longer = whole;
        longer.push_back(0);
        overwrite(path, longer);
        CHECK(fails_with(fixture.vault().slot_secret("a"), errc::corrupt));
        overwrite(path, whole);
        CHECK(fixture.vault().slot_secret("a"));
    }
}

TEST_CASE("file::key_vault: a changed bit in each byte of a sealed RSA key is an error") {
    file_fixture fixture;
    REQUIRE(fixture.vault().stage("a", key_purpose::customer, vault_rsa_key()));
    const auto path = fixture.key_file("a.staged");
    const auto whole = contents(path);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        CAPTURE(i);
        auto changed = whole;
        changed[i] ^= static_cast<std::uint8_t>(1U << (i % 8));
        overwrite(path, changed);
        CHECK_FALSE(fixture.vault().find("a"));
        CHECK_FALSE(fixture.vault().unwrap("a", from_hex(vectors::oaep_sha256)));
    }
}

TEST_CASE("file::key_vault: a damaged key stays where it is, for whoever can mend it") {
    file_fixture fixture;
    REQUIRE(fixture.vault().stage_slot("a"));
    auto damaged = contents(fixture.key_file("a.slot"));
    damaged[50] ^= 1;
    overwrite(fixture.key_file("a.slot"), damaged);
    fixture.restart();
    CHECK(contents(fixture.key_file("a.slot")) == damaged);
    CHECK(fails_with(fixture.vault().stage_slot("a"), errc::already_exists));
    CHECK(fails_with(fixture.vault().list(""), errc::corrupt));
    CHECK(fixture.vault().destroy("a"));
    CHECK(fixture.vault().list("")->empty());
}

TEST_CASE("file::key_vault: a key under another key's name is corrupt") {
    file_fixture fixture;
    for (const auto* id : {"a", "b"}) REQUIRE(fixture.vault().stage(id, key_purpose::customer, vault_rsa_key()));
    fs::rename(fixture.key_file("a.staged"), fixture.key_file("b.staged"));
    CHECK(fails_with(fixture.vault().find("b"), errc::corrupt));
    fs::rename(fixture.key_file("a.slot"), fixture.key_file("b.slot")); // even with its own slot
    CHECK(fails_with(fixture.vault().find("b"), errc::corrupt));
}

TEST_CASE("file::key_vault: every changed bit and every truncation of the header keeps the vault shut") {
    file_fixture fixture;
    const auto path = fixture.folder / "vault.header";
    const auto whole = contents(path);
    REQUIRE(whole.size() == 104);
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        CAPTURE(bit);
        auto changed = whole;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        overwrite(path, changed);
        const auto outcome = key_vault::open(fixture.folder.string(), passphrase());
        CHECK((fails_with(outcome, errc::corrupt) || fails_with(outcome, errc::unsupported)));
    }
    for (std::size_t size = 0; size < whole.size(); ++size) {
        overwrite(path, byte_view(whole).first(size));
        CHECK(fails_with(key_vault::open(fixture.folder.string(), passphrase()), errc::corrupt));
    }
}

// --- destruction ---

TEST_CASE("file::key_vault: no byte of a key is in the clear, and after destruction none of it opens") {
    file_fixture fixture;
    const auto p = from_hex(vectors::rsa_prime_p), q = from_hex(vectors::rsa_prime_q);
    overwrite(fixture.folder / "planted", keywright::as_bytes("x" + Botan::base64_encode(p))); // the search itself finds
    CHECK(found_in(fixture.folder, p));
    fs::remove(fixture.folder / "planted");

    REQUIRE(fixture.vault().stage("a", key_purpose::customer, vault_rsa_key()));
    REQUIRE(fixture.vault().publish("a"));
    const auto sealed = contents(fixture.key_file("a.key"));
    const auto slot = contents(fixture.key_file("a.slot"));
    const auto slot_key = byte_view(slot).subspan(40, 32);
    CHECK_FALSE(found_in(fixture.folder, p));
    CHECK_FALSE(found_in(fixture.folder, q));
    CHECK(found_in(fixture.folder, slot_key));

    std::ifstream still_open(fixture.key_file("a.slot"), std::ios::binary);
    REQUIRE(fixture.vault().destroy("a"));
    CHECK_FALSE(found_in(fixture.folder, slot_key));
    CHECK_FALSE(found_in(fixture.folder, p));
    CHECK(fs::is_empty(fixture.folder / "keys"));
    CHECK(bytes(std::istreambuf_iterator<char>(still_open), {}) == bytes(4096)); // overwritten in place, not only unlinked

    // The sealed bytes, kept by somebody, do not come back to life without the slot key.
    overwrite(fixture.key_file("a.key"), sealed);
    CHECK(fails_with(fixture.vault().find("a"), errc::not_found));
    CHECK(fails_with(fixture.vault().unwrap("a", from_hex(vectors::oaep_sha256)), errc::not_found));
    fixture.restart();
    CHECK(fs::is_empty(fixture.folder / "keys"));
}

TEST_CASE("file::key_vault: what a killed process left half destroyed or half staged is absent, and removed by open") {
    file_fixture fixture;
    for (const auto* id : {"erased", "whole"}) REQUIRE(fixture.vault().stage(id, key_purpose::customer, vault_rsa_key()));
    REQUIRE(fixture.vault().publish("erased"));
    overwrite(fixture.key_file("erased.slot"), bytes(4096));
    overwrite(fixture.key_file("unborn.slot"), contents(fixture.key_file("whole.slot")));
    overwrite(fixture.key_file("torn.slot"), bytes(100, 7));
    overwrite(fixture.key_file("x.staged.1-1.tmp"), bytes(100, 7));
    CHECK(fails_with(fixture.vault().find("erased"), errc::not_found));
    CHECK(fails_with(fixture.vault().find("unborn"), errc::not_found));
    CHECK(fails_with(fixture.vault().publish("erased"), errc::not_found));
    CHECK(keywright::testing::detail::ids_of(fixture.vault().list("")) == "whole");
    CHECK(fixture.vault().stage_slot("torn")); // remains are in nobody's way
    CHECK(fixture.vault().destroy("torn"));
    fixture.restart();
    CHECK(snapshot(fixture.folder / "keys").size() == 2);
    CHECK(opens(fixture.vault().unwrap("whole", from_hex(vectors::oaep_sha256))));
}

TEST_CASE("file::key_vault: storage note names the file system of the folder") {
    file_fixture fixture;
    const auto note = fixture.vault().storage_note();
    REQUIRE(note);
    CHECK_FALSE(note->name.empty());
    CHECK_FALSE(note->sentence.empty());
    CHECK(keywright::file::detail::note_on_magic(0x9123683E).name == "btrfs");
    CHECK_FALSE(keywright::file::detail::note_on_magic(0x9123683E).overwrites_in_place);
    CHECK_FALSE(keywright::file::detail::note_on_magic(0x794C7630).overwrites_in_place);
    CHECK_FALSE(keywright::file::detail::note_on_magic(1).overwrites_in_place);
    std::istringstream plain("36 35 8:1 / /data rw,noatime - ext4 /dev/sda1 rw\n"),
        journal("36 35 8:1 / /data rw,noatime - ext4 /dev/sda1 rw,data=journal\n"),
        other("36 35 8:2 / /data rw,noatime - ext4 /dev/sda2 rw,data=journal\n");
    CHECK_FALSE(keywright::file::detail::journals_data(makedev(8, 1), plain));
    CHECK(keywright::file::detail::journals_data(makedev(8, 1), journal));
    CHECK_FALSE(keywright::file::detail::journals_data(makedev(8, 1), other));
}

TEST_CASE("file::key_vault: without room a stage is storage_full and leaves nothing behind") {
    file_fixture fixture;
    REQUIRE(fixture.vault().stage_slot("before"));
    const auto before = snapshot(fixture.folder);
    for (const rlim_t room : {0U, 1000U, 4000U, 4095U}) { // of a file; the slot block has 4096
        CAPTURE(room);
        CHECK(in_child([&] {
                  std::signal(SIGXFSZ, SIG_IGN);
                  const rlimit limit{room, room};
                  ::setrlimit(RLIMIT_FSIZE, &limit);
                  return fails_with(fixture.vault().stage_slot("a"), errc::storage_full) ? 0 : 1;
              }) == 0);
        CHECK(snapshot(fixture.folder) == before);
    }
    CHECK(fixture.vault().stage_slot("a"));
}

// --- several processes ---

TEST_CASE("file::key_vault: a killed process's staged keys are abandoned, a living one's are not") {
    file_fixture fixture;
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const auto child = ::fork();
    if (child == 0) {
        auto vault = fixture.another();
        const bool staged = vault.stage_slot("theirs").has_value();
        (void)!::write(ready[1], staged ? "y" : "n", 1);
        ::pause();
    }
    char answer = 0;
    REQUIRE(::read(ready[0], &answer, 1) == 1);
    CHECK(answer == 'y');
    CHECK(fixture.vault().abandoned()->empty());
    { auto opened_meanwhile = fixture.another(); } // cleans up after the dead, and only after them
    CHECK(fixture.vault().abandoned()->empty());
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    CHECK(fixture.vault().abandoned() == std::vector<std::string>{"theirs"});
    CHECK(fixture.another().abandoned() == std::vector<std::string>{"theirs"});
}

TEST_CASE("file::key_vault: a key that another process destroyed is refused and let go") {
    file_fixture fixture;
    REQUIRE(fixture.vault().stage("a", key_purpose::customer, vault_rsa_key()));
    REQUIRE(fixture.vault().stage("b", key_purpose::customer, vault_rsa_key()));
    CHECK(opens(fixture.vault().unwrap("a", from_hex(vectors::oaep_sha256)))); // now in this vault's memory
    CHECK(opens(fixture.vault().unwrap("b", from_hex(vectors::oaep_sha256))));
    CHECK(in_child([&] { return fixture.another().destroy("a") && fixture.another().destroy("b") ? 0 : 1; }) == 0);
    CHECK(fails_with(fixture.vault().unwrap("a", from_hex(vectors::oaep_sha256)), errc::not_found));
    CHECK(fixture.vault().forget_destroyed());
    // The same id again is another key: the import key of this process opens other ciphertexts.
    CHECK(in_child([&] { return fixture.another().stage("b", key_purpose::import, vault_rsa_key()) ? 0 : 1; }) == 0);
    CHECK(opens(fixture.vault().unwrap("b", from_hex(vectors::oaep_sha1))));
}

TEST_CASE("file::key_vault: processes that stage, publish and destroy at once do not disturb each other") {
    file_fixture fixture;
    const auto busy = [&](const std::string& mine) {
        auto vault = fixture.another();
        for (int i = 0; i < 10; ++i) {
            const auto id = mine + std::to_string(i);
            if (!vault.stage_slot(id) || !vault.publish(id) || !vault.slot_secret(id)) return 1;
            if (!vault.list("")) return 2;
            if (i % 2 == 0 && !vault.destroy(id)) return 3;
        }
        return 0;
    };
    std::vector<pid_t> children;
    for (const auto* mine : {"a", "b", "c"}) {
        const auto child = ::fork();
        if (child == 0) ::_exit(busy(mine));
        children.push_back(child);
    }
    for (const auto child : children) {
        int status = 0;
        ::waitpid(child, &status, 0);
        CHECK(status == 0);
    }
    CHECK(keywright::testing::detail::ids_of(fixture.vault().list("")) == "a1 a3 a5 a7 a9 b1 b3 b5 b7 b9 c1 c3 c5 c7 c9");
}

// --- the format ---

TEST_CASE("file::key_vault: opens version 1 of the format, as made by other code (tests/data/vault-1/make.py)") {
    file_fixture fixture; // for its folder
    const auto copy = fixture.folder.parent_path() / "golden";
    fs::copy(KEYWRIGHT_TEST_DATA "/vault-1", copy, fs::copy_options::recursive);
    fs::create_directory(copy / "owners"); // empty, so not kept with the data
    auto vault = key_vault::open(copy.string(), passphrase("golden"));
    REQUIRE(vault);
    CHECK(vault->costs().for_tests);
    CHECK(keywright::testing::detail::ids_of(vault->list("")) == "audit contoso/eu/2026 import/eu slot/prod");
    CHECK(vault->abandoned() == std::vector<std::string>{"import/eu"});
    keywright::testing::detail::check_rsa_entry(*vault->find("contoso/eu/2026"), "contoso/eu/2026", true);
    CHECK(opens(vault->unwrap("contoso/eu/2026", from_hex(vectors::oaep_sha256))));
    CHECK(opens(vault->unwrap("import/eu", from_hex(vectors::oaep_sha1))));
    CHECK(opens(vault->slot_secret("slot/prod"))); // 00 01 … 1f as well
    CHECK(vault->sign("audit", from_hex(vectors::ed25519_message)) == from_hex(vectors::ed25519_signature));
    CHECK(vault->find("audit")->key_check == from_hex(vectors::ed25519_key_check));
}

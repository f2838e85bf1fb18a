// SPDX-License-Identifier: Apache-2.0
// One change to a file vault, and the judge of what a crash left of it; crash_matrix.py runs both.
//     vault_driver prepare <folder>   a vault with the published slots `kept` and `old` and the published key `rsa`
//     vault_driver change <folder>    stages `new`, publishes it, destroys `old`, stages it again, destroys `rsa`; says so
//     vault_driver check <folder>     exit code 0 when every key is wholly there or not at all, and what was said holds
#include <keywright/adapters/file/key_vault.hpp>

#include <keywright/testing/key_vault_vectors.hpp>

#include <botan/hex.h>
#include <botan/pkcs8.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include <unistd.h>

namespace {

using keywright::errc;
using keywright::file::key_vault;
using keywright::ports::key_purpose;

const keywright::secret_bytes passphrase(keywright::as_bytes("crash"));

void say(std::string_view word) { (void)!::write(STDOUT_FILENO, word.data(), word.size()); }

/// Ends the program with a code of its own for failures of the world, which are no crash.
template <class Result>
void need(const Result& outcome, const char* step) {
    if (outcome) return;
    std::fprintf(stderr, "vault_driver: %s: %s (%s, %d)\n", step, outcome.error().text, name(outcome.error().code), outcome.error().native);
    std::exit(3);
}

int prepare(const std::string& folder) {
    auto vault = key_vault::create(folder + "/vault", passphrase, keywright::file::costs_for_tests);
    need(vault, "create");
    const auto key = Botan::PKCS8::load_key(Botan::hex_decode(keywright::testing::vectors::rsa_private_key));
    need(vault->stage("rsa", key_purpose::customer, *key), "stage rsa");
    for (const auto* id : {"kept", "old"}) need(vault->stage_slot(id), "stage");
    for (const auto* id : {"rsa", "kept", "old"}) need(vault->publish(id), "publish");
    return 0;
}

int change(const std::string& folder) {
    auto vault = key_vault::open(folder + "/vault", passphrase);
    need(vault, "open");
    need(vault->stage_slot("new"), "stage");
    say("staged ");
    need(vault->publish("new"), "publish");
    say("published ");
    need(vault->destroy("old"), "destroy old");
    say("old-destroyed ");
    need(vault->stage_slot("old"), "stage old again");
    say("old-again ");
    need(vault->destroy("rsa"), "destroy rsa");
    say("rsa-destroyed ");
    return 0;
}

// --- the judge ---

bool said(const char* word) {
    const auto* all = std::getenv("KEYWRIGHT_SAID");
    return all != nullptr && std::strstr(all, word) != nullptr;
}

int failed(const char* sentence) {
    std::printf("%s\n", sentence);
    return 1;
}

enum class presence { absent, staged, published, broken };

/// Present means usable: its secret opens, and is the one that its entry's check names.
presence look(key_vault& vault, const char* id) {
    const auto entry = vault.find(id);
    if (!entry) return entry.error().code == errc::not_found ? presence::absent : presence::broken;
    const bool usable = entry->purpose == key_purpose::slot
                            ? vault.slot_secret(id).has_value()
                            : vault.unwrap(id, Botan::hex_decode(keywright::testing::vectors::oaep_sha256)).has_value();
    if (!usable) return presence::broken;
    return entry->published ? presence::published : presence::staged;
}

bool is_live_slot(const std::filesystem::path& file) {
    const auto serial = keywright::file::detail::load_slot_serial(file.string());
    return serial || serial.error().code != errc::not_found;
}

/// Slot keys are erased before their names are removed, so no removed file may hold one.
bool residue_holds_a_slot() {
    const auto* residue = std::getenv("KEYWRIGHT_RESIDUE");
    if (residue == nullptr || *residue == '\0') return false;
    const std::filesystem::directory_iterator files(residue);
    return std::any_of(begin(files), end(files), [](const auto& file) { return is_live_slot(file.path()); });
}

int check_promises(presence made, presence old, presence rsa) {
    using enum presence;
    if (made == broken || old == broken || rsa == broken) return failed("a key is neither whole nor absent");
    if (rsa == staged) return failed("a published key is staged again");
    if (said("staged") && made == absent) return failed("a key that was said to be staged is gone");
    if (said("published") && made != published) return failed("a key that was said to be published is not");
    if (said("old-destroyed") && old == published) return failed("a slot that was said to be destroyed is there");
    if (!said("old-destroyed") && old == staged) return failed("a published slot is staged again");
    if (said("old-again") && old != staged) return failed("a slot that was said to be staged again is gone");
    if (said("rsa-destroyed") && rsa != absent) return failed("a key that was said to be destroyed is there");
    return 0;
}

int check(const std::string& folder) {
    if (residue_holds_a_slot()) return failed("a removed file holds a slot key");
    if (said("rsa-destroyed") && is_live_slot(folder + "/vault/keys/rsa.slot"))
        return failed("a slot key that was said to be destroyed is at rest");
    auto vault = key_vault::open(folder + "/vault", passphrase);
    need(vault, "check: open");
    if (look(*vault, "kept") != presence::published) return failed("the key that nobody touched is not as it was");
    const auto made = look(*vault, "new"), old = look(*vault, "old"), rsa = look(*vault, "rsa");
    if (const int broken = check_promises(made, old, rsa); broken != 0) return broken;

    // Recovery, and nothing is left over: two files for each key that is there.
    const auto left = vault->abandoned();
    need(left, "check: abandoned");
    const auto staged = static_cast<std::size_t>((made == presence::staged) + (old == presence::staged));
    if (left->size() != staged) return failed("what is staged is not what is abandoned");
    for (const auto& id : *left) need(vault->destroy(id), "check: destroy abandoned");
    const auto listed = vault->list("");
    need(listed, "check: list");
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder + "/vault/keys")) ++files;
    if (files != 2 * listed->size()) return failed("files of no key are left over");
    need(vault->destroy("new"), "check: destroy new");
    need(vault->stage_slot("new"), "check: stage new again");
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const std::string_view what = argv[1];
    if (what == "prepare") return prepare(argv[2]);
    if (what == "change") return change(argv[2]);
    if (what == "check") return check(argv[2]);
    return 2;
}

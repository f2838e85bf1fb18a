// SPDX-License-Identifier: Apache-2.0
// One change to a file vault, and the judge of what a crash left of it; crash_matrix.py runs both.
//     vault_driver prepare <folder>   a vault with the published slots `kept` and `old` and the published key `rsa`
//     vault_driver change <folder>    stages `new`, publishes it, destroys `old`, stages it again, destroys `rsa`; says so
//     vault_driver check <folder>     exit code 0 when every key is wholly there or not at all, and what was said holds
#include "driver.hpp"

#include <keywright/adapters/file/key_vault.hpp>
#include <keywright/testing/key_vault_vectors.hpp>

#include <botan/hex.h>
#include <botan/pkcs8.h>

#include <algorithm>
#include <filesystem>

namespace {

using namespace crash;
using keywright::errc;
using keywright::file::key_vault;
using keywright::ports::key_purpose;

const keywright::secret_bytes passphrase(keywright::as_bytes("crash"));

int prepare(const std::string& folder, std::string_view) {
    auto vault = must(key_vault::create(folder + "/vault", passphrase, keywright::file::costs_for_tests), "create");
    const auto key = Botan::PKCS8::load_key(Botan::hex_decode(keywright::testing::vectors::rsa_private_key));
    must(vault.stage("rsa", key_purpose::customer, *key), "stage rsa");
    for (const auto* id : {"kept", "old"}) must(vault.stage_slot(id), "stage");
    for (const auto* id : {"rsa", "kept", "old"}) must(vault.publish(id), "publish");
    return 0;
}

int change(const std::string& folder, std::string_view) {
    auto vault = must(key_vault::open(folder + "/vault", passphrase), "open");
    must(vault.stage_slot("new"), "stage");
    say("staged ");
    must(vault.publish("new"), "publish");
    say("published ");
    must(vault.destroy("old"), "destroy old");
    say("old-destroyed ");
    must(vault.stage_slot("old"), "stage old again");
    say("old-again ");
    must(vault.destroy("rsa"), "destroy rsa");
    say("rsa-destroyed ");
    return 0;
}

// --- the judge ---

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
    if (residue().empty()) return false;
    const std::filesystem::directory_iterator files(residue());
    return std::any_of(begin(files), end(files), [](const auto& file) { return is_live_slot(file.path()); });
}

int check_promises(presence made, presence old, presence rsa) {
    using enum presence;
    if (made == broken || old == broken || rsa == broken) return failed("a key is neither whole nor absent");
    if (rsa == staged) return failed("a published key is staged again");
    if (has_said("staged") && made == absent) return failed("a key that was said to be staged is gone");
    if (has_said("published") && made != published) return failed("a key that was said to be published is not");
    if (has_said("old-destroyed") && old == published) return failed("a slot that was said to be destroyed is there");
    if (!has_said("old-destroyed") && old == staged) return failed("a published slot is staged again");
    if (has_said("old-again") && old != staged) return failed("a slot that was said to be staged again is gone");
    if (has_said("rsa-destroyed") && rsa != absent) return failed("a key that was said to be destroyed is there");
    return 0;
}

int check(const std::string& folder, std::string_view) {
    if (residue_holds_a_slot()) return failed("a removed file holds a slot key");
    if (has_said("rsa-destroyed") && is_live_slot(folder + "/vault/keys/rsa.slot"))
        return failed("a slot key that was said to be destroyed is at rest");
    auto vault = must(key_vault::open(folder + "/vault", passphrase), "check: open");
    if (look(vault, "kept") != presence::published) return failed("the key that nobody touched is not as it was");
    const auto made = look(vault, "new"), old = look(vault, "old"), rsa = look(vault, "rsa");
    if (const int broken = check_promises(made, old, rsa); broken != 0) return broken;

    // Recovery, and nothing is left over: two files for each key that is there.
    const auto left = must(vault.abandoned(), "check: abandoned");
    const auto staged = static_cast<std::size_t>((made == presence::staged) + (old == presence::staged));
    if (left.size() != staged) return failed("what is staged is not what is abandoned");
    for (const auto& id : left) must(vault.destroy(id), "check: destroy abandoned");
    const auto listed = must(vault.list(""), "check: list");
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder + "/vault/keys")) ++files;
    if (files != 2 * listed.size()) return failed("files of no key are left over");
    must(vault.destroy("new"), "check: destroy new");
    must(vault.stage_slot("new"), "check: stage new again");
    return 0;
}

} // namespace

int main(int argc, char** argv) { return crash::drive(argc, argv, prepare, change, check); }

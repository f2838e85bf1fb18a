// SPDX-License-Identifier: Apache-2.0
// A minimal type per port satisfies it; the same type without one capability, or with a wrong answer, does not.
#include <keywright/ports/clock.hpp>
#include <keywright/ports/key_vault.hpp>
#include <keywright/ports/notifier.hpp>
#include <keywright/ports/state_store.hpp>

namespace {

using namespace keywright;
using namespace keywright::ports;

// --- clock ---

struct minimal_clock {
    result<instant> now() const;
};
struct clock_that_is_not_const {
    result<instant> now();
};
struct clock_that_always_knows {
    instant now() const;
};
static_assert(ports::check_clock<minimal_clock>());
static_assert(!ports::clock<clock_that_is_not_const> && !ports::clock<clock_that_always_knows> && !ports::clock<int>);

// --- notifier ---

struct minimal_notifier {
    result<void> deliver(const notice& message);
};
struct notifier_that_changes_the_notice {
    result<void> deliver(notice& message);
};
struct notifier_without_answer {
    void deliver(const notice& message);
};
static_assert(check_notifier<minimal_notifier>());
static_assert(!notifier<notifier_that_changes_the_notice> && !notifier<notifier_without_answer> && !notifier<int>);

// --- state_store: the bit that is 0 is the capability that is missing ---

template <unsigned Has>
struct store_with {
    result<record> load(std::string_view key)
        requires((Has & 1) != 0);
    result<std::vector<record>> scan(std::string_view prefix, std::string_view after, std::size_t limit)
        requires((Has & 2) != 0);
    result<void> commit(const batch& writes)
        requires((Has & 4) != 0);
    result<void> scrub()
        requires((Has & 8) != 0);
};
static_assert(check_state_store<store_with<15>>());
static_assert(!state_store<store_with<14>> && !loads_records<store_with<14>>);
static_assert(!state_store<store_with<13>> && !scans_records<store_with<13>>);
static_assert(!state_store<store_with<11>> && !commits_batches<store_with<11>>);
static_assert(!state_store<store_with<7>> && !scrubs_erased_values<store_with<7>>);

// --- key_vault ---

template <unsigned Has>
struct vault_with {
    result<vault_entry> stage(std::string_view id, key_purpose purpose, const Botan::Private_Key& key)
        requires((Has & 1) != 0);
    result<vault_entry> stage_slot(std::string_view id)
        requires((Has & 2) != 0);
    result<void> publish(std::string_view id)
        requires((Has & 4) != 0);
    result<void> destroy(std::string_view id)
        requires((Has & 8) != 0);
    result<vault_entry> find(std::string_view id)
        requires((Has & 16) != 0);
    result<std::vector<vault_entry>> list(std::string_view prefix)
        requires((Has & 16) != 0);
    result<std::vector<std::string>> abandoned()
        requires((Has & 32) != 0);
    result<secret_bytes> unwrap(std::string_view id, byte_view ciphertext)
        requires((Has & 64) != 0);
    result<secret_bytes> slot_secret(std::string_view id)
        requires((Has & 128) != 0);
    result<bytes> sign(std::string_view id, byte_view message)
        requires((Has & 256) != 0);
};
constexpr unsigned all = 511;
static_assert(check_key_vault<vault_with<all>>());
static_assert(!key_vault<vault_with<all - 1>> && !stages_keys<vault_with<all - 1>>);
static_assert(!key_vault<vault_with<all - 2>> && !stages_slots<vault_with<all - 2>>);
static_assert(!key_vault<vault_with<all - 4>> && !publishes_keys<vault_with<all - 4>>);
static_assert(!key_vault<vault_with<all - 8>> && !destroys_keys<vault_with<all - 8>>);
static_assert(!key_vault<vault_with<all - 16>> && !lists_keys<vault_with<all - 16>>);
static_assert(!key_vault<vault_with<all - 32>> && !finds_abandoned_keys<vault_with<all - 32>>);
static_assert(!key_vault<vault_with<all - 64>> && !unwraps_secrets<vault_with<all - 64>>);
static_assert(!key_vault<vault_with<all - 128>> && !reads_slots<vault_with<all - 128>>);
static_assert(!key_vault<vault_with<all - 256>> && !signs_audit_records<vault_with<all - 256>>);

} // namespace

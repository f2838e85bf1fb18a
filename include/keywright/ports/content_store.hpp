// SPDX-License-Identifier: Apache-2.0
// Where the encrypted data of environments lives, in numbered generations. Which generation is current is decided in
// the state store, in the same commit as the event; so this port never switches anything: it builds a generation
// whole and durable beside the others, or drops one, and every step can be done again after a kill.
// Depends on: core, keys/lease. Nearest adapter to copy: adapters/file/content_store.hpp.
#pragma once

#include <keywright/core/ids.hpp>
#include <keywright/core/result.hpp>
#include <keywright/core/time.hpp>
#include <keywright/keys/lease.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <functional>
#include <vector>

namespace keywright::ports {

/// One generation of an environment's data, or one of its backups.
struct content_ref {
    tenant_id tenant{};
    region_id region{};
    environment_id environment{};
    std::uint64_t generation = 0; ///< never given twice within an environment; ignored for a backup
    backup_id backup{};           ///< empty: a generation

    friend bool operator==(const content_ref& a, const content_ref& b) {
        return a.tenant == b.tenant && a.region == b.region && a.environment == b.environment && a.backup == b.backup &&
               (!a.backup.empty() || a.generation == b.generation);
    }
};

/// Called now and then with the bytes of ciphertext that were read, and how many there are; may be empty. Must not
/// throw, nor call the store.
using content_progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Gives a lease of an environment, to read what its content is sealed under; each time it is called, a new one.
using content_keys = std::function<result<keys::data_key_lease>()>;

/// What the items of a store are sealed under: `S::purposes`, a std::array, or the key of messages where it says nothing. A lease for
/// work on them has keys of each purpose.
template <class S>
constexpr auto content_purposes() noexcept {
    if constexpr (requires { S::purposes; })
        return S::purposes;
    else
        return std::array{keys::data_purpose::message};
}

// --- the capabilities, each a name that a compiler prints ---

/// `create(ref)`: there is content of that name, made empty when there was none. Durable; idempotent.
template <class S>
concept creates_content = requires(S& s, const content_ref& ref) {
    { s.create(ref) } -> std::same_as<result<void>>;
};
/// `rebuild(from, to, opens, seals, progress)`: every item of `from`, opened and authenticated to its end, sealed anew
/// under fresh data keys and bound to its place in `to`. Durable when it returns; `from` is untouched, and nobody may
/// write to it meanwhile. Success without any work when `to` is whole already: its number is given once, so another
/// process has done this very work, and users may be writing to it by now. A partial `to` is replaced. A failure makes
/// no `to`: what a lease says (locked, expired, exhausted, not_mine) unchanged, corrupt for an item that is no message,
/// authentication_failed for one that is damaged or out of place, not_found when there is no `from`.
template <class S>
concept rebuilds_content = requires(S& s, const content_ref& ref, const keys::data_key_lease& lease, const content_progress& progress) {
    { s.rebuild(ref, ref, lease, lease, progress) } -> std::same_as<result<void>>;
};
/// `back_up(from, to, keys, taken)`: a backup `to` of a generation. Nothing is put under another key: what closes the generation
/// closes the backup, and a rotation of customer keys touches neither. `keys` is of its environment, for a store that proves
/// what it copies; another never calls it. `taken` is when, where a backup says so. Whole and durable when it returns, or
/// not there. already_exists: `to` is there, whole and left alone; misused: `to` is no backup; and what `keys` says.
template <class S>
concept backs_up_content = requires(S& s, const content_ref& ref, const content_keys& keys, instant taken) {
    { s.back_up(ref, ref, keys, taken) } -> std::same_as<result<void>>;
};
/// `drop(ref)`: no content of that name any more, nor a part of it. Idempotent. Bytes may stay on the medium; that
/// nobody reads them is the business of keys. What a killed call has left unfinished in an environment, under any name,
/// is gone after the next create, rebuild, back_up or drop there.
template <class S>
concept drops_content = requires(S& s, const content_ref& ref) {
    { s.drop(ref) } -> std::same_as<result<void>>;
};
/// `list(tenant, region, environment)`: what is whole, in any order; none for an unknown environment.
template <class S>
concept lists_content = requires(S& s, const tenant_id& tenant, const region_id& region, const environment_id& environment) {
    { s.list(tenant, region, environment) } -> std::same_as<result<std::vector<content_ref>>>;
};

/// Satisfied by a store that several threads and processes may use at once; of two that build or drop in one
/// environment, one waits, or gets timed_out. Fails with misused for a ref without tenant, region or environment, and
/// for `from` equal to `to`; with storage_full, io_failed and the like as the medium says.
template <class S>
concept content_store = creates_content<S> && rebuilds_content<S> && backs_up_content<S> && drops_content<S> && lists_content<S>;

/// Says in one sentence what a type lacks; put `static_assert(check_content_store<my_store>());` under the class.
template <class S>
consteval bool check_content_store() {
    static_assert(creates_content<S>,
                  "content_store: needs `result<void> create(const content_ref&)`; see keywright/ports/content_store.hpp");
    static_assert(
        rebuilds_content<S>,
        "content_store: needs `result<void> rebuild(const content_ref& from, const content_ref& to, const keys::data_key_lease& opens, const keys::data_key_lease& seals, const content_progress&)`; see keywright/ports/content_store.hpp");
    static_assert(
        backs_up_content<S>,
        "content_store: needs `result<void> back_up(const content_ref& from, const content_ref& to, const content_keys&, instant taken)`; see keywright/ports/content_store.hpp");
    static_assert(drops_content<S>, "content_store: needs `result<void> drop(const content_ref&)`; see keywright/ports/content_store.hpp");
    static_assert(
        lists_content<S>,
        "content_store: needs `result<std::vector<content_ref>> list(const tenant_id&, const region_id&, const environment_id&)`; see keywright/ports/content_store.hpp");
    return content_store<S>;
}

} // namespace keywright::ports

// SPDX-License-Identifier: Apache-2.0
// What may be asked for. A command says who asks and when, and carries evidence instead of secrets: what a key file
// turned out to be, not the file; whether two passwords matched, not the passwords.
// Depends on: core. Use: `lock{.by = {alice}, .at = now, .key = evidence, .confirmation = typed}`.
#pragma once

#include <keywright/core/ids.hpp>
#include <keywright/core/time.hpp>

#include <cstdint>

namespace keywright::policy {

/// In whose name something is asked. What a person may do follows from the roles that the tenant's state gives them;
/// `vault` is somebody whom the customer's own vault calls its administrator. That the caller really is who they say
/// is the product's business, before it calls.
enum class principal : std::uint8_t { person, provider, system, vault };

struct actor {
    admin_id who{};
    principal as = principal::person;
    friend constexpr bool operator==(const actor&, const actor&) = default;
};

inline constexpr actor the_system{admin_id{"system"}, principal::system};

// --- evidence ---

enum class file_kind : std::uint8_t { pfx, byok, other };
enum class key_kind : std::uint8_t { rsa, elliptic_curve, other };
/// One word for a file that opened or did not. A wrong password and an altered file are told apart only where the
/// format itself tells them apart.
enum class file_outcome : std::uint8_t { opened, wrong_password, corrupt };

using kid_text = inline_text<191>;
/// Text as a person typed it to confirm; longer than any name that is asked for.
using typed_text = inline_text<127>;

/// What a key file turned out to be. Holds no secret.
struct key_evidence {
    file_kind format = file_kind::other;
    file_outcome outcome = file_outcome::corrupt;
    bool has_password = false; ///< of a PFX; an empty one is none
    bool has_private = false;
    key_kind type = key_kind::other;
    std::uint32_t bits = 0;
    fingerprint print{};
    kid_text kid{};                   ///< of a BYOK file: the import key it was made for
    bool held_by_another_ring = false; ///< another ring of the same vault holds this fingerprint
};

// --- tenants and their people ---

/// What the tenant has bought, where a profile asks for it.
enum class licence_plan : std::uint8_t { other, customer_engagement, dynamics_365 };

struct create_tenant {
    actor by;
    instant at{};
    tenant_id tenant{};
    std::uint32_t seats = 0;
    bool opted_in = false; ///< by a support request
    std::uint8_t regions = 1;
    licence_plan plan = licence_plan::other;
};
struct enable_feature {
    actor by;
    instant at{};
};
struct add_administrator {
    actor by;
    instant at{};
    admin_id who{};
    environment_id environment{}; ///< empty: of the tenant
};
struct remove_administrator {
    actor by;
    instant at{};
    admin_id who{};
    environment_id environment{};
};

enum class environment_kind : std::uint8_t { production, sandbox, support_investigation };
/// How much harm it would do if an environment's data were read, as its owner says.
enum class classification : std::uint8_t { open_to_all, internal, confidential, highly_confidential };
/// The product's release that an environment runs, as it is written: `8.2`.
using release_text = inline_text<15>;

struct create_environment {
    actor by;
    instant at{};
    environment_id environment{};
    environment_kind kind = environment_kind::production;
    bool file_data = false;     ///< holds File or Image columns
    bool external_logs = false; ///< file or log storage outside its SQL database
    geography_id geography{};   ///< empty: that of its region
    release_text release{};
    classification data = classification::internal;
};

// --- keys of a ring ---

/// Makes the import key that a BYOK export is bound to, where there is none that serves or `replace` is set.
struct create_import_key {
    actor by;
    instant at{};
    kid_text kid{};
    fingerprint print{};
    bool replace = false;
    instant expires_at = never; ///< from then on it opens nothing
};
struct generate_key {
    actor by;
    instant at{};
    key_id key{}; ///< empty: no name was given
    fingerprint print{};
    std::uint32_t bits = 0;
    bool region_chosen = true;
    bool acknowledged = false;
    bool passwords_match = false;
    bool confirmed = false; ///< where making a key is using it
};
struct upload_key {
    actor by;
    instant at{};
    key_id key{};
    key_evidence file{};
    bool region_chosen = true;
    bool acknowledged = false;
    bool confirmed = false; ///< where bringing a key is using it
};
struct activate_key {
    actor by;
    instant at{};
    key_id key{};
    bool acknowledged = false;
    bool confirmed = false;
};
/// Back to the key that was Active before the last activation; of one that is still Installing, its end.
struct rollback_activation {
    actor by;
    instant at{};
};
struct lock {
    actor by;
    instant at{};
    key_evidence key{};
    typed_text confirmation{}; ///< `lock <tenant>`, or the instance's name
    bool confirmed = false;    ///< where the typed name is not all
};
/// The second administrator's word on a lock that was requested. Brings no key: the request keeps its fingerprint.
struct approve_lock {
    actor by;
    instant at{};
    typed_text confirmation{}; ///< as of the lock
};
struct unlock_key {
    actor by;
    instant at{};
    key_evidence key{};
};

// --- environments ---

struct apply_key {
    actor by;
    instant at{};
    bool acknowledged = false;
    bool confirmed = false;
};
struct return_to_provider {
    actor by;
    instant at{};
    bool acknowledged = false;
    bool confirmed = false;
    typed_text confirmation{}; ///< a production environment's name
};
struct unlock_environment {
    actor by;
    instant at{};
    bool confirmed = false;
};
struct delete_environment {
    actor by;
    instant at{};
    typed_text confirmation{}; ///< the environment's name
};
/// A data operation: somebody, or a background service, wants to read or write.
struct open_environment {
    actor by;
    instant at{};
};
struct take_backup {
    actor by;
    instant at{};
    backup_id backup{};
};
/// facts: environment = the target, source = the backup's own environment, backup.
struct restore {
    actor by;
    instant at{};
    typed_text confirmation{}; ///< a production target's name
};
/// facts: environment = the target, source = where the data comes from.
struct copy {
    actor by;
    instant at{};
    typed_text confirmation{};
};
struct reset {
    actor by;
    instant at{};
    typed_text confirmation{};
};

/// Seals sensitive columns one by one from here on.
struct enable_field_encryption {
    actor by;
    instant at{};
};
struct disable_field_encryption {
    actor by;
    instant at{};
};

// --- the clock ---

/// "This clock is right, and what was committed under a later one was not."
struct accept_clock {
    actor by;
    instant at{}; ///< the clock that is accepted
};

// --- what the system reports of work under way ---

enum class operation : std::uint8_t {
    none,
    activation,
    unlocking_key,
    locking,
    applying,
    returning,
    unlocking,
    restoring,
    copying,
    resetting
};

struct completed {
    actor by = the_system;
    instant at{};
    operation of = operation::none;
};
struct failed {
    actor by = the_system;
    instant at{};
    operation of = operation::none;
};
/// The notice that a key became active has reached somebody.
struct report_delivery {
    actor by = the_system;
    instant at{};
    admin_id to{};
    fingerprint key{};            ///< of the key that the notice is about
    std::uint64_t activation = 0; ///< as the event that it is about counts
};
/// Time's own duty: deletes a locked environment whose retention has run out.
struct expire_environment {
    actor by = the_system;
    instant at{};
};

} // namespace keywright::policy

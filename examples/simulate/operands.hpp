// SPDX-License-Identifier: Apache-2.0
// From the fields of a line to a command of the policy: one `read` for each kind of command. Who asks and when is
// read once, for all.
#pragma once

#include "scenario.hpp"
#include "world.hpp"

#include <keywright/policy/vault_commands.hpp>
#include <keywright/profiles/coverage.hpp>

namespace simulate {

struct operands {
    line& l;
    world& w;
    const subject& about;

    policy::key_evidence key_file() const;
    policy::vault_key_evidence vault_key() const;
    keywright::fingerprint material() const;
    policy::operation operation() const; ///< what `completed` and `failed` are of
};

/// What a `vault` line tells of the customer's vault: evidence, which lines with `policy` bring.
policy::vault_evidence read_vault(line& l);
/// What the product knows of an environment, and tells when it is put under a policy.
policy::environment_facts read_facts(line& l);
/// What a tenant uses, as far as a coverage table depends on it.
keywright::profiles::circumstances read_uses(line& l);
/// Whether that work is a ring's; otherwise it is an environment's.
bool is_of_ring(policy::operation of);

void read(const operands& in, policy::create_tenant& c);
void read(const operands& in, policy::enable_feature& c);
void read(const operands& in, policy::add_administrator& c);
void read(const operands& in, policy::remove_administrator& c);
void read(const operands& in, policy::create_environment& c);
void read(const operands& in, policy::create_import_key& c);
void read(const operands& in, policy::generate_key& c);
void read(const operands& in, policy::upload_key& c);
void read(const operands& in, policy::activate_key& c);
void read(const operands& in, policy::rollback_activation& c);
void read(const operands& in, policy::lock& c);
void read(const operands& in, policy::approve_lock& c);
void read(const operands& in, policy::unlock_key& c);
void read(const operands& in, policy::apply_key& c);
void read(const operands& in, policy::return_to_provider& c);
void read(const operands& in, policy::unlock_environment& c);
void read(const operands& in, policy::delete_environment& c);
void read(const operands& in, policy::open_environment& c);
void read(const operands& in, policy::take_backup& c);
void read(const operands& in, policy::restore& c);
void read(const operands& in, policy::copy& c);
void read(const operands& in, policy::reset& c);
void read(const operands& in, policy::enable_field_encryption& c);
void read(const operands& in, policy::disable_field_encryption& c);
void read(const operands& in, policy::accept_clock& c);
void read(const operands& in, policy::report_delivery& c);
void read(const operands& in, policy::create_policy& c);
void read(const operands& in, policy::grant_access& c);
void read(const operands& in, policy::revoke_access& c);
void read(const operands& in, policy::request_unlock& c);
void read(const operands& in, policy::approve_unlock& c);
void read(const operands& in, policy::rotate_version& c);
void read(const operands& in, policy::purge_key& c);
void read(const operands& in, policy::integrate_environment& c);
void read(const operands& in, policy::add_to_policy& c);
void read(const operands& in, policy::remove_from_policy& c);
void read(const operands& in, policy::completed& c);
void read(const operands& in, policy::failed& c);

} // namespace simulate

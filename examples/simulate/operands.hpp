// SPDX-License-Identifier: Apache-2.0
// From the fields of a line to a command of the policy: one `read` for each kind of command. Who asks and when is
// read once, for all.
#pragma once

#include "scenario.hpp"
#include "world.hpp"

#include <keywright/policy/commands.hpp>

namespace simulate {

struct operands {
    line& l;
    const world& w;
    const subject& about;

    policy::key_evidence key_file() const;
    keywright::fingerprint material() const;
    policy::operation operation() const; ///< what `completed` and `failed` are of
};

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
void read(const operands& in, policy::completed& c);
void read(const operands& in, policy::failed& c);

} // namespace simulate

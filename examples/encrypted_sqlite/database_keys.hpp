// SPDX-License-Identifier: Apache-2.0
// What opens the database: a key file, or a tenant's environment.
#pragma once

#include "options.hpp"
#include "statements.hpp"

#include <keywright/adapters/sqlite/generation.hpp>
#include <keywright/policy/way_out.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace encrypted_sqlite {

class database_keys {
public:
    static outcome<std::unique_ptr<database_keys>> open(const options& given, example::intent how);

    /// Asks for a lease each time it is called; valid as long as this is.
    keywright::sqlite::lease_source source();
    /// The moment at which a backup is taken.
    keywright::result<keywright::instant> now() const;
    /// A backup and a restore of it: what the holder of a key file does alone, and the policy decides on for a tenant.
    outcome<void> back_up(const example::database_backup& backup,
                          const std::function<keywright::result<void>(const keywright::sqlite::lease_source&)>& write);
    outcome<void> restore(const example::database_backup& backup, database_keys& from,
                          const std::function<keywright::result<void>(const keywright::keys::data_key_lease& opens,
                                                                      const keywright::keys::data_key_lease& seals)>& put_in_place);
    /// The state's note of a file's generation; for a key file there is none.
    keywright::sqlite::generation_keeper generation_of(const std::string& path);
    /// Whether what it holds may be left in the clear: the holder of a key file decides alone, the policy for a tenant.
    outcome<keywright::policy::clear_permit> way_out();
    /// What the policy said, where it gave no lease: more than an error of the library can carry.
    const std::optional<trouble>& refusal() const { return refusal_; }

private:
    keywright::result<keywright::keys::data_key_lease> lease();

    std::unique_ptr<example::environment> environment_;
    std::function<keywright::result<keywright::keys::data_key_lease>()> key_;
    std::optional<trouble> refusal_;
};

/// Opens `given.file`, made where it is missing unless `must_exist`.
outcome<keywright::sqlite::database> open_database(const options& given, database_keys& keys, bool must_exist);

/// Why a database did not open or a page was not read, and what to do next.
trouble why_closed(const keywright::error& e, const options& given, const database_keys& keys);

} // namespace encrypted_sqlite

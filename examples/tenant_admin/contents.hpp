// SPDX-License-Identifier: Apache-2.0
// What environments hold for these programs: files, in the content folder; and databases, each where its user keeps it, as
// its backups are. Backup and restore of a database are the service's as any others are, and do here what they come to.
#pragma once

#include <keywright/adapters/file/content_store.hpp>

#include <algorithm>
#include <array>
#include <functional>

namespace tenant_admin {

/// One database's part in a backup, or in a restore.
struct database_work {
    std::function<keywright::result<void>(const keywright::ports::content_keys& keys)> back_up{};
    /// With leases of the environment that the backup was taken of, and of the one that the database is to be of.
    std::function<keywright::result<void>(const keywright::keys::data_key_lease& opens, const keywright::keys::data_key_lease& seals)>
        restore{};
};

/// Files, and beside them the database that `work` is about. Its backups are known by their names; they hold no files, and a restore
/// of one leaves the environment's files as they are. Who resumes the restore of a killed program has no database to
/// work on: it fails, and the log says so.
class contents : public keywright::file::content_store {
public:
    static constexpr std::array purposes{keywright::keys::data_purpose::message, keywright::keys::data_purpose::page};
    static constexpr std::string_view of_database = "database-"; ///< begins the name of a database's backup

    [[nodiscard]] static keywright::result<contents> open(std::string root) {
        auto files = content_store::open(std::move(root));
        if (!files) return keywright::pass(files);
        return contents(std::move(*files));
    }

    database_work work; ///< set while a program backs up or restores one

    [[nodiscard]] keywright::result<void> back_up(const keywright::ports::content_ref& from, const keywright::ports::content_ref& to,
                                                  const keywright::ports::content_keys& keys, keywright::instant taken) {
        if (!is_of_database(to)) return content_store::back_up(from, to, keys, taken);
        return work.back_up ? work.back_up(keys) : not_here();
    }
    [[nodiscard]] keywright::result<void> rebuild(const keywright::ports::content_ref& from, const keywright::ports::content_ref& to,
                                                  const keywright::keys::data_key_lease& opens,
                                                  const keywright::keys::data_key_lease& seals,
                                                  const keywright::ports::content_progress& told) {
        if (!is_of_database(from)) return content_store::rebuild(from, to, opens, seals, told);
        if (!work.restore) return not_here();
        const auto files = current(to);
        if (!files) return keywright::pass(files);
        if (auto restored = work.restore(opens, seals); !restored) return restored;
        if (files->generation == 0) return create(to);
        return content_store::rebuild(*files, to, seals, seals, told);
    }

private:
    explicit contents(content_store&& files) : content_store(std::move(files)) {}

    static bool is_of_database(const keywright::ports::content_ref& ref) { return ref.backup.view().starts_with(of_database); }
    static tl::unexpected<keywright::error> not_here() {
        return keywright::fail(keywright::errc::misused, "content: the backup is a database's; encrypted_sqlite takes and restores those");
    }
    /// The generation that the one of `next` is to follow; 0: there is none.
    keywright::result<keywright::ports::content_ref> current(const keywright::ports::content_ref& next) {
        const auto all = list(next.tenant, next.region, next.environment);
        if (!all) return keywright::pass(all);
        auto found = next;
        found.generation = 0;
        for (const auto& one : *all)
            if (one.backup.empty() && one.generation < next.generation) found.generation = std::max(found.generation, one.generation);
        return found;
    }
};
static_assert(keywright::ports::check_content_store<contents>());

} // namespace tenant_admin

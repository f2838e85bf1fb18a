// SPDX-License-Identifier: Apache-2.0
// The parts that this program composes its service of: an SQLite file, a vault folder, a folder of contents, a folder
// of mails, and either the machine's clock or one that stands where --now puts it.
#pragma once

#include "../common/passwords.hpp"
#include "contents.hpp"
#include "narrate.hpp"

#include <keywright/adapters/file/key_vault.hpp>
#include <keywright/adapters/file/outbox.hpp>
#include <keywright/adapters/memory/clock.hpp>
#include <keywright/adapters/sqlite/state_store.hpp>
#include <keywright/adapters/system/clock.hpp>
#include <keywright/profiles/power_platform.hpp>
#include <keywright/service/tenant_service.hpp>

#include <memory>
#include <optional>
#include <string>

namespace tenant_admin {

using example::read_password;

/// What every command may be given.
struct places {
    std::string state, vault, content, outbox;
    std::string state_key; ///< a file of 32 bytes that the state is encrypted under; empty: it is in the clear
    std::string passphrase_file;
    std::string now;
    std::string tenant, region;
    std::string by;
    std::string as = "person";
    unsigned deadline = 5;
    unsigned settle = 1000;
    std::uint32_t argon_memory = 64 * 1024; ///< KiB, of a new vault
};

/// The machine's clock, or a moment that was given.
class either_clock {
public:
    explicit either_clock(std::optional<keywright::instant> fixed) : fixed_(fixed) {}
    keywright::result<keywright::instant> now() const {
        if (fixed_) return *fixed_;
        return keywright::system_clock{}.now();
    }
    bool manual() const { return fixed_.has_value(); }

private:
    std::optional<keywright::instant> fixed_;
};

using service_type = keywright::tenant_service<keywright::profiles::power_platform, keywright::sqlite::state_store,
                                               keywright::file::key_vault, either_clock, keywright::file::outbox, contents>;

} // namespace tenant_admin

// Built once, in workspace.cpp, and not again for every file of this program.
extern template class keywright::service::interpreter<keywright::profiles::power_platform, tenant_admin::service_type::parts_type>;
extern template class keywright::service::environment_data<keywright::profiles::power_platform, tenant_admin::service_type::parts_type>;
extern template class keywright::tenant_service<keywright::profiles::power_platform, keywright::sqlite::state_store,
                                                keywright::file::key_vault, tenant_admin::either_clock, keywright::file::outbox,
                                                tenant_admin::contents>;

namespace tenant_admin {

/// Everything open. Not moved: the service refers to its parts.
class workspace {
public:
    /// Makes what is missing; fails with already_exists when the state has been begun.
    [[nodiscard]] static keywright::result<void> init(const places& where);
    /// Opens the parts; which one stands in the way is in the error's text. Nothing is made.
    [[nodiscard]] static keywright::result<std::unique_ptr<workspace>> open(const places& where, narrator& out);
    /// The state alone, for what needs no keys.
    [[nodiscard]] static keywright::result<keywright::sqlite::state_store> open_state(const places& where);

    workspace(const workspace&) = delete;
    workspace& operator=(const workspace&) = delete;

    /// Resumes what a killed run left, and says so if there was something.
    [[nodiscard]] keywright::result<void> recover();

    keywright::result<keywright::policy::actor> actor() const;
    keywright::result<keywright::tenant_id> tenant() const;
    keywright::result<keywright::service::ring_id> ring() const;
    /// All environments of a ring, deleted ones too.
    keywright::result<std::vector<keywright::policy::environment_state>> environments(const keywright::service::ring_id& ring);

    const places& where;
    narrator& out;
    keywright::sqlite::state_store store;
    keywright::file::key_vault vault;
    either_clock clock;
    keywright::file::outbox outbox;
    contents content;
    service_type service;

private:
    workspace(const places& w, narrator& o, keywright::sqlite::state_store&& s, keywright::file::key_vault&& v, either_clock c,
              keywright::file::outbox&& b, contents&& f);
};

/// An id out of the command line; what is missing or malformed is a mistake of usage.
template <class Id>
[[nodiscard]] keywright::result<Id> parse_id(const std::string& text, const char* what) {
    const auto parsed = Id::parse(text);
    if (!parsed) return keywright::fail(keywright::errc::malformed, what);
    return *parsed;
}

} // namespace tenant_admin

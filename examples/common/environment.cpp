// SPDX-License-Identifier: Apache-2.0
#include "environment.hpp"

#include "../tenant_admin/workspace.hpp"

#include <keywright/adapters/sqlite/generation.hpp>
#include <keywright/core/hex.hpp>

#include <filesystem>

namespace example {

using namespace keywright;

/// In the order in which one needs the other.
struct environment::parts {
    environment_options given;
    keywright::access how{};
    tenant_admin::places places{};
    tenant_admin::narrator silent{{.quiet = true}};
    std::unique_ptr<tenant_admin::workspace> workspace{};
    service::ring_id ring{};
    environment_id name{};
    policy::actor by{};
    std::optional<keys::data_key_lease> lease{};

    auto data() { return workspace->service.environment(ring, name, by); }
};

namespace {

outcome<void> read_name(const std::string& text, tenant_admin::places& into, environment_id& name) {
    const auto first = text.find('/'), second = text.find('/', first + 1);
    const auto mistake = trouble_of(exit_code::usage, text, "--environment expects TENANT/REGION/ENVIRONMENT");
    if (first == std::string::npos || second == std::string::npos) return mistake;
    into.tenant = text.substr(0, first);
    into.region = text.substr(first + 1, second - first - 1);
    const auto parsed = environment_id::parse(text.substr(second + 1));
    if (!parsed) return mistake;
    name = *parsed;
    return {};
}

/// A refusal, with all its reasons.
tl::unexpected<trouble> refused(const policy::decision& why, const error& said, const std::string& name) {
    const auto& reasons = why.reasons();
    const bool locked =
        std::any_of(reasons.begin(), reasons.end(), [](const auto& one) { return one.code == policy::refusal::environment_locked; });
    auto told = trouble_of(said, name).value();
    told.code = locked ? exit_code::locked : exit_code::refused;
    for (const auto& reason : reasons) told.text += "; " + to_text(reason);
    if (!locked) told.next = "tenant_admin status tells how the environment stands";
    return tl::unexpected(std::move(told));
}

/// What the library gave, or why the policy did not let it.
template <class T>
outcome<T> judged(result<T>&& got, const std::optional<policy::decision>& why, const std::string& name) {
    if (got) return std::move(*got);
    if (!why || !why->refused()) return trouble_of(got.error(), name);
    return refused(*why, got.error(), name);
}
/// The same of a command.
outcome<void> judged(const result<keywright::outcome>& done, const std::string& name) {
    if (!done) return trouble_of(done.error(), name);
    if (done->refused()) return refused(done->decision(), {errc::locked, "the policy does not let this be done now"}, name);
    if (const auto why = done->unfinished()) return trouble_of(exit_code::undone, name, why->text);
    return {};
}

/// The state's record of a database file.
sqlite::generation_keeper generation_of(tenant_admin::workspace& w, const std::string& environment, const std::string& path) {
    std::error_code failed;
    const auto place = std::filesystem::weakly_canonical(path, failed);
    return sqlite::kept_in(w.store, "generation/" + environment + (failed ? "/" + path : place.native()));
}

/// The state knows a backup by this.
backup_id name_of(const database_backup& backup) {
    return backup_id(
        fmt::format("{}{}-{}", tenant_admin::contents::of_database, to_hex(backup.file).substr(0, 16), backup.taken.since_epoch));
}

} // namespace

environment::environment(std::unique_ptr<parts> p) : parts_(std::move(p)) {}
environment::~environment() = default;

const keys::data_key_lease& environment::lease() const { return *parts_->lease; }

outcome<std::unique_ptr<environment>> environment::open(const environment_options& given, intent how) {
    auto p = std::make_unique<parts>(parts{given, how == intent::write ? access::read_write : access::read});
    if (auto named = read_name(given.name, p->places, p->name); !named) return pass_on(named);
    const std::string& folder = given.state_folder;
    p->places.state = folder + "/state.db";
    p->places.state_key = given.state_key;
    p->places.vault = folder + "/vault";
    p->places.content = folder + "/content";
    p->places.outbox = folder + "/outbox";
    p->places.passphrase_file = given.passphrase_file;
    p->places.by = given.by;
    p->places.now = given.now;
    auto opened = tenant_admin::workspace::open(p->places, p->silent);
    if (!opened) return trouble_of(opened.error(), folder);
    p->workspace = std::move(*opened);
    if (const auto resumed = p->workspace->recover(); !resumed) return trouble_of(resumed.error(), folder);
    const auto ring = p->workspace->ring();
    if (!ring) return trouble_of(ring.error(), given.name);
    p->ring = *ring;
    const auto by = p->workspace->actor();
    if (!by) return trouble_of(by.error(), "--by");
    p->by = *by;
    return std::unique_ptr<environment>(new environment(std::move(p)));
}

outcome<void> environment::renew() {
    parts_->lease.reset();
    std::optional<policy::decision> why;
    auto opened = parts_->data().open(parts_->how, &why);
    auto lease = judged(std::move(opened), why, parts_->given.name);
    if (!lease) return pass_on(lease);
    parts_->lease = std::move(*lease);
    return {};
}
outcome<keys::data_key_lease> environment::pages() {
    std::optional<policy::decision> why;
    auto lease = parts_->data().pages(parts_->how, &why);
    return judged(std::move(lease), why, parts_->given.name);
}
result<instant> environment::now() const { return parts_->workspace->clock.now(); }

outcome<void> environment::back_up(const database_backup& backup, const std::function<result<void>(const ports::content_keys&)>& write) {
    auto& w = *parts_->workspace;
    w.content.work = {.back_up = write};
    const auto done =
        w.service.run({parts_->ring, parts_->name}, policy::take_backup{.by = parts_->by, .at = {}, .backup = name_of(backup)});
    w.content.work = {};
    return judged(done, parts_->given.name);
}
outcome<void> environment::restore(
    const database_backup& backup,
    const std::function<result<void>(const keys::data_key_lease& opens, const keys::data_key_lease& seals)>& put_in_place) {
    const auto& typed = parts_->given.confirmation;
    if (typed.size() > policy::typed_text::capacity())
        return trouble_of(exit_code::usage, "--confirm", "what was typed is longer than any name");
    auto& w = *parts_->workspace;
    w.content.work = {.restore = put_in_place};
    const auto done = w.service.run({.ring = parts_->ring, .environment = parts_->name, .source = backup.of, .backup = name_of(backup)},
                                    policy::restore{.by = parts_->by, .at = {}, .confirmation = policy::typed_text(typed)});
    w.content.work = {};
    if (!done && done.error().code == errc::not_found)
        return trouble_of(exit_code::refused, parts_->given.name, "the state knows no such backup of it",
                          "take backups with the same state: encrypted_sqlite backup --environment NAME");
    return judged(done, parts_->given.name);
}

result<std::uint64_t> environment::known_generation(const std::string& path) const {
    return generation_of(*parts_->workspace, parts_->given.name, path).known();
}
result<void> environment::keep_generation(const std::string& path, std::uint64_t generation) {
    return generation_of(*parts_->workspace, parts_->given.name, path).keep(generation);
}

outcome<policy::clear_permit> environment::way_out() {
    std::optional<policy::decision> why;
    auto permit = parts_->data().way_out(&why);
    return judged(std::move(permit), why, parts_->given.name);
}

} // namespace example

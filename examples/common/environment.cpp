// SPDX-License-Identifier: Apache-2.0
#include "environment.hpp"

#include "../tenant_admin/workspace.hpp"

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

/// What the library gave, or why the policy did not let it.
template <class T>
outcome<T> judged(result<T>&& got, const std::optional<policy::decision>& why, const std::string& name) {
    if (got) return std::move(*got);
    if (!why || !why->refused()) return trouble_of(got.error(), name);
    const bool locked = why->refused_by("T22", policy::refusal::environment_locked);
    auto refused = trouble_of(got.error(), name).value();
    refused.code = locked ? exit_code::locked : exit_code::refused;
    for (const auto& reason : why->reasons()) refused.text += "; " + to_text(reason);
    if (!locked) refused.next = "tenant_admin status tells how the environment stands";
    return tl::unexpected(std::move(refused));
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
outcome<policy::clear_permit> environment::way_out() {
    std::optional<policy::decision> why;
    auto permit = parts_->data().way_out(&why);
    return judged(std::move(permit), why, parts_->given.name);
}

} // namespace example

// SPDX-License-Identifier: Apache-2.0
// Content in memory: the reference that says what the port means, and the one to copy. Data dies with the object, so it
// is for tests and for small things.
// Depends on: ports/content_store, envelope/message. Use: `memory::content_store data; data.put(ref, "a.txt", message);`
#pragma once

#include <keywright/envelope/message.hpp>
#include <keywright/ports/content_store.hpp>

#include <map>
#include <mutex>
#include <string>
#include <tuple>

namespace keywright::memory {

/// Items are AWS Encryption SDK messages by name, each bound to its place by `context_of`.
/// Thread safety: concurrent; a rebuild holds up all other calls.
class content_store {
public:
    /// What the message at `name` must be bound to; further pairs may stand beside these. malformed: an empty name, or
    /// one that is not UTF-8.
    [[nodiscard]] static result<keys::encryption_context> context_of(const ports::content_ref& ref, std::string_view name) {
        auto pairs = keys::house_context({.tenant = ref.tenant, .region = ref.region, .environment = ref.environment}).pairs();
        pairs.emplace_back("path", name);
        return keys::encryption_context::make(std::move(pairs));
    }

    /// Keeps a message; not_found when there is no content of that name.
    [[nodiscard]] result<void> put(const ports::content_ref& ref, std::string_view name, byte_view message) {
        const std::lock_guard guard(mutex_);
        const auto at = contents_.find(key(ref));
        if (at == contents_.end()) return nothing_there();
        at->second.insert_or_assign(std::string(name), bytes(message.begin(), message.end()));
        return {};
    }
    [[nodiscard]] result<bytes> get(const ports::content_ref& ref, std::string_view name) {
        const std::lock_guard guard(mutex_);
        const auto at = contents_.find(key(ref));
        const auto item = at != contents_.end() ? at->second.find(name) : items::iterator{};
        if (at == contents_.end() || item == at->second.end()) return nothing_there();
        return item->second;
    }

    // --- the port ---

    [[nodiscard]] result<void> create(const ports::content_ref& ref) {
        if (!whole(ref)) return incomplete();
        const std::lock_guard guard(mutex_);
        contents_.try_emplace(key(ref));
        return {};
    }
    [[nodiscard]] result<void> rebuild(const ports::content_ref& from, const ports::content_ref& to, const keys::data_key_lease& opens,
                                       const keys::data_key_lease& seals, const ports::content_progress& told = {}) {
        if (!whole(from) || !whole(to) || from == to) return incomplete();
        const std::lock_guard guard(mutex_);
        if (contents_.contains(key(to))) return {}; // whoever came before has done this very work
        for (const auto* lease : {&opens, &seals})
            if (auto usable = lease->check(); !usable) return usable;
        const auto at = contents_.find(key(from));
        if (at == contents_.end()) return nothing_there();
        std::uint64_t total = 0, done = 0;
        for (const auto& [name, message] : at->second) total += message.size();
        items made;
        for (const auto& [name, message] : at->second) {
            auto sealed = reseal({from, opens}, {to, seals}, name, message);
            if (!sealed) return pass(sealed);
            made.emplace(name, std::move(*sealed));
            done += message.size();
            if (told) told(done, total);
        }
        contents_.emplace(key(to), std::move(made));
        return {};
    }
    [[nodiscard]] result<void> back_up(const ports::content_ref& from, const ports::content_ref& to, const ports::content_keys&, instant) {
        if (!whole(from) || !whole(to) || from == to) return incomplete();
        if (to.backup.empty()) return fail(errc::misused, "content: expected the name of a backup");
        const std::lock_guard guard(mutex_);
        const auto at = contents_.find(key(from));
        if (at == contents_.end()) return nothing_there();
        if (!contents_.try_emplace(key(to), at->second).second)
            return fail(errc::already_exists, "content: expected a name that is free; drop what has it first");
        return {};
    }
    [[nodiscard]] result<void> drop(const ports::content_ref& ref) {
        if (!whole(ref)) return incomplete();
        const std::lock_guard guard(mutex_);
        contents_.erase(key(ref));
        return {};
    }
    [[nodiscard]] result<std::vector<ports::content_ref>> list(const tenant_id& tenant, const region_id& region,
                                                               const environment_id& environment) {
        if (!whole({tenant, region, environment})) return fail(errc::misused, "content: expected a tenant, a region and an environment");
        const std::lock_guard guard(mutex_);
        std::vector<ports::content_ref> found;
        for (const auto& [k, unused] : contents_)
            if (std::get<0>(k) == tenant && std::get<1>(k) == region && std::get<2>(k) == environment)
                found.push_back({tenant, region, environment, std::get<4>(k), std::get<3>(k)});
        return found;
    }

private:
    using items = std::map<std::string, bytes, std::less<>>;
    using name_of_content = std::tuple<tenant_id, region_id, environment_id, backup_id, std::uint64_t>;

    static name_of_content key(const ports::content_ref& r) {
        return {r.tenant, r.region, r.environment, r.backup, r.backup.empty() ? r.generation : 0};
    }
    static bool whole(const ports::content_ref& r) { return !r.tenant.empty() && !r.region.empty() && !r.environment.empty(); }
    static tl::unexpected<error> incomplete() {
        return fail(errc::misused, "content: expected a tenant, a region and an environment, and two different places");
    }
    static tl::unexpected<error> nothing_there() { return fail(errc::not_found, "content: expected content of that name, there is none"); }

    /// In an environment belongs nothing but whole messages.
    static tl::unexpected<error> as_corrupt(const error& e) {
        if (e.code == errc::malformed || e.code == errc::unsupported || e.code == errc::limit_exceeded)
            return fail(errc::corrupt, "content: expected every item to be a whole message", e.native);
        return tl::unexpected(e);
    }

    struct side {
        const ports::content_ref& ref;
        const keys::data_key_lease& lease;
    };
    static result<bytes> reseal(const side& from, const side& to, const std::string& name, const bytes& message) {
        const auto info = envelope::inspect_header(message);
        if (!info) return fail(errc::corrupt, "content: expected every item to be a message");
        auto expected = context_of(from.ref, name);
        auto bound = context_of(to.ref, name);
        if (!expected || !bound) return fail(errc::corrupt, "content: expected every item to have a name in UTF-8");
        auto plain = envelope::open(from.lease, message, {.expected = std::move(*expected)});
        if (!plain) return as_corrupt(plain.error());
        auto pairs = bound->pairs();
        for (const auto& pair : info->context.pairs())
            if (!bound->find(pair.first)) pairs.push_back(pair);
        const auto context = keys::encryption_context::make(std::move(pairs));
        auto sealed = context ? envelope::seal(to.lease, *plain, *context) : result<bytes>(pass(context));
        Botan::secure_scrub_memory(plain->data(), plain->size());
        return sealed;
    }

    std::mutex mutex_;
    std::map<name_of_content, items> contents_;
};

static_assert(ports::check_content_store<content_store>());

} // namespace keywright::memory

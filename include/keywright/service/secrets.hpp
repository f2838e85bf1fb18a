// SPDX-License-Identifier: Apache-2.0
// Named values of an environment, such as tokens, passwords and certificates: stored sealed, in versions, and used by
// reference: a value is in memory only while a callback uses it (G06).
// Depends on: envelope/message, service/requests, service/transact. Use:
//     auto secrets = svc.environment(ring, prod, alice).secrets();
//     secrets.put(secret_id{"smtp"}, password);
//     secrets.with(secret_id{"smtp"}, [&](byte_view value) { connection.log_in(value); });
#pragma once

#include <keywright/envelope/message.hpp>
#include <keywright/service/requests.hpp>
#include <keywright/service/transact.hpp>

namespace keywright::service {

// Record `sealed/<t>/<r>/<e>/<version of the environment's keys>/<name>/<number>`: an AWS Encryption SDK message under
// the environment's message key of that version, with the context {environment, name, number, purpose "secret", region,
// tenant}. So a record that was put in another's place does not open. A store that was rolled back as a whole, or that
// lacks its newest record, looks like an earlier one: only an older number tells.
// Numbers grow with each value of an environment and are never given twice, so a removed secret's never come back.

inline constexpr std::size_t largest_secret = std::size_t{64} << 10; ///< bytes
inline constexpr std::size_t most_secrets = 256;                     ///< of an environment
inline constexpr std::size_t versions_kept = 16;                     ///< of a secret: an older one goes with a new one

/// The records of an environment's secrets. Judges nobody: see `secrets`.
template <class Parts>
class sealed_values {
public:
    sealed_values(Parts& parts, const ring_id& ring, const environment_id& environment)
        : parts_(parts), ring_(ring), environment_(environment) {}

    [[nodiscard]] result<std::vector<ports::record>> all_of(std::uint64_t version, const secret_id& name) {
        return scan_all(parts_.store, records::sealed(ring_, environment_, version, name.view()));
    }
    /// Reads one record of each name, and no more than `most_secrets` and one.
    [[nodiscard]] result<std::vector<secret_id>> names(std::uint64_t version) {
        std::vector<secret_id> found;
        const std::string prefix = records::sealed(ring_, environment_, version);
        for (std::string after; found.size() <= most_secrets;) {
            const auto next = parts_.store.scan(prefix, after, 1);
            if (!next) return pass(next);
            if (next->empty()) break;
            const std::string_view rest = std::string_view(next->front().key).substr(prefix.size());
            const auto name = secret_id::parse(rest.substr(0, rest.find('/')));
            if (!name) return fail(errc::corrupt, "secrets: a record has no secret's name");
            found.push_back(*name);
            after = prefix + std::string(name->view()) + "/~"; // behind all its numbers
        }
        return found;
    }

    [[nodiscard]] result<bytes> seal(const keys::data_key_lease& lease, const secret_id& name, std::uint64_t number,
                                     byte_view value) const {
        return envelope::seal(lease, value, context(name, number));
    }
    /// Hands the value to `use`, and wipes it. Fails as envelope::open; authentication_failed, too, for a message of another
    /// secret, environment or number.
    template <class Use>
    [[nodiscard]] result<void> open(const keys::data_key_lease& lease, const secret_id& name, const ports::record& record,
                                    Use&& use) const {
        const auto number = records::last_number(record.key);
        if (!number) return fail(errc::corrupt, "secrets: a record has no number");
        auto value = envelope::open(lease, record.value, {.expected = context(name, *number)});
        if (!value) return pass(value);
        const wiped wipe{*value};
        if constexpr (std::is_void_v<decltype(use(byte_view(*value)))>)
            return use(byte_view(*value)), result<void>{};
        else
            return use(byte_view(*value));
    }

    /// Seals every value of version `from` anew for version `to`. Those that are there were so by whoever began this before.
    /// `guard` puts into each batch what the commit holds under.
    template <class Guard>
    [[nodiscard]] result<void> seal_anew(std::uint64_t from, std::uint64_t to, const keys::data_key_lease& lease, const Guard& guard) {
        const auto all = names(from);
        if (!all) return pass(all);
        for (const secret_id& name : *all) {
            const auto values = all_of(from, name);
            if (!values) return pass(values);
            const auto done = all_of(to, name);
            if (!done) return pass(done);
            ports::batch batch;
            for (const ports::record& r : *values) {
                const auto number = records::last_number(r.key);
                if (!number) return fail(errc::corrupt, "secrets: a record has no number");
                std::string key = records::sealed(ring_, environment_, to, name.view()) + records::detail::number(*number);
                if (std::any_of(done->begin(), done->end(), [&key](const auto& other) { return other.key == key; })) continue;
                auto moved = sealed_again(lease, name, r, *number);
                if (!moved) return pass(moved);
                batch.put(std::move(key), 0, std::move(*moved));
            }
            if (batch.empty()) continue;
            guard(batch);
            if (auto committed = parts_.store.commit(batch); !committed) return committed;
        }
        return {};
    }
    /// Erases what does not belong to version `keep`; 0: everything. `guard` as above: a move that has begun since is just
    /// writing another version.
    template <class Guard>
    [[nodiscard]] result<void> drop_all_but(std::uint64_t keep, const Guard& guard) {
        const std::string prefix = records::sealed(ring_, environment_), kept = records::sealed(ring_, environment_, keep);
        for (std::string after;;) {
            const auto page = parts_.store.scan(prefix, after, versions_kept);
            if (!page) return pass(page);
            if (page->empty()) return {};
            ports::batch batch;
            for (const ports::record& r : *page)
                if (!r.key.starts_with(kept)) batch.erase_any(r.key);
            if (!batch.empty()) guard(batch);
            if (auto gone = batch.empty() ? result<void>{} : parts_.store.commit(batch); !gone) return gone;
            after = page->back().key.starts_with(kept) ? kept + "~" : page->back().key;
        }
    }

private:
    struct wiped {
        bytes& value;
        ~wiped() { Botan::secure_scrub_memory(value.data(), value.size()); }
    };

    keys::encryption_context context(const secret_id& name, std::uint64_t number) const {
        auto pairs =
            keys::house_context({.tenant = ring_.tenant, .region = ring_.region, .environment = environment_, .purpose = "secret"}).pairs();
        pairs.emplace_back("name", name.view());
        pairs.emplace_back("number", std::to_string(number));
        auto made = keys::encryption_context::make(std::move(pairs));
        expects(made.has_value(), "secrets: names and numbers are short ASCII text");
        return std::move(*made);
    }
    result<bytes> sealed_again(const keys::data_key_lease& lease, const secret_id& name, const ports::record& from,
                               std::uint64_t number) const {
        result<bytes> sealed;
        const auto opened = open(lease, name, from, [&](byte_view value) { sealed = seal(lease, name, number, value); });
        if (!opened) return pass(opened);
        return sealed;
    }

    Parts& parts_;
    ring_id ring_;
    environment_id environment_;
};

/// The secrets of one environment, for one person. `Data` is its environment_data. Every call but `versions` and `names`
/// is judged as opening the environment is, and fails as that does. Thread safety: as `Data`.
template <class Data>
class secrets {
public:
    explicit secrets(const Data& data) : data_(data) {}

    /// Stores a new version and returns its number, higher than any before it in this environment; from then on it is the
    /// one in use. limit_exceeded: the value is empty or above 64 KiB, or there are 256 secrets already.
    [[nodiscard]] result<std::uint64_t> put(const secret_id& name, const secret_bytes& value) {
        if (value.empty() || value.size() > largest_secret)
            return fail(errc::limit_exceeded, "secrets: expected a value of 1 byte to 64 KiB");
        return Data::patiently([&]() -> result<std::uint64_t> {
            const auto l = data_.allowed(nullptr);
            if (!l) return pass(l);
            const auto lease = data_.grant(*l, keys::data_purpose::message, access::read_write);
            if (!lease) return pass(lease);
            return store(*l, *lease, name, value);
        });
    }
    /// Calls `use` with the newest version, or the one of that number; what it is given is wiped when it returns. What
    /// `use` returns, if it is a result<void>, is returned. not_found: there is no such secret.
    template <class Use>
    [[nodiscard]] result<void> with(const secret_id& name, Use&& use, std::uint64_t number = 0) {
        const auto l = data_.allowed(nullptr);
        if (!l) return pass(l);
        const auto lease = data_.grant(*l, keys::data_purpose::message, access::read);
        if (!lease) return pass(lease);
        auto values = sealed();
        const auto all = values.all_of(l->environment->value.key_version, name);
        if (!all) return pass(all);
        for (auto r = all->rbegin(); r != all->rend(); ++r)
            if (number == 0 || records::last_number(r->key) == number) return values.open(*lease, name, *r, std::forward<Use>(use));
        return fail(errc::not_found, "secrets: there is no secret of that name and number");
    }
    /// The numbers of the versions that are kept, in order; empty when there is no such secret. Fails as the store does.
    [[nodiscard]] result<std::vector<std::uint64_t>> versions(const secret_id& name) {
        const auto version = key_version();
        if (!version) return pass(version);
        const auto all = sealed().all_of(*version, name);
        if (!all) return pass(all);
        std::vector<std::uint64_t> numbers;
        for (const ports::record& r : *all) numbers.push_back(records::last_number(r.key).value_or(0));
        return numbers;
    }
    /// The names of all secrets, in the order of their bytes. Fails as the store does.
    [[nodiscard]] result<std::vector<secret_id>> names() {
        const auto version = key_version();
        if (!version) return pass(version);
        return sealed().names(*version);
    }
    /// Erases every version; nothing happens where there is none.
    [[nodiscard]] result<void> remove(const secret_id& name) {
        return Data::patiently([&]() -> result<void> {
            const auto l = data_.allowed(nullptr);
            if (!l) return pass(l);
            const auto all = sealed().all_of(l->environment->value.key_version, name);
            if (!all) return pass(all);
            ports::batch batch;
            for (const ports::record& r : *all) batch.erase(r.key, r.version);
            batch.require(records::environment(data_.ring_, data_.environment_), l->environment->version);
            return data_.parts_.store.commit(batch);
        });
    }

private:
    auto sealed() { return sealed_values(data_.parts_, data_.ring_, data_.environment_); }

    result<std::uint64_t> key_version() {
        const auto l = load(data_.parts_.store, subject{data_.ring_, data_.environment_});
        if (!l) return pass(l);
        return l->environment->value.key_version;
    }
    result<std::uint64_t> store(const loaded& l, const keys::data_key_lease& lease, const secret_id& name, const secret_bytes& value) {
        const auto version = l.environment->value.key_version;
        auto values = sealed();
        const auto earlier = values.all_of(version, name);
        if (!earlier) return pass(earlier);
        if (earlier->empty()) {
            const auto others = values.names(version);
            if (!others) return pass(others);
            if (others->size() >= most_secrets)
                return fail(errc::limit_exceeded, "secrets: expected at most 256 secrets in an environment; remove one first");
        }
        ports::batch batch;
        const auto number = next_number(batch);
        if (!number) return number;
        auto message = values.seal(lease, name, *number, keywright::detail::reveal(value));
        if (!message) return pass(message);
        batch.require(records::environment(data_.ring_, data_.environment_), l.environment->version);
        batch.put(records::sealed(data_.ring_, data_.environment_, version, name.view()) + records::detail::number(*number), 0,
                  std::move(*message));
        for (std::size_t i = 0; i + versions_kept <= earlier->size(); ++i) batch.erase((*earlier)[i].key, (*earlier)[i].version);
        if (auto committed = data_.parts_.store.commit(batch); !committed) return pass(committed);
        return number;
    }
    /// One writer at a time has the next number, so the limits hold against two at once, too.
    result<std::uint64_t> next_number(ports::batch& batch) {
        const std::string key = records::numbers(data_.ring_, data_.environment_);
        const auto found = data_.parts_.store.load(key);
        if (!found && found.error().code != errc::not_found) return pass(found);
        if (found && found->value.size() != 8) return fail(errc::corrupt, "secrets: the count of an environment's secrets is damaged");
        const std::uint64_t number = (found ? load_be<std::uint64_t>(found->value.data()) : 0) + 1;
        bytes value;
        append_be(value, number);
        batch.put(key, found ? found->version : 0, std::move(value));
        return number;
    }

    Data data_;
};

} // namespace keywright::service

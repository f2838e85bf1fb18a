// SPDX-License-Identifier: Apache-2.0
// Where a connection to an encrypted database has its lease from, one for each or one for all of a process.
// Depends on: keys/lease. Used by everything that opens an encrypted database.
// Use: `const auto leases = sqlite::share([&] { return environment.pages(access::read_write); });`, then `sqlite::open(path, leases)`.
#pragma once

#include <keywright/keys/lease.hpp>

#include <concepts>
#include <functional>
#include <type_traits>

namespace keywright::sqlite {

/// Gives a lease with the environment's page key, anew whenever the last one has expired or was locked: any callable that
/// gives a `result<keys::data_key_lease>`, such as `[&] { return environment.pages(access::read_write); }`. Called on the
/// connection's thread. Copies ask the same callable.
class lease_source {
public:
    using lease = std::shared_ptr<const keys::data_key_lease>;

    template <class Ask>
        requires std::convertible_to<std::invoke_result_t<Ask&>, result<keys::data_key_lease>>
    lease_source(Ask ask) // implicit: a callable is a source
        : ask_([given = std::move(ask)]() mutable -> result<lease> {
              result<keys::data_key_lease> fresh = given();
              if (!fresh) return pass(fresh);
              return std::make_shared<const keys::data_key_lease>(std::move(*fresh));
          }) {}

    /// One that gives leases which others have, too.
    template <class Ask>
        requires std::same_as<std::invoke_result_t<Ask&>, result<lease>>
    lease_source(Ask ask) : ask_(std::move(ask)) {} // implicit

    [[nodiscard]] result<lease> operator()() const { return ask_(); }

private:
    std::function<result<lease>()> ask_;
};

/// One lease for all connections that are opened with it: a lease takes a use of the customer's key, some milliseconds with
/// RSA, and a product opens many connections. The first that finds it locked or expired asks `source` for the next, while
/// the others wait for that. A lock ends it for all. Thread safety: what it gives is concurrent, and calls `source` on one
/// thread at a time.
[[nodiscard]] inline lease_source share(lease_source source) {
    struct holder {
        explicit holder(lease_source&& from) : source(std::move(from)) {}
        std::mutex busy;
        lease_source source;
        lease_source::lease held;
    };
    const auto all = std::make_shared<holder>(std::move(source));
    return [all]() -> result<lease_source::lease> {
        const std::scoped_lock alone(all->busy);
        if (all->held != nullptr && all->held->check()) return all->held;
        all->held.reset();
        auto fresh = all->source();
        if (fresh) all->held = *fresh;
        return fresh;
    };
}

} // namespace keywright::sqlite

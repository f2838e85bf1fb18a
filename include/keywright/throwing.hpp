// SPDX-License-Identifier: Apache-2.0
// For programs that want exceptions: `or_throw` hands on what a result holds, or throws what stood in its way, a refusal
// of the policy included, so that neither can be overlooked. The library itself never throws these.
// Depends on: core/result. Use: `or_throw(svc.run({ring}, command)); auto lease = or_throw(svc.open(ring, prod, alice, access::read));`
#pragma once

#include <keywright/core/result.hpp>

#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace keywright {

/// An error, thrown. `what()` is its name and text: `authentication_failed: pfx: the password is wrong …`.
class error_thrown : public std::runtime_error {
public:
    explicit error_thrown(const keywright::error& e) : std::runtime_error(std::string(name(e.code)) + ": " + e.text), error_(e) {}
    const keywright::error& error() const noexcept { return error_; }

private:
    keywright::error error_;
};

/// A refused command, thrown. `what()` names every rule that objected and why: `refused by T18 lock_cooldown, R03 …`.
class refusal_thrown : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

namespace detail {

/// What became of a command, as `outcome` of service/requests.hpp says it.
template <class T>
concept answers_a_command = requires(const T& answer) {
    answer.refused();
    answer.reasons();
    answer.unfinished();
};

} // namespace detail

/// The value. Throws error_thrown.
template <class T>
    requires(!detail::answers_a_command<T>)
T or_throw(result<T> done) {
    if (!done) throw error_thrown(done.error());
    if constexpr (!std::is_void_v<T>) return std::move(*done);
}

/// Returns when the command was allowed and all that follows from it is done. Throws refusal_thrown, or error_thrown when it was
/// not decided, or is not finished.
template <detail::answers_a_command T>
void or_throw(const result<T>& done) {
    if (!done) throw error_thrown(done.error());
    if (const auto unfinished = done->unfinished()) throw error_thrown(*unfinished);
    if (!done->refused()) return;
    std::string text;
    for (const auto& reason : done->reasons())
        text.append(text.empty() ? "refused by " : ", ").append(reason.rule).append(" ").append(name(reason.code));
    throw refusal_thrown(text);
}

} // namespace keywright

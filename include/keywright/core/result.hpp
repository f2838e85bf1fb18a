// SPDX-License-Identifier: Apache-2.0
// result<T>: a value, or the error that stood in its way. One alias for the whole library.
// Depends on: tl::expected. Use: `if (!r) return tl::unexpected(r.error());`
#pragma once

#include <keywright/core/error.hpp>

#include <tl/expected.hpp>

#include <exception>

/// What `value()` of a failed result throws. `what()` is the error's own text, so that one that nobody catches says what
/// went wrong.
template <>
class tl::bad_expected_access<keywright::error> : public std::exception {
public:
    explicit bad_expected_access(const keywright::error& e) noexcept : error_(e) {}
    const char* what() const noexcept override { return error_.text; }
    const keywright::error& error() const noexcept { return error_; }

private:
    keywright::error error_;
};

namespace keywright {

/// A result<void> has no `value()`: `if (auto done = …; !done) …` looks at it.
template <class T>
using result = tl::expected<T, error>;

/// Makes the failing half of any result<T>.
/// `text` must have static storage (a literal); `native` is the code of the layer below.
[[nodiscard]] constexpr tl::unexpected<error> fail(errc code, const char* text, int native = 0) {
    return tl::unexpected<error>(error{code, text, native});
}

/// Passes another result's error on: `if (!r) return pass(r);`
template <class T>
[[nodiscard]] constexpr tl::unexpected<error> pass(const result<T>& failed) {
    return tl::unexpected<error>(failed.error());
}

} // namespace keywright

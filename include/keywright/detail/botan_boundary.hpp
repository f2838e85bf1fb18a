// SPDX-License-Identifier: Apache-2.0
// Where Botan's exceptions stop: every call into Botan that can throw goes through `botan_boundary`.
// Depends on: core/result, Botan.
#pragma once

#include <keywright/core/result.hpp>

#include <botan/exceptn.h>

#include <new>
#include <type_traits>

namespace keywright::detail {

/// The code that an exception of Botan's stands for.
inline errc errc_of(const Botan::Exception& e) noexcept {
    switch (e.error_type()) {
    case Botan::ErrorType::InvalidTag: return errc::authentication_failed;
    case Botan::ErrorType::DecodingFailure: return errc::malformed;
    case Botan::ErrorType::NotImplemented:
    case Botan::ErrorType::LookupError: return errc::unsupported;
    case Botan::ErrorType::IoError: return errc::io_failed;
    case Botan::ErrorType::OutOfMemory: return errc::limit_exceeded;
    default: return errc::internal;
    }
}

/// Runs `work` and returns its value as result<T>; an exception of Botan's becomes `on_failure`'s code, or its own
/// where `on_failure` is errc::internal. `text` names the layer and the step; Botan's text is dropped, because it
/// can quote input. std::bad_alloc passes through.
template <class Work>
[[nodiscard]] auto botan_boundary(errc on_failure, const char* text, Work&& work) -> result<std::invoke_result_t<Work&>> {
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<Work&>>) {
            work();
            return {};
        } else {
            return work();
        }
    } catch (const Botan::Exception& e) {
        return fail(on_failure == errc::internal ? errc_of(e) : on_failure, text, e.error_code());
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception&) {
        return fail(on_failure, text);
    }
}

} // namespace keywright::detail

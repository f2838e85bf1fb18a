// SPDX-License-Identifier: Apache-2.0
// Random bytes for the things that one message begins with, drawn by one call of the system's generator: asking three
// times costs as much as encrypting a kilobyte.
// Depends on: core, Botan. Use: `random_supply random(32); random.expect(44); random.take(key);`
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/core/result.hpp>
#include <keywright/detail/botan_boundary.hpp>

#include <botan/mem_ops.h>
#include <botan/system_rng.h>

#include <algorithm>
#include <array>

namespace keywright::detail {

/// Gives each byte once, wipes it when it is given, and lives no longer than the call that begins the message; so neither a
/// fork nor a copy of the machine finds a stock to give again. Thread safety: one thread at a time.
class random_supply {
public:
    static constexpr std::size_t largest = 96;

    /// For `expected` bytes, at most `largest`; the first `take` draws all that is expected by then.
    explicit random_supply(std::size_t expected) noexcept { expect(expected); }
    /// Somebody who needs `more` bytes joins in, up to `largest`, if nothing has been drawn yet.
    void expect(std::size_t more) noexcept {
        if (!drawn_) expected_ = std::min(expected_ + more, largest);
    }
    random_supply(const random_supply&) = delete;
    random_supply& operator=(const random_supply&) = delete;
    ~random_supply() { Botan::secure_scrub_memory(stock_.data(), stock_.size()); }

    /// Fills `out`; what is not in stock is drawn for it alone. unavailable: the system's generator failed.
    [[nodiscard]] result<void> take(byte_span out) {
        if (!drawn_) {
            if (auto drawn = draw(byte_span(stock_).first(expected_)); !drawn) return drawn;
            drawn_ = true;
            left_ = expected_;
        }
        if (out.size() > left_) return draw(out);
        left_ -= out.size();
        std::copy_n(stock_.begin() + static_cast<std::ptrdiff_t>(left_), out.size(), out.begin());
        Botan::secure_scrub_memory(stock_.data() + left_, out.size());
        return {};
    }

private:
    static result<void> draw(byte_span out) {
        return botan_boundary(errc::unavailable, "random: the system's generator failed", [out] { Botan::system_rng().randomize(out); });
    }

    std::array<std::uint8_t, largest> stock_{};
    std::size_t expected_ = 0;
    std::size_t left_ = 0;
    bool drawn_ = false;
};

} // namespace keywright::detail

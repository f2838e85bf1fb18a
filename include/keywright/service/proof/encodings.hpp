// SPDX-License-Identifier: Apache-2.0
// Text that stands for bytes: base64 (RFC 4648, both alphabets) and hexadecimal (both cases), decoded at every
// alignment, so that a key is found wherever it begins in it.
// Depends on: core, Botan (memory that is wiped). Nearest user: service/proof/chunk.hpp.
#pragma once

#include <keywright/core/bytes.hpp>

#include <botan/secmem.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace keywright::service::detail {

/// Bits of a symbol for each byte; `skip` for what may stand between symbols; `stop` for what ends a run.
struct alphabet {
    static constexpr std::uint8_t skip = 0xfe, stop = 0xff;

    std::array<std::uint8_t, 256> values{};
    std::size_t bits = 0;

    consteval alphabet(std::initializer_list<std::string_view> symbols, std::string_view skipped, std::size_t bits_each) : bits(bits_each) {
        values.fill(stop);
        for (const char c : skipped) values[static_cast<unsigned char>(c)] = skip;
        for (const auto set : symbols)
            for (std::size_t i = 0; i < set.size(); ++i) values[static_cast<unsigned char>(set[i])] = static_cast<std::uint8_t>(i);
    }
    /// Symbols until bytes and symbols fall together again: how many alignments there are.
    constexpr std::size_t alignments() const noexcept { return bits == 6 ? 4 : 2; }
};

// Skipped: line breaks and indentation; `=`, which ends base64 and, in mail, also a line (RFC 2045, 6.7); NUL, which
// makes two bytes of each character in UTF-16; the colons of hexadecimal dumps. Skipping too much only joins runs.
inline constexpr alphabet base64{{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"},
                                 {"\r\n\t =\0", 6},
                                 6};
inline constexpr alphabet hex{{"0123456789abcdef", "0123456789ABCDEF"}, {"\r\n\t =\0:", 7}, 4};

/// A run of symbols, and what it stands for. Reused, so that nothing is allocated for each run. Wiped.
class decoder {
public:
    /// `visit(bytes, starts, place)` for each run of symbols that begins below `starts` and stands for 32 bytes or more,
    /// at each alignment: `starts` is how many of the bytes begin below the given one, `place(i)` where byte i begins.
    template <class Visit>
    void each_run(const alphabet& of, byte_view data, std::size_t starts, Visit&& visit) {
        const std::size_t enough = (32 * 8 + of.bits - 1) / of.bits;
        std::size_t inside = 0; // symbols of the run that begin below `starts`
        const auto end_run = [&] {
            if (symbols_.size() >= enough && inside > 0) decode_all(of, inside, visit);
            symbols_.clear();
            places_.clear();
            inside = 0;
        };
        for (std::size_t at = 0; at < data.size(); ++at) {
            const auto value = of.values[data[at]];
            if (value == alphabet::skip) continue;
            if (value != alphabet::stop && (at < starts || inside > 0)) {
                symbols_.push_back(value);
                places_.push_back(static_cast<std::uint32_t>(at));
                if (at < starts) ++inside;
                continue;
            }
            if (!symbols_.empty()) end_run();
            if (at >= starts) return;
        }
        end_run();
    }

private:
    template <class Visit>
    void decode_all(const alphabet& of, std::size_t inside, Visit&& visit) {
        for (std::size_t skip = 0; skip < of.alignments() && skip < symbols_.size(); ++skip) {
            bytes_.clear();
            std::uint32_t buffer = 0;
            std::size_t have = 0;
            for (std::size_t i = skip; i < symbols_.size(); ++i) {
                buffer = buffer << of.bits | symbols_[i];
                have += of.bits;
                if (have < 8) continue;
                have -= 8;
                bytes_.push_back(static_cast<std::uint8_t>(buffer >> have));
            }
            const auto first_symbol = [&, skip](std::size_t i) { return skip + i * 8 / of.bits; };
            std::size_t inner = 0;
            if (inside > skip) inner = std::min(bytes_.size(), (inside - skip) * of.bits / 8 + 1);
            while (inner > 0 && first_symbol(inner - 1) >= inside) --inner;
            if (inner > 0) visit(byte_view(bytes_), inner, [&](std::size_t i) { return std::size_t{places_[first_symbol(i)]}; });
        }
    }

    Botan::secure_vector<std::uint8_t> symbols_, bytes_;
    std::vector<std::uint32_t> places_;
};

} // namespace keywright::service::detail

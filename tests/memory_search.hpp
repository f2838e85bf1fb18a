// SPDX-License-Identifier: Apache-2.0
// Whether a value lies in the memory of this process: every page that can be written is searched, also under sanitizers,
// whose code would take minutes to compare byte by byte.
// Depends on: Linux. Use: `CHECK(times_in_memory({{hidden_value(key)}}) == 0);`
#pragma once

#include <keywright/adapters/file/durable.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <span>
#include <string>
#include <vector>

namespace keywright::memory_tests {

/// What is looked for, as a test keeps it: masked but for its first four bytes, so that this copy is no find.
class hidden_value {
public:
    static constexpr std::size_t in_the_clear = 4;

    /// At least five bytes. `value` itself is found as long as it is there.
    explicit hidden_value(byte_view value) : masked_(value.begin(), value.end()) {
        for (std::size_t i = in_the_clear; i < masked_.size(); ++i) masked_[i] ^= mask;
    }
    /// Where it begins in `data`, or null.
    const std::uint8_t* first_in(byte_view data) const {
        for (;;) {
            const auto* at = static_cast<const std::uint8_t*>(::memmem(data.data(), data.size(), masked_.data(), in_the_clear));
            if (at == nullptr) return nullptr;
            data = data.subspan(static_cast<std::size_t>(at - data.data()));
            if (data.size() >= masked_.size() && stands_at(at)) return at;
            data = data.subspan(1);
        }
    }

private:
    static constexpr std::uint8_t mask = 0xa5;
    bool stands_at(const std::uint8_t* place) const {
        const auto same = [](std::uint8_t kept, std::uint8_t found) { return kept == (found ^ mask); };
        return std::equal(masked_.begin() + in_the_clear, masked_.end(), place + in_the_clear, same);
    }
    bytes masked_;
};

/// How often any of them, each of 4096 bytes at most, lies in what this process may write to: all but the window that
/// memory is read through and the reservations of sanitizers.
inline std::size_t times_in_memory(std::span<const hidden_value> wanted) {
    constexpr std::size_t step = 1 << 20, beyond = 4096, largest = std::size_t{1} << 28;
    static std::array<std::uint8_t, step + beyond> window;
    const file::descriptor memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
    std::ifstream maps("/proc/self/maps");
    std::size_t times = 0;
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t from = 0, to = 0;
        char rights[5] = {};
        if (std::sscanf(line.c_str(), "%lx-%lx %4s", &from, &to, rights) != 3 || rights[1] != 'w' || to - from > largest) continue;
        for (; from < to; from += std::min(step, to - from)) {
            const auto got = ::pread(memory.number(), window.data(), std::min(window.size(), to - from), static_cast<off_t>(from));
            const byte_view seen(window.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
            for (const hidden_value& value : wanted)
                for (const auto* at = value.first_in(seen); at != nullptr; at = value.first_in({at + 1, seen.data() + seen.size()})) {
                    const auto place = static_cast<std::size_t>(at - seen.data()); // behind the step it is found once more
                    times += place < step && from + place - reinterpret_cast<std::uintptr_t>(window.data()) >= window.size() ? 1 : 0;
                }
        }
    }
    return times;
}
inline std::size_t times_in_memory(const hidden_value& wanted) { return times_in_memory({&wanted, 1}); }

} // namespace keywright::memory_tests

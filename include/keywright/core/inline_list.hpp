// SPDX-License-Identifier: Apache-2.0
// A list with room for N values inside itself: no allocation, usable in constant expressions, copied by value.
// Depends on: core/contract.
#pragma once

#include <keywright/core/contract.hpp>

#include <array>
#include <cstddef>

namespace keywright {

/// T must be default constructible. Not thread safe; a plain value.
template <class T, std::size_t N>
class inline_list {
public:
    using value_type = T;

    constexpr inline_list() noexcept {} // NOLINT(modernize-use-equals-default): `= default` would have all of it zeroed first

    static constexpr std::size_t capacity() noexcept { return N; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr bool full() const noexcept { return size_ == N; }

    constexpr T* begin() noexcept { return items_.data(); }
    constexpr T* end() noexcept { return items_.data() + size_; }
    constexpr const T* begin() const noexcept { return items_.data(); }
    constexpr const T* end() const noexcept { return items_.data() + size_; }

    constexpr T& operator[](std::size_t i) noexcept {
        expects(i < size_, "inline_list: index within size");
        return items_[i];
    }
    constexpr const T& operator[](std::size_t i) const noexcept {
        expects(i < size_, "inline_list: index within size");
        return items_[i];
    }

    /// Gives the new one, in its place. Requires: not full.
    constexpr T& push_back(const T& value) {
        expects(!full(), "inline_list: room for one more value");
        return items_[size_++] = value;
    }

    /// Removes one value and keeps the order of the others.
    constexpr void erase_at(std::size_t i) {
        expects(i < size_, "inline_list: index within size");
        for (std::size_t k = i + 1; k < size_; ++k) items_[k - 1] = items_[k];
        items_[--size_] = T{};
    }

    constexpr void clear() {
        while (size_ > 0) items_[--size_] = T{};
    }

    friend constexpr bool operator==(const inline_list& a, const inline_list& b) {
        if (a.size_ != b.size_) return false;
        for (std::size_t i = 0; i < a.size_; ++i)
            if (!(a.items_[i] == b.items_[i])) return false;
        return true;
    }

private:
    std::array<T, N> items_{};
    std::size_t size_ = 0;
};

} // namespace keywright

// SPDX-License-Identifier: Apache-2.0
// What a secret is not: each line here closes a way by which one could be copied, printed or compared by accident.
#include <keywright/insecure.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <concepts>
#include <iterator>
#include <ostream>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace {

using keywright::secret_bytes;

template <class T>
concept printed_by_fmt = fmt::is_formattable<T>::value;
template <class T>
concept printed_by_stream = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept indexed = requires(const T& value) { value[0]; };
template <class T>
concept gives_pointer = requires(const T& value) { value.data(); };
template <class T>
concept iterated = requires(T& value) { std::begin(value); };
template <class T>
concept tested_as_bool = requires(const T& value) { value ? 1 : 0; };
template <class T>
concept hashed = requires(const T& value) { std::hash<T>{}(value); };

// The concepts see what they are asked about; without these lines a misspelt one would pass every denial below.
static_assert(printed_by_fmt<std::string> && printed_by_stream<std::string> && indexed<std::string> && gives_pointer<std::string>);
static_assert(iterated<std::string> && tested_as_bool<int> && hashed<std::string> && std::equality_comparable<std::string>);
static_assert(std::totally_ordered<std::string> && std::ranges::range<std::string>);

static_assert(!std::is_copy_constructible_v<secret_bytes> && !std::is_copy_assignable_v<secret_bytes>);
static_assert(std::is_nothrow_move_constructible_v<secret_bytes> && std::is_nothrow_move_assignable_v<secret_bytes>);
static_assert(!printed_by_fmt<secret_bytes> && !printed_by_stream<secret_bytes>);
static_assert(!std::ranges::range<secret_bytes> && !iterated<secret_bytes> && !indexed<secret_bytes> && !gives_pointer<secret_bytes>);
static_assert(!std::equality_comparable<secret_bytes> && !std::totally_ordered<secret_bytes> && !hashed<secret_bytes>);
static_assert(!tested_as_bool<secret_bytes>);

// It turns into nothing, and nothing turns into it unseen.
static_assert(!std::is_convertible_v<secret_bytes, keywright::byte_view> && !std::is_constructible_v<keywright::byte_view, secret_bytes&>);
static_assert(!std::is_convertible_v<secret_bytes, std::string> && !std::is_constructible_v<std::string_view, const secret_bytes&>);
static_assert(!std::is_constructible_v<keywright::bytes, const secret_bytes&>);
static_assert(!std::is_convertible_v<keywright::byte_view, secret_bytes> && std::is_constructible_v<secret_bytes, keywright::byte_view>);
static_assert(!std::is_convertible_v<std::size_t, secret_bytes> && std::is_constructible_v<secret_bytes, std::size_t>);
static_assert(!std::is_constructible_v<secret_bytes, std::string> && !std::is_constructible_v<secret_bytes, const char*>);

// The token is not made in passing: it has a reason.
static_assert(!std::is_default_constructible_v<keywright::insecure::secret_access>);
static_assert(!std::is_convertible_v<const char*, keywright::insecure::secret_access>);

} // namespace

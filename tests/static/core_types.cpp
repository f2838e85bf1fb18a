// SPDX-License-Identifier: Apache-2.0
// Plain values of core: what they cost, what they convert to (little), and that they work in constant expressions.
#include <keywright/core/inline_list.hpp>
#include <keywright/core/parse_id.hpp>
#include <keywright/core/time.hpp>

#include <string>
#include <type_traits>

namespace {

using namespace keywright;

// An error owns nothing: it can be copied in a signal handler, and nothing secret can hide in it.
static_assert(std::is_trivially_copyable_v<error> && std::is_trivially_destructible_v<error>);
static_assert(!std::is_constructible_v<error, errc, std::string>);
static_assert(!std::is_convertible_v<error, result<int>> && !std::is_convertible_v<errc, result<int>>);
static_assert(std::is_convertible_v<tl::unexpected<error>, result<int>>);

// Names and moments are values that live anywhere.
static_assert(std::is_trivially_copyable_v<tenant_id> && std::is_trivially_copyable_v<fingerprint>);
static_assert(std::is_trivially_copyable_v<instant> && sizeof(instant) == 8 && sizeof(seconds) == 8);
static_assert(std::is_trivially_copyable_v<inline_list<instant, 4>>);

// Kinds do not mix.
static_assert(!std::is_constructible_v<tenant_id, region_id> && !std::is_assignable_v<key_id&, admin_id>);
static_assert(!std::is_convertible_v<const char*, tenant_id> && std::is_constructible_v<tenant_id, const char*>);
static_assert(!std::is_convertible_v<int, seconds> && !std::is_convertible_v<seconds, instant> && !std::is_convertible_v<instant, seconds>);
template <class A, class B>
concept adds = requires(A a, B b) { a + b; };
static_assert(adds<instant, seconds> && adds<seconds, seconds> && !adds<instant, instant> && !adds<instant, int>);
template <class A, class B>
concept compares = requires(A a, B b) { a == b; };
static_assert(compares<tenant_id, tenant_id> && !compares<tenant_id, region_id> && !compares<tenant_id, const char*>);

static_assert(tenant_id::parse("contoso").value().view() == "contoso");
static_assert(tenant_id::parse("").error().code == errc::malformed);
static_assert(days(1) == hours(24) && hours(1) == minutes(60) && minutes(1) == seconds{60});
static_assert(instant{100} - seconds{1} < instant{100} && instant{100} - instant{40} == seconds{60});
static_assert(!happened(never) && happened(instant{0}) && later(instant{1}, never) == instant{1});
// "never" is far enough from both ends that a policy may add and subtract centuries.
static_assert(never + days(365'000) < instant{0} && never - days(365'000) < never);

} // namespace

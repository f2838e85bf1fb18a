// SPDX-License-Identifier: Apache-2.0
// Every aggregate, event and effect lists its fields once, in `visit`, for the store, the log and the eye. Here each is
// copied through that list and compared with a copy in which one field differs.
#include <keywright/policy/effects.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

using namespace keywright;
using namespace keywright::policy;

template <class T>
concept lists_fields = requires(T& value) { T::visit(value, [](std::string_view, auto&) {}); };
template <class T>
concept is_text = requires(const T& value) { T(value.view()); };

/// Gives it a value that it did not have.
template <class T>
void change(T& value) {
    if constexpr (std::is_same_v<T, bool>)
        value = !value;
    else if constexpr (std::is_integral_v<T>)
        ++value;
    else if constexpr (std::is_enum_v<T>)
        value = static_cast<T>(value == T{} ? 1 : 0);
    else if constexpr (std::is_same_v<T, instant>)
        value = value + seconds{1};
    else if constexpr (std::is_same_v<T, seconds>)
        ++value.count;
    else if constexpr (std::is_same_v<T, fingerprint>)
        ++value.bytes[31];
    else if constexpr (is_text<T>)
        value = T(value.empty() ? "one" : "another");
    else if constexpr (lists_fields<T>)
        T::visit(value, [](std::string_view, auto& field) { change(field); });
    else
        change(value.push_back({}));
}

template <class T>
void change_field(T& value, std::size_t which) {
    std::size_t i = 0;
    T::visit(value, [&](std::string_view, auto& field) {
        if (i++ == which) change(field);
    });
}

/// Where one of its fields is.
struct place {
    std::string_view name;
    const void* where;
};
template <class T>
std::vector<place> fields(const T& value) {
    std::vector<place> list;
    T::visit(value, [&](std::string_view name, const auto& field) { list.push_back({name, &field}); });
    return list;
}

template <class T>
T copied_through_visit(const T& from) {
    const std::vector<place> source = fields(from);
    T to{};
    std::size_t i = 0;
    T::visit(to, [&]<class Field>(std::string_view, Field& field) { field = *static_cast<const Field*>(source[i++].where); });
    return to;
}

/// Field by field, for what has no comparison of its own.
template <class T>
bool same_fields(const T& a, const T& b) {
    const std::vector<place> other = fields(b);
    bool same = true;
    std::size_t i = 0;
    T::visit(a, [&]<class Field>(std::string_view, const Field& field) {
        same = same && field == *static_cast<const Field*>(other[i++].where);
    });
    return same;
}

struct anything {
    template <class T>
    operator T() const; // NOLINT(google-explicit-constructor): stands for a field's value, whatever its type
};
/// How many values initialise it: that of its base, if it has one, and those of its own fields.
template <class T, class... Values>
consteval std::size_t parts() {
    if constexpr (requires { T{Values{}..., anything{}}; })
        return parts<T, Values..., anything>();
    else
        return sizeof...(Values);
}
template <class Base, class T>
inline constexpr bool builds_on = std::is_base_of_v<Base, T> && !std::is_same_v<Base, T>;
/// How many fields it has, whatever `visit` lists.
template <class T>
consteval std::size_t fields_declared() {
    if constexpr (builds_on<about_key, T>)
        return parts<T>() - 1 + parts<about_key>();
    else
        return parts<T>(); // the other bases have one field each
}

template <class T>
bool names_differ() {
    std::vector<std::string_view> names;
    for (const place& field : fields(T{})) names.push_back(field.name);
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) == names.end();
}

template <class T>
void check_list(std::string_view type) {
    CAPTURE(type);
    T full{};
    change(full);
    CHECK(names_differ<T>());
    CHECK(fields(full).size() == fields_declared<T>());
    CHECK(same_fields(copied_through_visit(full), full));
}

template <class T>
void check_comparison(std::string_view type) {
    CAPTURE(type);
    T full{};
    change(full);
    CHECK(copied_through_visit(full) == full);
    for (std::size_t which = 0; which < fields(full).size(); ++which) {
        CAPTURE(which);
        T other = full;
        change_field(other, which);
        CHECK_FALSE(other == full);
    }
}

template <class T>
void check(std::string_view type) {
    check_list<T>(type);
    check_comparison<T>(type);
}

TEST_CASE("state: visit lists every field once; a copy through it is equal, and one in which a field differs is not") {
    check<administrator>("administrator");
    check<tenant_state>("tenant_state");
    check<key_record>("key_record");
    check<lock_record>("lock_record");
    check<activation_record>("activation_record");
    check<lock_request_record>("lock_request_record");
    check<clock_vote>("clock_vote");
    check<ring_state>("ring_state");
    check<environment_state>("environment_state");
    check<backup_state>("backup_state");
    check<key_version>("key_version");
    check<policy_state>("policy_state");
    check<policy_membership>("policy_membership");
    check<key_permissions>("key_permissions");
    check<about_key>("about_key");
    check<about_environment>("about_environment");
    check<about_policy>("about_policy");
}

template <class... Es>
void check_events(const std::variant<Es...>*) {
    (check<Es>(Es::name), ...);
}

TEST_CASE("events: visit lists every field once; a copy through it is equal, and one in which a field differs is not") {
    check_events(static_cast<const event_body*>(nullptr));
}

template <class... Es>
void check_effects(const std::variant<Es...>*) {
    (check_list<Es>(Es::name), ...);
}

TEST_CASE("effects: visit lists every field once, and a copy through it has the same") {
    check_effects(static_cast<const effect*>(nullptr));
}

template <class E>
void check_visit_body() {
    CAPTURE(E::name);
    const actor alice{admin_id("alice")};
    const event one{alice, instant{7}, E{}};
    std::size_t calls = 0;
    bool its_own = false;
    visit_body(one.body, [&]<class T>(const T&) {
        ++calls;
        its_own = std::is_same_v<T, E>;
    });
    CHECK(calls == 1);
    CHECK(its_own);
    CHECK(name(one) == E::name);
    CHECK(one == event{alice, instant{7}, E{}});
    CHECK_FALSE(one == event{the_system, instant{7}, E{}});
    CHECK_FALSE(one == event{actor{alice.who, principal::vault}, instant{7}, E{}});
    CHECK_FALSE(one == event{alice, instant{8}, E{}});
    if (!std::is_same_v<E, feature_enabled>) CHECK_FALSE(one == event{alice, instant{7}, feature_enabled{}});
}

template <class... Es>
void check_each_is_visited(const std::variant<Es...>* all) {
    const std::string_view names[] = {Es::name...};
    CHECK(std::ranges::equal(policy::detail::names_of_events(all), names));
    (check_visit_body<Es>(), ...);
}

TEST_CASE("events: visit_body calls once, with the event's own type, and its name is the type's") {
    check_each_is_visited(static_cast<const event_body*>(nullptr));
}

} // namespace

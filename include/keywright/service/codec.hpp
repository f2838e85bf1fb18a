// SPDX-License-Identifier: Apache-2.0
// Aggregates, events and effects as JSON and back, by the field lists that they carry themselves. Stored text is
// canonical: UTF-8, keys sorted, no white space, so that hashes over it can be checked by any language.
// Depends on: policy, nlohmann/json.
//
// Layout: one object. `format` is 1; a reader refuses a later one. Ids and texts are strings, fingerprints 64 hex
// digits, moments RFC 3339 or null for "never", spans whole seconds, enumerations by their names, lists arrays of objects.
//
// What deals with every event or effect is a template over a type that is always the same, here, in audit and in notices:
// only a program that calls it compiles it, and not everyone who includes it.
#pragma once

#include <keywright/core/hex.hpp>
#include <keywright/core/parse_id.hpp>
#include <keywright/core/time_text.hpp>
#include <keywright/policy/effects.hpp>
#include <keywright/policy/names.hpp>

#include <nlohmann/json.hpp>

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace keywright::service {

using json = nlohmann::json;

inline constexpr int record_format = 1;

namespace detail {

template <class T>
concept lists_fields = requires(T& t) { T::visit(t, [](const char*, auto&) {}); };

// --- writing ---

template <class T>
json write_value(const T& value);

/// For `visit`. One type whatever is written: a lambda would be another one, with all that it calls, for each event.
struct field_writer {
    json& out;
    template <class T>
    void operator()(const char* name, const T& value) const {
        out[name] = write_value(value);
    }
};

template <class T>
void write_fields(json& out, const T& value) {
    const field_writer fields{out};
    T::visit(value, fields);
}

template <class Tag>
json write_text(const id<Tag>& value) {
    return std::string(value.view());
}
template <std::size_t N>
json write_text(const inline_text<N>& value) {
    return std::string(value.view());
}
template <class T, std::size_t N>
json write_list(const inline_list<T, N>& list) {
    json out = json::array();
    for (const T& item : list) out.push_back(write_value(item));
    return out;
}

template <class T>
json write_value(const T& value) {
    if constexpr (std::is_same_v<T, bool> || std::is_integral_v<T>)
        return value;
    else if constexpr (std::is_same_v<T, instant>)
        return happened(value) ? json(to_text(value)) : json(nullptr);
    else if constexpr (std::is_same_v<T, seconds>)
        return value.count;
    else if constexpr (std::is_same_v<T, fingerprint>)
        return to_hex(value);
    else if constexpr (policy::named_enum<T>)
        return std::string(policy::name(value));
    else if constexpr (requires { write_list(value); })
        return write_list(value);
    else if constexpr (requires { write_text(value); })
        return write_text(value);
    else {
        json out = json::object();
        write_fields(out, value);
        return out;
    }
}

// --- reading: false when the value has another shape ---

template <class T>
bool read_value(const json& in, T& value);

/// For `visit`. A field that an older writer did not know keeps its default; one that a newer one added is passed over.
struct field_reader {
    const json& in;
    bool good = in.is_object();
    template <class T>
    void operator()(const char* name, T& value) {
        if (good && in.contains(name)) good = read_value(in[name], value);
    }
};

template <class T>
bool read_fields(const json& in, T& value) {
    field_reader fields{in};
    T::visit(value, fields);
    return fields.good;
}

template <class Tag>
bool read_text(const json& in, id<Tag>& value) {
    if (!in.is_string()) return false;
    const auto& text = in.get_ref<const std::string&>();
    if (text.empty()) return true;
    const auto parsed = id<Tag>::parse(text);
    if (parsed) value = *parsed;
    return parsed.has_value();
}
template <std::size_t N>
bool read_text(const json& in, inline_text<N>& value) {
    if (!in.is_string() || in.get_ref<const std::string&>().size() > N) return false;
    value = inline_text<N>(in.get_ref<const std::string&>());
    return true;
}
template <class T, std::size_t N>
bool read_list(const json& in, inline_list<T, N>& list) {
    if (!in.is_array() || in.size() > N) return false;
    for (const json& item : in) {
        T value{};
        if (!read_value(item, value)) return false;
        list.push_back(value);
    }
    return true;
}
template <class T>
bool read_number(const json& in, T& value) {
    if (!in.is_number_unsigned()) return false;
    const auto number = in.get<std::uint64_t>();
    value = static_cast<T>(number);
    return static_cast<std::uint64_t>(value) == number;
}
template <class T>
bool read_result(const result<T>& parsed, T& value) {
    if (parsed) value = *parsed;
    return parsed.has_value();
}
template <policy::named_enum E>
bool read_enum(const json& in, E& value) {
    if (!in.is_string()) return false;
    for (std::size_t i = 0; i < policy::names_of<E>.size(); ++i)
        if (in.get_ref<const std::string&>() == policy::names_of<E>[i]) {
            value = static_cast<E>(i);
            return true;
        }
    return false;
}

template <class T>
bool read_value(const json& in, T& value) {
    if constexpr (std::is_same_v<T, bool>) {
        if (in.is_boolean()) value = in.get<bool>();
        return in.is_boolean();
    } else if constexpr (std::is_integral_v<T>)
        return read_number(in, value);
    else if constexpr (std::is_same_v<T, seconds>) {
        if (in.is_number_integer()) value.count = in.get<std::int64_t>();
        return in.is_number_integer();
    } else if constexpr (std::is_same_v<T, instant>) {
        if (in.is_null()) value = never;
        return in.is_null() || (in.is_string() && read_result(parse_instant(in.get_ref<const std::string&>()), value));
    } else if constexpr (std::is_same_v<T, fingerprint>)
        return in.is_string() && read_result(parse_fingerprint(in.get_ref<const std::string&>()), value);
    else if constexpr (policy::named_enum<T>)
        return read_enum(in, value);
    else if constexpr (requires { read_list(in, value); })
        return read_list(in, value);
    else if constexpr (requires { read_text(in, value); })
        return read_text(in, value);
    else
        return read_fields(in, value);
}

/// One of a variant's alternatives, by the name it carries. Made by its index: an assignment would try each of the others.
template <class... Ts>
bool read_alternative(std::string_view name, const json& in, std::variant<Ts...>& out) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return ((Ts::name == name && read_fields(in, out.template emplace<I>())) || ...);
    }(std::index_sequence_for<Ts...>{});
}

template <std::same_as<json> Json>
bytes to_bytes(const Json& value) {
    const std::string text = value.dump();
    return bytes(text.begin(), text.end());
}

} // namespace detail

/// A stored object, its `format` checked. corrupt: not such an object; unsupported: written by a later version.
template <class Json = json>
[[nodiscard]] result<Json> parse_record(byte_view stored) {
    const std::string_view text = as_text(stored);
    Json in = Json::parse(text.begin(), text.end(), nullptr, false);
    if (in.is_discarded() || !in.is_object()) return fail(errc::corrupt, "state: a record is no JSON object");
    int format = 0;
    if (!in.contains("format") || !detail::read_number(in["format"], format) || format < 1)
        return fail(errc::corrupt, "state: a record names no format");
    if (format > record_format) return fail(errc::unsupported, "state: written by a later version of keywright; use that one");
    return in;
}

/// A value with a field list, as a stored record.
template <detail::lists_fields T>
bytes encode(const T& value) {
    json out = json::object();
    detail::write_fields(out, value);
    out["format"] = record_format;
    return detail::to_bytes(out);
}

/// Reads what `encode` wrote. corrupt: it is no such record; unsupported: a later version wrote it.
template <detail::lists_fields T>
[[nodiscard]] result<T> decode(byte_view stored) {
    const auto in = parse_record(stored);
    if (!in) return pass(in);
    T value{};
    if (!detail::read_fields(*in, value)) return fail(errc::corrupt, "state: a record has a field of the wrong shape");
    return value;
}

/// An effect, as a stored record: `{"effect":name, fields…}`.
template <std::same_as<policy::effect> Effect>
bytes encode(const Effect& effect) {
    json out = json::object();
    std::visit([&](const auto& e) { detail::write_fields(out, e), out["effect"] = std::string(e.name); }, effect);
    out["format"] = record_format;
    return detail::to_bytes(out);
}

/// The same of an effect. Fails as `decode`.
template <class Effect = policy::effect>
[[nodiscard]] result<Effect> decode_effect(byte_view stored) {
    const auto in = parse_record(stored);
    if (!in) return pass(in);
    Effect effect;
    if (!in->contains("effect") || !(*in)["effect"].is_string() ||
        !detail::read_alternative((*in)["effect"].get_ref<const std::string&>(), *in, effect))
        return fail(errc::corrupt, "state: a pending effect is of no known kind");
    return effect;
}

} // namespace keywright::service

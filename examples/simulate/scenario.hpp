// SPDX-License-Identifier: Apache-2.0
// One line of a scenario: a flat JSON object, read with its limits, and its fields by name and type. What is wrong with
// a line is kept in it, the first thing only, so that a reader asks for field after field and looks once at the end.
// FORMAT.md tells the format.
#pragma once

#include <keywright/core/ids.hpp>
#include <keywright/core/time.hpp>

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace simulate {

/// Checked before anything is made of the input.
inline constexpr std::size_t max_line_bytes = 64 * 1024;
inline constexpr std::size_t max_lines = 10'000'000;
inline constexpr std::size_t max_fields = 48;
inline constexpr std::size_t max_list = 256;

/// A word of a scenario and what it stands for.
template <class T>
struct choice {
    std::string_view word;
    T value;
};

class line {
public:
    /// Forgets what it held and reads the next one.
    void read(std::size_t number, std::string_view text);

    bool understood() const { return error_.empty(); }
    const std::string& error() const { return error_; }
    std::size_t number() const { return number_; }

    /// Keeps the first complaint: what was expected, and what was found.
    template <class... Args>
    void complain(fmt::format_string<Args...> text, Args&&... args) {
        if (error_.empty()) error_ = fmt::format(text, std::forward<Args>(args)...);
    }
    /// Complains about a field that is not among these lists of names, each separated by spaces.
    void expect_only(std::initializer_list<std::string_view> lists);

    bool has(std::string_view name) const { return find(name) != nullptr; }
    std::string_view text(std::string_view name, std::string_view otherwise = {});
    bool flag(std::string_view name, bool otherwise = false);
    std::uint32_t count(std::string_view name, std::uint32_t otherwise);
    std::span<const std::string> list(std::string_view name);
    std::optional<keywright::instant> moment(std::string_view name);
    /// The command inside `plan` and `next_allowed`; nullptr with a complaint where there is none.
    line* command();

    /// An id; an empty one where the field is left out.
    template <class Id>
    Id id(std::string_view name) {
        const std::string_view given = text(name);
        if (given.empty() || Id::valid(given)) return given.empty() ? Id{} : Id(given);
        complain("`{}`: expected 1 to 63 characters of A-Z a-z 0-9 . _ @ + -, not beginning with . or -", name);
        return {};
    }
    template <class Id>
    Id required_id(std::string_view name) {
        if (text(name).empty()) complain("expected `{}`, a name", name);
        return id<Id>(name);
    }
    /// Text of at most as many bytes as the type holds.
    template <class Text>
    Text short_text(std::string_view name, std::string_view otherwise = {}) {
        const std::string_view given = text(name, otherwise);
        if (given.size() <= Text::capacity()) return Text(given);
        complain("`{}`: expected at most {} bytes, found {}", name, Text::capacity(), given.size());
        return {};
    }
    template <class T, std::size_t N>
    T one_of(std::string_view name, const choice<T> (&choices)[N], T otherwise) {
        if (!has(name)) return otherwise;
        const std::string_view given = text(name);
        std::string words;
        for (const choice<T>& each : choices) {
            if (each.word == given) return each.value;
            words.append(words.empty() ? "" : ", ").append(each.word);
        }
        complain("`{}`: expected one of {}; found {}", name, words, quoted(given));
        return otherwise;
    }
    /// Foreign text in backticks, shortened, without control characters.
    static std::string quoted(std::string_view foreign);
    /// Foreign text as a JSON string.
    static std::string as_json(std::string_view foreign);
    /// Foreign text as it is, without what would move a terminal's cursor or change its colours.
    static std::string printable(std::string_view foreign);

private:
    friend class line_reader;
    enum class kind : std::uint8_t { flag, number, text, list, command, nothing };
    struct field {
        std::string name;
        kind is = kind::nothing;
        bool flag = false;
        std::int64_t number = 0;
        std::string text;
        std::vector<std::string> list;
    };

    const field* find(std::string_view name) const;
    const field* find(std::string_view name, kind wanted);
    void forget(std::size_t number);

    std::size_t number_ = 0;
    std::string error_;
    std::vector<field> fields_; ///< the first `used_` of them; the others keep their memory
    std::size_t used_ = 0;
    std::unique_ptr<line> command_;
};

} // namespace simulate

// SPDX-License-Identifier: Apache-2.0
#include "scenario.hpp"

#include <keywright/core/time_text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace simulate {

using keywright::instant;
using keywright::never;

// --- from JSON ---

/// Takes what the parser finds straight into the line, and stops it at the first thing that no line may hold: deeper
/// nesting than one command, two fields of one name, a number that is not whole.
class line_reader {
public:
    explicit line_reader(line& into) : outer_(into) {}

    bool null() { return value(line::kind::nothing) != nullptr; }
    bool boolean(bool given) {
        line::field* f = value(line::kind::flag);
        return f != nullptr && (f->flag = given, true);
    }
    bool number_integer(std::int64_t given) {
        line::field* f = value(line::kind::number);
        return f != nullptr && (f->number = given, true);
    }
    bool number_unsigned(std::uint64_t given) { return number_integer(given > INT64_MAX ? INT64_MAX : static_cast<std::int64_t>(given)); }
    bool number_float(double, const std::string&) { return wrong("expected whole numbers, found one with a fraction"); }
    bool string(std::string& given) {
        if (in_list_) {
            if (current().list.size() == max_list) return wrong("expected at most 256 values in a list");
            current().list.push_back(std::move(given));
            return true;
        }
        line::field* f = value(line::kind::text);
        return f != nullptr && (f->text = std::move(given), true);
    }
    bool binary(nlohmann::json::binary_t&) { return wrong("expected JSON text"); }
    bool start_object(std::size_t) {
        if (depth_ == 1 && !in_list_ && current().name == "command") {
            current().is = line::kind::command;
            if (outer_.command_ == nullptr) outer_.command_ = std::make_unique<line>();
            outer_.command_->forget(outer_.number_);
        } else if (depth_ != 0) {
            return wrong("expected a flat object; only `command` holds another one");
        }
        ++depth_;
        return true;
    }
    bool end_object() { return --depth_, true; }
    bool start_array(std::size_t) {
        if (depth_ == 0 || in_list_) return wrong("expected one JSON object");
        current().is = line::kind::list;
        current().list.clear();
        in_list_ = true;
        return true;
    }
    bool end_array() { return in_list_ = false, true; }
    bool key(std::string& name) {
        line& to = target();
        if (to.find(name) != nullptr) return wrong(fmt::format("expected each field once, found {} twice", line::quoted(name)));
        if (to.used_ == max_fields) return wrong("expected at most 48 fields");
        if (to.used_ == to.fields_.size()) to.fields_.emplace_back();
        line::field& made = to.fields_[to.used_++];
        made.name = std::move(name);
        made.is = line::kind::nothing;
        return true;
    }
    bool parse_error(std::size_t at, const std::string&, const nlohmann::json::exception&) {
        return wrong(fmt::format("expected one JSON object, which ends or breaks at byte {}", at));
    }

private:
    line& target() { return depth_ == 2 ? *outer_.command_ : outer_; }
    line::field& current() { return target().fields_[target().used_ - 1]; }
    line::field* value(line::kind is) {
        if (in_list_ || depth_ == 0) {
            wrong(in_list_ ? "expected a list of texts" : "expected one JSON object");
            return nullptr;
        }
        current().is = is;
        return &current();
    }
    bool wrong(std::string_view text) {
        outer_.complain("{}", text);
        return false;
    }

    line& outer_;
    int depth_ = 0;
    bool in_list_ = false;
};

void line::forget(std::size_t number) {
    number_ = number;
    error_.clear();
    used_ = 0;
}

void line::read(std::size_t number, std::string_view text) {
    forget(number);
    line_reader reader(*this);
    nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
}

// --- fields ---

const line::field* line::find(std::string_view name) const {
    for (std::size_t i = 0; i < used_; ++i)
        if (fields_[i].name == name) return &fields_[i];
    return nullptr;
}
const line::field* line::find(std::string_view name, kind wanted) {
    constexpr std::string_view words[] = {"true or false", "a whole number", "a text", "a list of texts", "an object", "nothing"};
    const field* found = find(name);
    if (found == nullptr || found->is == wanted) return found;
    complain("`{}`: expected {}, found {}", name, words[static_cast<std::size_t>(wanted)], words[static_cast<std::size_t>(found->is)]);
    return nullptr;
}

std::string_view line::text(std::string_view name, std::string_view otherwise) {
    const field* found = find(name, kind::text);
    return found != nullptr ? std::string_view(found->text) : otherwise;
}
bool line::flag(std::string_view name, bool otherwise) {
    const field* found = find(name, kind::flag);
    return found != nullptr ? found->flag : otherwise;
}
std::uint32_t line::count(std::string_view name, std::uint32_t otherwise) {
    const field* found = find(name, kind::number);
    if (found == nullptr) return otherwise;
    if (found->number >= 0 && found->number <= UINT32_MAX) return static_cast<std::uint32_t>(found->number);
    complain("`{}`: expected a number from 0 to {}, found {}", name, UINT32_MAX, found->number);
    return otherwise;
}
std::span<const std::string> line::list(std::string_view name) {
    const field* found = find(name, kind::list);
    return found != nullptr ? std::span<const std::string>(found->list) : std::span<const std::string>();
}
line* line::command() {
    if (find("command", kind::command) != nullptr) return command_.get();
    complain("expected `command`, an object such as {{\"do\":\"lock\"}}");
    return nullptr;
}

/// RFC 3339 in whole seconds: the library reads UTC, an offset is taken off here.
std::optional<instant> line::moment(std::string_view name) {
    const field* found = find(name, kind::text);
    if (found == nullptr) return std::nullopt;
    constexpr std::size_t date_and_time = 19;
    std::string utc = found->text.substr(0, date_and_time) + "Z";
    const std::string_view zone = std::string_view(found->text).substr(std::min(found->text.size(), date_and_time));
    const auto digits = [&](std::size_t at) {
        const bool two = zone.size() == 6 && zone[at] >= '0' && zone[at] <= '9' && zone[at + 1] >= '0' && zone[at + 1] <= '9';
        return two ? (zone[at] - '0') * 10 + zone[at + 1] - '0' : 99;
    };
    const bool offset = zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':' && digits(1) < 24 && digits(4) < 60;
    const auto read = keywright::parse_instant(utc);
    if (read && zone == "Z") return *read;
    if (read && offset) {
        const auto ahead = keywright::minutes(60 * digits(1) + digits(4));
        return zone[0] == '+' ? *read - ahead : *read + ahead;
    }
    complain("`{}`: expected a moment such as 2026-11-25T06:00:00Z, found {}", name, quoted(found->text));
    return std::nullopt;
}

void line::expect_only(std::initializer_list<std::string_view> lists) {
    const auto among = [](std::string_view names, std::string_view name) {
        for (std::size_t at = names.find(name); at != std::string_view::npos; at = names.find(name, at + 1)) {
            const bool begins = at == 0 || names[at - 1] == ' ';
            if (begins && (at + name.size() == names.size() || names[at + name.size()] == ' ')) return !name.empty();
        }
        return false;
    };
    for (std::size_t i = 0; i < used_; ++i) {
        const auto holds = [&](std::string_view names) { return among(names, fields_[i].name); };
        if (std::any_of(lists.begin(), lists.end(), holds)) continue;
        complain("unknown field {}; expected {}", quoted(fields_[i].name), fmt::join(lists, " "));
    }
}

std::string line::quoted(std::string_view foreign) {
    constexpr std::size_t most = 40;
    std::string shown = "`";
    for (const char c : foreign.substr(0, most)) shown += c >= ' ' && c <= '~' && c != '`' ? c : '?';
    return shown + (foreign.size() > most ? "…`" : "`");
}

std::string line::as_json(std::string_view foreign) {
    return nlohmann::json(foreign).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string line::printable(std::string_view foreign) {
    std::string shown(foreign);
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const auto byte = static_cast<unsigned char>(shown[i]);
        const bool c1 = byte == 0xC2 && i + 1 < shown.size() && static_cast<unsigned char>(shown[i + 1]) < 0xA0;
        if (byte < 0x20 || byte == 0x7F) shown[i] = ' ';
        if (c1) shown[i] = shown[i + 1] = ' ';
    }
    return shown;
}

} // namespace simulate

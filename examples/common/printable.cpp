// SPDX-License-Identifier: Apache-2.0
#include "printable.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdint>

namespace example {

std::string printable(std::string_view raw) {
    using nlohmann::json;
    const std::string quoted = json(std::string(raw)).dump(-1, ' ', false, json::error_handler_t::replace);
    std::string out;
    for (std::size_t at = 1; at + 1 < quoted.size();) { // UTF-8 by now, and within quotes
        const auto lead = static_cast<unsigned char>(quoted[at]);
        const std::size_t size = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
        std::uint32_t code = size == 1 ? lead : lead & (0xffu >> (size + 1));
        for (std::size_t i = 1; i < size; ++i) code = (code << 6) | (static_cast<unsigned char>(quoted[at + i]) & 0x3fu);
        const bool hidden = (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
                            (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
        out += hidden ? fmt::format("\\u{{{:04x}}}", code) : quoted.substr(at, size);
        at += size;
    }
    return out;
}

std::string readable(std::string_view raw) {
    const std::string escaped = printable(raw);
    std::string out;
    for (std::size_t at = 0; at < escaped.size(); ++at) {
        const char next = at + 1 < escaped.size() ? escaped[at + 1] : '\0';
        const bool stays = escaped[at] == '\\' && (next == '"' || next == '\\' || next == 'n' || next == 't');
        if (stays) ++at;
        out += !stays ? escaped[at] : next == 'n' ? '\n' : next == 't' ? '\t' : next;
    }
    return out;
}

} // namespace example

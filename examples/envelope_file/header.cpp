// SPDX-License-Identifier: Apache-2.0
#include "header.hpp"

#include "../common/printable.hpp"

#include <keywright/adapters/file/durable.hpp>
#include <keywright/core/hex.hpp>
#include <keywright/keys/discovery_keyring.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

namespace envelope_file {

using namespace keywright;
using envelope::message_info;
using example::printable;
using json = nlohmann::ordered_json;

namespace {

std::string_view name_of(const message_info::entry& e) { return keys::key_name({e.provider_id, e.provider_info, {}}); }
/// A raw AES keyring writes lengths and an IV behind the name; other keyrings write the name alone.
bool is_raw_aes(const message_info::entry& e) { return name_of(e).size() != e.provider_info.size(); }

std::string_view suite_text(std::uint16_t id) {
    switch (id) {
    case 0x0478: return "AES-256-GCM, HKDF-SHA-512, key commitment";
    case 0x0578: return "AES-256-GCM, HKDF-SHA-512, key commitment, ECDSA P-384";
    case 0x0014: return "AES-128-GCM";
    case 0x0046: return "AES-192-GCM";
    case 0x0078: return "AES-256-GCM";
    case 0x0114: return "AES-128-GCM, HKDF-SHA-256";
    case 0x0146: return "AES-192-GCM, HKDF-SHA-256";
    case 0x0178: return "AES-256-GCM, HKDF-SHA-256";
    case 0x0214: return "AES-128-GCM, HKDF-SHA-256, ECDSA P-256";
    case 0x0346: return "AES-192-GCM, HKDF-SHA-384, ECDSA P-384";
    default: return "AES-256-GCM, HKDF-SHA-384, ECDSA P-384";
    }
}
bool commits(const message_info& info) { return info.suite == 0x0478 || info.suite == 0x0578; }
std::string message_id(const message_info& info) { return to_hex(byte_view(info.id).first(commits(info) ? 32 : 16)); }

} // namespace

std::string full_name(const message_info::entry& e) { return e.provider_id + "/" + std::string(name_of(e)); }

result<bytes> read_beginning(const std::string& path) {
    const auto in = path == "-" ? result<file::descriptor>(file::descriptor(::dup(STDIN_FILENO))) : file::open_file(path, O_RDONLY);
    if (!in) return pass(in);
    bytes begin(envelope::read_limits{}.max_header);
    const auto got = file::read_fully(*in, begin);
    if (!got) return pass(got);
    begin.resize(*got);
    return begin;
}

std::string as_text(const message_info& info, const std::string& path, bool colours) {
    const auto line = [colours](std::string_view name, std::string_view value) {
        return fmt::format("  {}{:<12}{} {}\n", colours ? "\033[2m" : "", name, colours ? "\033[0m" : "", printable(value));
    };
    std::string out = fmt::format("{}: AWS Encryption SDK message; nothing of this is proven\n", printable(path));
    out += line("format", fmt::format("version {}", commits(info) ? 2 : 1));
    out += line("suite", fmt::format("{:04X}: {}", info.suite, suite_text(info.suite)));
    out += line("message id", message_id(info));
    out += line("content", info.framed ? fmt::format("frames of {} bytes", info.frame_length) : "one piece, without frames");
    out += line("header", fmt::format("{} bytes", info.header_size));
    for (const auto& [key, value] : info.context.pairs()) out += line("context", key + " = " + value);
    for (const auto& e : info.entries) out += line("key", fmt::format("{} ({})", full_name(e), is_raw_aes(e) ? "raw AES" : "RSA or other"));
    return out;
}

std::string as_json(const message_info& info, const std::string& path) {
    json out{{"format", 1}, {"path", path}, {"proven", false}, {"format_version", commits(info) ? 2 : 1}};
    out["suite"] = fmt::format("{:04X}", info.suite);
    out["suite_text"] = suite_text(info.suite);
    out["commits"] = commits(info);
    out["signed"] = info.is_signed;
    out["message_id"] = message_id(info);
    out["framed"] = info.framed;
    out["frame_length"] = info.frame_length;
    out["header_bytes"] = info.header_size;
    out["context"] = json::object();
    for (const auto& [key, value] : info.context.pairs()) out["context"][key] = value;
    out["keys"] = json::array();
    for (const auto& e : info.entries)
        out["keys"].push_back({{"namespace", e.provider_id},
                               {"name", name_of(e)},
                               {"kind", is_raw_aes(e) ? "raw_aes" : "other"},
                               {"provider_info", to_hex(e.provider_info)}});
    return out.dump(2, ' ', false, json::error_handler_t::replace);
}

} // namespace envelope_file

// SPDX-License-Identifier: Apache-2.0
#include "why_closed.hpp"

#include "../common/printable.hpp"
#include "header.hpp"

#include <fmt/format.h>

namespace envelope_file {

using namespace keywright;

namespace {

std::string names_of(const envelope::message_info& info) {
    std::string names;
    for (const auto& entry : info.entries) names += (names.empty() ? "`" : ", `") + example::printable(full_name(entry)) + "`";
    return names;
}

std::string pairs_of(const keys::encryption_context& context) {
    std::string pairs;
    for (const auto& [key, value] : context.pairs()) pairs += fmt::format("{}{}={}", pairs.empty() ? "" : ", ", key, value);
    return pairs.empty() ? "empty" : example::printable(pairs);
}

bool of_other_context(const envelope::message_info& info, const closed_message& m) {
    if (!info.context.contains(m.expected)) return true;
    for (const auto& key : m.given.required_keys)
        if (!info.context.find(key)) return true;
    return false;
}

/// The key did not fit, or nothing genuine came.
trouble not_genuine(const error& e, const closed_message& m, const envelope::message_info* info) {
    const std::string& from = m.from_to.from;
    if (info != nullptr && of_other_context(*info, m))
        return {exit_code::other_context, from, fmt::format("its context is another one: {}", pairs_of(info->context)),
                "find out how this message came here; --context and --require say what is expected"};
    if (!m.key_fitted)
        return {exit_code::no_key_fits, from, "a key of the right name does not open it: another key, or the header was changed",
                "look for another key file of that name; of RSA, check --rsa-padding"};
    return {exit_code::content_damaged, from, fmt::format("it was changed or cut off after it was written ({})", e.text),
            "get it again from where it came"};
}

} // namespace

trouble why_no_message(const error& e, const std::string& path, byte_view begin) {
    const auto text = keywright::as_text(begin.first(std::min<std::size_t>(begin.size(), 4)));
    if (text == "AgR4" || text == "AgV4" || text.starts_with("AY"))
        return {exit_code::not_a_message, path, "is base64 of a message", "decode it first: base64 -d"};
    if (text.empty()) return {exit_code::not_a_message, path, "is empty"};
    return {exit_code::not_a_message, path, fmt::format("is no message of the AWS Encryption SDK ({})", e.text)};
}

trouble why_closed(const error& e, const closed_message& m) {
    const std::string& from = m.from_to.from;
    const auto begin = from == "-" ? result<bytes>(bytes()) : read_beginning(from);
    if (!begin) return trouble_of(begin.error(), from).value();
    const auto info = envelope::inspect_header(*begin);
    const auto* header = info ? &*info : nullptr;
    switch (e.code) {
    case errc::not_mine:
        return {exit_code::no_key_fits, from, "none of the given keys is one of its keys",
                header != nullptr ? fmt::format("give one of these, by name: {}", names_of(*header)) : "its keys are shown by --inspect"};
    case errc::authentication_failed: return not_genuine(e, m, header);
    case errc::unauthenticated:
        return {exit_code::decision_needed, from, "it is signed, and its signature stands at its end",
                "name a file with --out, which appears only once the signature holds, or add --before-signature"};
    case errc::unsupported:
        if (header == nullptr) break;
        return {exit_code::decision_needed, from, "it does not commit to its key: format version 1",
                "if you trust where it comes from: --commitment require-encrypt-allow-decrypt, and encrypt it anew"};
    case errc::malformed:
        if (header == nullptr && from != "-") return why_no_message(e, from, *begin);
        if (header != nullptr && !m.key_fitted)
            return {exit_code::decision_needed, from, "its context is not sorted", "if you trust where it comes from: --unsorted-context"};
        return {exit_code::content_damaged, from, fmt::format("it is damaged or cut off ({})", e.text), "get it again from where it came"};
    default: break;
    }
    const bool writing = std::string_view(e.text).starts_with("file:"); // reading worked just now
    return trouble_of(e, writing ? m.from_to.to : from).value();
}

} // namespace envelope_file

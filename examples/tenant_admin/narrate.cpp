// SPDX-License-Identifier: Apache-2.0
#include "narrate.hpp"

#include <unistd.h>

#include <cstdio>

namespace tenant_admin {

using namespace keywright;

namespace {

exit_code key_file_code(errc code) {
    switch (code) {
    case errc::authentication_failed:
    case errc::password_needed: return exit_code::wrong_password;
    case errc::limit_exceeded: return exit_code::key_file_too_costly;
    case errc::malformed:
    case errc::corrupt: return exit_code::key_file_damaged;
    case errc::not_found: return exit_code::no_private_key;
    default: return exit_code::key_file_unreadable;
    }
}
exit_code state_code(errc code) {
    switch (code) {
    case errc::not_found: return exit_code::no_state;
    case errc::unsupported: return exit_code::state_too_new;
    case errc::malformed: return exit_code::state_foreign;
    case errc::permission_denied: return exit_code::state_denied;
    case errc::already_exists: return exit_code::state_exists;
    default: return exit_code::state_damaged;
    }
}
exit_code vault_code(errc code) {
    switch (code) {
    case errc::not_found: return exit_code::no_vault;
    case errc::authentication_failed: return exit_code::vault_passphrase;
    case errc::permission_denied: return exit_code::vault_denied;
    default: return exit_code::vault_damaged;
    }
}
bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    for (const auto one : words)
        if (word == one) return true;
    return false;
}

/// The exit code of a refusal that is about the key file alone.
std::optional<exit_code> code_of_file(const policy::reason& r, const std::optional<error>& trouble) {
    switch (r.code) {
    case policy::refusal::bad_format: return exit_code::not_a_key_file;
    case policy::refusal::corrupt:
    case policy::refusal::wrong_password: return trouble ? key_file_code(trouble->code) : exit_code::key_file_damaged;
    case policy::refusal::bad_key_size: return exit_code::key_size;
    case policy::refusal::bad_key_type: return exit_code::key_type;
    case policy::refusal::missing_private_key: return exit_code::no_private_key;
    case policy::refusal::pfx_without_password: return exit_code::no_password;
    default: return std::nullopt;
    }
}
exit_code code_of(const policy::reason_list& reasons, const std::optional<error>& trouble) {
    std::optional<exit_code> all;
    for (const auto& r : reasons) {
        const auto one = code_of_file(r, trouble);
        if (!one) return exit_code::refused;
        if (!all || *one == exit_code::no_private_key) all = one;
    }
    return all.value_or(exit_code::refused);
}

/// Who can do what while a window is open.
std::string meanwhile(const policy::reason& r, const policy::ring_state& ring) {
    switch (r.code) {
    case policy::refusal::lock_cooldown:
        return fmt::format("meanwhile: any administrator can return environments to the provider's key at once; a tenant administrator can "
                           "activate another available key from {}",
                           to_text(ring.effective_at + hours(24)));
    case policy::refusal::activation_cooldown:
        return "meanwhile: a tenant administrator can generate or upload more keys; environments can be applied and returned";
    case policy::refusal::unlock_cooldown: return "meanwhile: a tenant administrator can delete locked environments; nobody can read them";
    case policy::refusal::environment_locked:
        return "a tenant administrator can unlock the key and then this environment, or delete the environment";
    default: return {};
    }
}

// Bytes that are done before anybody looks.
constexpr std::uint64_t worth_a_bar = 2 << 20;

std::string bar(std::uint64_t done, std::uint64_t total) {
    constexpr std::uint64_t width = 30;
    const auto full = total == 0 ? 0 : done * width / total;
    return "[" + std::string(full, '#') + std::string(width - full, '.') + "]";
}

} // namespace

exit_code code_of(const error& e) {
    const std::string_view text = e.text;
    const auto layer = text.substr(0, text.find(':'));
    if (layer == "usage") return exit_code::usage;
    if (layer == "clock") return exit_code::wrong_clock;
    switch (e.code) {
    case errc::storage_full: return exit_code::storage_full;
    case errc::io_failed: return exit_code::io_failed;
    case errc::version_conflict:
    case errc::timed_out:
    case errc::unavailable: return exit_code::busy;
    case errc::locked: return exit_code::locked;
    case errc::weak_key: return exit_code::weak_key;
    default: break;
    }
    if (is_one_of(layer, {"pfx", "byok", "key file", "formats"})) return key_file_code(e.code);
    if (is_one_of(layer, {"vault", "key vault"})) return vault_code(e.code);
    if (is_one_of(layer, {"sqlite store", "store", "state", "custody", "rotation", "outbox", "service"})) return state_code(e.code);
    if (layer == "audit") return exit_code::audit_broken;
    if (is_one_of(layer, {"content", "message", "lease", "wrap", "keyring", "keys"}))
        return e.code == errc::not_found ? exit_code::not_there : exit_code::content_damaged;
    if (layer == "file") return exit_code::not_there;
    return exit_code::failed;
}

json json_of(const policy::reason& r) {
    json out{{"rule", r.rule}, {"code", policy::name(r.code)}, {"text", to_text(r)}, {"who_can_mend", policy::name(r.who_can_mend)}};
    if (!r.subject.empty()) out["subject"] = r.subject.view();
    if (happened(r.not_before)) out["not_before"] = to_text(r.not_before);
    if (happened(r.since)) out["since"] = to_text(r.since);
    if (r.span.count != 0) out["span_seconds"] = r.span.count;
    if (r.found != 0 || r.limit != 0) out["found"] = r.found, out["limit"] = r.limit;
    return out;
}

answer refusal_of(const policy::reason_list& reasons, const std::optional<error>& trouble, const service::loaded& state) {
    answer a{code_of(reasons, trouble), "refused", {{"refused", true}, {"reasons", json::array()}}};
    std::string also;
    for (const auto& r : reasons) {
        a.text += (reasons.size() == 1 ? "  " : "\n    ") + to_text(r);
        a.data["reasons"].push_back(json_of(r));
        if (const auto more = meanwhile(r, state.ring.value); !more.empty()) also += "\n    " + more;
    }
    if (trouble) a.text += fmt::format(" ({})", to_text(*trouble)), a.data["key_file"] = to_text(*trouble);
    a.text += also;
    return a;
}

answer answer_of(const outcome& outcome, std::string done, json data, const service::loaded& state) {
    if (outcome.refused()) return refusal_of(outcome.reasons(), outcome.file_trouble(), state);
    answer a{exit_code::done, std::move(done), std::move(data)};
    if (const auto why = outcome.unfinished()) {
        const auto code = code_of(*why);
        a.code = code == exit_code::storage_full || code == exit_code::busy ? code : exit_code::undone;
        a.text = fmt::format("accepted, but the work that follows is not done: {}", to_text(*why));
        a.data["unfinished"] = to_text(*why);
    }
    return a;
}

std::string narrator::paint(std::string_view text, int colour) const {
    return how_.colours ? fmt::format("\033[{}m{}\033[0m", colour, text) : std::string(text);
}

void narrator::tell(std::string_view at, std::string_view by, std::string_view command, const answer& a) const {
    const bool good = a.code == exit_code::done;
    if (how_.as_json) {
        json out{{"command", command}, {"ok", good}, {"exit_code", static_cast<int>(a.code)}};
        if (!at.empty()) out["at"] = at;
        if (!by.empty()) out["by"] = by;
        out.update(a.data);
        if (!good) out["text"] = a.text;
        std::puts(out.dump().c_str());
        return;
    }
    if (good && how_.quiet) return;
    std::string head;
    for (const auto part : {at, by}) head += part.empty() ? std::string() : fmt::format("{}  ", part);
    const auto line = a.text.substr(0, a.text.find('\n'));
    const auto rest = a.text.substr(line.size());
    fmt::print(good ? stdout : stderr, "{}{}: {}{}\n", paint(head, 2), paint(command, 1), paint(line, good ? 32 : 31), rest);
}

void narrator::note(std::string_view text) const {
    if (!how_.quiet) fmt::print(stderr, "tenant_admin: {}\n", text);
}

void narrator::progress(std::string_view what, std::uint64_t done, std::uint64_t total) {
    if (how_.quiet || !how_.progress) return;
    const bool counts = total == 0; // records; otherwise bytes
    if (counts) total = std::max(expected_, done);
    if (total == 0 || (!counts && total < worth_a_bar)) return;
    const auto amount =
        counts ? fmt::format("{} of {} keys", done, total) : fmt::format("{} of {} MiB", done >> 20, (total + (1 << 20) - 1) >> 20);
    const auto percent = done * 100 / total;
    if (::isatty(STDERR_FILENO) != 0) {
        fmt::print(stderr, "\r{:<12} {} {:>3} %  {}  ", what, bar(done, total), percent, amount);
        if (done >= total) std::fputs("\n", stderr);
        std::fflush(stderr);
        return;
    }
    if (shown_ != what) shown_ = what, quarter_ = 0;
    if (percent / 25 <= quarter_) return;
    quarter_ = percent >= 100 ? 0 : percent / 25;
    fmt::print(stderr, "    {:<12} {} {:>3} %  {}\n", what, bar(done, total), percent, amount);
    if (percent >= 100) shown_.clear();
}

} // namespace tenant_admin

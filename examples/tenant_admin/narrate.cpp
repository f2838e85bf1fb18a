// SPDX-License-Identifier: Apache-2.0
#include "narrate.hpp"

#include <unistd.h>

#include <cstdio>

namespace tenant_admin {

using namespace keywright;

namespace {

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
    const bool counts = what == "rewrapping"; // environments; otherwise bytes
    if (total == 0 || (!counts && total < worth_a_bar)) return;
    const auto amount =
        counts ? fmt::format("{} of {} environments", done, total) : fmt::format("{} of {} MiB", done >> 20, (total + (1 << 20) - 1) >> 20);
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

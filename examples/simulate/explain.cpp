// SPDX-License-Identifier: Apache-2.0
#include "explain.hpp"

#include "scenario.hpp"
#include "sentences.hpp"

#include <keywright/core/time_text.hpp>

#include <fmt/format.h>

namespace simulate {

using namespace keywright;

namespace {
constexpr int red = 31, green = 32, yellow = 33, grey = 90, bold = 1;
}

std::string explainer::paint(std::string_view text, int colour) const {
    return colours_ ? fmt::format("\x1b[{}m{}\x1b[0m", colour, text) : std::string(text);
}

void explainer::tell(std::string& out, const answer& a) {
    if (a.is(verdict::understood)) {
        out += paint(fmt::format("profile {}\n", a.profile), bold);
        return;
    }
    if (a.at != shown_ && !a.is(verdict::error)) out += paint(fmt::format("\n{}\n", to_text(a.at)), bold);
    if (!a.is(verdict::error)) shown_ = a.at;
    (a.is(verdict::allowed) ? allowed_ : a.is(verdict::refused) ? refused_ : errors_) += 1;
    const auto word = a.is(verdict::allowed)   ? paint("allowed", green)
                      : a.is(verdict::refused) ? paint("refused", red)
                                               : paint("not understood", yellow);
    const std::string asked = a.is(verdict::error) ? std::string() : fmt::format("{} {}: ", a.by.who.view(), a.what);
    out += fmt::format("{:>5}  {}{}\n", a.line, asked, word);
    if (!a.note.empty()) out += paint(fmt::format("       {}\n", line::printable(a.note)), grey);
    for (const std::string& each : to_sentences(a)) out += fmt::format("       {}\n", each);
}

void explainer::sum_up(std::string& out) const {
    out += paint(fmt::format("\n{} allowed, {} refused, {} not understood\n", allowed_, refused_, errors_), bold);
}

} // namespace simulate

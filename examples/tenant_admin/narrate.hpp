// SPDX-License-Identifier: Apache-2.0
// What the program says: an answer as text for people or as one JSON object, refusals with their rules, progress.
#pragma once

#include "../common/exit_codes.hpp"
#include "../common/reason_json.hpp"

#include <keywright/format.hpp>
#include <keywright/service/requests.hpp>
#include <keywright/service/transact.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace tenant_admin {

using example::code_of;
using example::exit_code;
using example::json;
using example::json_of;

/// What a command came to. `text` may have several lines; no line feed at its end.
struct answer {
    exit_code code = exit_code::done;
    std::string text;
    json data = json::object();
};

/// An accepted command's answer is `done` and `data`; a refused one tells the rules, and what can be done meanwhile
/// according to `state`.
answer answer_of(const keywright::outcome& outcome, std::string done, json data, const keywright::service::loaded& state);
answer refusal_of(const keywright::policy::reason_list& reasons, const std::optional<keywright::error>& file_trouble,
                  const keywright::service::loaded& state);

struct voice {
    bool as_json = false;
    bool quiet = false;
    bool colours = false;
    bool progress = false;
};

/// Writes to stdout and stderr. One thread.
class narrator {
public:
    explicit narrator(const voice& how) : how_(how) {}

    /// The command's answer: what was done on stdout, what was not on stderr.
    void tell(std::string_view at, std::string_view by, std::string_view command, const answer& a) const;
    /// Beside the answer, on stderr.
    void note(std::string_view text) const;
    /// A bar that is redrawn on a terminal; elsewhere, if asked for, one line for each quarter.
    void progress(std::string_view what, std::uint64_t done, std::uint64_t total);

private:
    std::string paint(std::string_view text, int colour) const;

    voice how_;
    std::string shown_;
    std::uint64_t quarter_ = 0;
};

} // namespace tenant_admin

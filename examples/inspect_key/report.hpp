// SPDX-License-Identifier: Apache-2.0
// What inspect_key found out about one file. Filled by examine.cpp, shown by show.cpp; holds no secret.
#pragma once

#include "../common/exit_codes.hpp"

#include <keywright/formats/key_file.hpp>
#include <keywright/formats/pfx_outline.hpp>
#include <keywright/keys/acceptance.hpp>
#include <keywright/keys/certificate_facts.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace inspect_key {

/// Who may have made the file, judged by its structure alone.
struct guess {
    std::string who;
    std::string because;
};

struct key_report {
    std::string name; ///< the friendly name, as the file has it
    keywright::keys::key_facts facts;
    keywright::keys::weakness_list weaknesses;
    std::optional<keywright::keys::certificate_facts> certificate;
};

/// What keywright would say to an upload of this file by an administrator of a tenant where nothing else stands in the
/// way.
struct verdict {
    std::string profile;
    bool takes_files = true; ///< false: its keys never leave the customer's own vault
    std::vector<keywright::policy::reason> reasons; ///< empty: no rule objects
    std::optional<keywright::error> trouble; ///< why the service could not open the file, beside the reasons
    std::optional<keywright::error> failure; ///< what the service says instead of a decision, or after it: a weak key
    std::vector<std::string> assuming;       ///< what could not be seen and was taken for good
    bool takes() const { return takes_files && reasons.empty() && !failure; }
};

struct report {
    std::string path;
    keywright::instant asked_at; ///< certificates are judged by it
    std::size_t bytes = 0;
    std::string sha256;
    std::string kind;        ///< one word, see kind_of in describe.cpp
    std::string description; ///< a sentence
    std::vector<std::pair<std::string, std::string>> details; ///< of kinds other than PFX; names are stable
    std::optional<keywright::formats::pfx_outline> outline;
    std::optional<guess> made_by;
    double seconds = 0; ///< to derive all visible keys, on this machine
    bool password_given = false;
    bool opened = false;
    std::optional<keywright::error> trouble; ///< why it did not open
    std::vector<key_report> keys;
    std::size_t certificates_alone = 0; ///< that belong to none of the keys
    std::vector<verdict> verdicts;
    std::vector<std::string> next; ///< what to do, in order; commands are indented
    example::exit_code code = example::exit_code::done;
};

} // namespace inspect_key

// SPDX-License-Identifier: Apache-2.0
// What came of one line: allowed with what happened, refused with reasons, or not understood. The three ways to show
// it (JSON, sentences, a page) are made of this alone.
#pragma once

#include "world.hpp"

#include <keywright/policy/effects.hpp>
#include <keywright/profiles/plan.hpp>

#include <optional>

namespace simulate {

struct happening {
    policy::event event;
    const ring_world* ring = nullptr; ///< nullptr: of the tenant
};

struct notice {
    keywright::admin_id to;
    std::string_view kind; ///< the event's name
};

enum class verdict : std::uint8_t { understood, allowed, refused, error };

/// How long a profile's windows are; 0: it has none.
struct window_spans {
    keywright::seconds lock, activation, unlock, retention;
    keywright::seconds offline_production, offline_others;
    bool waits_for_notice = false; ///< the wait before a lock begins only when another administrator was told
};

/// What a coverage table says of the tenant, or the state of one of its environments.
struct covered_thing {
    std::string what;
    bool covered = false;
    std::string why;
    instant as_of = keywright::never; ///< of the source; `never`: of the state
    bool stale = false;
};

struct answer {
    std::size_t line = 0;
    std::string_view what; ///< the operation's name; empty where it has none
    policy::actor by;
    instant at = keywright::never;
    std::string_view note;

    verdict came_to = verdict::error;
    std::vector<happening> events;
    std::vector<notice> notices;
    std::vector<policy::effect> effects;
    policy::reason_list reasons;
    std::string error;
    std::string_view profile;                          ///< of the first line
    std::optional<keywright::profiles::plan_outline> plan;
    std::optional<instant> next_allowed;
    std::vector<covered_thing> coverage;
    std::string_view import_kid;                       ///< of `import_key` with `show`
    std::vector<const ring_world*> rings;              ///< that the line was about

    bool is(verdict v) const { return came_to == v; }
    /// Ready for the next line; memory and moment are kept.
    void clear();
};

} // namespace simulate

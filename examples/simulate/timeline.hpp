// SPDX-License-Identifier: Apache-2.0
// A scenario's course, gathered answer by answer: a column for each line, a lane for each key and each environment,
// the windows in which something is not allowed yet. timeline_page.hpp draws it.
#pragma once

#include "answer.hpp"

#include <map>
#include <string>
#include <vector>

namespace simulate {

class timeline {
public:
    /// More is counted, not drawn.
    static constexpr std::size_t max_columns = 2000;
    static constexpr std::size_t max_lanes = 400;

    struct column {
        std::size_t line;
        instant at;
        std::string what, by, note;
        verdict came_to;
        std::vector<std::string> rules;     ///< `T18 lock_cooldown`, for each reason
        std::vector<std::string> sentences; ///< what came of it
        std::vector<std::string> rings;
    };
    struct segment {
        std::string_view state;
        std::size_t from; ///< column
        std::size_t to;   ///< the column that ends it
    };
    struct lane {
        std::string name;
        std::vector<segment> segments;
    };
    struct window {
        std::size_t from; ///< column
        instant begins;
        keywright::seconds span;  ///< 0: until something else ends it
        instant until;            ///< begins + span, or earlier where something else ended it; `open_end`
        std::string_view subject; ///< the environment's name; empty: of the ring
    };
    struct ring_lanes {
        std::map<std::string, lane> keys, policies, environments;
        std::vector<std::string> key_order; ///< as they were made
        std::vector<window> no_lock, no_activation, no_unlock, to_deletion;
    };

    static constexpr instant open_end{INT64_MAX / 4};

    void begin(std::string_view profile, const window_spans& spans) { profile_ = profile, spans_ = spans; }
    void add(const answer& a);

    const std::string& profile() const { return profile_; }
    const window_spans& spans() const { return spans_; }
    const std::vector<column>& columns() const { return columns_; }
    const std::map<std::string, ring_lanes>& rings() const { return rings_; }
    std::size_t left_out() const { return left_out_; }

private:
    void follow(const ring_world& ring);
    lane* find_lane(std::map<std::string, lane>& all, const std::string& name);
    keywright::seconds follow_deadline(const ring_world& ring, const environment_world& environment, instant& since) const;
    void follow_windows(ring_lanes& lanes, const ring_world& ring);
    void enter(lane& l, std::string_view state);
    void open(std::vector<window>& windows, instant from, keywright::seconds span, std::string_view subject);
    void close(std::vector<window>& windows, std::string_view subject);

    std::string profile_;
    window_spans spans_;
    std::vector<column> columns_;
    std::map<std::string, ring_lanes> rings_;
    std::size_t lanes_ = 0;
    std::size_t left_out_ = 0;
};

} // namespace simulate

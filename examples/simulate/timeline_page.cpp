// SPDX-License-Identifier: Apache-2.0
#include "timeline_page.hpp"

#include "timeline_style.hpp"

#include <keywright/format.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace simulate {

using namespace keywright;

namespace {

constexpr double names_width = 190, row = 24, window_row = 17, first_x = 26, axis_height = 44;
constexpr double slant = 42; ///< degrees
constexpr double letter = 6.3; ///< of a label, about as wide as the widest fonts make it

/// Text inside HTML; control characters are already JSON's business to refuse or escape, and mean nothing here.
std::string escape(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        if (c == '&')
            safe += "&amp;";
        else if (c == '<')
            safe += "&lt;";
        else if (c == '>')
            safe += "&gt;";
        else if (c == '"')
            safe += "&quot;";
        else
            safe += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
    return safe;
}

/// Where moments lie. Time is not drawn to scale: an hour and a month stand in one story. Each line has a place of its
/// own; the longer the time between two, the further apart, but by the logarithm only.
class axis {
public:
    explicit axis(const timeline& t) {
        double x = first_x;
        for (const timeline::column& c : t.columns()) {
            if (!at_.empty()) x += width(c.at - at_.back());
            at_.push_back(c.at);
            x_.push_back(x);
        }
        std::vector<instant> ends;
        for (const auto& [name, ring] : t.rings())
            for (const auto* windows : {&ring.no_lock, &ring.no_activation, &ring.no_unlock, &ring.to_deletion})
                for (const timeline::window& w : *windows)
                    if (w.until > at_.back() && w.until != timeline::open_end) ends.push_back(w.until);
        std::sort(ends.begin(), ends.end());
        for (const instant end : ends) {
            if (end == at_.back()) continue;
            x += width(end - at_.back());
            at_.push_back(end);
            x_.push_back(x);
        }
        end_ = x + 150;
    }
    double of_column(std::size_t column) const { return x_[column]; }
    /// The first place at or after a moment; between two places in proportion.
    double of(instant moment) const {
        const auto next = std::lower_bound(at_.begin(), at_.end(), moment);
        if (next == at_.end()) return end_;
        const auto i = static_cast<std::size_t>(next - at_.begin());
        if (*next == moment || i == 0) return x_[i];
        const auto part = static_cast<double>((moment - at_[i - 1]).count) / static_cast<double>((at_[i] - at_[i - 1]).count);
        return x_[i - 1] + part * (x_[i] - x_[i - 1]);
    }
    double end() const { return end_; }

private:
    static double width(seconds gap) {
        const double hours = std::max(0.0, static_cast<double>(gap.count) / 3600.0);
        return 24.0 + 15.0 * std::log2(1.0 + hours);
    }

    std::vector<instant> at_;
    std::vector<double> x_;
    double end_ = 0;
};

class page {
public:
    explicit page(const timeline& t) : t_(t), x_(t) {}

    std::string draw() {
        header_labels();
        draw_marks({});
        y_ += 6;
        for (const auto& [name, ring] : t_.rings()) draw_ring(name, ring);
        time_axis();
        return assemble();
    }

private:
    template <class... Args>
    void svg(fmt::format_string<Args...> text, Args&&... args) {
        fmt::format_to(std::back_inserter(svg_), text, std::forward<Args>(args)...);
    }
    void name_row(std::string_view style, std::string_view text, double height = row) {
        fmt::format_to(std::back_inserter(names_), "<div class=\"{}\" style=\"top:{:.0f}px\" title=\"{}\">{}</div>\n", style,
                       y_ + (height - row) / 2, escape(text), escape(text));
    }

    /// What a line asked for; of a refused one also by which rule.
    static std::string label(const timeline::column& c) {
        std::string text = c.came_to == verdict::error ? std::string("not understood") : c.what;
        if (!c.rules.empty()) text += " · " + c.rules.front();
        if (c.rules.size() > 1) text += fmt::format(" +{}", c.rules.size() - 1);
        return text;
    }
    /// Slanted, so that neighbours have room.
    void header_labels() {
        for (const timeline::column& c : t_.columns())
            header_ = std::max(header_, 40 + letter * static_cast<double>(label(c).size()) * std::sin(slant * 3.14159 / 180));
        for (std::size_t i = 0; i < t_.columns().size(); ++i) {
            const timeline::column& c = t_.columns()[i];
            svg("<text class=\"{}\" transform=\"translate({:.1f} {:.1f}) rotate(-{})\">{}</text>\n", style_of(c), x_.of_column(i) + 3,
                header_ - 6, slant, escape(label(c)));
        }
        y_ = header_;
    }
    static std::string_view style_of(const timeline::column& c) {
        return c.came_to == verdict::allowed ? "soft" : c.came_to == verdict::refused ? "refused" : "error";
    }

    /// A row with a mark for each line that is about the ring; without a name: about no ring.
    void draw_marks(const std::string& name) {
        svg("<rect class=\"band\" x=\"0\" y=\"{:.0f}\" width=\"100%\" height=\"{}\"/>\n", y_, row);
        name_row("ring", name.empty() ? "tenants" : name);
        for (std::size_t i = 0; i < t_.columns().size(); ++i) {
            const auto& rings = t_.columns()[i].rings;
            if (name.empty() ? rings.empty() : std::find(rings.begin(), rings.end(), name) != rings.end()) mark(i);
        }
        y_ += row + 6;
    }

    void draw_ring(const std::string& name, const timeline::ring_lanes& ring) {
        draw_marks(name);
        windows(ring.no_lock, "no-lock", "no lock");
        windows(ring.no_activation, "no-activation", "no activation");
        windows(ring.no_unlock, "no-unlock", "no unlock");
        for (const std::string& key : ring.key_order) draw_lane(ring.keys.at(key), "key ", nullptr);
        for (const auto& [policy, lane] : ring.policies) draw_lane(lane, "policy ", nullptr);
        for (const auto& [environment, lane] : ring.environments) draw_lane(lane, "", &ring.to_deletion);
        y_ += 20;
    }

    void mark(std::size_t i) {
        const timeline::column& c = t_.columns()[i];
        const double x = x_.of_column(i), y = y_ + row / 2;
        std::string title = fmt::format("line {}, {}: {} {}", c.line, to_text(c.at), c.by, c.what);
        for (const std::string& each : c.sentences) title += "\n" + each;
        if (c.came_to == verdict::allowed)
            svg("<circle class=\"dot\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4.5\"><title>{}</title></circle>\n", x, y, escape(title));
        else
            svg("<path class=\"cross\" d=\"M{:.1f} {:.1f}l9 9m0 -9l-9 9\"><title>{}</title></path>\n", x - 4.5, y - 4.5, escape(title));
    }

    void windows(const std::vector<timeline::window>& all, std::string_view style, std::string_view what) {
        if (all.empty()) return;
        name_row("soft", what, window_row);
        for (const timeline::window& w : all)
            bar(w, style,
                w.span.count == 0 ? fmt::format("{} until somebody is told", what) : fmt::format("{} for {}", what, to_text(w.span)),
                window_row - 3);
        y_ += window_row;
    }
    void bar(const timeline::window& w, std::string_view style, const std::string& text, double height) {
        const double from = x_.of_column(w.from), to = std::max(from + 2, x_.of(w.until));
        svg("<rect class=\"window {}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"3\"><title>{}, until {}</title></rect>\n",
            style, from, y_ + 1, to - from, height, text, to_text(w.until));
        if (to - from > 6.2 * static_cast<double>(text.size()))
            svg("<text class=\"window {}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", style, from + 6, y_ + height / 2 + 5, text);
    }

    void draw_lane(const timeline::lane& lane, std::string_view kind, const std::vector<timeline::window>* to_deletion) {
        name_row("", fmt::format("{}{}", kind, lane.name));
        const double end = x_.of_column(t_.columns().size() - 1) + 60;
        for (std::size_t i = 0; i < lane.segments.size(); ++i) {
            const timeline::segment& s = lane.segments[i];
            const double from = x_.of_column(s.from), to = i + 1 < lane.segments.size() ? x_.of_column(s.to) : end;
            svg("<rect class=\"seg {}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" rx=\"4\"><title>{}: {} from {}</title></rect>\n",
                s.state, from, y_ + 1, to - from, row - 3, escape(lane.name), s.state, to_text(t_.columns()[s.from].at));
            if (to - from > 6.4 * static_cast<double>(s.state.size()) + 8)
                svg("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", s.state, from + 7, y_ + 15, s.state);
        }
        y_ += row;
        if (to_deletion == nullptr) return;
        bool any = false;
        for (const timeline::window& w : *to_deletion)
            if (w.subject == lane.name)
                any = true, bar(w, "deletion", fmt::format("deleted if not back within {}", to_text(w.span)), window_row - 3);
        if (any) y_ += window_row;
    }

    /// One for each line, behind everything.
    std::string grid() const {
        std::string lines;
        for (std::size_t i = 0; i < t_.columns().size(); ++i)
            fmt::format_to(std::back_inserter(lines), "<line class=\"{}\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{:.0f}\"/>\n",
                           t_.columns()[i].came_to == verdict::allowed ? "grid" : "drop", x_.of_column(i), x_.of_column(i), header_,
                           y_ - axis_height);
        return lines;
    }

    /// Moments where they change, as far as there is room to write them.
    void time_axis() {
        svg("<line class=\"axis\" x1=\"0\" x2=\"100%\" y1=\"{:.0f}\" y2=\"{:.0f}\"/>\n", y_, y_);
        double free_from = 0;
        std::string day;
        for (std::size_t i = 0; i < t_.columns().size(); ++i) {
            const instant at = t_.columns()[i].at;
            const double x = x_.of_column(i);
            if ((i > 0 && at == t_.columns()[i - 1].at) || x < free_from) continue;
            const std::string text = to_text(at);
            svg("<text class=\"soft\" x=\"{:.1f}\" y=\"{:.0f}\">{}</text>\n", x, y_ + 17, text.substr(11, 8));
            if (text.substr(0, 10) != day) svg("<text x=\"{:.1f}\" y=\"{:.0f}\">{}</text>\n", x, y_ + 32, text.substr(0, 10));
            day = text.substr(0, 10);
            free_from = x + 66;
        }
        y_ += axis_height;
    }

    // --- the whole ---

    std::string assemble() {
        std::size_t refused = 0, errors = 0;
        for (const timeline::column& c : t_.columns()) {
            refused += c.came_to == verdict::refused ? 1U : 0U;
            errors += c.came_to == verdict::error ? 1U : 0U;
        }
        std::string out = fmt::format(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
            "<title>{} · {} commands</title>\n<style>{}</style>\n</head>\n<body>\n<h1>A course of {}</h1>\n"
            "<p class=\"sub\"><b>{}</b> commands, <b>{}</b> refused{}; {} to {}{}</p>\n",
            t_.profile(), t_.columns().size(), timeline_style, t_.profile(), t_.columns().size(), refused,
            errors > 0 ? fmt::format(", <b>{}</b> not understood", errors) : "", to_text(t_.columns().front().at),
            to_text(t_.columns().back().at), t_.left_out() > 0 ? fmt::format("; <b>{}</b> more are not drawn", t_.left_out()) : "");
        out += fmt::format(
            "<div class=\"chart\"><div class=\"names\" style=\"width:{:.0f}px;height:{:.0f}px\">\n{}</div>\n<div class=\"scroll\">"
            "<svg role=\"img\" aria-label=\"keys and environments over time; the table below says the same\" width=\"{:.0f}\" height=\"{:.0f}\">\n{}{}</svg></div></div>\n",
            names_width, y_, names_, x_.end(), y_, grid(), svg_);
        return out + legend() + table() + "</body>\n</html>\n";
    }

    static std::string legend() {
        constexpr std::pair<std::string_view, std::string_view> words[] = {{"active", "active key"},
                                                                           {"available", "available key"},
                                                                           {"customer_managed", "on the customer's key"},
                                                                           {"provider_managed", "on the provider's key"},
                                                                           {"applying", "work under way"},
                                                                           {"locked", "locked or offline"},
                                                                           {"deleted", "deleted or retired"}};
        std::string out = "<div class=\"legend\">";
        for (const auto& [style, word] : words)
            out += fmt::format(
                "<span><svg width=\"14\" height=\"12\"><rect class=\"{}\" width=\"14\" height=\"12\" rx=\"3\"/></svg>{}</span>\n", style,
                word);
        return out + "<span><svg width=\"12\" height=\"12\"><circle class=\"dot\" cx=\"6\" cy=\"6\" r=\"4.5\"/></svg>allowed</span>\n"
                     "<span><svg width=\"12\" height=\"12\"><path class=\"cross\" d=\"M2 2l8 8m0 -8l-8 8\"/></svg>refused</span>\n"
                     "<span>Time is not drawn to scale.</span></div>\n";
    }

    std::string table() const {
        std::string out =
            "<h2>Line by line</h2>\n<table>\n<thead><tr><th>line</th><th>moment</th><th>who</th><th>what</th><th></th><th>what came of it</th></tr></thead>\n<tbody>\n";
        for (const timeline::column& c : t_.columns()) {
            const std::string_view word = c.came_to == verdict::allowed ? "allowed" : c.came_to == verdict::refused ? "refused" : "error";
            out += fmt::format("<tr><td class=\"n\">{}</td><td class=\"t\">{}</td><td>{}</td><td>{}</td><td class=\"{}\">{}</td><td>",
                               c.line, to_text(c.at), escape(c.by), escape(c.what), word, word == "error" ? "not understood" : word);
            if (!c.note.empty()) out += fmt::format("<span class=\"note\">{}</span><br>", escape(c.note));
            for (std::size_t i = 0; i < c.sentences.size(); ++i) out += (i > 0 ? "<br>" : "") + escape(c.sentences[i]);
            out += "</td></tr>\n";
        }
        return out + "</tbody>\n</table>\n";
    }

    const timeline& t_;
    axis x_;
    double header_ = 0;
    double y_ = 0;
    std::string svg_;
    std::string names_;
};

} // namespace

std::string draw_page(const timeline& t) {
    if (t.columns().empty())
        return "<!doctype html>\n<html lang=\"en\">\n<title>an empty scenario</title>\n<p>Nothing was asked.</p>\n</html>\n";
    return page(t).draw();
}

} // namespace simulate

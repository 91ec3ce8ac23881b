#include "rules/backtest/timeline.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "rules/limits.hpp"
#include "rules/wall_text.hpp"

namespace anban {
namespace {

constexpr int margin_left = 190;
constexpr int margin_top = 56;
constexpr int row_height = 26;
constexpr int picture_width = 1400;
constexpr int plot_width = picture_width - margin_left - 20;
constexpr int columns = plot_width / 2; // a column of 2 px is shaded by how often its time was spoken in

[[nodiscard]] std::string escaped(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
        case '<': safe += "&lt;"; break;
        case '>': safe += "&gt;"; break;
        case '&': safe += "&amp;"; break;
        case '"': safe += "&quot;"; break;
        default: safe += c;
        }
    }
    return safe;
}

// To the minute: more is of no use in a picture of days.
[[nodiscard]] std::string local_text(const zone_table& zone, utc_time at) {
    return wall_text(zone, at).substr(0, 16);
}

[[nodiscard]] std::string_view colour_of(alarm_class c) {
    switch (c) {
    case alarm_class::life_safety: return "#d11";
    case alarm_class::suspected: return "#e90";
    case alarm_class::service: return "#08c";
    case alarm_class::technical: break;
    }
    return "#777";
}

class picture {
public:
    picture(const recording& past, const story& told, picture_language in)
        : past_(past), told_(told), chinese_(in == picture_language::zh),
          span_(std::max<double>(1.0, static_cast<double>((told.to - told.from).count()))) {}

    [[nodiscard]] std::string draw() {
        draw_days();
        draw_rooms();
        draw_rules();
        const int height = margin_top + row_ * row_height + 34;
        return fmt::format(
            R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}" font-family="sans-serif" font-size="12">)"
            "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
            "<text x=\"12\" y=\"22\" font-size=\"16\">{2}</text>{3}</svg>\n",
            picture_width, height, escaped(heading()), body_);
    }

private:
    [[nodiscard]] double x_of(utc_time at) const {
        const double part = static_cast<double>((at - told_.from).count()) / span_;
        return margin_left + std::clamp(part, 0.0, 1.0) * plot_width;
    }
    [[nodiscard]] int y_of_row() const { return margin_top + row_ * row_height; }

    [[nodiscard]] std::string heading() const {
        return fmt::format("{} · {} – {} · {} {}", told_.name, local_text(told_.zone, told_.from),
                           local_text(told_.zone, told_.to), told_.episodes.size(),
                           chinese_ ? "次报警" : "alarms");
    }

    void label(std::string_view text) {
        body_ += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", margin_left - 8,
                             y_of_row() + 17, escaped(text));
    }

    // A line at each local midnight, and its date where there is room for it.
    void draw_days() {
        utc_time at = next_minute_of_day(told_.zone, told_.from, 0);
        const double days = span_ / 86'400e6;
        const int each = std::max(1, static_cast<int>(days * 46 / plot_width) + 1);
        for (int n = 0; at < told_.to && n < 4'000; ++n, at = next_minute_of_day(told_.zone, at, 0)) {
            body_ += fmt::format("<line x1=\"{0:.1f}\" y1=\"34\" x2=\"{0:.1f}\" y2=\"100%\" stroke=\"#ddd\"/>",
                                 x_of(at));
            if (n % each != 0) continue;
            body_ += fmt::format("<text x=\"{:.1f}\" y=\"46\" fill=\"#666\">{}</text>", x_of(at) + 3,
                                 local_text(told_.zone, at).substr(5, 5));
        }
    }

    void draw_rooms() {
        std::map<std::string, std::array<std::uint32_t, columns>> spoken;
        for (const sample& s : past_.samples) {
            const installed_device& d = past_.where.devices[s.device];
            const std::string& where = d.room.empty() ? d.who.id : d.room.str();
            auto& row = spoken.try_emplace(where.empty() ? d.id.str() : where).first->second;
            const auto column = static_cast<std::size_t>((x_of(s.at) - margin_left) / 2);
            ++row[std::min<std::size_t>(column, columns - 1)];
        }
        for (const auto& [where, row] : spoken) {
            label(where);
            std::string dark, light;
            for (std::size_t c = 0; c < row.size(); ++c) {
                if (row[c] == 0) continue;
                (row[c] > 4 ? dark : light) +=
                    fmt::format("M{} {}v18", margin_left + 2 * static_cast<int>(c) + 1, y_of_row() + 4);
            }
            body_ += fmt::format("<path d=\"{}\" stroke=\"#9bd\" stroke-width=\"2\"/><path d=\"{}\" "
                                 "stroke=\"#368\" stroke-width=\"2\"/>",
                                 light, dark);
            ++row_;
        }
    }

    void draw_rules() {
        std::map<rule_id, std::vector<const episode*>> rows;
        for (const episode& e : told_.episodes) rows[e.rule].push_back(&e);
        std::size_t drawn = 0, left_out = 0;
        for (const auto& [rule, all] : rows) {
            label(chinese_ ? all.front()->title_zh : all.front()->title_en);
            for (const episode* e : all) {
                if (++drawn > limits::picture_marks) {
                    ++left_out;
                    continue;
                }
                draw_episode(*e);
            }
            ++row_;
        }
        if (left_out > 0) {
            label(chinese_ ? fmt::format("另有 {} 次未画出", left_out)
                           : fmt::format("{} more not drawn", left_out));
            ++row_;
        }
    }

    void draw_episode(const episode& e) {
        const double from = x_of(e.began);
        const double to = e.over ? std::max(x_of(*e.over), from + 5) : from + 5;
        const bool held = e.held != held_reason::none;
        body_ += fmt::format("<rect x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"14\" rx=\"2\" fill=\"{}\" "
                             "stroke=\"{}\"><title>{} "
                             "{}{}</title></rect>",
                             from, y_of_row() + 6, to - from, held ? "none" : colour_of(e.of), colour_of(e.of),
                             local_text(told_.zone, e.began), escaped(chinese_ ? e.title_zh : e.title_en),
                             held ? escaped(" — " + e.held_by) : "");
    }

    const recording& past_;
    const story& told_;
    bool chinese_;
    double span_;
    int row_ = 0;
    std::string body_;
};

} // namespace

std::string timeline_svg(const recording& past, const story& told, picture_language in) {
    return picture{past, told, in}.draw();
}

} // namespace anban

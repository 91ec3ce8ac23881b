// The wall clock: times of day, days of baselines. And NEWS2, whose inputs grow old.
#include <algorithm>
#include <chrono>
#include <cmath>

#include "rules/engine/impl.hpp"

namespace anban {

using namespace judging;

namespace {

[[nodiscard]] std::int64_t whole_us(own_ns t) noexcept {
    return pane_of(t, 1000);
}

[[nodiscard]] utc_time as_utc(std::int64_t us) noexcept {
    return utc_time{std::chrono::microseconds{us}};
}

[[nodiscard]] std::int64_t as_us(std::chrono::sys_seconds t) noexcept {
    return std::chrono::microseconds{t.time_since_epoch()}.count();
}

// The next change of the zone's offset, never where there is none.
[[nodiscard]] std::int64_t next_zone_change(const zone_table& zone, std::int64_t wall) noexcept {
    for (std::size_t i = 1; i < zone.size(); ++i) {
        if (as_us(zone[i].from) > wall) return as_us(zone[i].from);
    }
    return never;
}

// What the wall shows for a daily span, made so that each comes once a day: a time that comes twice counts the
// second time as the last moment before, and a span that the clock jumps over is its first minute after.
struct shown_time {
    bool inside = false;
    std::int64_t until = never; // µs of UTC: where that ends for the zone's sake
};

constexpr std::int64_t minutes_a_day = 24 * 60;

[[nodiscard]] bool lies_in(const language::daily_span& span, std::int64_t minute) noexcept {
    const bool over_midnight = span.from > span.to;
    const bool after = minute >= span.from;
    const bool before = minute < span.to;
    return over_midnight ? after || before : after && before;
}

[[nodiscard]] shown_time shown_at(const zone_table& zone, std::int64_t wall, const language::daily_span& span) {
    using std::chrono::seconds;
    shown_time out{.inside = lies_in(span, minute_of_day(zone, as_utc(wall))),
                   .until = next_zone_change(zone, wall)};
    std::size_t at = zone.size();
    while (at > 1 && as_us(zone[at - 1].from) > wall) --at;
    if (at < 2) return out; // no change before
    const zone_change& change = zone[at - 1];
    const seconds moved = change.offset - zone[at - 2].offset;
    const std::int64_t border = as_us(change.from);
    const std::int64_t moved_us = std::chrono::microseconds{moved}.count();
    if (moved < seconds{0} && wall < border - moved_us) {
        out.inside = lies_in(span, minute_of_day(zone, as_utc(border - 1)));
        out.until = std::min(out.until, border - moved_us);
    }
    constexpr std::int64_t minute_us = 60'000'000;
    if (moved > seconds{0} && wall < border + minute_us) {
        const std::int64_t gap = moved.count() / 60;
        const std::int64_t gap_begins = minute_of_day(zone, as_utc(border)) - gap;
        const auto on_the_clock = [](std::int64_t m) {
            return (m % minutes_a_day + minutes_a_day) % minutes_a_day;
        };
        const std::int64_t before = on_the_clock(span.from - gap_begins);
        const bool jumped_over = before + on_the_clock(span.to - span.from) <= gap;
        out.inside = out.inside || jumped_over;
        out.until = std::min(out.until, border + minute_us);
    }
    return out;
}

// How long an input of NEWS2 counts, by news2_part.
constexpr std::array<own_ns, news2_parts> patience = [] {
    using std::chrono::hours;
    using std::chrono::nanoseconds;
    constexpr own_ns spot = nanoseconds{hours{4}}.count();
    constexpr own_ns seldom = nanoseconds{hours{8}}.count();
    constexpr own_ns daily = nanoseconds{hours{24}}.count();
    return std::array<own_ns, news2_parts>{spot, spot, daily, spot, spot, seldom, seldom};
}();

} // namespace

std::int64_t engine::impl::wall_us(own_ns t) const noexcept {
    return whole_us(t) + wall_minus_own_us_;
}

void engine::impl::set_clock(const instant& now) noexcept {
    wall_minus_own_us_ = now.wall.at.time_since_epoch().count() - whole_us(own(now.mono));
    synchronised_ = now.wall.quality == clock_quality::synchronised;
}

// A new stamp may make another time of day: judged as of the engine's time, before all else.
void engine::impl::look_at_clock(const instant& now, condition_changes& out) {
    const std::int64_t before = wall_minus_own_us_;
    const bool was_synchronised = synchronised_;
    set_clock(now);
    if (before == wall_minus_own_us_ && was_synchronised == synchronised_) return;
    if (spans_.empty() && baselines_.empty()) return;
    begin_judgement(t_, out);
    run_calendar(t_);
    judge_woken();
}

void engine::impl::run_calendar(own_ns t) {
    const std::int64_t wall = wall_us(t);
    for (span_state& s : spans_) {
        const bool still = s.is != truth::unknown && synchronised_ && wall >= s.since_us && wall < s.next_us;
        if (!still) reckon_span(s, wall);
    }
    const bool same_day = today_ != baseline::no_day && wall >= day_since_us_ && wall < day_next_us_;
    if (synchronised_ && !baselines_.empty() && !same_day) reckon_day(wall);
    set_calendar_timer();
}

void engine::impl::reckon_span(span_state& s, std::int64_t wall) {
    s.is = truth::unknown;
    if (synchronised_) {
        const shown_time shown = shown_at(where_.zone, wall, s.span);
        s.is = as_truth(shown.inside);
        const auto next = [&](int m) {
            return next_minute_of_day(where_.zone, as_utc(wall), m).time_since_epoch().count();
        };
        s.since_us = wall;
        s.next_us = std::min({next(s.span.from), next(s.span.to), shown.until});
    }
    for (const leaf& l : s.leaves) set_leaf(l.instance, l.node, s.is);
}

void engine::impl::reckon_day(std::int64_t wall) {
    today_ = local_day(where_.zone, as_utc(wall));
    day_since_us_ = wall;
    day_next_us_ = std::min(next_minute_of_day(where_.zone, as_utc(wall), 0).time_since_epoch().count(),
                            next_zone_change(where_.zone, wall));
    for (baseline& b : baselines_) b.begin_day(today_);
    for (const baseline_limit& b : baseline_limits_) set_limit(b);
}

void engine::impl::set_limit(const baseline_limit& b) {
    const auto usual = baselines_[b.baseline].before_today(b.days);
    const double limit = usual ? b.value + usual->median + b.spreads * usual->spread : 0;
    if (b.node != none) {
        nodes_[b.node].limit = limit;
        nodes_[b.node].known_limit = usual.has_value();
        wake(b.at);
        return;
    }
    channel& ch = channels_[b.channel];
    compare_leaf& l = ch.compares[b.at];
    l.limit = b.or_equal ? std::nextafter(limit, std::numeric_limits<double>::infinity()) : limit;
    l.known_limit = usual.has_value();
    const truth is = ch.known && l.known_limit ? as_truth((ch.value < l.limit) != l.not_less) : truth::unknown;
    if (is == l.is) return;
    l.is = is;
    set_leaf(l.instance, l.node, is);
}

void engine::impl::set_calendar_timer() {
    std::int64_t next = never;
    if (synchronised_) {
        for (const span_state& s : spans_) next = std::min(next, s.next_us);
        if (!baselines_.empty()) next = std::min(next, day_next_us_);
    }
    timers_.set(calendar_entry(), next == never ? never : (next - wall_minus_own_us_) * 1000);
}

// ---- NEWS2 --------------------------------------------------------------------------------------------

void engine::impl::take_score(index score, std::uint8_t part, double value, own_ns e) {
    score_source::input& in = scores_[score].inputs[part];
    if (e < in.at) return;
    in = {value, e};
    reckon_score(score, true, e);
}

void engine::impl::reckon_score(index score, bool by_reading, own_ns e) {
    score_source& s = scores_[score];
    own_ns next = never;
    const auto number = [&](news2_part p) -> std::optional<double> {
        const auto part = static_cast<std::size_t>(p);
        const auto& in = s.inputs[part];
        if (in.at == long_ago || in.at + patience[part] <= t_) return std::nullopt;
        next = std::min(next, in.at + patience[part]);
        return in.value;
    };
    const auto yes = [&](news2_part p) -> std::optional<bool> {
        const auto value = number(p);
        return value ? std::optional{*value != 0} : std::nullopt;
    };
    const news2_score is = score_news2({.respiration = number(news2_part::respiration),
                                        .spo2 = number(news2_part::spo2),
                                        .on_oxygen = yes(news2_part::oxygen),
                                        .systolic = number(news2_part::systolic),
                                        .pulse = number(news2_part::pulse),
                                        .alert = yes(news2_part::consciousness),
                                        .temperature = number(news2_part::temperature),
                                        .spo2_scale_2 = s.scale_2});
    timers_.set(score_entry(score), next);
    const auto say = [&](index at, const std::optional<int>& points) {
        channel& ch = channels_[at];
        if (points && by_reading) {
            feed_windows(ch, *points, e);
            good(ch, none, e);
        }
        set_number(ch, points.has_value(), points.value_or(0));
    };
    say(s.total, is.total);
    say(s.largest, is.largest);
}

} // namespace anban

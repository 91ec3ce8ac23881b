#include "rules/backtest/replay.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "rules/ensure.hpp"

namespace anban {
namespace {

using kind = condition_change::kind;

// The engine's clock begins an hour after its zero, so that an age never points before it.
constexpr auto first_moment = std::chrono::hours{1};

class play {
public:
    play(const recording& past, const language::effective_rules& rules, const replay_options& how)
        : past_(past), how_(how), from_(past.samples.empty() ? utc_time{} : past.samples.front().at),
          engine_(rules, past.where, moment(from_)) {
        speakers_.resize(past.where.devices.size());
        for (std::size_t i = 0; i < speakers_.size(); ++i) {
            const installed_device& d = past.where.devices[i];
            speakers_[i].from.device = d.id;
            speakers_[i].from.key.boot = 1;
            speakers_[i].who = d.who;
            speakers_[i].room = d.room;
        }
    }

    [[nodiscard]] story run() {
        std::size_t done = 0;
        const std::size_t step = std::max<std::size_t>(1, past_.samples.size() / 100);
        for (const sample& s : past_.samples) {
            close_until(s.at);
            hear(s);
            if (++done % step == 0 && how_.progress) {
                how_.progress(static_cast<double>(done) / static_cast<double>(past_.samples.size()));
            }
        }
        story told;
        told.name = past_.name;
        told.from = from_;
        told.to = past_.samples.empty() ? from_ : past_.samples.back().at;
        told.readings = past_.samples.size();
        told.zone = past_.where.zone;
        told.episodes = std::move(episodes_);
        return told;
    }

    [[nodiscard]] standing stand(utc_time at, const rule_id& rule) {
        for (const sample& s : past_.samples) {
            if (s.at > at) break;
            close_until(s.at);
            hear(s);
        }
        close_until(std::max(at, from_));
        return stands(std::max(at, from_), rule);
    }

    [[nodiscard]] std::optional<standing> when_begun(utc_time from, utc_time to, const rule_id& rule,
                                                     const subject& who) {
        std::optional<standing> found;
        watched_ = {rule, who};
        const auto look = [&] {
            if (begun_ && *begun_ >= from && *begun_ <= to) {
                found = stands(at_, rule);
                found->at = *begun_;
            }
            begun_.reset();
        };
        // Deadline by deadline and close by close: what is true at one may be over at the next.
        const auto pass_until = [&](utc_time until) {
            for (auto next = next_moment(); next && *next < until; next = next_moment()) {
                close_until(std::max(at_, std::min(std::max(*next, from), until)));
                look();
            }
            close_until(until);
            look();
        };
        for (const sample& s : past_.samples) {
            if (s.at > to) break;
            pass_until(s.at);
            hear(s);
            look();
        }
        if (to > from_) pass_until(to);
        return found;
    }

private:
    [[nodiscard]] standing stands(utc_time at, const rule_id& rule) const {
        return {.zero = wall(mono_time{}), .at = at, .views = engine_.explain(moment(at), rule)};
    }

    [[nodiscard]] instant moment(utc_time at) const {
        return {mono_time{} + first_moment + (at - from_), {at, clock_quality::synchronised}};
    }
    [[nodiscard]] utc_time wall(mono_time at) const {
        return from_ + std::chrono::duration_cast<std::chrono::microseconds>(at - mono_time{} - first_moment);
    }

    // When something happens by itself: just behind a deadline, or when a person closes.
    [[nodiscard]] std::optional<utc_time> next_moment() const {
        std::optional<utc_time> next;
        if (const auto due = engine_.next_deadline()) next = wall(*due) + std::chrono::microseconds{1};
        if (!to_close_.empty() && (!next || to_close_.begin()->first < *next)) next = to_close_.begin()->first;
        return next;
    }

    void hear(const sample& s) {
        ensure(s.device < speakers_.size());
        reading& r = speakers_[s.device];
        const instant now = moment(s.at);
        r.what = s.what;
        r.value = s.value;
        r.how = s.how;
        r.at = now.mono;
        r.wall = now.wall;
        ++r.from.key.sequence;
        changes_.clear();
        engine_.step(now, r, changes_);
        take();
    }

    // Closes what a person would have closed before `at`.
    void close_until(utc_time at) {
        while (!to_close_.empty() && to_close_.begin()->first <= at) {
            const auto [when, index] = *to_close_.begin();
            to_close_.erase(to_close_.begin());
            // What began long before it was told is closed at once, not before it was told.
            at_ = std::max(at_, when);
            const instant now = moment(at_);
            changes_.clear();
            engine_.advance(now, changes_);
            take();
            const episode& e = episodes_[index];
            open_.erase({e.rule, e.who});
            engine_.close(now, e.rule, e.who);
        }
        changes_.clear();
        at_ = at;
        engine_.advance(moment(at), changes_);
        take();
    }

    void take() {
        for (const condition_change& c : changes_) {
            if (c.what == kind::held_down) {
                begin(c).held = c.held;
                episodes_.back().held_by = c.held_by;
                continue;
            }
            const auto found = open_.find({c.rule, c.who});
            const bool begins = c.what == kind::pressed || c.what == kind::suspected || c.what == kind::began;
            if (begins && c.rule == watched_.first && c.who == watched_.second) begun_ = wall(c.at);
            if (begins && found == open_.end()) {
                begin(c);
                open_[{c.rule, c.who}] = episodes_.size() - 1;
                to_close_.emplace(wall(c.at) +
                                      std::chrono::duration_cast<std::chrono::microseconds>(how_.closed_after),
                                  episodes_.size() - 1);
                continue;
            }
            if (found == open_.end()) continue; // its alarm has been closed
            episode& e = episodes_[found->second];
            if (begins) {
                ++e.calls;
            } else if (c.what == kind::confirmed) {
                e.confirmed = true;
            } else {
                e.cancelled = e.cancelled || c.what == kind::cancelled;
                e.over = wall(c.at);
            }
        }
    }

    episode& begin(const condition_change& c) {
        const language::alarm_rule& by = engine_.rule(c.index);
        episode e;
        e.rule = c.rule;
        e.who = c.who;
        e.room = c.room;
        e.of = by.of;
        e.title_zh = by.title_zh;
        e.title_en = by.title_en;
        e.began = wall(c.at);
        e.seen = c.seen;
        episodes_.push_back(std::move(e));
        return episodes_.back();
    }

    const recording& past_;
    const replay_options& how_;
    utc_time from_;
    utc_time at_ = from_;
    engine engine_;
    std::vector<reading> speakers_; // one a device, so that no text is made a sample
    condition_changes changes_;
    std::vector<episode> episodes_;
    std::map<std::pair<rule_id, subject>, std::size_t> open_;
    std::set<std::pair<utc_time, std::size_t>> to_close_;
    std::pair<rule_id, subject> watched_; // of `when_begun`
    std::optional<utc_time> begun_;       // when that began, in the last step
};

[[nodiscard]] bool same_matter(const episode& a, const episode& b, std::chrono::nanoseconds near) {
    const auto apart = a.began > b.began ? a.began - b.began : b.began - a.began;
    return a.rule == b.rule && a.who == b.who && a.held == b.held && apart <= near;
}

} // namespace

story replay(const recording& past, const language::effective_rules& rules, const replay_options& how) {
    ensure(std::ranges::is_sorted(past.samples, {}, &sample::at));
    story told = play{past, rules, how}.run();
    std::ranges::stable_sort(told.episodes, {}, &episode::began);
    return told;
}

standing standing_at(const recording& past, const language::effective_rules& rules, utc_time at,
                     const rule_id& rule, const replay_options& how) {
    ensure(std::ranges::is_sorted(past.samples, {}, &sample::at));
    return play{past, rules, how}.stand(at, rule);
}

std::optional<standing> standing_when_begun(const recording& past, const language::effective_rules& rules,
                                            utc_time from, utc_time to, const rule_id& rule, const subject& who,
                                            const replay_options& how) {
    ensure(std::ranges::is_sorted(past.samples, {}, &sample::at));
    return play{past, rules, how}.when_begun(from, to, rule, who);
}

std::vector<day_count> by_rule_and_day(const story& of) {
    std::map<std::pair<rule_id, std::int64_t>, std::size_t> counted;
    for (const episode& e : of.episodes) {
        if (e.held == held_reason::none) ++counted[{e.rule, local_day(of.zone, e.began)}];
    }
    std::vector<day_count> rows;
    for (const auto& [key, n] : counted) rows.push_back({key.first, key.second, n});
    return rows;
}

story_difference compare(const story& now, const story& before, std::chrono::nanoseconds near) {
    story_difference told;
    std::vector<bool> matched(before.episodes.size());
    for (const episode& e : now.episodes) {
        std::size_t i = 0;
        while (i < matched.size() && (matched[i] || !same_matter(e, before.episodes[i], near))) ++i;
        if (i == matched.size()) {
            told.only_new.push_back(e);
        } else {
            matched[i] = true;
            told.both.emplace_back(e, before.episodes[i]);
        }
    }
    for (std::size_t i = 0; i < matched.size(); ++i) {
        if (!matched[i]) told.only_old.push_back(before.episodes[i]);
    }
    return told;
}

} // namespace anban

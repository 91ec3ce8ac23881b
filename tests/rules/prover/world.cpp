#include "tests/rules/prover/world.hpp"

#include <algorithm>
#include <utility>

#include "rules/prover/delays.hpp"

namespace anban::written {
namespace {

struct report {
    nanoseconds measured{0};
    nanoseconds heard{0};
    nanoseconds event{0}; // as the gateway takes it
};

struct frame {
    nanoseconds heard{0};
    reading what;
};

class stage {
public:
    stage(const scene& s, const device_id& slowest, nanoseconds bound, std::uint64_t seed)
        : scene_{s}, slowest_{slowest}, bound_{bound}, dice_{seed} {}

    [[nodiscard]] outcome play() {
        for (const auto& d : scene_.where.devices) longest_ = std::max(longest_, d.reports_every);
        run_.late = chance() < 0.5;
        run_.x = chance();
        with_age_ = chance() < 0.3;
        const auto begin = scene_.before + 4 * longest_;
        run_.onset = begin + portion(longest_, chance());
        if (scene_.onset_at) run_.onset = scene_.onset_at(run_.onset);
        end_ = run_.onset + 3 * longest_ + bound_ + 1min;
        for (const auto& d : scene_.where.devices) schedules_.push_back(schedule(d));
        choose_onset();
        choose_carrier();
        speak();
        return listen();
    }

private:
    [[nodiscard]] double chance() { return std::uniform_real_distribution<double>{0, 1}(dice_); }
    [[nodiscard]] static nanoseconds portion(nanoseconds of, double part) {
        return nanoseconds{static_cast<std::int64_t>(static_cast<double>(of.count()) * part)};
    }

    // Less than the interval lies between a report's event and hearing the next.
    [[nodiscard]] std::vector<report> schedule(const installed_device& d) {
        const auto repeats = prover::radio_retries(d.family, false);
        std::vector<report> all;
        nanoseconds next = portion(d.reports_every, chance());
        while (next < end_) {
            const auto delay = std::min(run_.late ? repeats : portion(repeats, chance()), next);
            report r{next - delay, next, with_age_ ? next - delay : next};
            if (!all.empty()) {
                r.measured = std::max(r.measured, all.back().measured);
                r.event = std::max(r.event, all.back().event);
            }
            all.push_back(r);
            const auto gap = run_.late ? d.reports_every - 1ns : portion(d.reports_every, 0.05 + 0.94 * chance());
            next = std::max(r.heard + 1ns, r.event + gap);
        }
        return all;
    }

    void choose_onset() {
        if (!run_.late || !scene_.right_after_a_report) return;
        for (std::size_t i = 0; i < schedules_.size(); ++i) {
            if (scene_.where.devices[i].id != slowest_) continue;
            for (const auto& r : schedules_[i])
                if (r.measured >= run_.onset) {
                    run_.onset = r.measured + 1ns;
                    return;
                }
        }
    }

    void choose_carrier() {
        const auto& all = scene_.where.devices;
        run_.carrier = all[static_cast<std::size_t>(chance() * static_cast<double>(all.size()))].id;
        if (run_.late && !slowest_.empty()) run_.carrier = slowest_;
    }

    void say(const installed_device& d, signal what, const report& r, std::optional<double> value) {
        reading x;
        x.what = what;
        x.value = value.value_or(0);
        x.how = value ? quality::good : quality::unknown;
        x.from = {d.id, {1, ++sequence_}};
        x.who = d.who;
        x.room = d.room;
        x.at = mono_time{r.event};
        frames_.push_back({r.heard, x});
    }

    void speak() {
        for (std::size_t i = 0; i < schedules_.size(); ++i) {
            const auto& d = scene_.where.devices[i];
            for (const auto s : d.provides) {
                if (facts_of(s).kind == signal_kind::momentary) continue;
                for (const auto& r : schedules_[i])
                    say(d, s, r, scene_.says(d.id, s, r.measured - run_.onset, run_));
                if (facts_of(s).kind == signal_kind::boolean && prover::tells_changes(d.family))
                    tell_change(d, s, schedules_[i]);
            }
        }
        if (!scene_.happens) return;
        for (const auto& h : scene_.happens(run_)) {
            const auto d = std::ranges::find(scene_.where.devices, h.device, &installed_device::id);
            const auto repeats = prover::radio_retries(d->family, true);
            const auto delay = run_.late ? repeats : portion(repeats, chance());
            const auto at = run_.onset + h.since;
            say(*d, h.what, {at, at + delay, with_age_ ? at : at + delay}, 1);
        }
    }

    // At the onset itself, after what the device measured before.
    void tell_change(const installed_device& d, signal s, const std::vector<report>& all) {
        const auto repeats = prover::radio_retries(d.family, false);
        nanoseconds heard = run_.onset + (run_.late ? repeats : portion(repeats, chance()));
        for (const auto& r : all)
            if (r.measured < run_.onset) heard = std::max(heard, r.heard);
        const auto value = scene_.says(d.id, s, nanoseconds{0}, run_);
        if (value != scene_.says(d.id, s, -1ns, run_))
            say(d, s, {run_.onset, heard, with_age_ ? run_.onset : heard}, value);
    }

    [[nodiscard]] static instant at(nanoseconds t) {
        // Midnight of 2026-11-22 in China.
        constexpr auto midnight = std::chrono::microseconds{1'795'276'800'000'000};
        const auto wall = utc_time{midnight + std::chrono::duration_cast<std::chrono::microseconds>(t)};
        return {mono_time{t}, {wall, clock_quality::synchronised}};
    }

    [[nodiscard]] outcome listen() {
        std::ranges::stable_sort(frames_, {}, &frame::heard);
        engine e{scene_.rules, scene_.where, at(0ns)};
        outcome result;
        condition_changes changes;
        const auto& proven = scene_.rules.rules.back();
        const bool state = scene_.told == condition_change::kind::began;
        bool active = false;
        bool begun = false;
        const auto look = [&](nanoseconds now) {
            if (now >= run_.onset && !begun) {
                begun = true;
                result.too_early = active;
            }
            for (const auto& c : changes) {
                if (c.rule != proven.rule.id || c.who != proven.who) continue;
                if (state)
                    active = c.what == condition_change::kind::began ||
                             (active && c.what != condition_change::kind::cleared);
                if (now >= run_.onset && c.what == scene_.told && !result.told) result.told = now - run_.onset;
            }
            changes.clear();
        };
        const auto run_until = [&](nanoseconds t) {
            while (const auto next = e.next_deadline()) {
                const auto due = next->time_since_epoch();
                if (due > t) return;
                e.advance(at(due), changes);
                look(due);
            }
        };
        for (const auto& f : frames_) {
            if (result.told) return result;
            run_until(f.heard);
            e.step(at(f.heard), f.what, changes);
            look(f.heard);
        }
        run_until(end_);
        return result;
    }

    const scene& scene_;
    device_id slowest_;
    nanoseconds bound_;
    std::mt19937_64 dice_;
    run run_;
    bool with_age_ = false;
    nanoseconds longest_{0};
    nanoseconds end_{0};
    std::vector<std::vector<report>> schedules_;
    std::vector<frame> frames_;
    std::uint32_t sequence_ = 0;
};

} // namespace

outcome play(const scene& s, const device_id& slowest, nanoseconds bound, std::uint64_t seed) {
    return stage{s, slowest, bound, seed}.play();
}

} // namespace anban::written

// One story told to two tellers, by one and the same narrator: who differs has judged differently.
#include <fmt/format.h>

#include <map>
#include <set>

#include "tests/rules/reference/coverage.hpp"
#include "tests/rules/reference/evaluator.hpp"
#include "tests/rules/reference/story.hpp"

namespace anban::reference {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

class reference_teller {
public:
    explicit reference_teller(const story& s, const instant& loaded) : judge_(s.rules, s.where, loaded) {}
    void step(const instant& now, const reading& r, condition_changes& out) { judge_.step(now, r, out); }
    void advance(const instant& now, condition_changes& out) { judge_.advance(now, out); }
    void close(const instant& now, const rule_id& r, const subject& who) { judge_.close(now, r, who); }
    bool shelve(const instant& now, const shelf& s) { return judge_.put_on_shelf(now, s); }
    void unshelve(const instant& now, const rule_id& r, const subject& who, condition_changes& out) {
        judge_.take_off_shelf(now, r, who, out);
    }
    void restart(const instant&, const instant& now, std::optional<std::chrono::nanoseconds> away) {
        judge_.restart(now, away);
    }
    const evaluator& judge() const { return judge_; }

private:
    evaluator judge_;
};

class engine_teller {
public:
    explicit engine_teller(const story& s, const instant& loaded)
        : story_(s), judge_(s.rules, s.where, loaded), last_(loaded) {}
    void step(const instant& now, const reading& r, condition_changes& out) {
        if (story_.in_small_steps) wake_until(std::min(now.mono, std::max(r.at, now.mono - 10min)), out);
        judge_.step(now, r, out);
        last_ = now;
    }
    void advance(const instant& now, condition_changes& out) {
        if (story_.in_small_steps) wake_until(now.mono, out);
        judge_.advance(now, out);
        last_ = now;
    }
    void close(const instant& now, const rule_id& r, const subject& who) { judge_.close(now, r, who); }
    bool shelve(const instant& now, const shelf& s) { return judge_.put_on_shelf(now, s).has_value(); }
    void unshelve(const instant& now, const rule_id& r, const subject& who, condition_changes& out) {
        judge_.take_off_shelf(now, r, who, out);
    }
    void restart(const instant& before, const instant& now, std::optional<std::chrono::nanoseconds> away) {
        const auto saved = judge_.snapshot(before);
        judge_ = engine(story_.rules, story_.where, now);
        if (const auto ok = judge_.restore(saved, now, away); !ok) refused_ = ok.error();
        last_ = now;
    }
    const std::string& refused() const { return refused_; }

private:
    // As the daemon does it: asleep until the engine's own next deadline, and no longer.
    void wake_until(mono_time end, condition_changes& out) {
        for (int i = 0; i < 10'000; ++i) {
            const auto due = judge_.next_deadline();
            if (!due || *due >= end) return;
            if (*due < last_.mono) return; // run with the next input
            const auto passed = *due - last_.mono;
            last_.mono = *due;
            last_.wall.at += floor<std::chrono::microseconds>(passed);
            judge_.advance(last_, out);
        }
    }

    const story& story_;
    engine judge_;
    instant last_;
    std::string refused_;
};

template <class Teller>
class narrator {
public:
    explicit narrator(const story& s) : s_(s), wall_(s.wall_at_load), teller_(s, now(0s)) {}

    told tell() {
        teller_.advance(now(0s), out_); // what the load begins
        flush();
        for (number_ = 0; number_ < s_.happenings.size(); ++number_) {
            happens(s_.happenings[number_]);
            flush();
        }
        return std::move(lines_);
    }
    const Teller& teller() const { return teller_; }

private:
    const story& s_;
    utc_time wall_; // what the wall shows at the load, were it as right then as it is now
    clock_quality quality_ = clock_quality::synchronised;
    Teller teller_;
    seconds last_{0};
    std::size_t number_ = 0;
    condition_changes out_;
    told lines_;
    std::set<std::pair<rule_id, subject>> open_;

    // Not at zero, so that the panes of windows don't begin with the load.
    static constexpr seconds load_at{1'000'003};

    instant now(seconds at) const { return {mono_time{load_at + at}, {wall_ + at, quality_}}; }

    void happens(const happening& h) {
        using enum happening::kind;
        const auto& rules = s_.rules.rules;
        if (h.what != restarted && h.what != said) teller_.advance(now(h.at), out_);
        const bool names_rule = h.instance < rules.size();
        const auto rule = names_rule ? rules[h.instance].rule.id : rule_id{};
        const auto who = names_rule ? rules[h.instance].who : subject{};
        switch (h.what) {
        case waited: break;
        case said: {
            auto r = h.said;
            r.at = now(h.at - h.age).mono;
            r.wall = now(h.at - h.age).wall;
            teller_.step(now(h.at), r, out_);
            break;
        }
        case closed:
            flush();
            if (open_.erase({rule, who}) == 0) break;
            teller_.close(now(h.at), rule, who);
            teller_.advance(now(h.at), out_);
            break;
        case shelved:
            if (!names_rule) break;
            lines_.push_back(fmt::format(
                "{} shelf {}", number_,
                teller_.shelve(now(h.at),
                               {rule, who, h.out_of_service ? held_reason::out_of_service : held_reason::shelved,
                                "nurse", "why", now(h.at + h.for_).mono})));
            break;
        case unshelved:
            if (names_rule) teller_.unshelve(now(h.at), rule, who, out_);
            break;
        case clock_step:
            wall_ += h.step;
            quality_ = h.quality;
            teller_.advance(now(h.at), out_);
            break;
        case restarted: {
            std::optional<std::chrono::nanoseconds> away;
            if (h.away_known) away = h.at - last_;
            teller_.restart(now(last_), now(h.at), away);
            teller_.advance(now(h.at), out_);
            break;
        }
        }
        last_ = h.at;
    }

    void flush() {
        for (const auto& c : out_) {
            using enum condition_change::kind;
            lines_.push_back(fmt::format("{} {}", number_, in_words(c)));
            if (c.what == pressed || c.what == suspected || c.what == began) open_.insert({c.rule, c.who});
        }
        out_.clear();
    }
};

} // namespace

told tell_reference(const story& s, coverage* seen, bool* filled_late) {
    narrator<reference_teller> n(s);
    auto lines = n.tell();
    if (filled_late != nullptr) *filled_late = n.teller().judge().filled_late();
    if (seen != nullptr) seen->add(n.teller().judge(), lines);
    return lines;
}

told tell_engine(const story& s) {
    narrator<engine_teller> n(s);
    auto lines = n.tell();
    if (!n.teller().refused().empty()) lines.push_back("restore refused: " + n.teller().refused());
    return lines;
}

std::optional<std::string> difference(const story& s) {
    bool filled_late = false;
    const auto expected = tell_reference(s, nullptr, &filled_late);
    const auto seen = tell_engine(s);
    if (filled_late) return std::nullopt;
    for (std::size_t i = 0; i < std::max(expected.size(), seen.size()); ++i) {
        const std::string e = i < expected.size() ? expected[i] : "(nothing)";
        const std::string g = i < seen.size() ? seen[i] : "(nothing)";
        if (e != g) return fmt::format("  reference: {}\n  engine:    {}\n", e, g);
    }
    return std::nullopt;
}

} // namespace anban::reference

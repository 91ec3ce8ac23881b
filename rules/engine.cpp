#include "rules/engine.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "rules/ensure.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

enum class truth : std::uint8_t { unknown, no, yes };

[[nodiscard]] truth judge(const comparison& c, const reading& r) noexcept {
    if (r.how == quality::unknown) return truth::unknown;
    const auto as_truth = [](bool b) { return b ? truth::yes : truth::no; };
    switch (c.how) {
    case comparison::op::less: return as_truth(r.value < c.limit);
    case comparison::op::less_equal: return as_truth(r.value <= c.limit);
    case comparison::op::greater: return as_truth(r.value > c.limit);
    case comparison::op::greater_equal: return as_truth(r.value >= c.limit);
    case comparison::op::is_true: return as_truth(r.value != 0);
    case comparison::op::is_false: return as_truth(r.value == 0);
    }
    return truth::unknown;
}

[[nodiscard]] truth negated(truth t) noexcept {
    if (t == truth::unknown) return t;
    return t == truth::yes ? truth::no : truth::yes;
}

[[nodiscard]] signal signal_of(const term& t) noexcept {
    return std::visit([](const auto& x) { return x.what; }, t);
}

enum class phase : std::uint8_t { rest, arming, holding, active, clearing };

constexpr std::size_t most_unless = limits::unless_terms;

// What one rule remembers of one subject. Fixed in size but for the texts of its cause, which are bounded.
struct state {
    std::size_t rule = 0;
    std::size_t subject = 0;
    phase now = phase::rest;
    mono_time deadline{};
    cause why;
    room_id room;
    bool test = false;
    evidence seen;
    std::array<truth, most_unless> unless_was{};
};

[[nodiscard]] evidence evidence_of(const reading& r) {
    return {.device = r.from.device, .what = r.what, .value = r.value, .at = r.wall};
}

} // namespace

struct engine::impl {
    rule_set rules;
    std::vector<subject> subjects;
    std::map<subject, std::size_t> subject_index;
    std::vector<state> states; // by rule, then by subject: the order in which ties are told
    std::map<std::pair<std::size_t, signal>, std::vector<std::size_t>> wakes; // (subject, signal) → states
    std::vector<std::size_t> momentary; // rules without memory that apply to everybody
    std::set<std::pair<mono_time, std::size_t>> deadlines;
    std::vector<std::optional<std::chrono::nanoseconds>> late; // by state, after a restore
    std::uint64_t changes = 0;

    impl(rule_set set, const std::vector<bound_subject>& bound) : rules(std::move(set)) {
        for (const auto& b : bound) {
            if (subject_index.emplace(b.who, subjects.size()).second) subjects.push_back(b.who);
        }
        for (std::size_t r = 0; r < rules.rules.size(); ++r) bind(r, bound);
        late.resize(states.size());
    }

    [[nodiscard]] static bool remembers(const rule& r) {
        return !std::holds_alternative<occurs>(r.when) || r.hold.count() > 0;
    }

    // True where a pack of this subject brings its own rule for the signal of a built-in one.
    [[nodiscard]] bool replaced(const rule& built_in, const bound_subject& b) const {
        return std::ranges::any_of(rules.rules, [&](const rule& other) {
            return !other.pack.empty() && std::holds_alternative<occurs>(other.when) &&
                   signal_of(other.when) == signal_of(built_in.when) &&
                   std::ranges::find(b.packs, other.pack) != b.packs.end();
        });
    }

    void bind(std::size_t r, const std::vector<bound_subject>& bound) {
        const rule& one = rules.rules[r];
        ensure(one.unless.size() <= most_unless);
        if (one.pack.empty() && !remembers(one)) {
            momentary.push_back(r);
            return;
        }
        for (const auto& b : bound) {
            const bool applies =
                one.pack.empty() ? !replaced(one, b) : std::ranges::find(b.packs, one.pack) != b.packs.end();
            if (!applies) continue;
            const std::size_t index = states.size();
            state s;
            s.rule = r;
            s.subject = subject_index.at(b.who);
            states.push_back(s);
            std::set<signal> watched{signal_of(one.when)};
            if (one.clear) watched.insert(one.clear->what);
            for (const auto& u : one.unless) watched.insert(signal_of(u));
            for (const signal w : watched) wakes[{s.subject, w}].push_back(index);
        }
    }

    void tell(const state& s, condition_change::kind what, mono_time at, condition_changes& out) {
        condition_change change;
        change.what = what;
        change.index = s.rule;
        change.rule = rules.rules[s.rule].id;
        change.who = subjects[s.subject];
        change.room = s.room;
        change.why = s.why;
        change.at = at;
        change.test = s.test;
        change.seen.push_back(s.seen);
        out.push_back(std::move(change));
        ++changes;
    }

    void set_deadline(std::size_t index, mono_time when) {
        clear_deadline(index);
        states[index].deadline = when;
        deadlines.emplace(when, index);
    }

    void clear_deadline(std::size_t index) {
        deadlines.erase({states[index].deadline, index});
        late[index].reset();
    }

    void enter(std::size_t index, phase next) {
        if (states[index].now != next) ++changes;
        states[index].now = next;
    }

    void arm(std::size_t index, const reading& r) {
        state& s = states[index];
        s.why = r.from;
        s.room = r.room;
        s.test = r.test;
        s.seen = evidence_of(r);
    }

    void step_event(std::size_t index, const reading& r, condition_changes& out) {
        state& s = states[index];
        const rule& one = rules.rules[s.rule];
        if (r.what == signal_of(one.when) && r.how != quality::unknown) {
            if (one.hold.count() == 0) {
                arm(index, r);
                tell(s, condition_change::kind::pressed, r.at, out);
                return;
            }
            const bool real_after_test = s.test && !r.test; // an emergency is never part of a test
            if (s.now == phase::holding &&
                !real_after_test) { // again before the hold ran out: a record on the alarm
                const cause armed = std::exchange(s.why, r.from);
                tell(s, condition_change::kind::pressed, r.at, out);
                s.why = armed;
                return;
            }
            arm(index, r);
            tell(s, condition_change::kind::suspected, r.at, out);
            enter(index, phase::holding);
            set_deadline(index, r.at + one.hold);
        }
        bool ended = false;
        for (std::size_t i = 0; i < one.unless.size(); ++i) {
            if (signal_of(one.unless[i]) != r.what) continue;
            if (const auto* compared = std::get_if<comparison>(&one.unless[i])) {
                const truth is = judge(*compared, r);
                // Only "becomes true" counts: from known false to known true.
                ended = ended || (s.unless_was[i] == truth::no && is == truth::yes);
                if (s.unless_was[i] != is) ++changes;
                s.unless_was[i] = is;
            } else if (r.how != quality::unknown) {
                ended = true;
            }
        }
        if (ended && s.now == phase::holding) {
            s.seen = evidence_of(r);
            clear_deadline(index);
            tell(s, condition_change::kind::cancelled, r.at, out);
            enter(index, phase::rest);
        }
    }

    void step_comparison(std::size_t index, const reading& r, condition_changes& out) {
        state& s = states[index];
        const rule& one = rules.rules[s.rule];
        const auto& when = std::get<comparison>(one.when);
        if (s.now == phase::rest || s.now == phase::arming) {
            if (r.what != when.what) return;
            const truth is = judge(when, r);
            if (is == truth::yes && s.now == phase::rest) {
                arm(index, r);
                if (one.for_at_least.count() == 0) {
                    tell(s, condition_change::kind::began, r.at, out);
                    enter(index, phase::active);
                } else {
                    enter(index, phase::arming);
                    set_deadline(index, r.at + one.for_at_least);
                }
            } else if (is != truth::yes && s.now == phase::arming) {
                clear_deadline(index);
                enter(index, phase::rest);
            } else if (is == truth::yes) {
                s.seen = evidence_of(r);
            }
            return;
        }
        const comparison& ends = one.clear ? *one.clear : when;
        if (r.what != ends.what) return;
        const truth over = one.clear ? judge(ends, r) : negated(judge(ends, r));
        if (over == truth::yes && s.now == phase::active) {
            s.seen = evidence_of(r);
            if (one.clear_for.count() == 0) {
                tell(s, condition_change::kind::cleared, r.at, out);
                enter(index, phase::rest);
            } else {
                enter(index, phase::clearing);
                set_deadline(index, r.at + one.clear_for);
            }
        } else if (over != truth::yes && s.now == phase::clearing) {
            clear_deadline(index);
            enter(index, phase::active);
        }
    }

    void ran_out(std::size_t index, mono_time at, condition_changes& out) {
        state& s = states[index];
        const std::size_t before = out.size();
        const auto how_late = std::exchange(late[index], std::nullopt);
        if (s.now == phase::holding) {
            tell(s, condition_change::kind::confirmed, at, out);
            enter(index, phase::rest);
        } else if (s.now == phase::arming) {
            tell(s, condition_change::kind::began, at, out);
            enter(index, phase::active);
        } else if (s.now == phase::clearing) {
            tell(s, condition_change::kind::cleared, at, out);
            enter(index, phase::rest);
        }
        if (out.size() > before) out.back().late = how_late;
    }
};

engine::engine(rule_set rules, const std::vector<bound_subject>& subjects)
    : impl_(std::make_unique<impl>(std::move(rules), subjects)) {}
engine::~engine() = default;
engine::engine(engine&&) noexcept = default;
engine& engine::operator=(engine&&) noexcept = default;

void engine::step(mono_time now, const reading& r, condition_changes& out) {
    // A reading may be stamped earlier than now (a device stored it); deadlines go by the later of the two.
    advance(std::min(now, r.at), out);
    for (const std::size_t index : impl_->momentary) {
        const rule& one = impl_->rules.rules[index];
        if (signal_of(one.when) != r.what || r.how == quality::unknown) continue;
        condition_change change;
        change.what = condition_change::kind::pressed;
        change.index = index;
        change.rule = one.id;
        change.who = r.who;
        change.room = r.room;
        change.why = r.from;
        change.at = r.at;
        change.test = r.test;
        change.seen.push_back(evidence_of(r));
        out.push_back(std::move(change));
    }
    const auto who = impl_->subject_index.find(r.who);
    if (who == impl_->subject_index.end()) return;
    const auto woken = impl_->wakes.find({who->second, r.what});
    if (woken == impl_->wakes.end()) return;
    for (const std::size_t index : woken->second) {
        if (std::holds_alternative<occurs>(impl_->rules.rules[impl_->states[index].rule].when)) {
            impl_->step_event(index, r, out);
        } else {
            impl_->step_comparison(index, r, out);
        }
    }
}

void engine::advance(mono_time now, condition_changes& out) {
    auto& due = impl_->deadlines;
    while (!due.empty() && due.begin()->first <= now) {
        const auto [at, index] = *due.begin();
        due.erase(due.begin());
        impl_->ran_out(index, at, out);
    }
}

void engine::close(const rule_id& by, const subject& who) {
    for (std::size_t i = 0; i < impl_->states.size(); ++i) {
        state& s = impl_->states[i];
        if (impl_->rules.rules[s.rule].id != by || impl_->subjects[s.subject] != who) continue;
        if (s.now != phase::active && s.now != phase::clearing) continue;
        impl_->clear_deadline(i);
        impl_->enter(i, phase::rest);
    }
}

std::optional<mono_time> engine::next_deadline() const {
    if (impl_->deadlines.empty()) return std::nullopt;
    return impl_->deadlines.begin()->first;
}

std::uint64_t engine::changes() const noexcept {
    return impl_->changes;
}

const rule_set& engine::rules() const noexcept {
    return impl_->rules;
}

// ---- Snapshot ---------------------------------------------------------------------------------------
//
// "anban-engine 1", then a line a state: rule, subject kind, subject id, phase, remaining ns, device, boot,
// sequence, room, test, signal, value, evidence stamp and its quality, and a digit for each `unless`.
// Empty ids are written as '-' (no id begins with one).

namespace {

[[nodiscard]] std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

struct fields {
    std::vector<std::string_view> parts;

    explicit fields(std::string_view line) {
        while (!line.empty()) {
            const auto end = std::min(line.find(' '), line.size());
            if (end > 0) parts.push_back(line.substr(0, end));
            line.remove_prefix(std::min(end + 1, line.size()));
        }
    }

    [[nodiscard]] std::string text(std::size_t i) const {
        return parts[i] == "-" ? std::string{} : std::string{parts[i]};
    }

    template <class Number>
    [[nodiscard]] bool number(std::size_t i, Number& into) const {
        const auto [end, error] = std::from_chars(parts[i].data(), parts[i].data() + parts[i].size(), into);
        return error == std::errc{} && end == parts[i].data() + parts[i].size();
    }
};

constexpr std::string_view snapshot_head = "anban-engine 1";
constexpr std::size_t snapshot_fields = 15;

} // namespace

std::string engine::snapshot(mono_time now) const {
    std::string text{snapshot_head};
    text += '\n';
    for (const state& s : impl_->states) {
        const bool idle =
            s.now == phase::rest && std::ranges::all_of(s.unless_was, [](truth t) { return t == truth::unknown; });
        if (idle) continue;
        const subject& who = impl_->subjects[s.subject];
        std::string unless;
        for (const truth t : s.unless_was) unless += static_cast<char>('0' + static_cast<int>(t));
        text += fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {} {} {}\n", impl_->rules.rules[s.rule].id.str(),
                            static_cast<int>(who.of), or_dash(who.id), static_cast<int>(s.now),
                            (s.deadline - now).count(), or_dash(s.why.device.str()), s.why.key.boot,
                            s.why.key.sequence, or_dash(s.room.str()), s.test ? 1 : 0,
                            static_cast<int>(s.seen.what), s.seen.value, s.seen.at.at.time_since_epoch().count(),
                            static_cast<int>(s.seen.at.quality), unless);
    }
    return text;
}

std::expected<void, std::string> engine::restore(std::string_view snapshot, mono_time now,
                                                 std::optional<std::chrono::nanoseconds> away) {
    std::vector<std::pair<std::size_t, state>> read;
    std::size_t line_number = 0;
    while (!snapshot.empty()) {
        const auto end = std::min(snapshot.find('\n'), snapshot.size());
        const std::string_view line = snapshot.substr(0, end);
        snapshot.remove_prefix(std::min(end + 1, snapshot.size()));
        if (++line_number == 1) {
            if (line != snapshot_head)
                return std::unexpected(fmt::format("rule state of an unknown kind: '{}'", line));
            continue;
        }
        const fields f{line};
        state s;
        int kind = 0, at_phase = 0, test = 0, what = 0, stamp_quality = 0;
        std::int64_t remaining = 0, stamp_us = 0;
        const bool sound = f.parts.size() == snapshot_fields && f.number(1, kind) && kind >= 0 && kind <= 3 &&
                           f.number(3, at_phase) && at_phase >= 0 && at_phase <= 4 && f.number(4, remaining) &&
                           f.number(6, s.why.key.boot) && f.number(7, s.why.key.sequence) && f.number(9, test) &&
                           f.number(10, what) && what >= 1 && what <= static_cast<int>(all_signals().size()) &&
                           f.number(11, s.seen.value) && f.number(12, stamp_us) && f.number(13, stamp_quality) &&
                           stamp_quality >= 0 && stamp_quality <= 2 && f.parts[14].size() == most_unless;
        if (!sound) return std::unexpected(fmt::format("rule state is damaged in line {}", line_number));
        const rule_id id{f.text(0)};
        const subject who{static_cast<subject::kind>(kind), f.text(2)};
        const auto found = std::ranges::find_if(impl_->states, [&](const state& mine) {
            return impl_->rules.rules[mine.rule].id == id && impl_->subjects[mine.subject] == who;
        });
        if (found == impl_->states.end()) continue;
        s.rule = found->rule;
        s.subject = found->subject;
        s.now = static_cast<phase>(at_phase);
        s.deadline = now + std::chrono::nanoseconds{remaining};
        s.why.device = device_id{f.text(5)};
        s.room = room_id{f.text(8)};
        s.test = test != 0;
        s.seen.device = s.why.device;
        s.seen.what = static_cast<signal>(what);
        s.seen.at = {utc_time{std::chrono::microseconds{stamp_us}}, static_cast<clock_quality>(stamp_quality)};
        for (std::size_t i = 0; i < most_unless; ++i) {
            const char digit = f.parts[14][i];
            if (digit < '0' || digit > '2') {
                return std::unexpected(fmt::format("rule state is damaged in line {}", line_number));
            }
            s.unless_was[i] = static_cast<truth>(digit - '0');
        }
        read.emplace_back(static_cast<std::size_t>(found - impl_->states.begin()), std::move(s));
    }
    for (auto& [index, s] : read) {
        const bool waits = s.now == phase::arming || s.now == phase::holding || s.now == phase::clearing;
        mono_time due = s.deadline;
        if (away) {
            due -= *away;
        } else if (s.now == phase::holding) {
            due = now;
        }
        impl_->clear_deadline(index);
        impl_->states[index] = std::move(s);
        if (!waits) continue;
        impl_->set_deadline(index, due);
        if (due < now) impl_->late[index] = now - due;
    }
    ++impl_->changes;
    return {};
}

} // namespace anban

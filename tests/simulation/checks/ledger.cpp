#include "tests/simulation/checks/ledger.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cloud-bridge/dispatch/limits.hpp"
#include "rules/limits.hpp"

namespace anban::simulation {
namespace {

// Frames without a number of their own are named by the gateway, with this bit.
constexpr std::uint64_t gateway_key_bit = std::uint64_t{1} << 63U;
constexpr auto fall_hold = std::chrono::seconds{20};
constexpr auto timer_slack = 3s; // a timer fires with the next look at the desk

[[nodiscard]] std::string text(const cause& c) {
    return fmt::format("{} {:x}/{}", c.device.str(), c.key.boot, c.key.sequence);
}

[[nodiscard]] std::string text(revision_number n) {
    return fmt::format("{}.{}", n.start, n.n);
}

} // namespace

std::string_view name_of(invariant i) noexcept {
    switch (i) {
    case invariant::exactly_once: return "exactly once";
    case invariant::honest: return "honest answers";
    case invariant::nothing_disappears: return "no alarm disappears";
    case invariant::revisions: return "revisions";
    case invariant::no_eaten_press: return "no close eats a press";
    case invariant::deadlines: return "deadlines";
    case invariant::bounds: return "bounds";
    case invariant::life_safety_first: return "life safety first";
    case invariant::well_again: return "well again";
    case invariant::nothing_invented: return "nothing invented";
    }
    return "";
}

void ledger::require(bool holds, invariant which, std::string_view what) {
    ++checked_[static_cast<std::size_t>(which)];
    if (holds || broken_) return;
    broken_ = breach{which, std::string{what}};
    story_.say("CHECK", "[sim-{}] {} is broken: {}", static_cast<int>(which), name_of(which), what);
}

// ---- Devices --------------------------------------------------------------------------------------------

void ledger::pressed(const cause& by, bool cancel) {
    presses_.emplace(by, cancel);
}

void ledger::answered(const cause& by) {
    answered_.insert(by);
}

void ledger::heard_keyless(const std::string& device) {
    ++keyless_heard_[device];
}

void ledger::acknowledged_keyless(const std::string& device) {
    ++keyless_acknowledged_[device];
    ++keyless_presses_;
}

// ---- The gateway ----------------------------------------------------------------------------------------

void ledger::gateway_committed(const home_delta& row) {
    for (const auto& [device, frame] : row.frames) {
        if (frame.key) on_disk_.insert({device, *frame.key});
    }
    kept_.apply(row);
}

void ledger::gateway_in_doubt(const home_delta& row) {
    doubted_.insert(row.acknowledged.begin(), row.acknowledged.end());
}

// What was committed is there after any start; what else is there was committed when nobody could be told.
void ledger::gateway_began(const home_state& found, bool counted) {
    for (const auto& [id, alarm] : kept_.alarms) {
        if (!alarm.open()) continue;
        const auto there = found.alarms.find(id);
        require(there != found.alarms.end() && there->second.newest.number >= alarm.newest.number,
                invariant::nothing_disappears,
                fmt::format("the gateway has lost {}, whose revision {} was committed", id.hex(),
                            text(alarm.newest.number)));
    }
    for (const outbox_entry& entry : kept_.outbox) {
        const bool there =
            doubted_.contains({entry.alarm, entry.revision}) ||
            std::ranges::find(found.outbox, entry.revision, &outbox_entry::revision) != found.outbox.end();
        require(there, invariant::nothing_disappears,
                fmt::format("the gateway has lost revision {} of {}, which waited", text(entry.revision),
                            entry.alarm.hex()));
    }
    for (auto& [id, all] : withdrawn_) {
        const auto there = found.alarms.find(id);
        for (auto& one : all)
            if (there == found.alarms.end() || there->second.newest.number < one.told_as) one.forgotten = true;
    }
    // What a failed sync left can be read, and is on no disk: only a start that was committed vouches for it.
    if (!counted) return note_forgotten();
    doubted_.clear();
    kept_ = found;
    for (const auto& [device, frames] : found.frames) {
        for (const remembered_frame& frame : frames) {
            if (frame.key) on_disk_.insert({device, *frame.key});
        }
    }
    note_forgotten();
}

void ledger::note_forgotten() {
    for (const auto& [by, revision] : first_told_) {
        if (!on_disk_.contains(by)) forgotten_.insert(by);
    }
}

bool ledger::may_be_forgotten(const cause& by) const {
    return forgotten_.contains(by) && (by.key.boot & gateway_key_bit) == 0;
}

void ledger::told(const answer_device& what, bool volatile_now) {
    const cause by{what.device, what.key};
    const auto known = presses_.find(by);
    const bool is_press = known != presses_.end() && !known->second;
    const bool stored = at_centre_.contains(by);
    const auto at = cases_.find(what.alarm);
    switch (what.what) {
    case answer::received:
        // Without a disk the centre has the call itself; that it was withdrawn helps nobody to forget it.
        if (volatile_now && known != presses_.end() && known->second) break;
        require(stored || on_disk_.contains(by), invariant::honest,
                fmt::format("{} was told received, and is on no disk", text(by)));
        break;
    case answer::stored:
        require(stored || !is_press, invariant::honest,
                fmt::format("{} was told stored, and the centre's store doesn't have it", text(by)));
        break;
    case answer::taken:
    case answer::on_the_way:
    case answer::closed: {
        const bool done = at != cases_.end() && (what.what != answer::closed || at->second.now.reopened ||
                                                 at->second.now.at == alarm_progress::closed);
        require(done, invariant::honest,
                fmt::format("{} was told {}, and nobody has done that", text(by), name_of(what.what)));
        require(stored || !is_press || what.what == answer::closed, invariant::honest,
                fmt::format("{} was told {}, and the centre has never heard of it", text(by), name_of(what.what)));
        break;
    }
    case answer::not_delivered: break;
    }
}

// A lamp tells of the newest open call.
void ledger::lamp_shows(answer what, const alarm_state* newest) {
    if (what != answer::received || newest == nullptr) return;
    const auto kept = kept_.alarms.find(newest->newest.id);
    require((kept != kept_.alarms.end() && kept->second.last_call >= newest->last_call) ||
                at_centre_revisions_.contains({newest->newest.id, newest->last_call}),
            invariant::honest,
            fmt::format("the lamp shows received for {}, and no disk has it", newest->newest.id.hex()));
}

void ledger::handed_over(const deliver& what, const instant& now, std::uint64_t boot) {
    const std::uint64_t hash = wire::hash_prefix(what.envelope);
    const auto [known, fresh] = contents_.try_emplace({what.alarm, what.revision}, hash);
    require(known->second == hash, invariant::revisions,
            fmt::format("revision {} of alarm {} stands for two contents", text(what.revision), what.alarm.hex()));
    if (!fresh) return;
    const auto read = wire::decode(what.envelope);
    const auto* r = read ? std::get_if<alarm_revision>(&read->what) : nullptr;
    if (r == nullptr) return;
    if (r->news) first_told_.try_emplace(r->news->from, r->number);
    if (r->phase == alarm_phase::suspected) {
        falls_.try_emplace(
            r->id, seen_fall{boot, now.mono,
                             r->news ? r->news->from : cause{}}); // a second fall doesn't make the first one wait
        return;
    }
    const auto fell = falls_.find(r->id);
    if (fell == falls_.end()) return;
    // A gateway that forgot this fall, and that the one before was withdrawn, confirms the one before.
    if (r->phase == alarm_phase::active && fell->second.boot == boot && !r->news &&
        !may_be_forgotten(fell->second.by)) {
        require(now.mono - since(r->id, fell->second) >= fall_hold - 1s, invariant::deadlines,
                fmt::format("the fall {} was confirmed before its hold ran out", r->id.hex()));
    }
    if (r->phase == alarm_phase::cancelled)
        withdrawn_[r->id].push_back({fell->second, r->number});
    else
        withdrawn_.erase(r->id);
    falls_.erase(fell);
}

// A gateway that forgot a withdrawal goes on with the fall that was withdrawn: its hold runs out first.
mono_time ledger::since(const alarm_id& id, const seen_fall& last) const {
    mono_time begin = last.at;
    const auto before = withdrawn_.find(id);
    if (before == withdrawn_.end()) return begin;
    for (auto it = before->second.rbegin(); it != before->second.rend(); ++it) {
        if (it->fall.boot != last.boot || !it->forgotten) break;
        begin = it->fall.at;
    }
    return begin;
}

void ledger::closed_at_gateway(const alarm_state& alarm, revision_number seen) {
    require(alarm.open() || alarm.last_call <= seen, invariant::no_eaten_press,
            fmt::format("the gateway closed {} by a close that had seen {}, but {} rang", alarm.newest.id.hex(),
                        text(seen), text(alarm.last_call)));
}

// ---- The uplink -----------------------------------------------------------------------------------------

void ledger::uplink_got(lane via, const alarm_id& id, revision_number number) {
    if (via == lane::p0 && !p0_sent_.contains({id, number})) p0_waiting_.insert({id, number});
}

void ledger::uplink_forgot(const alarm_id& id, revision_number number) {
    p0_waiting_.erase({id, number});
}

void ledger::uplink_sent(lane via, const alarm_id& id, revision_number number) {
    if (via == lane::p0) {
        p0_waiting_.erase({id, number});
        p0_sent_.insert({id, number});
        return;
    }
    require(p0_waiting_.empty(), invariant::life_safety_first,
            fmt::format("revision {} of alarm {} went out by {} while a p0 waited", text(number), id.hex(),
                        name_of(via)));
}

// ---- The centre -----------------------------------------------------------------------------------------

void ledger::centre_committed(const dispatch::write_set& set, sim_time at) {
    const alarm_id id = set.key.alarm;
    if (set.revision) {
        at_centre_revisions_.insert({id, set.revision->number});
        const auto read = wire::decode(set.revision->envelope);
        const auto* r = read ? std::get_if<alarm_revision>(&read->what) : nullptr;
        require(!set.revision->conflict, invariant::revisions,
                fmt::format("the centre has two contents for revision {} of {}", text(set.revision->number),
                            id.hex()));
        if (r != nullptr) {
            known_case& c = cases_[id];
            if (r->number > c.newest || c.rule.empty()) {
                c.phase = r->phase;
                c.newest = std::max(c.newest, r->number);
            }
            c.rule = r->rule.str();
            c.test = r->test;
            if (r->news) {
                const cause by = r->news->from;
                auto& in = alarms_of_[by];
                in.insert(id);
                require(in.size() == 1 || may_be_forgotten(by), invariant::exactly_once,
                        fmt::format("the press {} made two alarms", text(by)));
            }
        }
    }
    if (set.press) {
        const cause by = set.press->what.from;
        if (!set.press->what.repeat) cases_[id].calls.emplace(set.press->in, by);
        const bool fresh = at_centre_.insert(by).second;
        require(fresh, invariant::exactly_once, fmt::format("the press {} is recorded twice", text(by)));
        require(!silent_.contains(by.device.str()), invariant::nothing_invented,
                fmt::format("{} has a press, and nobody pressed it", by.device.str()));
        const bool named_by_gateway = (by.key.boot & gateway_key_bit) != 0;
        // A numbered frame that comes again after the window of repeats is a press: when in doubt, raise.
        if (named_by_gateway && keyless_heard_.contains(by.device.str())) {
            const std::uint64_t stored = ++keyless_stored_[by.device.str()];
            require(stored <= keyless_heard_[by.device.str()], invariant::nothing_invented,
                    fmt::format("{} has {} press records of {} messages", by.device.str(), stored,
                                keyless_heard_[by.device.str()]));
        } else if (!named_by_gateway) {
            require(presses_.contains(by), invariant::nothing_invented,
                    fmt::format("the press {} was never made", text(by)));
        }
    }
    if (!set.state) return;
    known_case& c = cases_[id];
    require(set.state->newest >= c.newest || set.state->change < c.change, invariant::revisions,
            fmt::format("the newest revision of {} went back from {} to {}", id.hex(), text(c.newest),
                        text(set.state->newest)));
    for (const auto& timer : set.timers) {
        c.epochs.try_emplace(timer.epoch, at);
        c.marks = true;
    }
    if (set.state->change < c.change) return;
    c.change = set.state->change;
    c.now = set.state->now;
    if (c.now.at != alarm_progress::closed) return;
    for (const auto& [number, by] : c.calls) {
        require(number <= c.now.seen, invariant::no_eaten_press,
                fmt::format("{} was closed by one who had seen {}; the press {} in {} rang", id.hex(),
                            text(c.now.seen), text(by), text(number)));
    }
}

// What was committed is there after any start.
void ledger::centre_began(const dispatch::desk& desk, sim_time at) {
    for (const auto& set : std::exchange(in_doubt_, {})) {
        const auto* file = set.state ? desk.find(set.key) : nullptr;
        if (file != nullptr && file->change >= set.state->change) centre_committed(set, at);
    }
    for (const auto& [id, c] : cases_) {
        if (c.now.at == alarm_progress::closed || c.change == 0) continue;
        bool there = false;
        for (const auto* file : desk.list(dispatch::which::open, 10'000)) there = there || file->key.alarm == id;
        require(there, invariant::nothing_disappears,
                fmt::format("the centre has lost the open alarm {}", id.hex()));
    }
}

// What the centre says of a revision, to its gateway or on the page.
void ledger::centre_says_stored(const alarm_id& id, revision_number number) {
    require(at_centre_revisions_.contains({id, number}), invariant::honest,
            fmt::format("the centre says that it has stored revision {} of {}, and it hasn't", text(number),
                        id.hex()));
}

void ledger::looked_at(const dispatch::case_file& file, sim_time now, sim_time up_for) {
    const auto found = cases_.find(file.key.alarm);
    if (found == cases_.end() || file.now.at != alarm_progress::open || up_for < timer_slack + 1s) return;
    const auto began = found->second.epochs.find(file.now.epoch);
    if (began == found->second.epochs.end()) return;
    const auto marks = dispatch::marks_of(file.newest.of, file.newest.test);
    for (std::size_t i = 0; i < marks.size(); ++i) {
        const sim_time age = now - began->second;
        if (age > marks[i] + timer_slack) {
            require(file.now.escalated > i, invariant::deadlines,
                    fmt::format("nobody took {} for {} s, and mark {} never told anybody", file.key.alarm.hex(),
                                age / 1s, i + 1));
        }
    }
}

// ---- The end --------------------------------------------------------------------------------------------

void ledger::judge_end(const home* gateway, bool gateway_volatile, const dispatch::desk* centre,
                       std::size_t uplink_queue) {
    require(gateway != nullptr && centre != nullptr, invariant::well_again, "a program is not running");
    if (gateway == nullptr || centre == nullptr) return;
    require(!gateway_volatile, invariant::well_again, "the gateway still runs without its journal");
    require(gateway->link_up(), invariant::well_again, "the link is not up");
    require(gateway->undelivered() == 0, invariant::well_again,
            fmt::format("{} revisions still wait in the outbox", gateway->undelivered()));
    require(uplink_queue == 0, invariant::well_again,
            fmt::format("{} revisions wait in the uplink", uplink_queue));
    for (const cause& by : answered_) {
        if (presses_.at(by)) continue;
        require(at_centre_.contains(by), invariant::exactly_once,
                fmt::format("the press {} was answered, and the centre never got it", text(by)));
    }
    for (const auto& [device, count] : keyless_acknowledged_) {
        require(keyless_stored_[device] >= count, invariant::exactly_once,
                fmt::format("{} messages of {} were acknowledged, {} are at the centre", count, device,
                            keyless_stored_[device]));
    }
    std::size_t open = 0;
    for (const auto& [id, c] : cases_) {
        if (c.now.at != alarm_progress::closed) ++open;
        const bool lost =
            std::ranges::any_of(c.calls, [&](const auto& call) { return may_be_forgotten(call.second); });
        require(c.phase != alarm_phase::suspected || lost, invariant::deadlines,
                fmt::format("the hold of {} never ran out", id.hex()));
    }
    const std::size_t listed = centre->list(dispatch::which::open, 10'000).size();
    require(open == listed, invariant::nothing_disappears,
            fmt::format("{} alarms were raised and not closed, the centre shows {}", open, listed));
    require(open == 0, invariant::well_again, fmt::format("{} alarms are open after an hour's work", open));
    for (const alarm_state& alarm : gateway->alarms()) {
        if (!alarm.open()) continue;
        const auto at = cases_.find(alarm.newest.id);
        require(at != cases_.end() && at->second.now.at != alarm_progress::closed, invariant::nothing_disappears,
                fmt::format("{} is open at the gateway alone", alarm.newest.id.hex()));
    }
}

} // namespace anban::simulation

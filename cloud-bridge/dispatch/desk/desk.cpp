#include "cloud-bridge/dispatch/desk/desk.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cloud-bridge/dispatch/limits.hpp"
#include "rules/ensure.hpp"

namespace anban::dispatch {
namespace {

using namespace std::chrono_literals;

// The centre disciplines its clock; if it did not, every stamp of the district would be wrong together.
stamp centre_stamp(utc_time at) {
    return {at, clock_quality::synchronised};
}

// First 8 bytes, big-endian.
std::uint64_t prefix_of(const sha256_digest& digest) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 8; ++i) number = number << 8 | digest[i];
    return number;
}

} // namespace

desk::desk(store& kept, saved_state saved, const moment& now) : kept_(kept), mono_(now.mono), start_(saved.start) {
    for (auto& file : saved.cases) {
        owners_.emplace(file.key.alarm, file.key.gateway);
        if (!file.open()) closed_.push_back(file.key);
        const auto key = file.key;
        cases_.emplace(key, std::move(file));
    }
    std::sort(closed_.begin(), closed_.end(), [this](const case_key& a, const case_key& b) {
        return cases_.at(a).now.closed_at < cases_.at(b).now.closed_at;
    });
    for (const auto& row : saved.timers) {
        const auto found = cases_.find(row.key);
        if (found == cases_.end()) continue;
        const auto& newest = found->second.newest;
        const auto whole = mark_after(newest.of, newest.test, row.mark).value_or(limits::second_mark);
        timers_.add({due_again(row, whole, now), row.key, row.epoch, row.mark});
    }
    receipts_due_ = std::move(saved.receipts_due);
    for (const auto& [gateway, at] : saved.seen) {
        gateways_[gateway].last_seen = at;
    }
}

outputs desk::step(const moment& at, const input& in) {
    ensure(at.mono >= mono_);
    mono_ = at.mono;
    const auto now = at.wall;
    outputs out;
    run_timers(now, out);
    if (const auto* a = std::get_if<arrival>(&in)) take_in(now, *a, out);
    if (const auto* asked = std::get_if<asked_deed>(&in)) act(now, *asked, out);
    if (const auto* done = std::get_if<committed>(&in)) settle(now, *done, out);
    if (std::holds_alternative<link_up>(in)) repair_receipts(now, out);
    if (const auto* told = std::get_if<receipt_told>(&in)) note_told(now, *told, out);
    return out;
}

std::optional<mono_time> desk::next_deadline() const {
    return timers_.next();
}

// ---- From gateways ------------------------------------------------------------------------------------

void desk::take_in(utc_time now, const arrival& a, outputs& out) {
    const auto envelope = wire::decode(a.bytes);
    if (!envelope) {
        refuse(a.speaker, envelope.error(), out);
        wire::nack no{.reason = wire::nack_reason::bad_envelope, .why = envelope.error()};
        out.push_back(downlink(now, a.speaker, true, std::move(no)));
        return;
    }
    if (envelope->from.gateway != a.speaker) {
        refuse(a.speaker, fmt::format("speaks as {}", envelope->from.gateway.str()), out);
        // A box that has joined anew still holds what it made under its former id: it must know to say it anew.
        if (const auto* made = std::get_if<alarm_revision>(&envelope->what)) {
            auto why = fmt::format("it was made by {}, not by {}", envelope->from.gateway.str(), a.speaker.str());
            wire::nack no{made->id, made->number, wire::nack_reason::other_gateway, 0, std::move(why)};
            out.push_back(downlink(now, a.speaker, true, std::move(no)));
        }
        return;
    }
    auto& facts = gateways_[a.speaker];
    if (const auto* revision = std::get_if<alarm_revision>(&envelope->what)) {
        take_revision(now, a, *envelope, *revision, out);
    } else if (const auto* birth = std::get_if<wire::birth>(&envelope->what)) {
        meet(now, a.speaker, *birth, out);
    } else if (const auto* death = std::get_if<wire::death>(&envelope->what)) {
        if (death->session == facts.session) facts.online = false;
    } else if (const auto* beat = std::get_if<wire::heartbeat>(&envelope->what)) {
        facts.online = true;
        facts.outbox = beat->outbox;
        facts.faults = beat->faults;
        // Nobody has told this centre what that home holds open: it began later, or nobody listened then.
        if (!facts.met) out.push_back(downlink(now, a.speaker, false, wire::greeting{}));
    }
    note_sign_of_life(now, a.speaker, out);
}

void desk::take_revision(utc_time now, const arrival& a, const wire::envelope& e, const alarm_revision& r,
                         outputs& out) {
    const case_key key{a.speaker, r.id};
    const auto say_busy = [&](std::string why) {
        const auto after = std::chrono::duration_cast<std::chrono::milliseconds>(limits::busy_retry);
        out.push_back(downlink(now, a.speaker, true,
                               wire::nack{r.id, r.number, wire::nack_reason::busy,
                                          static_cast<std::uint32_t>(after.count()), std::move(why)}));
    };
    bool failed = false;
    case_file* file = open_case(key, failed);
    const bool fresh = file == nullptr;
    case_file made;
    if (fresh && !failed) {
        auto blank = new_case(key);
        failed = !blank.has_value();
        if (blank) made = std::move(*blank);
    }
    const incoming in{r, e.via, sha256_of(a.bytes), a.bytes, a.received};
    if (failed || kept_.room() == 0) {
        // Shown all the same, and left with the gateway, which repeats it.
        made = file != nullptr ? *file : case_file{};
        if (file == nullptr) made.key = key;
        if (fresh || r.number > made.newest.number) made.newest = r;
        made.revisions[r.number].number = r.number;
        made.via = std::min(made.via, e.via);
        if (fresh) made.received = a.received;
        out.push_back(show{key, std::move(made)});
        say_busy(failed ? "the store can't be read" : "the store is behind");
        return;
    }
    if (fresh) {
        file = &cases_.emplace(key, std::move(made)).first->second;
        owners_.emplace(key.alarm, key.gateway);
    }
    auto done = file_revision(*file, fresh, in, kept_);
    if (!done) {
        if (fresh) retire(key);
        out.push_back(remark{fmt::format("the store can't be read: {}", done.error())});
        say_busy("the store can't be read");
        return;
    }
    wire::ack ack{r.id, r.number, prefix_of(in.content), {}, limits::heartbeat_interval_s};
    if (done->what == meaning::again) {
        // While the first copy is under way its commit answers both.
        if (!done->stored_before) return;
        ack.committed = centre_stamp(*done->stored_before);
        out.push_back(downlink(now, a.speaker, true, ack));
        return;
    }
    if (done->reopened) std::erase(closed_, key);
    out.push_back(show{key, std::nullopt});
    pending p{.key = key, .ack = ack, .kept = file->now, .timers = done->rows.timers};
    if (done->what != meaning::conflict) p.revision = r.number;
    p.says = done->what == meaning::newer ? std::optional{r.progress} : std::nullopt;
    enqueue(std::move(done->rows), std::move(p), out);
}

// A new session: either side says what it holds open, and what differs is mended.
void desk::meet(utc_time now, const gateway_id& gateway, const wire::birth& b, outputs& out) {
    auto& facts = gateways_[gateway];
    facts.online = true;
    facts.session = b.session;
    facts.version = b.version;
    bool whole = true;
    for (const auto& named : b.open) {
        bool failed = false;
        const case_file* file = open_case({gateway, named.id}, failed);
        whole = whole && !failed;
        if (failed) continue;
        if (file == nullptr) {
            out.push_back(downlink(now, gateway, true,
                                   wire::nack{named.id, named.newest, wire::nack_reason::unknown_alarm, 0,
                                              "the centre does not have it"}));
        } else if (file->stored) {
            out.push_back(receipt_for(now, *file));
        }
    }
    const auto is_named = [&](const alarm_id& id) {
        return std::any_of(b.open.begin(), b.open.end(), [&](const auto& o) { return o.id == id; });
    };
    for (auto at = cases_.lower_bound({gateway, alarm_id{}}); at != cases_.end(); ++at) {
        const auto& file = at->second;
        if (file.key.gateway != gateway) break;
        const bool due = receipts_due_.contains(file.key);
        if (is_named(file.key.alarm) || !file.stored) continue;
        if (file.kept.at != alarm_progress::closed || due) out.push_back(receipt_for(now, file));
    }
    // Without it the gateway says its birth again; behind the receipts, on their topic.
    if (!whole) return;
    facts.met = true;
    out.push_back(downlink(now, gateway, false, wire::greeting{b.session}));
}

void desk::note_sign_of_life(utc_time now, const gateway_id& gateway, outputs& out) {
    auto& facts = gateways_[gateway];
    facts.last_seen = now;
    if (facts.seen_saved && mono_ - *facts.seen_saved < limits::seen_saved_every) return;
    if (kept_.room() < limits::writes_waiting / 2) return; // alarms first
    facts.seen_saved = mono_;
    write_set set;
    set.via = lane::p3;
    const case_key key{gateway, alarm_id{}}; // arguments are made in any order: not from a set that moves
    set.key = key;
    set.seen = now;
    enqueue(std::move(set), {.key = key, .quiet = true}, out);
}

void desk::refuse(const gateway_id& gateway, const std::string& why, outputs& out) {
    auto& facts = gateways_[gateway];
    ++facts.refused;
    facts.last_refusal = why;
    out.push_back(remark{fmt::format("refused a message of {}: {}", gateway.str(), why)});
}

// ---- From operators -----------------------------------------------------------------------------------

void desk::act(utc_time now, const asked_deed& asked, outputs& out) {
    const auto* found = find(asked.alarm);
    if (found == nullptr) {
        out.push_back(answer_deed{asked.token, {}, std::nullopt, lookup::no_such_alarm});
        return;
    }
    const auto key = found->key;
    bool failed = false;
    case_file* file = open_case(key, failed);
    if (file == nullptr || kept_.room() == 0) {
        out.push_back(answer_deed{asked.token, key, std::nullopt, lookup::store_busy});
        return;
    }
    const auto verdict = decide(file->now, {file->newest.number, file->ring}, asked.what, now);
    if (!verdict) {
        out.push_back(answer_deed{asked.token, key, verdict.error(), std::nullopt});
        return;
    }
    if (!verdict->changed && file->pending == 0) {
        out.push_back(answer_deed{asked.token, key, std::nullopt, std::nullopt});
        return;
    }
    write_set set;
    set.via = file->via;
    set.key = key;
    if (verdict->changed) {
        for (std::uint8_t mark = 1; file->now.at == alarm_progress::open && mark <= 2; ++mark) {
            set.ended.push_back({file->now.epoch, mark});
        }
        file->now = verdict->after;
        note_action(
            *file, set,
            {std::string(name_of(asked.what.what)), asked.what.who, now, asked.what.code, asked.what.note});
        set.receipt_due = true;
    }
    set.state = next_row(*file);
    pending p{.key = key, .kept = file->now, .token = asked.token};
    if (verdict->changed) {
        p.receipt = file->change;
        receipts_due_[key] = file->change;
        if (file->now.at == alarm_progress::closed) closed_.push_back(key);
        out.push_back(show{key, std::nullopt});
    }
    enqueue(std::move(set), std::move(p), out);
}

// ---- From the store -----------------------------------------------------------------------------------

void desk::settle(utc_time now, const committed& done, outputs& out) {
    for (const auto ticket : done.tickets) {
        const auto found = pending_.find(ticket);
        ensure(found != pending_.end());
        auto p = std::move(found->second);
        pending_.erase(found);
        settle_one(now, done.at, p, out);
    }
    while (closed_.size() > limits::closed_kept) {
        const auto oldest = cases_.find(closed_.front());
        if (oldest != cases_.end() && oldest->second.pending > 0) break;
        retire(closed_.front());
    }
}

void desk::settle_one(utc_time now, const moment& at, pending& p, outputs& out) {
    if (p.quiet) return;
    const auto found = cases_.find(p.key);
    ensure(found != cases_.end());
    auto& file = found->second;
    --file.pending;
    if (!file.stored) file.stored = at.wall;
    if (p.revision) {
        if (const auto note = file.revisions.find(*p.revision); note != file.revisions.end())
            note->second.stored = at.wall;
    }
    // Sets of other lanes may come out of order; an epoch or a progress never goes back by itself.
    if (p.kept &&
        (p.kept->epoch > file.kept.epoch || (p.kept->epoch == file.kept.epoch && p.kept->at >= file.kept.at))) {
        file.kept = *p.kept;
    }
    for (const auto& t : p.timers) timers_.add({at.mono + t.after, p.key, t.epoch, t.mark});
    if (p.ack) {
        p.ack->committed = centre_stamp(at.wall);
        out.push_back(downlink(now, p.key.gateway, true, *p.ack));
    }
    if (p.receipt) file.kept_change = std::max(file.kept_change, *p.receipt);
    // A gateway that has forgotten what people did (its disk failed, say) would wait for its next session to
    // learn it: it is told again, and refuses a close that had not seen what it calls the newest call.
    const bool behind = p.says && *p.says < file.kept.at;
    if (p.receipt || behind) out.push_back(receipt_for(now, file));
    out.push_back(show{p.key, std::nullopt});
    if (p.token != 0) out.push_back(answer_deed{p.token, p.key, std::nullopt, std::nullopt});
}

// ---- Receipts -----------------------------------------------------------------------------------------

publish desk::receipt_for(utc_time now, const case_file& file) {
    const auto& kept = file.kept;
    wire::receipt told{.alarm = file.key.alarm,
                       .progress = kept.at,
                       .seen = kept.at == alarm_progress::closed ? kept.seen : file.newest.number,
                       .code = kept.closing_code,
                       .test = file.newest.test};
    auto when = kept.taken_at;
    if (kept.at == alarm_progress::on_the_way) when = kept.on_the_way_at;
    if (kept.at == alarm_progress::closed) when = kept.closed_at;
    told.at = centre_stamp(when.value_or(now));
    auto out = downlink(now, file.key.gateway, false, std::move(told));
    out.key = file.key;
    out.change = file.kept_change;
    return out;
}

void desk::repair_receipts(utc_time now, outputs& out) {
    for (const auto& [key, change] : receipts_due_) {
        bool failed = false;
        const auto* file = open_case(key, failed);
        if (file != nullptr && file->stored) out.push_back(receipt_for(now, *file));
    }
}

void desk::note_told(utc_time, const receipt_told& told, outputs& out) {
    const auto due = receipts_due_.find(told.key);
    if (due == receipts_due_.end() || due->second > told.change || kept_.room() == 0) return;
    write_set set;
    set.via = lane::p3;
    set.key = told.key;
    set.receipt_told = due->second;
    receipts_due_.erase(due);
    enqueue(std::move(set), {.key = told.key, .quiet = true}, out);
}

publish desk::downlink(utc_time now, const gateway_id& gateway, bool on_ack_topic,
                       decltype(wire::downlink::what) what) {
    // The start is in the upper half, so the counter rises over restarts without a row of its own.
    const auto counter = static_cast<std::uint64_t>(start_) << 32 | ++downlinks_;
    ensure(downlinks_ != 0);
    const wire::downlink message{gateway, centre_stamp(now), counter, std::move(what)};
    return {on_ack_topic ? wire::ack_topic(gateway) : wire::command_topic(gateway), wire::encode(message), {}, {}};
}

// ---- Escalation ---------------------------------------------------------------------------------------

void desk::run_timers(utc_time now, outputs& out) {
    for (const auto& due : timers_.due(mono_)) {
        bool failed = kept_.room() == 0;
        auto* file = failed ? nullptr : open_case(due.key, failed);
        if (failed) {
            auto later = due;
            later.due = mono_ + limits::commit_retry;
            timers_.add(later);
        }
        if (file == nullptr) continue;
        write_set set;
        set.via = file->via;
        set.key = due.key;
        set.ended.push_back({due.epoch, due.mark});
        pending p{.key = due.key};
        if (fires(due, file->now)) {
            file->now.escalated = std::max(file->now.escalated, due.mark);
            const auto after = mark_after(file->newest.of, file->newest.test, due.mark).value_or(0s);
            note_action(*file, set, {"escalate", "", now, fmt::format("{}s", after.count()), ""});
            set.state = next_row(*file);
            p.kept = file->now;
            out.push_back(show{due.key, std::nullopt});
        }
        enqueue(std::move(set), std::move(p), out);
    }
}

// ---- Cases in memory ----------------------------------------------------------------------------------

case_file* desk::open_case(const case_key& key, bool& failed) {
    if (const auto found = cases_.find(key); found != cases_.end()) return &found->second;
    auto read = kept_.load(key);
    failed = !read.has_value();
    if (failed || !*read) return nullptr;
    owners_.emplace(key.alarm, key.gateway);
    auto& file = cases_.emplace(key, std::move(**read)).first->second;
    if (!file.open()) closed_.push_front(key); // the first to leave again
    return &file;
}

// An id follows from its gateway's name, so two gateways with one id means that one of them lies or is
// broken. Both are shown; the later one under a name of its own.
std::expected<case_file, store_fault> desk::new_case(const case_key& key) {
    const auto known = kept_.owners(key.alarm);
    if (!known) return std::unexpected(known.error());
    case_file made;
    made.key = key;
    made.shadow = !known->empty() || owners_.contains(key.alarm);
    return made;
}

void desk::retire(const case_key& key) {
    cases_.erase(key);
    std::erase(closed_, key);
    const auto [first, last] = owners_.equal_range(key.alarm);
    for (auto at = first; at != last; ++at) {
        if (at->second == key.gateway) {
            owners_.erase(at);
            return;
        }
    }
}

void desk::enqueue(write_set set, pending p, outputs& out) {
    set.ticket = next_ticket_++;
    if (!p.quiet) ++cases_.at(p.key).pending;
    pending_.emplace(set.ticket, std::move(p));
    out.push_back(write{std::move(set)});
}

} // namespace anban::dispatch

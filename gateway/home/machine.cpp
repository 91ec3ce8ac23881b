#include "gateway/home/machine.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cloud-bridge/protocol/codec.hpp"
#include "rules/ensure.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

constexpr auto announce_pause = std::chrono::milliseconds{250};

} // namespace

home_machine::home_machine(house h, rule_packs rules, home_state saved, std::uint32_t start, std::uint64_t boot_id,
                           instant now)
    : house_(std::move(h)), state_(std::move(saved)), start_(start), boot_id_(boot_id),
      engine_(make_engine(rules, now)), rules_as_loaded_(std::move(rules)), book_(house_.gateway, state_.alarms),
      now_(now) {
    ensure(start > 0 && start >= state_.start);
    state_.start = start;
    restore_rules();
    if (!unsure_) rules_as_loaded_ = {};
    for (const outbox_entry& entry : state_.outbox) {
        const auto sent = wire::decode(entry.envelope);
        const auto* revision = sent ? std::get_if<alarm_revision>(&sent->what) : nullptr;
        if (revision != nullptr) note_in_outbox(entry.revision, revision->news);
        const alarm_state* alarm = book_.find(entry.alarm);
        if (alarm != nullptr && !alarm->call_stored) {
            undelivered_[entry.alarm] = now.mono + limits::answer_not_delivered_after;
        }
    }
    reissue_due_ = holds_entries_of_another();
}

outputs home_machine::step(instant now, const input& in) {
    ensure(now.mono >= now_.mono);
    now_ = now;
    out_.clear();
    draft_ = draft{};
    if (std::holds_alternative<commit_failed>(in)) count_apart();
    // A frame may tell of what was before now: deadlines before that come first, the others after it.
    const auto* frame = std::get_if<heard>(&in);
    run_rules(frame == nullptr ? now.mono : first_event(*frame));
    std::visit([this](const auto& what) { on(what); }, in);
    run_rules(now.mono);
    judge_again();
    if (reissue_due_) reissue_outbox();
    judge_undelivered();
    watch_blind();
    show_shelves();
    forget_quiet_keys();
    finish();
    if (announce_due_ && now_.mono >= announce_at_) announce();
    return std::move(out_);
}

std::optional<mono_time> home_machine::next_deadline() const {
    std::optional<mono_time> next = engine_.next_deadline();
    const auto sooner = [&next](mono_time t) {
        if (!next || t < *next) next = t;
    };
    for (const auto& [id, when] : undelivered_) sooner(when);
    for (const auto& [id, when] : tests_) sooner(when);
    for (const auto& [id, calls] : calls_) sooner(calls.last + limits::chatter_quiet);
    if (announce_due_) sooner(announce_at_);
    sooner(blind_check_at_);
    return next;
}

void home_machine::on(const tick&) {
    std::erase_if(tests_, [this](const auto& window) { return window.second <= now_.mono; });
}

// ---- Alarms --------------------------------------------------------------------------------------------

// The alarm's newest revision goes into the record and towards the centre.
void home_machine::revise(alarm_state& alarm, bool stable) {
    const alarm_revision& revision = alarm.newest;
    draft_.touched.insert(revision.id);
    draft_.after.alarms.push_back(revision.id);
    draft_.durable = true;
    // A confirmed fall is life safety; while it is only suspected it travels behind what is certain.
    const bool suspected = revision.phase == alarm_phase::suspected || revision.phase == alarm_phase::cancelled;
    const lane via = suspected && revision.of == alarm_class::life_safety ? lane::p1 : lane_of(revision.of);
    const wire::envelope envelope{.from = sender_now(), .via = via, .what = revision};
    note_in_outbox(revision.number, revision.news);
    queue({.alarm = revision.id, .revision = revision.number, .via = via, .envelope = wire::encode(envelope)},
          stable);
    if (!alarm.call_stored && alarm.last_call == revision.number) {
        // Who presses again and again waits no longer than who pressed once.
        undelivered_.try_emplace(revision.id, now_.mono + limits::answer_not_delivered_after);
    }
    announce_due_ = true;
}

void home_machine::queue(outbox_entry entry, bool stable) {
    make_room_in_outbox(entry.alarm);
    draft_.delta.queued.push_back(entry);
    state_.outbox.push_back(entry);
    if (stable || volatile_) {
        say(deliver{entry.alarm, entry.revision, entry.via, entry.envelope, stable});
    } else {
        draft_.after.deliveries.push_back(std::move(entry));
    }
}

// Full: the lowest lane goes first, oldest first; a life-safety revision only for a newer one of its alarm.
void home_machine::make_room_in_outbox(const alarm_id& for_alarm) {
    if (state_.outbox.size() < limits::outbox_entries) return;
    auto victim = state_.outbox.end();
    for (auto it = state_.outbox.begin(); it != state_.outbox.end(); ++it) {
        const bool may_go = it->via != lane::p0 || it->alarm == for_alarm;
        if (may_go && (victim == state_.outbox.end() || it->via > victim->via)) victim = it;
    }
    if (victim == state_.outbox.end()) victim = state_.outbox.begin();
    begin_fault({.key = "outbox.full",
                 .what_zh = "待送队列已满，最低优先级的旧消息已被丢弃",
                 .what_en = "The outbox is full; the oldest message of the lowest priority was dropped",
                 .cure_zh = "恢复与中心的连接",
                 .cure_en = "Restore the connection to the centre",
                 .urgency = priority::high});
    say(forget{victim->alarm, victim->revision});
    (void)note_out_of_outbox(victim->revision);
    draft_.delta.acknowledged.emplace_back(victim->alarm, victim->revision);
    state_.outbox.erase(victim);
}

answer home_machine::answer_of(const alarm_state& alarm) const {
    if (alarm.newest.progress == alarm_progress::closed) return answer::closed;
    // Whoever has it has not got the newest call: that comes before what was told of the older ones.
    if (told_undelivered_.contains(alarm.newest.id)) return answer::not_delivered;
    return alarm.call_stored ? progress_of(alarm) : answer::received;
}

// One device's: its own press may be at the centre while a newer one isn't, and the other way round, since after
// an outage the newest state goes before the history.
answer home_machine::answer_to(const asker& who, const alarm_state& alarm) const {
    const answer of_all = answer_of(alarm);
    if (of_all == answer::closed || of_all == answer::not_delivered) return of_all;
    return waits_for_centre(who) ? answer::received : progress_of(alarm);
}

// Which presses the centre hasn't got: a book of what is in the outbox.
void home_machine::note_in_outbox(revision_number revision, const std::optional<press>& news) {
    if (!news || !press_in_.try_emplace(revision, news->from).second) return;
    ++waiting_presses_[news->from];
}

// The press that this revision has brought, if it brought one.
std::optional<cause> home_machine::note_out_of_outbox(revision_number revision) {
    const auto brought = press_in_.extract(revision);
    if (brought.empty()) return std::nullopt;
    const auto waits = waiting_presses_.find(brought.mapped());
    if (--waits->second == 0) waiting_presses_.erase(waits);
    return brought.mapped();
}

answer home_machine::progress_of(const alarm_state& alarm) {
    if (alarm.newest.progress == alarm_progress::on_the_way) return answer::on_the_way;
    return alarm.newest.progress == alarm_progress::taken ? answer::taken : answer::stored;
}

// ---- Records ----------------------------------------------------------------------------------------

void home_machine::finish() {
    for (const alarm_id& id : draft_.touched) {
        alarm_state* alarm = book_.find(id);
        if (alarm == nullptr) continue;
        std::vector<press> all = std::exchange(alarm->presses, {});
        alarm_state& changed = draft_.delta.alarms.emplace_back(*alarm);
        const auto fresh = draft_.presses.find(id);
        const std::size_t added = fresh == draft_.presses.end() ? 0 : std::min(fresh->second, all.size());
        changed.presses.assign(all.end() - static_cast<std::ptrdiff_t>(added), all.end());
        alarm->presses = std::move(all);
    }
    keep_rules();
    draft_.delta.wall = now_.wall;
    const home_delta& d = draft_.delta;
    const bool anything = draft_.durable || !d.alarms.empty() || !d.acknowledged.empty() || !d.frames.empty() ||
                          d.rules || !d.events.empty() || d.restore_settled;
    if (!anything || volatile_) {
        perform(draft_.after);
        return;
    }
    state_.wall = now_.wall;
    draft_.after.record = ++records_;
    say(write_record{records_, std::move(draft_.delta), !draft_.durable});
    for (const auto& [who, id] : draft_.after.answers) uncommitted_.emplace(who.device, who.key);
    waiting_.push_back(std::move(draft_.after));
    if (++records_since_snapshot_ >= limits::records_between_snapshots) {
        records_since_snapshot_ = 0;
        say(write_record{++records_, state_.whole(), true});
    }
}

void home_machine::perform(waiting& done) {
    for (outbox_entry& entry : done.deliveries) {
        say(deliver{entry.alarm, entry.revision, entry.via, std::move(entry.envelope)});
    }
    for (const wait_token token : done.tokens) say(release{token});
    for (const auto& [who, id] : done.answers) uncommitted_.erase({who.device, who.key});
    for (const alarm_id& id : done.alarms) {
        if (const alarm_state* alarm = book_.find(id); alarm != nullptr && !volatile_) {
            add_hop(id, "committed", now_, alarm->newest.device);
        }
    }
    for (const auto& [who, id] : done.answers) {
        // Nothing durable stands behind "received": the centre's Ack will answer. What became no alarm has none.
        if (!volatile_ || !id) answer_asker(who, id);
    }
    if (volatile_) return;
    if (!done.alarms.empty()) show_on_indicators();
}

// A device repeats its frame until it hears that it is kept: that comes first, then how far it has come.
void home_machine::answer_asker(const asker& who, const std::optional<alarm_id>& id) {
    const alarm_state* alarm = id ? book_.find(*id) : nullptr;
    const answer what = alarm != nullptr ? answer_to(who, *alarm) : answer::received;
    say_answer(who, answer::received, id.value_or(alarm_id{}));
    if (alarm != nullptr) add_hop(*id, "received", now_, who.device, {}, who.key);
    if (what != answer::received) say_answer(who, what, *id);
}

// A device that nobody entered is answered too, where its family has answers: somebody pressed it.
void home_machine::say_answer(const asker& who, answer what, const alarm_id& id) {
    told_[who.device] = {who.key, what};
    if (const device* entered = house_.find_device(who.device)) {
        say(answer_device{who.device, entered->driver, entered->address, who.key, what, id});
    } else if (const auto one = state_.strangers.find(who.device); one != state_.strangers.end()) {
        say(answer_device{who.device, one->second.driver, one->second.address, who.key, what, id});
    }
}

bool home_machine::waits_for_commit(const asker& who) const {
    return uncommitted_.contains({who.device, who.key});
}

void home_machine::on(const committed& in) {
    const bool renewed = renewed_by_ != 0 && in.record >= renewed_by_;
    if (renewed) {
        renewed_by_ = 0;
        end_fault("journal.failed");
    }
    while (!waiting_.empty() && waiting_.front().record <= in.record) {
        waiting done = std::move(waiting_.front());
        waiting_.pop_front();
        perform(done);
    }
    if (renewed) show_on_indicators();
}

void home_machine::on(const commit_overdue& in) {
    begin_fault(
        {.key = "journal.slow",
         .what_zh = fmt::format("写入磁盘超过 25 秒（{}），报警先行发出", in.topic),
         .what_en = fmt::format("A commit takes longer than 25 s ({}); alarms are sent before it", in.topic),
         .cure_zh = "更换存储卡",
         .cure_en = "Replace the storage card",
         .urgency = priority::high});
    for (waiting& w : waiting_) {
        for (outbox_entry& entry : w.deliveries) {
            say(deliver{entry.alarm, entry.revision, entry.via, std::move(entry.envelope)});
        }
        w.deliveries.clear();
    }
}

// No disk has counted this start, and with a clock that stands still the next may have its number: the boot and
// the second tell them apart, before anything that ran out meanwhile uses one.
void home_machine::count_apart() {
    if (revisions_ != 0 || keyless_frames_ != 0) return;
    const auto second = static_cast<std::uint64_t>(now_.mono.time_since_epoch() / std::chrono::seconds{1});
    const std::uint64_t boot = (boot_id_ * 0x9e3779b97f4a7c15U) >> 52U;
    revisions_ = keyless_frames_ = static_cast<std::uint32_t>((boot << 19U) + second % (1U << 19U));
}

void home_machine::on(const commit_failed& in) {
    volatile_ = true;
    renewed_by_ = 0;
    begin_fault({.key = "journal.failed",
                 .what_zh = "日志无法写入磁盘：" + in.why + "；报警照常转发，但断电会丢失未送达的报警",
                 .what_en = "The journal can't be written: " + in.why +
                            "; alarms are still forwarded, but a power cut loses what was not delivered",
                 .cure_zh = "腾出空间，或检查、更换存储卡；能写时会自行恢复",
                 .cure_en = "Make room, or check and replace the storage card; it goes on by itself once it can",
                 .urgency = priority::high});
    while (!waiting_.empty()) {
        waiting done = std::move(waiting_.front());
        waiting_.pop_front();
        perform(done);
    }
}

// Whatever waits for its commit goes on waiting: it is on the disk with the whole state.
void home_machine::on(const journal_renewed& in) {
    const bool was_volatile = std::exchange(volatile_, false);
    if (!in.set_aside.empty()) {
        begin_fault(
            {.key = "journal.replaced",
             .what_zh = "写日志时存储卡出错（" + in.why + "）；旧文件已移开：" + in.set_aside + "，已改用新文件",
             .what_en = "The storage card failed while the journal was written (" + in.why +
                        "); the file was set aside: " + in.set_aside + ", and a new one begun",
             .cure_zh = "请尽快更换存储卡；更换前先运行 anban backup 文件",
             .cure_en = "Replace the storage card soon; run anban backup FILE before",
             .urgency = priority::high});
    }
    home_delta all = state_.whole();
    all.wall = now_.wall;
    if (!in.set_aside.empty()) {
        all.events.push_back({.what = audit_event::kind::journal_replaced, .text = in.why});
    }
    if (was_volatile) all.events.push_back({.what = audit_event::kind::journal_mended, .text = in.why});
    state_.wall = now_.wall;
    renewed_by_ = ++records_;
    records_since_snapshot_ = 0;
    say(write_record{renewed_by_, std::move(all), false});
}

// The audit trail: an alarm and what became of it.
void home_machine::note(audit_event::kind what, const alarm_state& alarm, std::string_view more) {
    const alarm_revision& r = alarm.newest;
    std::string text = r.rule.str();
    if (r.test) text += ", test";
    if (!more.empty()) text += fmt::format(", {}", more);
    note({.what = what, .alarm = r.id, .device = r.device, .who = r.who.id, .text = std::move(text)});
}

wire::sender home_machine::sender_now() {
    return {.gateway = house_.gateway,
            .boot_id = boot_id_,
            .mono_ms = static_cast<std::uint64_t>(now_.mono.time_since_epoch() / std::chrono::milliseconds{1}),
            .sequence = ++envelopes_,
            .made = now_.wall};
}

void home_machine::announce() {
    announce_due_ = false;
    announce_at_ = now_.mono + announce_pause;
    wire::sender from = sender_now();
    wire::birth birth{.session = 0, .start = start_, .version = ANBAN_VERSION, .open = {}, .host = {}};
    for (const auto& [id, alarm] : state_.alarms) {
        if (alarm.open()) birth.open.push_back({id, alarm.newest.number, alarm.newest.progress});
    }
    const wire::heartbeat beat{.open_alarms = static_cast<std::uint32_t>(birth.open.size()),
                               .outbox = static_cast<std::uint32_t>(state_.outbox.size()),
                               .faults = static_cast<std::uint32_t>(faults_.size())};
    announce_open both;
    both.birth_envelope = wire::encode({from, lane::p2, std::move(birth)});
    both.heartbeat_envelope = wire::encode({std::move(from), lane::p2, beat});
    say(std::move(both));
}

// ---- Faults and hops ----------------------------------------------------------------------------------

void home_machine::on(const shell_fault& in) {
    if (!in.present) {
        end_fault(in.key);
        return;
    }
    begin_fault({.key = in.key,
                 .what_zh = in.what_zh,
                 .what_en = in.what_en,
                 .cure_zh = in.cure_zh,
                 .cure_en = in.cure_en,
                 .urgency = in.urgency});
}

void home_machine::begin_fault(fault what) {
    notice told{.of = notice::kind::fault_begins,
                .name = what.key,
                .text = house_.language == "zh" ? what.what_zh : what.what_en,
                .at = now_};
    if (faults_.begin(std::move(what), now_.wall)) {
        say(std::move(told));
        announce_due_ = true;
    }
}

void home_machine::end_fault(const std::string& key) {
    if (!faults_.end(key)) return;
    say(notice{.of = notice::kind::fault_ends, .name = key, .at = now_});
    announce_due_ = true;
}

void home_machine::add_hop(const alarm_id& id, std::string_view name, instant at, const device_id& device,
                           revision_number revision, std::optional<frame_key> key) {
    constexpr std::size_t alarms_kept = 256;
    constexpr std::size_t hops_kept = 128;
    auto [entry, fresh] = hops_.try_emplace(id);
    if (fresh) {
        hops_order_.push_back(id);
        if (hops_order_.size() > alarms_kept) {
            hops_.erase(hops_order_.front());
            hops_order_.pop_front();
        }
    }
    if (entry->second.size() < hops_kept) entry->second.push_back({std::string{name}, at});
    say(notice{.of = notice::kind::hop,
               .name = std::string{name},
               .alarm = id,
               .device = device,
               .at = at,
               .revision = revision,
               .key = key});
}

std::vector<hop> home_machine::hops_of(const alarm_id& id) const {
    const auto found = hops_.find(id);
    return found == hops_.end() ? std::vector<hop>{} : found->second;
}

std::vector<alarm_state> home_machine::alarms() const {
    std::vector<alarm_state> all;
    for (const auto& [id, alarm] : state_.alarms) all.push_back(alarm);
    std::ranges::sort(all, [](const alarm_state& a, const alarm_state& b) {
        if (a.open() != b.open()) return a.open();
        return a.newest.number > b.newest.number;
    });
    return all;
}

std::vector<device_view> home_machine::devices() const {
    std::vector<device_view> all;
    for (const device& d : house_.devices) {
        const auto heard_of = views_.find(d.id);
        device_view view = heard_of == views_.end() ? device_view{} : heard_of->second;
        view.id = d.id;
        view.registered = true;
        view.driver = d.driver;
        view.address = d.address;
        const auto window = tests_.find(d.id);
        view.test_open = window != tests_.end() && window->second > now_.mono;
        all.push_back(std::move(view));
    }
    for (const auto& [id, view] : views_) {
        if (house_.find_device(id) == nullptr) all.push_back(view);
    }
    return all;
}

// ---- The door -----------------------------------------------------------------------------------------

home::home(house h, rule_packs rules, home_state saved, std::uint32_t start, std::uint64_t boot_id, instant now)
    : machine_(
          std::make_unique<home_machine>(std::move(h), std::move(rules), std::move(saved), start, boot_id, now)) {}
home::~home() = default;

outputs home::step(instant now, const input& in) {
    return machine_->step(now, in);
}
std::optional<mono_time> home::next_deadline() const {
    return machine_->next_deadline();
}
const house& home::as_installed() const noexcept {
    return machine_->as_installed();
}
const home_state& home::state() const noexcept {
    return machine_->state();
}
std::vector<fault> home::faults() const {
    return machine_->faults();
}
std::vector<device_view> home::devices() const {
    return machine_->devices();
}
std::vector<alarm_state> home::alarms() const {
    return machine_->alarms();
}
std::vector<hop> home::hops_of(const alarm_id& id) const {
    return machine_->hops_of(id);
}
std::vector<shelf> home::shelves() const {
    return machine_->shelves();
}
std::vector<subject> home::subjects_of(const rule_id& rule) const {
    return machine_->subjects_of(rule);
}
std::vector<std::pair<rule_view, language::alarm_rule>> home::standing_of(const rule_id& rule) const {
    return machine_->standing_of(rule);
}
std::optional<shelf_refusal> home::refuses(const shelf& s) const {
    return machine_->refuses(s);
}
bool home::link_up() const noexcept {
    return machine_->link_up();
}
std::size_t home::undelivered() const noexcept {
    return machine_->state().outbox.size();
}

} // namespace anban

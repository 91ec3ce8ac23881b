#include "tests/simulation/world/anband.hpp"

#include <algorithm>

#include "gateway/daemon/downlinks.hpp"
#include "gateway/ingest/ingest.hpp"
#include "rules/limits.hpp"
#include "tests/simulation/world/drawn_id.hpp"

namespace anban::simulation {
namespace {

using side = stream::side;

constexpr sim_time lazy_rows_wait = 2s;
constexpr sim_time reconnect_every = 1s;
constexpr sim_time commit_patience = 25s;
constexpr sim_time mend_again = 5s;
constexpr std::size_t reserve_bytes = 4 * 1024 * 1024;

[[nodiscard]] bool has_event(const heard& frame) {
    return std::ranges::any_of(
               frame.observations,
               [](const observation& o) { return facts_of(o.what).kind == signal_kind::momentary; }) ||
           std::ranges::any_of(frame.standing, [](const standing_event& s) { return s.degree > 0; });
}

} // namespace

anband::anband(timeline& when, box& of, house h, chance luck)
    : process(when), box_(of), house_(std::move(h)), luck_(luck) {}

void anband::start() {
    if (alive()) return;
    begin_life();
    draw_ids_anew();
    broken_ = writing_ = lazy_due_ = false;
    ear_up_ = mouth_up_ = hearing_ = false;
    armed_.reset();
    open_journal();
    if (!alive()) return; // the disk stopped
    feed(tick{});
    feed(link_changed{
        .up = false, .host = {}, .why = {"anban-uplink 还没有连接", "anban-uplink has not connected yet"}});
    connect_ear();
}

void anband::open_journal() {
    floor_ = {};
    auto opened = journal_file::open(place(), now().wall);
    if (box_.disk.stopped()) return stop_with_disk();
    journal_found found;
    std::string why;
    if (opened) {
        file_ = std::move(opened->first);
        found = std::move(opened->second);
    } else {
        why = opened.error().why;
        found = std::move(opened.error().found);
        file_ = std::move(opened.error().file);
    }
    mends_ = !why.empty();
    if (box_.wrong == defect::revision_reused && found.start > 1)
        found.start = found.state.start = found.start - 1;
    floor_ = found.state.wall.at;
    box_.story.say("anband", "starts, number {}, {} alarms, {} in the outbox{}{}", found.start,
                   found.state.alarms.size(), found.state.outbox.size(), why.empty() ? "" : ", no journal: ", why);
    if (!found.set_aside.empty()) box_.story.say("anband", "the journal was damaged: {}", found.damage);
    box_.witness.gateway_began(found.state, why.empty());
    core_ = std::make_unique<home>(house_, rule_packs{}, std::move(found.state), found.start, box_.clock.boot_id(),
                                   now());
    if (why.empty()) return after(1s, [this] { (void)file_->take_reserve(); });
    broken_ = true;
    feed(commit_failed{why});
    look_after_the_file();
}

// What the journal asks of its file system beside SQLite's own calls.
journal_place anband::place() {
    return {.folder = "/box",
            .vfs = box_.disk.vfs(),
            .move = [this](const std::string& from, const std::string& to) { box_.disk.move(from, to); },
            .read = [this](const std::string& path) { return box_.small_files[path]; },
            .keep =
                [this](const std::string& path, const std::string& text) {
                    const auto& f = box_.disk.faults;
                    const bool room = !f.full || box_.disk.spare >= text.size();
                    if (f.read_only || f.write_fails || !room || !box_.disk.may_change()) return false;
                    box_.small_files[path] = text;
                    return true;
                },
            .reserve =
                [this](bool take) {
                    if (take && (box_.has_reserve || box_.disk.faults.full)) return box_.has_reserve;
                    const bool had = std::exchange(box_.has_reserve, take);
                    if (take) box_.disk.spare = 0;
                    if (!take && had) box_.disk.spare = reserve_bytes;
                    return take || had;
                }};
}

void anband::kill() {
    if (!alive()) return;
    end_life();
    box_.disk.faults.dead_writer = true; // a killed program tidies nothing up
    file_.reset();
    core_.reset();
    if (!box_.disk.stopped()) box_.disk.faults.dead_writer = false;
    box_.disk.forget_locks();
    rows_.clear();
    heard_.clear();
    waiting_.reset();
    waiting_for_ = 0;
    to_say_.clear();
    for (auto* s : {&ear_, &mouth_}) {
        if (*s) (*s)->close(side::client);
        s->reset();
    }
    if (uplink_) uplink_->close(side::server);
    uplink_.reset();
    box_.story.say("anband", "dies");
}

void anband::stop_with_disk() {
    kill();
    on_disk_stopped();
}

// ---- Inputs and outputs -----------------------------------------------------------------------------------

void anband::feed(const input& in) {
    const bool close = std::holds_alternative<centre_receipt>(in) &&
                       std::get<centre_receipt>(in).progress == alarm_progress::closed;
    perform(core_->step(now(), in));
    if (!alive()) return;
    if (close) {
        const auto& receipt = std::get<centre_receipt>(in);
        const auto found = core_->state().alarms.find(receipt.alarm);
        if (found != core_->state().alarms.end() && !found->second.adopted) {
            box_.witness.closed_at_gateway(found->second, receipt.seen);
        }
    }
    check_bounds();
    sleep_until_due();
}

void anband::check_bounds() {
    auto& w = box_.witness;
    w.require(core_->state().outbox.size() <= limits::outbox_entries, invariant::bounds, "the outbox");
    w.require(rows_.size() <= limits::journal_queue, invariant::bounds, "the journal's queue");
    w.require(to_say_.size() <= limits::waiting_publications, invariant::bounds, "what is to be published");
    w.require(core_->state().alarms.size() <= limits::open_alarms + limits::closed_alarms_kept + 1,
              invariant::bounds, "the alarms");
}

void anband::sleep_until_due() {
    const auto due = core_->next_deadline();
    if (due == armed_) return;
    armed_ = due;
    const std::uint64_t number = ++alarms_armed_;
    if (!due) return;
    after(std::max<sim_time>(*due - box_.clock.mono(), 0s), [this, number] {
        if (number != alarms_armed_) return;
        armed_.reset();
        feed(tick{});
    });
}

void anband::perform(outputs all) {
    for (output& o : all) {
        if (auto* urgent = std::get_if<deliver>(&o)) perform_one(*urgent);
    }
    for (output& o : all) {
        if (!std::holds_alternative<deliver>(o)) std::visit([this](auto& what) { perform_one(what); }, o);
    }
}

void anband::perform_one(deliver& what) {
    box_.witness.handed_over(what, now(), box_.clock.boot_id());
    to_uplink(
        uplink::deliver_request{what.alarm, what.revision, what.via, std::move(what.envelope), what.comes_again});
}

void anband::perform_one(const answer_device& what) {
    box_.story.say("anband", "tells {} {:x}/{}: {}", what.device.str(), what.key.boot, what.key.sequence,
                   name_of(what.what));
    box_.witness.told(what, broken_);
    const drivers::driver* family = drivers::find_driver(what.driver);
    if (auto reply = family == nullptr ? std::nullopt : family->answer_to(what.address, what.key, what.what)) {
        to_say_.push_back(std::move(*reply));
        if (to_say_.size() > limits::waiting_publications) to_say_.pop_front();
        speak();
    }
}

void anband::perform_one(const indicate& what) {
    const alarm_state* newest = nullptr;
    for (const auto& [id, alarm] : core_->state().alarms) {
        const bool calls = alarm.open() && !alarm.adopted && alarm.newest.of != alarm_class::technical;
        if (calls && (newest == nullptr || newest->last_call < alarm.last_call)) newest = &alarm;
    }
    box_.witness.lamp_shows(what.what, newest);
    const device* d = core_->as_installed().find_device(what.device);
    const drivers::driver* family = d == nullptr ? nullptr : drivers::find_driver(d->driver);
    if (auto shown = family == nullptr ? std::nullopt : family->indicate(d->address, what.what)) {
        to_say_.push_back(std::move(*shown));
        if (to_say_.size() > limits::waiting_publications) to_say_.pop_front();
        speak();
    }
}

void anband::perform_one(const notice& what) {
    switch (what.of) {
    case notice::kind::hop: box_.story.say("anband", "{} {}", what.name, what.alarm.hex().substr(0, 6)); break;
    case notice::kind::fault_begins: box_.story.say("anband", "fault {}: {}", what.name, what.text); break;
    case notice::kind::fault_ends: box_.story.say("anband", "fault over {}", what.name); break;
    case notice::kind::refused: box_.story.say("anband", "refused {}: {}", what.name, what.text); break;
    case notice::kind::reading: break;
    }
}

// ---- The journal's thread -----------------------------------------------------------------------------------

void anband::perform_one(write_record& what) {
    if (box_.wrong == defect::deadline_not_persisted) what.delta.rules.reset();
    rows_.push_back({what.record, std::move(what.delta), what.lazy});
    if (box_.wrong == defect::answer_before_commit) {
        after(0s, [this, record = what.record] { feed(committed{record}); });
    }
    if (!what.lazy) return write_soon();
    if (std::exchange(lazy_due_, true)) return;
    after(lazy_rows_wait, [this] {
        lazy_due_ = false;
        write_soon();
    });
}

void anband::write_soon() {
    if (std::exchange(writing_, true)) return;
    after(luck_.between(5us, 60us), [this] { write_group(); });
}

void anband::write_group() {
    writing_ = false;
    std::vector<row> group;
    while (!rows_.empty() && group.size() < limits::journal_group) {
        group.push_back(std::move(rows_.front()));
        rows_.pop_front();
    }
    if (mends_) return;
    // What comes before a complete row is in it.
    if (file_->needs_whole()) {
        group.erase(group.begin(), std::ranges::find_if(group, [](const row& r) { return r.delta.complete; }));
    }
    if (group.empty()) return;
    const bool was_whole = !file_->needs_whole();
    std::vector<const home_delta*> deltas;
    for (const row& r : group) deltas.push_back(&r.delta);
    const bool written = file_->commit(deltas);
    for (const row& r : group) {
        if (written)
            box_.witness.gateway_committed(r.delta);
        else
            box_.witness.gateway_in_doubt(r.delta);
    }
    if (written && !box_.disk.stopped()) {
        file_->checkpoint_if_large();
        (void)file_->take_reserve(); // the real thread looks after it when nothing waits
    }
    if (box_.disk.stopped()) return stop_with_disk();
    if (!written) {
        box_.story.say("anband", "can't commit: {}", file_->why());
        if (was_whole) return begin_anew(true);
        mends_ = true;
        give_up(file_->why());
        return look_after_the_file();
    }
    writing_ = true; // the sync takes its time
    after(luck_.between(commit_least_, commit_most_), [this, last = group.back().record] {
        writing_ = false;
        if (!rows_.empty()) write_soon();
        broken_ = broken_ && mends_;
        feed(committed{last});
    });
}

void anband::give_up(const std::string& why) {
    broken_ = true;
    feed(commit_failed{why});
}

// As journal.cpp: a commit that failed is followed at once by a new beginning, or by one as soon as there can be.
void anband::begin_anew(bool tell_failure) {
    const std::string why = file_->why();
    const auto begun = file_->renew(now().wall);
    if (box_.disk.stopped()) return stop_with_disk();
    mends_ = !begun;
    if (begun) {
        box_.story.say("anband", "begins its journal anew ({})", *begun);
        return feed(journal_renewed{why, *begun});
    }
    if (tell_failure) give_up(why);
    if (alive()) look_after_the_file();
}

void anband::look_after_the_file() {
    after(mend_again, [this] {
        if (mends_) begin_anew(false);
    });
}

// ---- Ear and mouth --------------------------------------------------------------------------------------------

void anband::connect_ear() {
    ear_ = box_.home_broker.connect(box_.inside, alarm_session, false,
                                    {.deliver =
                                         [this, mine = life()](const packet& p, std::uint64_t id) {
                                             if (alive() && mine == life()) hear(p, id, true);
                                         },
                                     .connected =
                                         [this, mine = life()](bool) {
                                             if (!alive() || mine != life()) return;
                                             ear_up_ = true;
                                             for (const auto& topic : alarm_topics(house_.devices)) {
                                                 box_.home_broker.subscribe(ear_, alarm_session, topic, 1);
                                             }
                                             connect_mouth();
                                         },
                                     .lost =
                                         [this, mine = life()] {
                                             if (!alive() || mine != life()) return;
                                             ear_up_ = false;
                                             // What was heard and not acknowledged comes again.
                                             std::erase_if(heard_, [](const frame& f) { return f.alarm; });
                                             after(reconnect_every, [this] { connect_ear(); });
                                         }});
}

void anband::connect_mouth() {
    if (mouth_ && mouth_->open(side::client)) return;
    mouth_ =
        box_.home_broker.connect(box_.inside, "anband-others", true,
                                 {.deliver =
                                      [this, mine = life()](const packet& p, std::uint64_t id) {
                                          if (alive() && mine == life()) hear(p, id, false);
                                      },
                                  .connected =
                                      [this, mine = life()](bool) {
                                          if (!alive() || mine != life()) return;
                                          mouth_up_ = true;
                                          for (const drivers::driver* family : drivers::all_drivers()) {
                                              for (auto& filter : family->other_filters()) {
                                                  box_.home_broker.subscribe(mouth_, "anband-others", filter, 0);
                                              }
                                          }
                                          speak();
                                      },
                                  .lost =
                                      [this, mine = life()] {
                                          if (!alive() || mine != life()) return;
                                          mouth_up_ = false;
                                          after(reconnect_every, [this] {
                                              if (ear_up_) connect_mouth();
                                          });
                                      }});
}

void anband::speak() {
    while (mouth_up_ && !to_say_.empty()) {
        packet p{.topic = std::move(to_say_.front().topic), .payload = std::move(to_say_.front().payload)};
        to_say_.pop_front();
        box_.home_broker.publish(mouth_, std::move(p), false, nullptr);
    }
}

void anband::hear(const packet& what, std::uint64_t id, bool alarm) {
    if (!alarm) {
        // The alarm client has it.
        const auto wanted = alarm_topics(house_.devices);
        if (std::ranges::find(wanted, what.topic) != wanted.end()) return;
    }
    heard_.push_back({what, id, alarm});
    hear_next();
}

// One thread receives for both clients: while a callback waits nothing is heard.
void anband::hear_next() {
    if (std::exchange(hearing_, true)) return;
    while (alive() && !waiting_ && !heard_.empty()) {
        frame f = std::move(heard_.front());
        heard_.pop_front();
        hear_one(std::move(f));
    }
    hearing_ = false;
}

void anband::hear_one(frame f) {
    const bool retained = f.what.retained && box_.wrong != defect::retained_press_is_an_edge;
    auto in = judge_message({f.what.topic, f.what.payload, retained, f.alarm ? f.what.qos : -1}, now());
    auto* one = in ? std::get_if<heard>(&*in) : nullptr;
    const bool waits = f.alarm && one != nullptr && !one->wants_answer;
    if (waits) {
        one->token = waiting_for_ = ++tokens_;
        if (!f.what.retained && has_event(*one)) box_.witness.heard_keyless(device_of(f.what.topic));
        waiting_ = std::move(f);
        const auto number = waiting_for_;
        after(commit_patience, [this, number] {
            if (!waiting_ || waiting_for_ != number) return;
            feed(commit_overdue{waiting_->what.topic});
            if (waiting_ && waiting_for_ == number) finish_hearing(false);
        });
    }
    if (in) feed(*in);
    if (!alive() || waits || !f.alarm || f.what.qos == 0) return;
    box_.home_broker.acknowledge(ear_, alarm_session, f.id);
}

// "zigbee2mqtt/SOS" → "wall".
std::string anband::device_of(const std::string& topic) const {
    const device* entered = house_.find_device("zigbee2mqtt", std::string_view{topic}.substr(topic.find('/') + 1));
    return entered == nullptr ? std::string{} : entered->id.str();
}

void anband::perform_one(const release& what) {
    if (!waiting_ || waiting_for_ != what.token) return;
    after(0s, [this, token = what.token] {
        if (waiting_ && waiting_for_ == token) finish_hearing(!broken_);
    });
}

void anband::finish_hearing(bool durable) {
    const bool press = waiting_->what.payload.find("\"action\"") != std::string::npos;
    if (durable && press && !waiting_->what.retained) {
        box_.witness.acknowledged_keyless(device_of(waiting_->what.topic));
    }
    if (waiting_->what.qos > 0) box_.home_broker.acknowledge(ear_, alarm_session, waiting_->id);
    waiting_.reset();
    hear_next();
}

// ---- The uplink's socket
// ----------------------------------------------------------------------------------------

void anband::attach(std::shared_ptr<stream> s, socket_events to) {
    if (uplink_) uplink_->close(side::server);
    uplink_ = std::move(s);
    uplink_events_ = std::move(to);
    uplink_->on_end(side::server, [this, which = uplink_.get(), mine = life()] {
        if (!alive() || mine != life() || uplink_.get() != which) return;
        uplink_.reset();
        feed(
            link_changed{.up = false, .host = {}, .why = {"anban-uplink 没有运行", "anban-uplink isn't running"}});
    });
    feed(uplink_attached{});
}

void anband::to_uplink(const uplink::to_uplink& m) {
    if (!uplink_) return;
    uplink_->send(side::server, [bytes = uplink::frame_of(m), said = uplink_events_.said] {
        uplink::frame_reader reader;
        reader.feed(bytes);
        if (const auto message = reader.next()) {
            if (auto read = uplink::read_to_uplink(*message)) said(std::move(*read));
        }
    });
}

void anband::said_by_uplink(std::string_view message) {
    auto read = uplink::read_from_uplink(message);
    if (!read) return;
    if (const auto* up = std::get_if<uplink::link_report>(&*read)) {
        feed(link_changed{up->up, up->host, {up->why, up->why}});
    } else if (const auto* handed = std::get_if<uplink::sent_report>(&*read)) {
        feed(sent{handed->alarm, handed->revision, handed->handed, handed->at});
    } else if (const auto* down = std::get_if<uplink::downlink_bytes>(&*read)) {
        if (auto in = judge_downlink(down->bytes, core_->as_installed().gateway)) feed(*in);
    }
}

} // namespace anban::simulation

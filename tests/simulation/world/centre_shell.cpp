#include "tests/simulation/world/centre_shell.hpp"

#include <algorithm>

#include "cloud-bridge/dispatch/limits.hpp"
#include "cloud-bridge/protocol/codec.hpp"

namespace anban::simulation {
namespace {

using side = stream::side;
using namespace dispatch;
namespace bound = dispatch::limits;

constexpr const char* client = "centre";

[[nodiscard]] lane lane_of_topic(const std::string& topic) {
    if (!topic.starts_with("anban/1/up/")) return lane::p3;
    return static_cast<lane>(std::clamp(topic.back() - '0', 0, 3));
}

} // namespace

// ---- The store ------------------------------------------------------------------------------------------------

std::size_t centre_shell::rows::room() const {
    return count >= bound::writes_waiting ? 0 : bound::writes_waiting - count;
}

void centre_shell::rows::submit(write_set set) {
    put_back(std::move(set));
    ++count;
}

std::vector<write_set> centre_shell::rows::take_batch() {
    std::vector<write_set> batch;
    for (auto& queue : waiting) {
        while (!queue.empty() && batch.size() < bound::write_group) {
            batch.push_back(std::move(queue.front()));
            queue.pop_front();
        }
    }
    return batch;
}

void centre_shell::rows::clear() {
    writer.reset();
    reader.reset();
    for (auto& queue : waiting) queue.clear();
    count = 0;
}

// ---- Life -----------------------------------------------------------------------------------------------------

centre_shell::centre_shell(timeline& when, district_machine on, chance luck)
    : process(when), machine_(on), luck_(luck) {}

std::expected<saved_state, store_fault> centre_shell::open_store() {
    auto w = sqlite_store::writer::open("/centre/alarms.db", machine_.disk.vfs());
    if (!w) return std::unexpected(w.error());
    rows_.writer = std::move(*w);
    auto r = sqlite_store::reader::open("/centre/alarms.db", machine_.disk.vfs());
    if (!r) return std::unexpected(r.error());
    rows_.reader = std::move(*r);
    auto saved = rows_.reader->begin_with();
    if (!saved) return saved;
    auto start = rows_.writer->next_start();
    if (!start) return std::unexpected(start.error());
    saved->start = *start;
    return saved;
}

void centre_shell::start() {
    if (alive()) return;
    begin_life();
    auto saved = open_store();
    if (machine_.disk.stopped()) return stop_with_disk();
    if (!saved) {
        machine_.story.say("dispatch", "can't start: {}", saved.error());
        kill();
        return on_no_start();
    }
    began_ = events().now();
    committing_ = false;
    armed_.reset();
    arrivals_ = std::make_unique<arrivals>();
    machine_.story.say("dispatch", "starts, number {}, {} cases", saved->start, saved->cases.size());
    desk_ = std::make_unique<dispatch::desk>(rows_, std::move(*saved), now());
    machine_.witness.centre_began(*desk_, events().now());
    arm();
    connect();
    for (const auto* file : desk_->list(which::open, 1'000)) look(file->key);
    look_around();
}

void centre_shell::kill() {
    if (!alive()) return;
    end_life();
    machine_.disk.faults.dead_writer = true;
    desk_.reset();
    arrivals_.reset();
    rows_.clear();
    if (!machine_.disk.stopped()) machine_.disk.faults.dead_writer = false;
    machine_.disk.forget_locks();
    looked_after_.clear();
    if (receive_) receive_->close(side::client);
    receive_.reset();
    machine_.story.say("dispatch", "dies");
}

void centre_shell::stop_with_disk() {
    kill();
    on_disk_stopped();
}

void centre_shell::feed(const dispatch::input& in) {
    auto out = desk_->step(now(), in);
    for (auto& o : out) perform(o);
    machine_.witness.require(rows_.count <= bound::writes_waiting, invariant::bounds, "the centre's writes");
    arm();
}

void centre_shell::perform(dispatch::output& o) {
    if (auto* s = std::get_if<show>(&o)) {
        const case_file* file = s->instead ? &*s->instead : desk_->find(s->key);
        if (file != nullptr && file->newest_is_stored()) {
            machine_.witness.centre_says_stored(file->key.alarm, file->newest.number);
        }
        look(s->key);
    } else if (auto* w = std::get_if<write>(&o)) {
        rows_.submit(std::move(w->set));
        commit_soon(luck_.between(5us, 50us));
    } else if (auto* p = std::get_if<publish>(&o)) {
        const auto said = wire::decode_downlink(p->bytes);
        if (const auto* ack = said ? std::get_if<wire::ack>(&said->what) : nullptr) {
            machine_.witness.centre_says_stored(ack->alarm, ack->revision);
        }
        if (!receive_) return;
        std::function<void(int)> told;
        if (p->change) {
            told = [this, key = p->key, change = *p->change, mine = life()](int reason) {
                if (reason == 0 && alive() && mine == life()) feed(receipt_told{key, change});
            };
        }
        machine_.door.publish(receive_, {.topic = p->topic, .payload = std::move(p->bytes)}, false,
                              std::move(told));
    } else if (auto* r = std::get_if<remark>(&o)) {
        machine_.story.say("dispatch", "{}", r->text);
    }
}

void centre_shell::arm() {
    const auto due = desk_->next_deadline();
    if (due == armed_) return;
    armed_ = due;
    const std::uint64_t number = ++armings_;
    if (!due) return;
    // The real one looks twice a second.
    after(std::max<sim_time>(*due - machine_.clock.mono(), 0s) + luck_.between(0s, 500ms), [this, number] {
        if (number != armings_) return;
        armed_.reset();
        feed(dispatch::tick{});
    });
}

// ---- Commits --------------------------------------------------------------------------------------------------

void centre_shell::commit_soon(sim_time wait) {
    if (std::exchange(committing_, true)) return;
    after(wait, [this] { commit(); });
}

void centre_shell::commit() {
    auto batch = rows_.take_batch();
    if (batch.empty()) {
        committing_ = false;
        return;
    }
    const moment at = now();
    const auto done = rows_.writer->commit(batch, at);
    if (done) {
        for (const auto& set : batch) machine_.witness.centre_committed(set, events().now());
    }
    if (done && !machine_.disk.stopped()) (void)rows_.writer->checkpoint(false);
    if (machine_.disk.stopped()) {
        if (!done) machine_.witness.centre_in_doubt(std::move(batch));
        return stop_with_disk();
    }
    if (!done) {
        machine_.story.say("dispatch", "can't commit: {}", done.error().why);
        for (auto& set : batch) rows_.put_back(std::move(set));
        committing_ = false;
        return commit_soon(bound::commit_retry);
    }
    std::vector<std::uint64_t> tickets;
    for (const auto& set : batch) tickets.push_back(set.ticket);
    after(luck_.between(commit_least_, commit_most_), [this, tickets = std::move(tickets), at] {
        rows_.count -= tickets.size();
        committing_ = false;
        if (rows_.count > 0) commit_soon(5us);
        feed(dispatch::committed{tickets, at});
    });
}

// ---- The broker -----------------------------------------------------------------------------------------------

void centre_shell::connect() {
    receive_ = machine_.door.connect(machine_.inside, client, true,
                                     {.deliver =
                                          [this, mine = life()](const packet& p, std::uint64_t id) {
                                              if (!alive() || mine != life()) return;
                                              if (p.qos > 0) machine_.door.acknowledge(receive_, client, id);
                                              hear(p);
                                          },
                                      .connected =
                                          [this, mine = life()](bool) {
                                              if (!alive() || mine != life()) return;
                                              for (const char* topic : {"anban/1/up/+/+", "anban/1/st/+"}) {
                                                  machine_.door.subscribe(receive_, client, topic, 1);
                                              }
                                              machine_.door.subscribe(receive_, client, "anban/1/hb/+", 0);
                                              feed(link_up{});
                                          },
                                      .lost =
                                          [this, mine = life()] {
                                              if (!alive() || mine != life()) return;
                                              receive_.reset();
                                              after(1s, [this] { connect(); });
                                          }});
}

void centre_shell::hear(const packet& p) {
    auto speaker = wire::speaker_of(p.topic);
    if (!speaker || p.retained) return;
    const auto result =
        arrivals_->put({std::move(*speaker), p.payload, machine_.clock.wall()}, lane_of_topic(p.topic));
    if (result == arrivals::put_result::first) after(1us, [this] { work_off(); });
}

void centre_shell::work_off() {
    for (std::size_t i = 0; i < bound::arrivals_a_turn; ++i) {
        auto next = arrivals_->take();
        if (!next) return;
        feed(std::move(*next));
    }
    after(1us, [this] { work_off(); });
}

// ---- The operator ---------------------------------------------------------------------------------------------

void centre_shell::ask(const std::string& alarm, request what) {
    feed(asked_deed{++tokens_, alarm, std::move(what)});
}

// Somebody sees it and will do something about it, after a while.
void centre_shell::look(const case_key& key) {
    const case_file* file = desk_->find(key);
    if (file == nullptr || !file->open() || std::exchange(looked_after_[key], true)) return;
    const sim_time wait = luck_.happens(0.2) ? luck_.between(60s, 6min) : luck_.between(2s, 50s);
    after(wait, [this, key] { work_on(key); });
}

// One deed, as the alarm stands for the one who looks; a close is sent a while after that look.
void centre_shell::work_on(const case_key& key) {
    looked_after_[key] = false;
    const case_file* file = desk_->find(key);
    if (file == nullptr || !file->open()) return;
    machine_.witness.looked_at(*file, events().now(), up_for());
    const bool undecided = file->newest.phase == alarm_phase::suspected && file->now.at != alarm_progress::open &&
                           machine_.clock.wall() - file->received < 5min;
    if (undecided) { // nobody ends what its own hold has not decided yet
        looked_after_[key] = true;
        return after(15s, [this, key] { work_on(key); });
    }
    const std::string id = file->public_id();
    request what{.what = deed::take, .who = "operator", .epoch = file->now.epoch};
    if (file->now.at == alarm_progress::taken) {
        what.what = luck_.happens(0.5) ? deed::on_the_way : deed::close;
    } else if (file->now.at == alarm_progress::on_the_way) {
        what.what = deed::close;
    }
    what.seen = file->newest.number;
    what.code = std::string{all_closing_codes()[luck_.below(8)].id};
    what.note = "seen";
    const sim_time thinks = what.what == deed::close ? luck_.between(0s, 40s) : luck_.between(0s, 2s);
    looked_after_[key] = true;
    after(thinks, [this, key, id, what = std::move(what)] {
        machine_.story.say("operator", "{} {}", name_of(what.what), id.substr(0, 6));
        ask(id, what);
        looked_after_[key] = false;
        look(key);
    });
}

// Nothing stays unseen: whoever is at the desk goes through what is open now and then.
void centre_shell::look_around() {
    after(10min, [this] {
        for (const auto* file : desk_->list(which::open, 1'000)) look(file->key);
        look_around();
    });
}

} // namespace anban::simulation

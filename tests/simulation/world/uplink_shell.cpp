#include "tests/simulation/world/uplink_shell.hpp"

#include <algorithm>

#include "cloud-bridge/uplink/limits.hpp"

namespace anban::simulation {
namespace {

using side = stream::side;

constexpr sim_time socket_retry = 200ms;

} // namespace

uplink_shell::uplink_shell(timeline& when, box& of, anband& home, link& to_district, broker& district,
                           gateway_id who, chance luck)
    : process(when), box_(of), home_(home), way_(to_district), district_(district), who_(std::move(who)),
      luck_(luck) {}

void uplink_shell::start() {
    if (alive()) return;
    begin_life();
    const auto draw = [this] { return luck_.part(); };
    delivery_ = std::make_unique<uplink::delivery>(draw);
    announcement_ = std::make_unique<uplink::announcement>(draw);
    route_ = std::make_unique<uplink::route>(draw);
    birth_.reset();
    heartbeat_.clear();
    connect_at_.reset();
    armed_.reset();
    up_ = trying_ = greeted_ = false;
    box_.witness.uplink_begins();
    box_.story.say("uplink", "starts");
    attach();
}

void uplink_shell::kill() {
    if (!alive()) return;
    end_life();
    for (auto* s : {&socket_, &session_}) {
        if (*s) (*s)->close(side::client);
        s->reset();
    }
    delivery_.reset();
    uncommitted_.clear();
    box_.story.say("uplink", "dies");
}

// ---- The socket ---------------------------------------------------------------------------------------------

void uplink_shell::attach() {
    if (!home_.alive()) return after(socket_retry, [this] { attach(); });
    socket_ = box_.inside.connect();
    greeted_ = false;
    decide(uplink::anband_came{});
    for (const auto& [alarm, revision] : std::exchange(uncommitted_, {}))
        box_.witness.uplink_forgot(alarm, revision);
    socket_->on_end(side::client, [this, mine = life()] {
        if (!alive() || mine != life()) return;
        socket_.reset();
        box_.story.say("uplink", "anband is gone");
        after(socket_retry, [this] { attach(); });
    });
    home_.attach(socket_, {.said = [this, mine = life()](uplink::to_uplink m) {
                     if (alive() && mine == life()) hear_anband(std::move(m));
                 }});
    report_link("");
}

void uplink_shell::hear_anband(uplink::to_uplink m) {
    std::visit([this](auto& one) { on(std::move(one)); }, m);
}

void uplink_shell::on(uplink::hello&& h) {
    auto birth = wire::decode(h.birth_envelope);
    box_.witness.require(birth.has_value(), invariant::well_again, "a birth that can't be read");
    if (!birth) return;
    birth_ = std::move(*birth);
    heartbeat_ = std::move(h.heartbeat_envelope);
    const bool first_of_connection = !std::exchange(greeted_, true);
    if (up_) {
        if (first_of_connection) send_birth();
    } else if (!trying_ && !connect_at_) {
        try_to_connect();
    }
}

void uplink_shell::on(uplink::deliver_request&& d) {
    const bool urgent = d.via == lane::p0;
    box_.witness.uplink_got(d.via, d.alarm, d.revision);
    if (d.comes_again)
        uncommitted_.emplace(d.alarm, d.revision);
    else
        uncommitted_.erase({d.alarm, d.revision});
    decide(d);
    if (urgent && connect_at_ && *connect_at_ - mono() > uplink::limits::reconnect_most_for_p0) {
        connect_in(route_->session_lost(true));
    }
}

void uplink_shell::on(uplink::forget_request&& f) {
    box_.witness.uplink_forgot(f.alarm, f.revision);
    decide(f);
}

void uplink_shell::say(const uplink::from_uplink& m) {
    if (!socket_) return;
    socket_->send(side::client, [home = &home_, bytes = uplink::frame_of(m), mine = home_.life()] {
        if (!home->alive() || home->life() != mine) return;
        uplink::frame_reader reader;
        reader.feed(bytes);
        if (const auto message = reader.next()) home->said_by_uplink(*message);
    });
}

void uplink_shell::report_link(std::string why) {
    say(uplink::link_report{up_, up_ ? "district:8883" : std::string{}, std::move(why)});
}

// ---- The session --------------------------------------------------------------------------------------------

void uplink_shell::try_to_connect() {
    connect_at_.reset();
    if (!birth_) return;
    session_number_ = luck_.bits() | 1U;
    trying_ = true;
    up_ = false;
    const std::string id = "uplink-" + who_.str();
    session_ = district_.connect(way_, id, true,
                                 {.deliver =
                                      [this, mine = life()](const packet& p, std::uint64_t number) {
                                          if (!alive() || mine != life()) return;
                                          if (p.qos > 0)
                                              district_.acknowledge(session_, "uplink-" + who_.str(), number);
                                          on_downlink(p.payload);
                                      },
                                  .connected =
                                      [this, mine = life()](bool) {
                                          if (alive() && mine == life()) on_up();
                                      },
                                  .lost =
                                      [this, mine = life(), number = session_number_] {
                                          if (alive() && mine == life() && number == session_number_) on_down();
                                      }});
    // A host that keeps silent is given up.
    after(uplink::limits::connect_timeout, [this, number = session_number_] {
        if (!trying_ || number != session_number_) return;
        session_->close(side::client);
        on_down();
    });
}

void uplink_shell::connect_in(mono_clock::duration wait) {
    connect_at_ = mono() + wait;
    after(wait, [this, due = *connect_at_] {
        if (connect_at_ == due) try_to_connect();
    });
}

void uplink_shell::on_up() {
    trying_ = false;
    up_ = true;
    route_->session_stands();
    box_.story.say("uplink", "link up");
    const std::string id = "uplink-" + who_.str();
    district_.subscribe(session_, id, wire::ack_topic(who_), 1);
    district_.subscribe(session_, id, wire::command_topic(who_), 1);
    send_birth();
    report_link("");
    decide(uplink::session_began{});
    schedule_heartbeat();
}

void uplink_shell::on_down() {
    const bool stood = std::exchange(up_, false);
    trying_ = false;
    ++session_number_;
    ++births_;
    announcement_->ended();
    if (stood) box_.story.say("uplink", "link down");
    if (stood) decide(uplink::session_ended{});
    report_link("the district can't be reached");
    const bool p0_waits = delivery_->queued(lane::p0) > 0;
    connect_in(stood ? route_->session_lost(p0_waits) : route_->try_failed(1, p0_waits));
}

void uplink_shell::send_birth() {
    wire::envelope e = *birth_;
    auto& birth = std::get<wire::birth>(e.what);
    birth.session = session_number_;
    birth.host = "district:8883";
    district_.publish(session_, {.topic = wire::state_topic(who_), .payload = wire::encode(e)}, false, nullptr);
    announcement_->sent(mono(), session_number_);
    schedule_birth();
}

void uplink_shell::schedule_birth() {
    const std::uint64_t number = ++births_;
    const auto due = announcement_->next_deadline();
    if (!due) return;
    after(std::max<sim_time>(*due - mono(), 0s), [this, number] {
        if (number == births_ && up_ && socket_) send_birth();
    });
}

void uplink_shell::schedule_heartbeat() {
    after(heartbeat_every_, [this, number = session_number_] {
        if (!up_ || number != session_number_) return;
        if (socket_ && !heartbeat_.empty()) {
            packet beat{.topic = wire::heartbeat_topic(who_), .payload = heartbeat_, .qos = 0};
            district_.publish(session_, std::move(beat), false, nullptr);
        }
        schedule_heartbeat();
    });
}

void uplink_shell::on_downlink(const std::string& bytes) {
    auto d = wire::decode_downlink(bytes);
    if (const auto* g = d ? std::get_if<wire::greeting>(&d->what) : nullptr) {
        if (announcement_->greeted(g->session) && up_ && socket_) return send_birth();
        return schedule_birth();
    }
    say(uplink::downlink_bytes{bytes});
    if (!d) return;
    if (const auto* a = std::get_if<wire::ack>(&d->what)) {
        box_.witness.uplink_forgot(a->alarm, a->revision);
        decide(*a);
    }
    if (const auto* n = std::get_if<wire::nack>(&d->what)) decide(*n);
}

// ---- Decisions ------------------------------------------------------------------------------------------------

void uplink_shell::decide(const uplink::delivery_input& in) {
    perform(delivery_->step(mono(), in));
    arm();
}

void uplink_shell::perform(uplink::delivery_outputs&& all) {
    for (auto& o : all) {
        if (auto* p = std::get_if<uplink::publish>(&o)) {
            perform_one(*p);
        } else if (std::holds_alternative<uplink::ask_again>(o) && socket_) {
            socket_->close(side::client);
            socket_.reset();
            after(socket_retry, [this] { attach(); });
        }
    }
    box_.witness.require(delivery_->queued() <= uplink::limits::queued_revisions, invariant::bounds,
                         "the uplink's queue");
}

void uplink_shell::perform_one(uplink::publish& p) {
    box_.witness.uplink_sent(p.via, p.alarm, p.revision);
    box_.story.say("uplink", "sends {} revision {}.{} by {}", p.alarm.hex().substr(0, 6), p.revision.start,
                   p.revision.n, name_of(p.via));
    const auto prefix = wire::hash_prefix(p.envelope);
    const auto done = [this, flight = p.flight, alarm = p.alarm, revision = p.revision, prefix, mine = life(),
                       number = session_number_](int) {
        if (!alive() || mine != life() || number != session_number_) return;
        decide(uplink::flight_ended{flight, true});
        if (box_.wrong != defect::forgotten_on_puback) return;
        const wire::ack taken{alarm, revision, prefix, {}, 0};
        on_downlink(wire::encode(wire::downlink{who_, {}, 0, taken}));
    };
    district_.publish(session_, {.topic = wire::up_topic(who_, p.via), .payload = std::move(p.envelope)}, false,
                      done);
    if (p.first) say(uplink::sent_report{p.alarm, p.revision, std::nullopt, mono()});
}

void uplink_shell::arm() {
    const auto due = delivery_->next_deadline();
    if (due == armed_) return;
    armed_ = due;
    const std::uint64_t number = ++armings_;
    if (!due) return;
    after(std::max<sim_time>(*due - mono(), 0s), [this, number] {
        if (number != armings_) return;
        armed_.reset();
        decide(uplink::tick{});
    });
}

} // namespace anban::simulation

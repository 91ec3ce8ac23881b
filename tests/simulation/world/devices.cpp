#include "tests/simulation/world/devices.hpp"

#include <algorithm>
#include <limits>

namespace anban::simulation {
namespace {

using side = stream::side;

constexpr sim_time reconnect_every = 2s;
constexpr std::size_t bridge_queue = 64;

[[nodiscard]] native_device& self(void* context) {
    return *static_cast<native_device*>(context);
}

} // namespace

house simulated_house() {
    house h;
    h.gateway = gateway_id{"gw-1"};
    h.centre = {{"district", 8883}};
    h.rooms = {{room_id{"bedroom"}, "卧室"}};
    h.residents = {{.id = resident_id{"r-wang"}}};
    const auto add = [&h](const char* id, const char* driver, const char* address, device_role role) {
        h.devices.push_back({.id = device_id{id}, .driver = driver, .address = address, .role = role});
    };
    add("button-1", "native", "button-1", device_role::call_button);
    add("fall-1", "native", "fall-1", device_role::fall_detector);
    add("wall", "zigbee2mqtt", "SOS", device_role::call_button);
    add("standing", "zigbee2mqtt", "standing", device_role::call_button);
    add("silent", "zigbee2mqtt", "silent", device_role::call_button);
    add("lamp", "zigbee2mqtt", "lamp", device_role::indicator);
    h.devices[0].owner = h.devices[1].owner = resident_id{"r-wang"};
    return h;
}

// ---- The firmware on its board
// ----------------------------------------------------------------------------------

native_device::native_device(timeline& when, surroundings around, kind of, std::string id, chance luck)
    : process(when), around_(around), kind_(of), id_(std::move(id)), luck_(luck) {
    board_.context = this;
    board_.monotonic_ms = [](void* c) {
        native_device& d = self(c);
        return static_cast<std::uint64_t>((d.events().now() - d.started_) / 1ms) + 1'000;
    };
    board_.read_counter = [](void* c, std::uint32_t* value) {
        *value = self(c).counter_;
        return BOARD_OK;
    };
    board_.write_counter = [](void* c, std::uint32_t value) {
        self(c).counter_ = value;
        return BOARD_OK;
    };
    board_.random_bits = [](void* c) { return static_cast<std::uint32_t>(self(c).luck_.bits()); };
    board_.publish = [](void* c, const char* topic, const std::uint8_t* bytes, std::uint16_t length,
                        std::uint8_t qos,
                        std::uint32_t tag) { return self(c).publish(topic, bytes, length, qos, tag); };
    board_.show = [](void*, const board_light*) {};
}

void native_device::start() {
    begin_life();
    started_ = events().now();
    online_ = false;
    const auto slots = static_cast<std::uint16_t>(std::size(slots_));
    const auto made = kind_ == kind::call_button
                          ? call_button_init(&button_, &board_, id_.c_str(), slots_, slots)
                          : fall_detector_init(&detector_, &board_, id_.c_str(), slots_, slots);
    around_.witness.require(made == OUTBOX_OK, invariant::well_again, "a device can't start");
    connect();
}

void native_device::restart() {
    around_.story.say(id_, "restarts with {} frames unanswered", outbox_waiting(&out()));
    end_life();
    if (session_) session_->close(side::client);
    start();
}

void native_device::connect() {
    session_ = around_.home_broker.connect(around_.lan, id_, true,
                                           {.deliver =
                                                [this, mine = life()](const packet& p, std::uint64_t id) {
                                                    if (mine != life()) return;
                                                    if (p.qos > 0)
                                                        around_.home_broker.acknowledge(session_, id_, id);
                                                    hear(p);
                                                },
                                            .connected =
                                                [this, mine = life()](bool) {
                                                    if (mine != life()) return;
                                                    around_.home_broker.subscribe(
                                                        session_, id_, "anban/dev/" + id_ + "/answer", 1);
                                                    online_ = true;
                                                    outbox_online(&out());
                                                    live();
                                                },
                                            .lost =
                                                [this, mine = life()] {
                                                    if (mine != life()) return;
                                                    online_ = false;
                                                    after(reconnect_every, [this] { connect(); });
                                                }});
}

board_status native_device::publish(const char* topic, const std::uint8_t* bytes, std::uint16_t length, int qos,
                                    std::uint32_t tag) {
    if (!online_) return BOARD_OFFLINE;
    packet p{.topic = topic, .payload = {reinterpret_cast<const char*>(bytes), length}, .qos = qos};
    around_.home_broker.publish(session_, std::move(p), false, [this, tag, mine = life()](int reason) {
        if (mine != life()) return;
        outbox_acknowledged(&out(), tag, static_cast<std::uint8_t>(reason));
        live();
    });
    return BOARD_OK;
}

// Does what is due and sleeps until the next.
void native_device::live() {
    const bool button = kind_ == kind::call_button;
    if (button)
        call_button_step(&button_);
    else
        fall_detector_step(&detector_);
    const std::uint64_t next = button ? call_button_next_ms(&button_) : fall_detector_next_ms(&detector_);
    const std::uint64_t number = ++wakings_;
    if (next == std::numeric_limits<std::uint64_t>::max()) return;
    const std::uint64_t now = board_.monotonic_ms(this);
    after(std::chrono::milliseconds{next > now ? next - now : 1}, [this, number] {
        if (number == wakings_) live();
    });
}

void native_device::hear(const packet& p) {
    const outbox& o = out();
    std::vector<std::uint32_t> before;
    for (const auto& slot : slots_) {
        if (slot.length != 0) before.push_back(slot.sequence);
    }
    (void)outbox_answered(&out(), reinterpret_cast<const std::uint8_t*>(p.payload.data()),
                          static_cast<std::uint16_t>(p.payload.size()));
    for (const std::uint32_t sequence : before) {
        const bool kept = std::ranges::any_of(
            slots_, [&](const outbox_slot& s) { return s.length != 0 && s.sequence == sequence; });
        if (kept) continue;
        around_.story.say(id_, "{} is answered", sequence);
        around_.witness.answered({device_id{id_}, {o.boot, sequence}});
    }
    live();
}

void native_device::note_pressed(std::uint32_t sequence, bool cancel) {
    around_.story.say(id_, "{} {}", cancel ? "cancels," : "presses,", sequence);
    around_.witness.pressed({device_id{id_}, {out().boot, sequence}}, cancel);
}

void native_device::press(call_button_which key) {
    std::uint32_t sequence = 0;
    if (call_button_press(&button_, key, &sequence) == OUTBOX_OK) note_pressed(sequence, false);
    live();
}

void native_device::fall() {
    const outbox_observation fell{.signal = 4 /* FALL */, .value_milli = 1000, .quality = 1 /* SUSPECT */};
    std::uint32_t sequence = 0;
    if (outbox_offer(&detector_.outbox, OUTBOX_LIFE_SAFETY, &fell, 1, &sequence) == OUTBOX_OK) {
        note_pressed(sequence, false);
        detector_.cancel_sequence = 0;
        detector_.cancel_until_ms = board_.monotonic_ms(this) + FALL_DETECTOR_CANCEL_MS;
    }
    live();
}

void native_device::cancel_soon(sim_time wait) {
    after(wait, [this] {
        std::uint32_t sequence = 0;
        if (fall_detector_cancel(&detector_, &sequence) == OUTBOX_OK) note_pressed(sequence, true);
        live();
    });
}

std::size_t native_device::waiting() const {
    return outbox_waiting(&out());
}

// ---- The bridge
// -------------------------------------------------------------------------------------------------

zigbee_bridge::zigbee_bridge(timeline& when, surroundings around, chance luck)
    : process(when), around_(around), luck_(luck) {
    around_.witness.never_pressed("silent");
    around_.home_broker.retain({.topic = "zigbee2mqtt/silent", .payload = R"({"action":"emergency"})"});
}

void zigbee_bridge::start() {
    begin_life();
    online_ = flying_ = false;
    connect();
}

void zigbee_bridge::restart() {
    around_.story.say("bridge", "restarts");
    end_life();
    if (session_) session_->close(side::client);
    waiting_.clear();
    start();
    say("zigbee2mqtt/standing", remembered_);
}

void zigbee_bridge::connect() {
    session_ = around_.home_broker.connect(around_.lan, "bridge", true,
                                           {.deliver = [](const packet&, std::uint64_t) {},
                                            .connected =
                                                [this, mine = life()](bool) {
                                                    if (mine != life()) return;
                                                    online_ = true;
                                                    flying_ = false;
                                                    pump();
                                                },
                                            .lost =
                                                [this, mine = life()] {
                                                    if (mine != life()) return;
                                                    online_ = false;
                                                    after(reconnect_every, [this] { connect(); });
                                                }});
}

void zigbee_bridge::say(const std::string& topic, std::string payload) {
    if (waiting_.size() == bridge_queue) waiting_.pop_front();
    waiting_.push_back({.topic = topic, .payload = std::move(payload)});
    pump();
}

void zigbee_bridge::pump() {
    if (!online_ || flying_ || waiting_.empty()) return;
    flying_ = true;
    around_.home_broker.publish(session_, waiting_.front(), false, [this, mine = life(), s = session_](int) {
        if (mine != life() || s != session_ || !flying_) return;
        flying_ = false;
        waiting_.pop_front();
        pump();
    });
}

void zigbee_bridge::press() {
    around_.story.say("wall", "is pressed");
    say("zigbee2mqtt/SOS",
        R"({"action":"emergency","battery":90,"linkquality":)" + std::to_string(luck_.below(255)) + "}");
}

void zigbee_bridge::standing_press() {
    around_.story.say("standing", "is pressed");
    remembered_ = R"({"sos":true,"battery":90})";
    say("zigbee2mqtt/standing", remembered_);
    after(luck_.between(1s, 30s), [this] {
        remembered_ = R"({"sos":false,"battery":90})";
        say("zigbee2mqtt/standing", remembered_);
    });
}

} // namespace anban::simulation

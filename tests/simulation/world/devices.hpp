// What hangs on the walls of the home. Native devices are the house's own firmware in C on a virtual board: a call
// button and a fall detector that repeat a frame until they are answered. A Zigbee bridge speaks for three others:
// a button without a number, one that tells its press as a state, and one whose old press the broker has kept and
// that nobody ever presses.
//
// Threads: one.
#pragma once

#include <deque>
#include <memory>

#include "firmware-stubs/call_button.h"
#include "firmware-stubs/fall_detector.h"
#include "gateway/config/house.hpp"
#include "tests/simulation/checks/ledger.hpp"
#include "tests/simulation/network/broker.hpp"

namespace anban::simulation {

[[nodiscard]] house simulated_house();

// What a device of any kind needs of its surroundings.
struct surroundings {
    broker& home_broker;
    link& lan;
    trace& story;
    ledger& witness;
};

class native_device final : public process {
public:
    enum class kind : std::uint8_t { call_button, fall_detector };

    native_device(timeline& when, surroundings around, kind of, std::string id, chance luck);

    void start();
    void restart(); // its battery is changed: what nobody had answered is gone
    void press(call_button_which key);
    void fall();
    void cancel_soon(sim_time wait);
    [[nodiscard]] std::size_t waiting() const;

private:
    [[nodiscard]] outbox& out() { return kind_ == kind::call_button ? button_.outbox : detector_.outbox; }
    [[nodiscard]] const outbox& out() const {
        return kind_ == kind::call_button ? button_.outbox : detector_.outbox;
    }
    void connect();
    void live();
    void hear(const packet& p);
    void note_pressed(std::uint32_t sequence, bool cancel);
    [[nodiscard]] board_status publish(const char* topic, const std::uint8_t* bytes, std::uint16_t length, int qos,
                                       std::uint32_t tag);

    surroundings around_;
    kind kind_;
    std::string id_;
    chance luck_;
    board board_{};
    std::uint32_t counter_ = 0;
    sim_time started_{};
    call_button button_{};
    fall_detector detector_{};
    outbox_slot slots_[8]{};
    std::shared_ptr<stream> session_;
    bool online_ = false;
    std::uint64_t wakings_ = 0;
};

class zigbee_bridge final : public process {
public:
    zigbee_bridge(timeline& when, surroundings around, chance luck);

    void start();
    void restart(); // and it publishes what it remembers of every device
    void press();
    void standing_press();

private:
    void connect();
    void say(const std::string& topic, std::string payload);
    void pump();

    surroundings around_;
    chance luck_;
    std::shared_ptr<stream> session_;
    bool online_ = false;
    bool flying_ = false;
    std::deque<packet> waiting_; // a press is sent until the broker has it
    std::string remembered_ = R"({"sos":false,"battery":90})";
};

} // namespace anban::simulation

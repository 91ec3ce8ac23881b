// The ear: two MQTT clients on the home broker.
//
//  * The alarm client has a durable session (its random client id is kept, 14 days) and subscribes to the
//    topics of devices that may raise an alarm, at QoS 1. Paho calls back before it writes the PUBACK
//    (PLATFORM facts in README.md): for a frame that has no answer of its own the callback returns when the
//    journal has it, so that a crash before that makes the broker send it again.
//  * The other client hears everything else (QoS 0, clean start) and publishes everything: answers, lamps,
//    and every 500 ms a message that both clients hear (until it stands the alarm client says it). It keeps Paho's
//    loop from sleeping and shows that broker and receive thread live.
//
// Both connect and reconnect from a thread of this class, once a second, for ever; the alarm client first.
//
// Threads: `sink` functions are called on Paho's thread or the keeper's; the others may be called from any
// thread, and none of them waits for Paho, whose mutex a waiting callback holds. An object lives until the process
// leaves with _exit: a callback may still wait in it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "device-drivers/driver.hpp"
#include "gateway/config/house.hpp"
#include "gateway/home/home.hpp"
#include "gateway/ingest/commit_gate.hpp"
#include "gateway/ingest/quarantine.hpp"

namespace anban {

struct ingest_sink {
    // Hands over a frame. `alarm` frames must not be dropped: the call may block while the core is behind;
    // others return false when there is no room, and are shed.
    std::function<bool(input, bool alarm)> heard;
    // The alarm client's state changed. `session_kept`: the broker still had the durable session.
    std::function<void(bool up, bool session_kept, std::string why)> broker;
    // Every subscription has been answered, or waited for too long; these are not granted.
    std::function<void(std::vector<std::string> refused)> subscribed;
    // A frame's commit took longer than the broker's patience.
    std::function<void(std::string topic)> commit_overdue;
    // The alarm client has heard what `sing` said.
    std::function<void(std::uint64_t canary)> canary;
};

class ingest {
public:
    // `client_id` is the alarm client's; the other is called "<client_id>-t". `shut_in` lives as long as Paho's
    // thread.
    ingest(const broker_address& broker, const std::string& client_id, ingest_sink sink, commit_gate& gate,
           quarantine& shut_in, std::function<instant()> clock);
    ~ingest();
    ingest(const ingest&) = delete;
    ingest& operator=(const ingest&) = delete;

    void start();
    // Which devices the alarm client hears; may be called again at any time.
    void watch(const std::vector<device>& devices);
    // Where the broker is, and with what password; the next connection uses it.
    void use(const broker_address& broker);
    // QoS 1, not retained; never blocks. Waits for a connection if there is none; false where an older one of
    // limits::waiting_publications had to go for it.
    bool publish(drivers::publication what);
    // Says a canary's number to oneself.
    void sing(std::uint64_t canary);
    // Both clients stand, and the broker has answered all that they asked to hear.
    [[nodiscard]] bool listening() const;
    // Since both clients last heard the own message; nothing before the first.
    [[nodiscard]] std::optional<std::chrono::milliseconds> since_beat() const;

private:
    class clients;
    std::unique_ptr<clients> clients_;
};

// Which topics of a device the alarm client subscribes to: all that may carry an alarm without an answer.
[[nodiscard]] std::vector<std::string> alarm_topics(const std::vector<device>& devices);

// What is in quarantine is to the core: who sent it, and that it is never read. Nothing for a topic that isn't a
// device's.
[[nodiscard]] std::optional<input> judge_shut_in(const raw_frame& frame);

// What a message on the home broker is to the core; nothing for a topic that isn't a device's.
[[nodiscard]] std::optional<input> judge_message(const drivers::message& m, const instant& arrived);

} // namespace anban

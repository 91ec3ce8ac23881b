// An MQTT broker with the habits of mosquitto: QoS 1 sessions that outlive a connection, a PUBACK to the publisher
// before anything is on a disk, reason 0x10 where nobody is subscribed, a queue that acknowledges and drops when
// it is full, retained messages, a redelivery of whatever a client had not acknowledged, and persistence that
// saves now and then: a kill loses what came since.
//
// Not modelled: QoS 2, wills, shared subscriptions, expiry.
//
// Threads: one.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/clockwork/trace.hpp"
#include "tests/simulation/network/link.hpp"

namespace anban::simulation {

struct packet {
    std::string topic;
    std::string payload;
    int qos = 1;
    bool retained = false;    // a copy that the broker had kept
    std::uint64_t number = 0; // of the publication; its copies have the same
};

class broker : public process {
public:
    struct bounds {
        std::size_t inflight = 20;
        std::size_t queued = 10'000;
    };
    struct handlers {
        // At the client; it acknowledges with `acknowledge` when it wishes.
        std::function<void(const packet&, std::uint64_t id)> deliver;
        std::function<void(bool session_present)> connected;
        std::function<void()> lost;
    };

    broker(timeline& when, trace& story, std::string name, chance luck, bounds most)
        : process(when), story_(story), name_(std::move(name)), luck_(luck), most_(most) {}

    void start();
    void kill(); // loses what was not saved; a power cut does the same

    // A client connects over `way`; `connected` or `lost` follows. A session of the same id is taken over.
    std::shared_ptr<stream> connect(link& way, const std::string& id, bool clean, handlers tell);
    void subscribe(const std::shared_ptr<stream>& by, const std::string& id, std::string filter, int qos);
    // `done` runs at the client with the reason when the PUBACK arrives (QoS 1).
    void publish(const std::shared_ptr<stream>& by, packet what, bool keep, std::function<void(int)> done);
    void acknowledge(const std::shared_ptr<stream>& by, const std::string& id, std::uint64_t packet_id);

    // ---- Faults -----------------------------------------------------------------------------------
    void lose_session(const std::string& id);
    void set_duplicates(double share) { duplicates_ = share; }
    void set_queue(std::size_t most) { most_.queued = most; }
    void retain(packet what); // as if it had been published with the retain flag

    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
    [[nodiscard]] std::size_t waiting_most() const noexcept { return waiting_most_; }

private:
    struct session {
        bool clean = true;
        std::map<std::string, int> filters;
        std::deque<std::shared_ptr<const packet>> queue;
        std::map<std::uint64_t, std::shared_ptr<const packet>> inflight; // id → what was sent
        std::uint64_t next_id = 0;
        std::shared_ptr<stream> connection;
        std::shared_ptr<handlers> tell;
    };

    void accept(const std::shared_ptr<stream>& made, const std::string& id, bool clean,
                const std::shared_ptr<handlers>& told);
    [[nodiscard]] session* session_of(const std::shared_ptr<stream>& by, const std::string& id);
    [[nodiscard]] bool route(const packet& what);
    void enqueue(session& s, std::shared_ptr<const packet> what);
    void pump(session& s);
    void send(session& s, std::uint64_t id, const std::shared_ptr<const packet>& what);
    void end_connection(const std::string& id, const stream* which);
    void save_soon();
    void save();
    [[nodiscard]] static bool matches(std::string_view filter, std::string_view topic);

    trace& story_;
    std::string name_;
    chance luck_;
    bounds most_;
    std::map<std::string, session> sessions_;
    std::map<std::string, packet> retained_;
    std::map<std::string, session> saved_;
    std::map<std::string, packet> saved_retained_;
    bool save_due_ = false;
    double duplicates_ = 0;
    std::uint64_t dropped_ = 0;
    std::uint64_t publications_ = 0;
    std::size_t waiting_most_ = 0;
};

} // namespace anban::simulation

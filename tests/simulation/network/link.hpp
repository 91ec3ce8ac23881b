// A way between two machines and the connections on it, as TCP is: bytes keep their order and arrive whole or not
// at all; a broken way ends the connections, each side learning of it in its own time; a black hole keeps silent.
//
// Threads: one.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "tests/simulation/chance.hpp"
#include "tests/simulation/clockwork/process.hpp"

namespace anban::simulation {

class link;

// One connection. Whoever holds it may send; what is on the way arrives unless the connection ends before.
class stream : public std::enable_shared_from_this<stream> {
public:
    enum class side : std::uint8_t { client, server };

    stream(timeline& when, link& over) : time_(when), link_(over) {}

    // Runs `what` at the other side when it arrives.
    void send(side from, std::function<void()> what);
    // The side is gone or has had enough: it learns nothing more, the other learns it when the network tells.
    void close(side by);
    void refuse() { finish(side::client), finish(side::server); } // it never stood
    // Told once where the end was not that side's own wish.
    void on_end(side at, std::function<void()> tell) { end_of(at).tell = std::move(tell); }
    [[nodiscard]] bool open(side at) const noexcept { return at == side::client ? client_.open : server_.open; }

private:
    friend class link;
    struct end {
        bool open = true;
        sim_time last_arrival{};
        std::function<void()> tell;
    };
    struct held {
        side from;
        std::function<void()> what;
    };
    [[nodiscard]] end& end_of(side s) noexcept { return s == side::client ? client_ : server_; }
    void finish(side at);
    void break_off(); // the network did
    void release_held();
    void deliver(side from, std::function<void()> what, sim_time wait);

    timeline& time_;
    link& link_;
    end client_;
    end server_;
    std::deque<held> held_; // in a black hole
};

class link {
public:
    struct manner {
        sim_time delay = 200us;  // one way, at least
        sim_time spread = 300us; // and up to so much more
    };
    // How long a side takes to find that a silent connection is dead.
    static constexpr sim_time client_patience = 12s;
    static constexpr sim_time server_patience = 30s;

    link(timeline& when, chance luck, manner usual) : time_(when), luck_(luck), usual_(usual) {}

    [[nodiscard]] std::shared_ptr<stream> connect();

    void set_down(bool down);           // refuses and breaks
    void set_black_hole(bool swallows); // silent
    void set_loss(double share) { loss_ = share; }
    void set_delay(sim_time more) { more_ = more; }
    [[nodiscard]] bool passes() const noexcept { return !down_ && !hole_; }
    [[nodiscard]] bool down() const noexcept { return down_; }

private:
    friend class stream;
    [[nodiscard]] sim_time travel();
    void forget_dead();

    timeline& time_;
    chance luck_;
    manner usual_;
    bool down_ = false;
    bool hole_ = false;
    double loss_ = 0;
    sim_time more_{};
    std::uint64_t hole_number_ = 0;
    std::vector<std::weak_ptr<stream>> streams_;
};

} // namespace anban::simulation

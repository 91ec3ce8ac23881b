// What the house says to its broker, on its way there: answers to devices, lamps, the canary. Bounded: when it is
// full the oldest goes, since the newest answer is the one that is true. Only a few are out at a time, and what a
// connection took with it when it broke is said again on the next.
//
// Threads: any; `take` waits.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

#include "device-drivers/driver.hpp"

namespace anban {

class outgoing {
public:
    // What Paho is given beyond the broker's receive maximum (mosquitto: max_inflight_messages, 20) it looks at
    // once a second only: 20 answers a second in the middle of a burst. So it never has as many.
    static constexpr std::size_t out_at_most = 16;

    struct one {
        std::uint64_t number = 0;
        drivers::publication what;
    };

    // False: there was no room, and the oldest is gone.
    bool put(drivers::publication what);
    // The next, as soon as there is a connection and room on it. It is out until it has arrived or is put back.
    [[nodiscard]] one take();
    // The same without waiting.
    [[nodiscard]] std::optional<one> take_now();
    // The broker has it, or refuses it for good. A number of an earlier connection means nothing any more.
    void arrived(std::uint64_t number);
    // It could not be given to the connection: it is the next again.
    void put_back(std::uint64_t number);
    void connected();
    void lost();

private:
    [[nodiscard]] bool may_go() const { return connected_ && !waiting_.empty() && out_.size() < out_at_most; }
    [[nodiscard]] one next();

    std::mutex mutex_;
    std::condition_variable changed_;
    bool connected_ = false;
    std::uint64_t last_ = 0;
    std::deque<drivers::publication> waiting_;
    std::map<std::uint64_t, drivers::publication> out_; // in the order in which they left
};

} // namespace anban

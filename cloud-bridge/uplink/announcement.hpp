// When the birth is sent again: pure. A broker takes a birth also while no centre listens (reason 0x10 of the
// PUBACK says so, and a broker may keep it to itself), so only the centre's Greeting ends it. Until then it is
// said again after a random part of 5, 10, 20 … 60 s, at least one second: a district whose centre comes back
// hears its gateways spread over time. The centre may ask for it anew at any time.
//
// Threads: one. Time and chance are arguments.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "rules/time.hpp"

namespace anban::uplink {

class announcement {
public:
    // `chance` gives numbers in [0, 1).
    explicit announcement(std::function<double()> chance);

    // A birth was handed to the network; its number must be in the Greeting that ends it.
    void sent(mono_time now, std::uint64_t session);
    // True if the centre asks for the birth: it greets another session than the one that stands, or none.
    [[nodiscard]] bool greeted(std::uint64_t session);
    // Nobody is there to be told, or the session has ended.
    void ended() noexcept;

    // When the birth is to be sent again; nothing while none is owed.
    [[nodiscard]] std::optional<mono_time> next_deadline() const noexcept { return due_; }

private:
    std::function<double()> chance_;
    std::optional<mono_time> due_;
    std::uint64_t session_ = 0;
    unsigned tries_ = 0;
};

} // namespace anban::uplink

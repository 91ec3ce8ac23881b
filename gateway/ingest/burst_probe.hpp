// Whether the home broker keeps as many presses as may come at once. Mosquitto's own limits (1,000 queued
// messages) acknowledge a burst of 5,000 and drop half of it without a word to anybody, so it is tried: a client
// of its own publishes the burst to itself, acknowledges nothing until the broker has taken all, and counts what
// then comes.
//
// It speaks MQTT 3.1.1 itself, over a plain socket: within Paho it would hold up the receiving thread that the
// alarms come through.
//
// Threads: blocks the calling one, which should be none that anybody waits for.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <string>

#include "gateway/config/house.hpp"

namespace anban {

// What a home of 256 devices may say within the seconds of a restart, with its repeats.
inline constexpr std::size_t presses_at_once = 5'000;

// How many of `count` came back; fails with why where the broker did not take them all within `patience`.
[[nodiscard]] std::expected<std::size_t, std::string> probe_burst(const broker_address& broker,
                                                                  const std::string& client_id, std::size_t count,
                                                                  std::chrono::milliseconds patience);

} // namespace anban

// The ground that a bench stands on: a home with its district, and what may take anband's place in it.
//
// Threads: the main thread, as for stage::process.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/stage/district.hpp"

namespace anban::bench {

struct ground {
    // Centre and home broker run, the devices are entered, anband does not run.
    explicit ground(stage::home_plan plan);

    // anband and its uplink with this environment; returns when the link stands and all topics are heard.
    void start_product(std::vector<std::string> environment = {});
    void stop_product();
    // A forwarder instead of them, `way` as floor.c knows it; returns when it is ready.
    std::unique_ptr<stage::process> start_floor(std::string_view way, std::vector<std::string> environment = {});
    // What others carry must not wait in anband's durable session for its next start.
    void forget_session();

    [[nodiscard]] std::string secret(std::string_view name) const;
    [[nodiscard]] std::vector<stage::mqtt_login> devices() const;

    stage::district district;
};

// Starts `argv` and returns when it has printed "ready". Throws fault with the end of `log`.
[[nodiscard]] std::unique_ptr<stage::process> start_when_ready(stage::command what);

} // namespace anban::bench

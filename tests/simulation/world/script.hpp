// What befalls a world from outside: presses, and faults. It is drawn from the seed before the run begins, so that
// a run can be repeated with some of it left out: that is how a long story is shrunk to a short one.
//
// Threads: plain values.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/clockwork/process.hpp"

namespace anban::simulation {

enum class deed_kind : std::uint8_t {
    // What people do.
    press,          // the native call button's red key
    service,        // its green key
    fall,           // the native fall detector
    fall_cancelled, // and its wearer withdraws it
    zigbee_press,   // a button without a number
    standing_press, // a button that tells its press as a state
    test_window,    // a technician announces a test of the call button
    // Faults of programs.
    kill_anband,
    kill_uplink,
    kill_home_broker,
    kill_district_broker,
    kill_dispatch,
    // Faults of power.
    cut_box,
    cut_box_in_write, // in the middle of what the journal writes
    cut_centre,
    cut_centre_in_write,
    // Faults of ways.
    link_down,
    link_black_hole,
    link_flaps,
    link_loss,
    link_slow,
    lan_down,
    home_duplicates,
    district_duplicates,
    session_lost,
    queue_overflow,
    // Faults of disks.
    disk_full,
    disk_errors,
    sync_errors,
    read_only,
    slow_disk,
    centre_disk_full,
    centre_slow_disk,
    // Faults of clocks.
    wall_step,
    wall_unset,
    // Faults of devices.
    device_restarts,
    bridge_restarts, // and publishes what it remembers
    count
};
inline constexpr std::size_t deed_kinds = static_cast<std::size_t>(deed_kind::count);
inline constexpr std::size_t first_fault = static_cast<std::size_t>(deed_kind::kill_anband);

[[nodiscard]] std::string_view name_of(deed_kind k) noexcept;

struct deed {
    sim_time at{};
    deed_kind what = deed_kind::press;
    sim_time lasts{};
    std::uint64_t amount = 0; // what it is depends on the kind
};

struct script {
    std::uint64_t seed = 0;
    sim_time trouble_ends{}; // no deed after that, and every fault is over
    sim_time ends{};         // by then all is well again
    bool clock_with_battery = false;
    std::vector<deed> deeds; // by time
};

// How long a story may be: `short_ones` for tests, otherwise up to a month.
[[nodiscard]] script draw_script(std::uint64_t seed, bool short_ones);

} // namespace anban::simulation

#include "tests/simulation/world/script.hpp"

#include <algorithm>

#include "tests/simulation/chance.hpp"

namespace anban::simulation {
namespace {

constexpr std::array<std::string_view, deed_kinds> names{"press",
                                                         "service",
                                                         "fall",
                                                         "fall-cancelled",
                                                         "zigbee-press",
                                                         "standing-press",
                                                         "test-window",
                                                         "kill-anband",
                                                         "kill-uplink",
                                                         "kill-home-broker",
                                                         "kill-district-broker",
                                                         "kill-dispatch",
                                                         "cut-box",
                                                         "cut-box-in-write",
                                                         "cut-centre",
                                                         "cut-centre-in-write",
                                                         "link-down",
                                                         "link-black-hole",
                                                         "link-flaps",
                                                         "link-loss",
                                                         "link-slow",
                                                         "lan-down",
                                                         "home-duplicates",
                                                         "district-duplicates",
                                                         "session-lost",
                                                         "queue-overflow",
                                                         "disk-full",
                                                         "disk-errors",
                                                         "sync-errors",
                                                         "read-only",
                                                         "slow-disk",
                                                         "centre-disk-full",
                                                         "centre-slow-disk",
                                                         "wall-step",
                                                         "wall-unset",
                                                         "device-restarts",
                                                         "bridge-restarts"};

// Everything must have come back and been worked off within this time after the last fault.
constexpr sim_time all_well_within = 45min;

[[nodiscard]] sim_time length_of(chance& luck, bool short_ones) {
    constexpr std::array<sim_time, 3> brief{20min, 2h, 12h};
    constexpr std::array<sim_time, 5> any{2h, 24h, 5 * 24h, 15 * 24h, 30 * 24h};
    return short_ones ? brief[luck.below(brief.size())] : any[luck.below(any.size())];
}

// Mostly short, seldom long.
[[nodiscard]] sim_time duration_of(chance& luck) {
    switch (luck.below(4)) {
    case 0: return luck.between(50ms, 3s);
    case 1: return luck.between(3s, 60s);
    case 2: return luck.between(20s, 10min);
    default: return luck.between(1min, 3h);
    }
}

} // namespace

std::string_view name_of(deed_kind k) noexcept {
    return names[static_cast<std::size_t>(k)];
}

script draw_script(std::uint64_t seed, bool short_ones) {
    chance luck{seed, "script"};
    script drawn;
    drawn.seed = seed;
    drawn.clock_with_battery = luck.happens(0.5);
    drawn.trouble_ends = length_of(luck, short_ones);
    drawn.ends = drawn.trouble_ends + all_well_within;
    // Each story has some kinds of faults and not others: what hides behind one kind shows without it.
    std::vector<deed_kind> kinds;
    const double share = 0.1 + 0.5 * luck.part();
    for (std::size_t k = first_fault; k < deed_kinds; ++k) {
        if (luck.happens(share)) kinds.push_back(static_cast<deed_kind>(k));
    }
    const std::size_t presses = 3 + luck.below(short_ones ? 12 : 40);
    std::vector<sim_time> pressed;
    for (std::size_t i = 0; i < presses; ++i) {
        const auto what = static_cast<deed_kind>(luck.below(first_fault));
        sim_time at = luck.between(30s, drawn.trouble_ends);
        // People press again.
        if (!pressed.empty() && luck.happens(0.4)) at = pressed.back() + luck.between(200ms, 90s);
        at = std::min(at, drawn.trouble_ends - 1s);
        pressed.push_back(at);
        drawn.deeds.push_back({at, what, {}, luck.bits()});
    }
    const std::size_t faults = kinds.empty() ? 0 : luck.below(short_ones ? 25 : 80);
    for (std::size_t i = 0; i < faults; ++i) {
        const deed_kind what = kinds[luck.below(kinds.size())];
        sim_time at = luck.between(5s, drawn.trouble_ends);
        // Half of them where it hurts: around a press, and many of those within what follows from it.
        if (luck.happens(0.6)) {
            const sim_time spread = luck.happens(0.5) ? 40ms : 30s;
            at = pressed[luck.below(pressed.size())] + luck.between(-spread / 4, spread);
        }
        at = std::clamp<sim_time>(at, 1s, drawn.trouble_ends - 1s);
        const sim_time lasts = std::min(duration_of(luck), drawn.trouble_ends - at);
        drawn.deeds.push_back({at, what, lasts, luck.bits()});
    }
    std::ranges::stable_sort(drawn.deeds, {}, &deed::at);
    return drawn;
}

} // namespace anban::simulation

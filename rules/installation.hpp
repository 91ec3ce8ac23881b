// The home as installed, as far as rules need it: who lives here by which plan, and which devices speak for
// whom from where. Made by the gateway of its configuration, by a back-test of a recording.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "rules/ids.hpp"
#include "rules/local_time.hpp"
#include "rules/signal.hpp"

namespace anban {

struct installed_device {
    device_id id;
    subject who;  // resident (worn, or owner of the bed), bed without an owner, or the home
    room_id room; // empty for a worn device
    // It is silent, and what it said unknown, once nothing was heard for this long. 25 h where none is declared.
    std::chrono::nanoseconds reports_every{std::chrono::hours{25}};
    std::vector<signal> provides; // empty: not known
    // How it speaks, as devices.toml writes it: "native", "zigbee2mqtt". Only the prover asks, for the time that
    // repeats over the air may take; empty: not known.
    std::string family;
};

// A value that a resident's plan sets for a parameter: `rule` "cardiac.bradycardia", `name` "low".
struct plan_override {
    std::string pack;
    std::string rule;
    std::string name;
    double value = 0;
    std::string unit;
    std::string where; // file and line, for the list of effective rules
};

struct care_plan {
    resident_id who;
    std::vector<std::string> packs;
    std::vector<plan_override> overrides;
    bool spo2_scale_2 = false; // NEWS2: prescribed by a clinician
    // The resident's household accepts, in writing, rules on the absence of something in shared rooms.
    bool shared_absence_accepted = false;
};

struct installation {
    std::vector<installed_device> devices; // at most limits::devices
    std::vector<care_plan> plans;          // at most limits::residents; a home of one has one
    std::vector<bed_id> free_beds;         // beds without an owner
    std::vector<room_id> rooms;
    zone_table zone;
    [[nodiscard]] bool shared() const noexcept { return plans.size() > 1; }
};

} // namespace anban

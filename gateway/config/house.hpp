// What a home is, as its directory says: plain values, checked when they were read. The core gets a whole
// `house` at once and never asks a file.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/ids.hpp"
#include "rules/signal.hpp"

namespace anban {

struct room {
    room_id id;
    std::string name; // as people say it, e.g. 卫生间
};

struct bed {
    bed_id id;
    room_id room;
    resident_id owner; // empty: nobody's yet
};

// A number that a resident's care plan sets for a parameter of an alarm. Whether the alarm has it, and inside
// which bounds, only the packs can say: lay_plans() does.
struct plan_value {
    std::string pack;       // empty: whichever pack of the plan has the alarm
    std::string rule;       // "bradycardia"
    std::string param;      // "low"
    std::string value;      // as it is written, with its unit: "45 bpm"
    std::uint32_t line = 0; // in residents.toml
};

struct resident {
    resident_id id;                 // a pseudonym; the name is the centre's
    std::vector<std::string> packs; // rule packs of the care plan
    std::vector<plan_value> overrides;
    int spo2_scale = 1; // of NEWS2; 2 only where a clinician prescribed it
    // Who accepted, and when, rules on the absence of something in rooms that several residents share. Empty:
    // nobody did.
    std::string accepts_shared_absence;
};

// What a device is for.
enum class device_role : std::uint8_t {
    call_button, // wall button: alarms for the home, or for its owner where worn
    fall_detector,
    vitals_band,
    bed_mat,
    sensor,    // motion, door, smoke, …
    indicator, // lamp, siren, buzzer: shows the answer
};

[[nodiscard]] std::string_view name_of(device_role r) noexcept;
[[nodiscard]] std::optional<device_role> role_from_name(std::string_view name) noexcept;

struct device {
    device_id id;        // ours; for the native family also its address
    std::string driver;  // "native", "zigbee2mqtt"
    std::string address; // the family's name for it
    device_role role = device_role::sensor;
    room_id room;                                      // where it hangs; empty for a worn one
    resident_id owner;                                 // who wears it or lies on it; empty for the home's
    bed_id bed;                                        // for a bed mat
    std::optional<std::chrono::seconds> reports_every; // 25 h is assumed where none is declared
    std::vector<signal> provides;                      // what it reports; empty: as its role says
};

struct broker_address {
    std::string host = "127.0.0.1";
    std::uint16_t port = 1884;
    std::string username = "anband";
    std::string password; // read from secrets/, never written to a log
};

struct centre_host {
    std::string address; // name or IP
    std::uint16_t port = 8883;
};

struct house {
    gateway_id gateway;
    broker_address broker;
    std::vector<centre_host> centre; // in order of preference; empty: no uplink configured yet
    std::vector<room> rooms;
    std::vector<bed> beds;
    std::vector<resident> residents;
    std::vector<device> devices;
    std::string language = "zh"; // "zh" or "en": of faults in the log, and of anban where no locale says

    [[nodiscard]] const device* find_device(const device_id& id) const noexcept;
    [[nodiscard]] const device* find_device(std::string_view driver, std::string_view address) const noexcept;
    [[nodiscard]] const resident* find_resident(const resident_id& id) const noexcept;
    [[nodiscard]] const room* find_room(const room_id& id) const noexcept;
    [[nodiscard]] const bed* find_bed(const bed_id& id) const noexcept;
};

} // namespace anban

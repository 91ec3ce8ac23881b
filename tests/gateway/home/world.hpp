// A home in virtual time: the core, a disk that commits when told, and an eye on what it says. What was
// written but not committed is lost at a crash.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "cloud-bridge/protocol/codec.hpp"
#include "gateway/home/home.hpp"

namespace anban::test {

using namespace std::chrono_literals;

inline house small_home() {
    house h;
    h.gateway = gateway_id{"gw-1"};
    h.rooms = {{room_id{"bedroom"}, "卧室"}};
    h.residents = {{resident_id{"r-wang"}, {}}, {resident_id{"r-li"}, {}}};
    h.devices = {
        {.id = device_id{"button-1"},
         .driver = "native",
         .address = "button-1",
         .role = device_role::call_button,
         .room = room_id{"bedroom"},
         .owner = resident_id{"r-wang"}},
        {.id = device_id{"fall-1"},
         .driver = "native",
         .address = "fall-1",
         .role = device_role::fall_detector,
         .owner = resident_id{"r-wang"}},
        {.id = device_id{"wall"},
         .driver = "zigbee2mqtt",
         .address = "SOS",
         .role = device_role::call_button,
         .room = room_id{"bedroom"}},
        {.id = device_id{"lamp"}, .driver = "zigbee2mqtt", .address = "lamp", .role = device_role::indicator},
    };
    return h;
}

class world {
public:
    explicit world(house h = small_home(), rule_packs rules = {})
        : house_(std::move(h)), rules_(std::move(rules)) {
        boot();
    }

    // The daemon starts: the disk is read, the start is committed.
    void boot(std::uint64_t boot_id = 1) {
        disk_.start += 1;
        core_ = std::make_unique<home>(house_, rules_, disk_, disk_.start, boot_id, now());
        written_.clear();
    }

    // The daemon is killed: what wasn't committed is gone.
    void crash() {
        core_.reset();
        written_.clear();
    }

    // Between two starts: another card, another house.
    void rename(house h) { house_ = std::move(h); }

    void pass(std::chrono::nanoseconds t) {
        mono_ += t;
        truth_ += t;
    }
    // The power goes, for so long; the box wakes with this clock.
    void power_cut(std::chrono::nanoseconds off, clock_quality wakes_with) {
        crash();
        truth_ += off;
        mono_ = mono_time{5s};
        quality_ = wakes_with;
        boot(++boots_);
    }
    // A time server answers, or somebody sets the clock wrong.
    void synchronise() { quality_ = clock_quality::synchronised; }
    void step_wall(std::chrono::microseconds by) { wall_error_ += by; }
    [[nodiscard]] instant now() const {
        const auto elapsed = std::chrono::duration_cast<std::chrono::microseconds>(
            quality_ == clock_quality::unset ? mono_.time_since_epoch() : truth_.time_since_epoch());
        const utc_time epoch = quality_ == clock_quality::unset ? utc_time{} : utc_time{1'800'000'000s};
        return {mono_, {epoch + elapsed + wall_error_, quality_}};
    }

    outputs tell(const input& in) {
        outputs out = core_->step(now(), in);
        for (const output& o : out) {
            if (const auto* w = std::get_if<write_record>(&o)) written_.push_back(*w);
        }
        return out;
    }

    // The disk commits all that waits.
    outputs commit() {
        if (written_.empty()) return {};
        const std::uint64_t last = written_.back().record;
        for (const write_record& w : written_) disk_.apply(w.delta);
        written_.clear();
        return tell(committed{last});
    }

    outputs press(std::uint32_t sequence, std::uint64_t boot = 77, signal what = signal::sos,
                  const char* device = "button-1") {
        heard frame;
        frame.driver = "native";
        frame.address = device;
        frame.key = frame_key{boot, sequence};
        frame.wants_answer = true;
        frame.content = boot * 1000 + sequence * 10 + static_cast<std::uint64_t>(what);
        frame.observations = {{.what = what, .value = 1}};
        return tell(frame);
    }

    // A band says one value.
    outputs says(const char* device, signal what, double value) {
        heard frame;
        frame.driver = "native";
        frame.address = device;
        frame.key = frame_key{99, ++said_};
        frame.content = said_;
        frame.observations = {{.what = what, .value = value}};
        return tell(frame);
    }

    outputs zigbee_press(wait_token token = 0, int qos = 1, bool retained = false) {
        heard frame;
        frame.driver = "zigbee2mqtt";
        frame.address = "SOS";
        frame.content = 42;
        frame.token = token;
        frame.qos = qos;
        frame.history = retained;
        frame.observations = {{.what = signal::sos, .value = 1}, {.what = signal::battery, .value = 80}};
        return tell(frame);
    }

    // The centre acknowledges one delivery.
    outputs acknowledge(const deliver& d) {
        return tell(centre_ack{d.alarm, d.revision, wire::hash_prefix(d.envelope)});
    }

    [[nodiscard]] home& core() { return *core_; }
    [[nodiscard]] const home_state& disk() const { return disk_; }

private:
    house house_;
    rule_packs rules_;
    mono_time mono_{1h};
    mono_time truth_{1h}; // goes on while the power is off
    std::uint64_t boots_ = 1;
    clock_quality quality_ = clock_quality::synchronised;
    std::chrono::microseconds wall_error_{0};
    home_state disk_;
    std::uint32_t said_ = 0;
    std::vector<write_record> written_;
    std::unique_ptr<home> core_;
};

template <class Kind>
std::vector<Kind> all(const outputs& out) {
    std::vector<Kind> found;
    for (const output& o : out) {
        if (const auto* one = std::get_if<Kind>(&o)) found.push_back(*one);
    }
    return found;
}

inline std::vector<answer> answers(const outputs& out) {
    std::vector<answer> told;
    for (const auto& a : all<answer_device>(out)) told.push_back(a.what);
    return told;
}

inline alarm_revision decoded(const deliver& d) {
    return std::get<alarm_revision>(wire::decode(d.envelope)->what);
}

} // namespace anban::test

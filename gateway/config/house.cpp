#include "gateway/config/house.hpp"

#include <algorithm>
#include <array>

namespace anban {
namespace {

template <class Items, class Match>
auto find_in(const Items& items, Match matches) noexcept -> decltype(items.data()) {
    const auto found = std::ranges::find_if(items, matches);
    return found == items.end() ? nullptr : &*found;
}

constexpr std::array all_roles{device_role::call_button, device_role::fall_detector, device_role::vitals_band,
                               device_role::bed_mat,     device_role::sensor,        device_role::indicator};

} // namespace

std::string_view name_of(device_role r) noexcept {
    switch (r) {
    case device_role::call_button: return "call_button";
    case device_role::fall_detector: return "fall_detector";
    case device_role::vitals_band: return "vitals_band";
    case device_role::bed_mat: return "bed_mat";
    case device_role::indicator: return "indicator";
    case device_role::sensor: break;
    }
    return "sensor";
}

std::optional<device_role> role_from_name(std::string_view name) noexcept {
    for (const auto role : all_roles) {
        if (name_of(role) == name) return role;
    }
    return std::nullopt;
}

const device* house::find_device(const device_id& id) const noexcept {
    return find_in(devices, [&](const device& d) { return d.id == id; });
}

const device* house::find_device(std::string_view driver, std::string_view address) const noexcept {
    return find_in(devices, [&](const device& d) { return d.driver == driver && d.address == address; });
}

const resident* house::find_resident(const resident_id& id) const noexcept {
    return find_in(residents, [&](const resident& r) { return r.id == id; });
}

const room* house::find_room(const room_id& id) const noexcept {
    return find_in(rooms, [&](const room& r) { return r.id == id; });
}

const bed* house::find_bed(const bed_id& id) const noexcept {
    return find_in(beds, [&](const bed& b) { return b.id == id; });
}

} // namespace anban

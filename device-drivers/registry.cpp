#include <algorithm>

#include "device-drivers/driver.hpp"
#include "device-drivers/native/native.hpp"
#include "device-drivers/zigbee2mqtt/zigbee2mqtt.hpp"

namespace anban::drivers {

const std::vector<const driver*>& all_drivers() {
    static const std::vector<const driver*> all{
        &native_driver(),
        &zigbee2mqtt_driver(),
    };
    return all;
}

const driver* find_driver(std::string_view name) noexcept {
    const auto& all = all_drivers();
    const auto found = std::ranges::find_if(all, [name](const driver* d) { return d->name() == name; });
    return found == all.end() ? nullptr : *found;
}

std::vector<std::string> names_of_all() {
    std::vector<std::string> names;
    for (const driver* family : all_drivers()) names.emplace_back(family->name());
    return names;
}

} // namespace anban::drivers

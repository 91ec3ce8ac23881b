// Zigbee devices as Zigbee2MQTT publishes them: one JSON object a device with its newest values.
#pragma once

#include "device-drivers/driver.hpp"

namespace anban::drivers {

[[nodiscard]] const driver& zigbee2mqtt_driver() noexcept;

} // namespace anban::drivers

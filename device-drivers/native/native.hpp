// Devices of our own: Protobuf frames that carry a key and wait for an answer (native.proto).
#pragma once

#include "device-drivers/driver.hpp"

namespace anban::drivers {

[[nodiscard]] const driver& native_driver() noexcept;

} // namespace anban::drivers

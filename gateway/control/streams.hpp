// What a connection hears after `watch` and `device_test`. Pure: time is an argument.
#pragma once

#include <memory>

#include "gateway/control/requests.hpp"

namespace anban::control {

// Every notice of the home, until the listener goes; a fault that begins comes with its words and cure.
[[nodiscard]] std::unique_ptr<stream> watch_everything(const home& core);

// The way of one announced test press: its hops, and at last {"event":"end","proven":…,"heard":…,…}.
// Proven: the centre's store has it. It ends not proven when the window closes without a press, when a
// press that was heard is not stored within the window, or is not stored `without_link` after it was heard
// while there is no link.
inline constexpr auto without_link = std::chrono::seconds{12}; // the device itself says so after 10 s
[[nodiscard]] std::unique_ptr<stream> follow_test(const home& core, const device_id& id, instant opened);

} // namespace anban::control

// What the centre says, as an input of the core. Pure: any thread.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "gateway/home/home.hpp"

namespace anban {

// Fails with a sentence for what can't be read or is for another gateway, and with an empty one for what is the
// uplink's alone (a greeting).
[[nodiscard]] std::expected<input, std::string> judge_downlink(std::string_view bytes, const gateway_id& ours);

} // namespace anban

// A second, small copy of what must never be counted twice: FOLDER/start. No start may use a number that another
// has used, also where the newest rows of the journal are the damaged ones; and a trail whose end was cut off
// shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/journal/rows.hpp"

namespace anban {

struct start_copy {
    std::uint32_t start = 0;
    journal_head head; // as far as the rows had come then
};

[[nodiscard]] std::string as_text(const start_copy& copy);
// Nothing where it isn't whole.
[[nodiscard]] std::optional<start_copy> start_copy_from(std::string_view text);

} // namespace anban

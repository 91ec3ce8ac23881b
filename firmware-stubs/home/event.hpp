// What anban-home tells: one JSON object a line on standard output, each flushed, `at_us` first (UTC wall
// clock in microseconds).
//
// Threads: one. A reader that does not read stops the home, as a full pipe stops any writer; a reader that
// has gone ends it at the next event.
#pragma once

#include <cstdint>
#include <string_view>

#include <boost/json/object.hpp>

namespace anban::played {

[[nodiscard]] std::int64_t wall_us() noexcept;

// Milliseconds of a clock that never goes back and counts on while the machine sleeps.
[[nodiscard]] std::uint64_t monotonic_ms() noexcept;

// `fields` follow at_us and event in their order.
void tell(std::int64_t at_us, std::string_view event, const boost::json::object& fields);
void tell(std::string_view event, const boost::json::object& fields);

// A fault of the input: {"event":"error","what":…}. The home goes on.
void tell_error(std::string_view what);

} // namespace anban::played

// Local time, by looking. Written anew for the reference evaluator: nothing of rules/local_time.cpp is used.
#pragma once

#include <cstdint>
#include <optional>

#include "rules/installation.hpp"
#include "rules/language/expression.hpp"
#include "rules/time.hpp"

namespace anban::reference {

// What the wall shows at each moment of the engine's own time, as of the last look at both.
struct wall_clock {
    mono_time seen_at{};
    stamp showed{};

    [[nodiscard]] utc_time at(mono_time t) const;
    [[nodiscard]] bool synchronised() const { return showed.quality == clock_quality::synchronised; }
};

// Minutes since local midnight and days since 1970 of the local calendar.
[[nodiscard]] int minute_on_the_wall(const zone_table& zone, utc_time at);
[[nodiscard]] std::int64_t day_on_the_wall(const zone_table& zone, utc_time at);

// By the day's own minutes; and by what the zone makes of them.
[[nodiscard]] bool inside(const language::daily_span& span, int minute);
[[nodiscard]] bool inside(const language::daily_span& span, const zone_table& zone, utc_time at);

// The first moment after `t` at which one of two answers changes: is it inside the span; which day is it.
// Found by walking from minute to minute of UTC (all offsets in use are whole minutes), two days at most.
[[nodiscard]] std::optional<mono_time> next_border(const wall_clock& clock, const zone_table& zone,
                                                   const language::daily_span& span, mono_time t);
[[nodiscard]] std::optional<mono_time> next_midnight(const wall_clock& clock, const zone_table& zone, mono_time t);

} // namespace anban::reference

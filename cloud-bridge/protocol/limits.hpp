// Bounds of the wire that aren't the gateway's own (those are in rules/limits.hpp).
#pragma once

#include <cstddef>

#include "rules/limits.hpp"

namespace anban::wire::limits {

// Anything that comes from a broker and is longer is refused unread. The longest honest message is a
// Birth that names limits::open_alarms alarms.
inline constexpr std::size_t message_bytes = 64 * 1024;
inline constexpr std::size_t open_alarm_bytes = 48; // one OpenAlarm with its framing, rounded up

// Pieces of evidence in one revision, newest last.
inline constexpr std::size_t evidence = 8;

// A closing code, a host, a version.
inline constexpr std::size_t word_bytes = 128;

static_assert(anban::limits::open_alarms * open_alarm_bytes + 1024 < message_bytes);
static_assert(anban::limits::envelope_bytes < message_bytes);
// A revision whose every text is as long as it may be still fits.
static_assert(evidence * (anban::limits::title_bytes + 48) + 3 * anban::limits::title_bytes +
                  anban::limits::evidence_bytes + 12 * anban::limits::id_bytes + 512 <
              anban::limits::envelope_bytes);

} // namespace anban::wire::limits

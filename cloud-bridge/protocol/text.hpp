// Text that comes from people and devices, made fit for the wire: Protobuf refuses a string that is not
// UTF-8, and one bad byte in a title must not keep an alarm from being read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace anban::wire {

// `text` in at most `bytes` bytes, cut between two characters; each byte that belongs to no UTF-8
// character becomes U+FFFD.
[[nodiscard]] std::string fitting(std::string_view text, std::size_t bytes);

} // namespace anban::wire

// The chain of the audit trail: each row that tells who did what carries a hash over itself and the one before it,
// so that a row that was altered, put elsewhere or taken out shows. SHA-256 cut to 128 bits: to put another row
// behind a link one would have to find a second text for a given hash, 2^128 tries.
//
// There is no key in it: whoever can write the file can also calculate all links anew from a row on. That shows
// only against a head that was written down elsewhere (`anban audit verify --expect`, the daemon's log at each
// start).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace anban {

inline constexpr std::size_t link_bytes = 16;

// The beginning: nothing came before it.
[[nodiscard]] std::string first_link();

// The checksum of a row covers its place too: two rows that changed places are two damaged rows.
[[nodiscard]] std::uint32_t row_checksum(std::int64_t seq, std::string_view body,
                                         std::string_view events) noexcept;

[[nodiscard]] std::string next_link(std::string_view before, std::int64_t seq, std::uint32_t checksum,
                                    std::string_view events);

[[nodiscard]] std::string in_hex(std::string_view bytes);

} // namespace anban

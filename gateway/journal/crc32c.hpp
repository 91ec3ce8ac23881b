// CRC-32C (Castagnoli, reflected 0x82F63B78): tells a row whose bytes have changed. Check: "123456789" gives
// 0xE3069283.
#pragma once

#include <cstdint>
#include <string_view>

namespace anban {

// `before`: of the bytes that these go on from.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0) noexcept;

} // namespace anban

#include "gateway/journal/chain.hpp"

#include <array>

#include <fmt/format.h>

#include "gateway/journal/crc32c.hpp"
#include "rules/sha256.hpp"

namespace anban {

std::string first_link() {
    return std::string(link_bytes, '\0');
}

std::uint32_t row_checksum(std::int64_t seq, std::string_view body, std::string_view events) noexcept {
    std::array<char, 16> place{};
    const auto put = [&place](std::size_t at, std::uint64_t n) {
        for (std::size_t i = 0; i < 8; ++i) place[at + i] = static_cast<char>(n >> (8 * i));
    };
    put(0, static_cast<std::uint64_t>(seq));
    put(8, body.size());
    return crc32c(events, crc32c(body, crc32c({place.data(), place.size()})));
}

std::string next_link(std::string_view before, std::int64_t seq, std::uint32_t checksum, std::string_view events) {
    sha256 sum;
    sum.update_field(before);
    sum.update_u64(static_cast<std::uint64_t>(seq));
    sum.update_u64(checksum);
    sum.update_field(events);
    const sha256_digest digest = sum.finish();
    return {reinterpret_cast<const char*>(digest.data()), link_bytes};
}

std::string in_hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) text += fmt::format("{:02x}", static_cast<std::uint8_t>(c));
    return text;
}

} // namespace anban

#include "rules/ids.hpp"

#include <algorithm>

#include "rules/limits.hpp"

namespace anban {
namespace {

[[nodiscard]] bool id_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
}

[[nodiscard]] int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

} // namespace

bool well_formed_id(std::string_view text) noexcept {
    return !text.empty() && text.size() <= limits::id_bytes && text.front() != '.' && text.front() != '-' &&
           std::ranges::all_of(text, id_character);
}

std::optional<alarm_id> alarm_id::from_hex(std::string_view text) noexcept {
    if (text.size() != 2 * size) return std::nullopt;
    std::array<std::uint8_t, size> bytes{};
    for (std::size_t i = 0; i < size; ++i) {
        const int high = hex_digit(text[2 * i]);
        const int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return alarm_id{bytes};
}

std::optional<alarm_id> alarm_id::from_bytes(std::string_view bytes) noexcept {
    if (bytes.size() != size) return std::nullopt;
    std::array<std::uint8_t, size> copy{};
    std::ranges::transform(bytes, copy.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
    return alarm_id{copy};
}

std::string alarm_id::hex() const {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * size);
    for (const std::uint8_t byte : bytes_) {
        text.push_back(digits[byte >> 4U]);
        text.push_back(digits[byte & 15U]);
    }
    return text;
}

std::string alarm_id::bytes() const {
    return {bytes_.begin(), bytes_.end()};
}

std::string_view name_of(subject::kind k) noexcept {
    switch (k) {
    case subject::kind::room: return "room";
    case subject::kind::bed: return "bed";
    case subject::kind::resident: return "resident";
    case subject::kind::home: break;
    }
    return "home";
}

} // namespace anban

#include "cloud-bridge/protocol/text.hpp"

#include <cstdint>

namespace anban::wire {
namespace {

[[nodiscard]] bool continues(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

// Length of the character that begins here, 0 if none does (RFC 3629: no surrogates, shortest form).
[[nodiscard]] std::size_t character_at(std::string_view text) noexcept {
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) return 1;
    std::size_t length = 0;
    std::uint32_t code = 0;
    if (first >= 0xc2 && first <= 0xdf) {
        length = 2;
        code = first & 0x1fU;
    } else if ((first & 0xf0U) == 0xe0U) {
        length = 3;
        code = first & 0x0fU;
    } else if (first >= 0xf0 && first <= 0xf4) {
        length = 4;
        code = first & 0x07U;
    }
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if (!continues(text[i])) return 0;
        code = (code << 6U) | (static_cast<unsigned char>(text[i]) & 0x3fU);
    }
    if (length == 3 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))) return 0;
    if (length == 4 && (code < 0x10000 || code > 0x10ffff)) return 0;
    return length;
}

constexpr std::string_view replacement = "\xef\xbf\xbd";

} // namespace

std::string fitting(std::string_view text, std::size_t bytes) {
    std::string out;
    out.reserve(text.size() < bytes ? text.size() : bytes);
    while (!text.empty()) {
        const std::size_t length = character_at(text);
        const std::string_view next = length == 0 ? replacement : text.substr(0, length);
        if (out.size() + next.size() > bytes) break;
        out += next;
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

} // namespace anban::wire

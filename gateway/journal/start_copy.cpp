#include "gateway/journal/start_copy.hpp"

#include <charconv>

#include <fmt/format.h>

#include "gateway/journal/crc32c.hpp"

namespace anban {
namespace {

constexpr std::string_view heading = "anban-start 1 ";

template <class Number>
[[nodiscard]] bool take(std::string_view& text, Number& into, int base = 10) {
    const auto end = text.find_first_of(" \n");
    if (end == std::string_view::npos) return false;
    const auto read = std::from_chars(text.data(), text.data() + end, into, base);
    const bool whole = read.ec == std::errc{} && read.ptr == text.data() + end;
    text.remove_prefix(end + 1);
    return whole;
}

} // namespace

std::string as_text(const start_copy& copy) {
    const auto body = fmt::format("{}{} {} {} ", heading, copy.start, copy.head.seq, in_hex(copy.head.link));
    return fmt::format("{}{:08x}\n", body, crc32c(body));
}

std::optional<start_copy> start_copy_from(std::string_view text) {
    const std::string_view whole = text;
    if (!text.starts_with(heading)) return std::nullopt;
    text.remove_prefix(heading.size());
    start_copy copy;
    if (!take(text, copy.start) || !take(text, copy.head.seq)) return std::nullopt;
    if (text.size() < 2 * link_bytes + 1) return std::nullopt;
    for (std::size_t i = 0; i < link_bytes; ++i) {
        const char* const two = text.data() + 2 * i;
        std::uint8_t byte = 0;
        if (std::from_chars(two, two + 2, byte, 16).ptr != two + 2) return std::nullopt;
        copy.head.link[i] = static_cast<char>(byte);
    }
    text.remove_prefix(2 * link_bytes + 1);
    const auto body = whole.substr(0, whole.size() - text.size());
    std::uint32_t sum = 0;
    if (!take(text, sum, 16) || sum != crc32c(body)) return std::nullopt;
    return copy;
}

} // namespace anban

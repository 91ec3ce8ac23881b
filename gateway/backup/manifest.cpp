#include "gateway/backup/manifest.hpp"

#include <charconv>

#include <fmt/format.h>

#include "rules/sha256.hpp"
#include "rules/wall_text.hpp"

namespace anban::backup {
namespace {

constexpr std::string_view heading = "anban-backup 1";
constexpr std::string_view any_heading = "anban-backup ";

// The text up to the next `end`, which is taken off.
[[nodiscard]] std::string_view take(std::string_view& text, char end) {
    const auto at = text.find(end);
    const auto part = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return part;
}

[[nodiscard]] bool read_made(std::string_view text, stamp& into) {
    const auto at = utc_from_text(take(text, ' '));
    if (!at) return false;
    into.at = *at;
    for (const auto q : {clock_quality::unset, clock_quality::restored, clock_quality::synchronised}) {
        if (text != name_of(q)) continue;
        into.quality = q;
        return true;
    }
    return false;
}

[[nodiscard]] std::string sum_of(std::string_view text) {
    std::string hex;
    for (const auto byte : sha256_of(text)) hex += fmt::format("{:02x}", byte);
    return hex;
}

} // namespace

std::string as_text(const manifest& m) {
    std::string text = fmt::format("{}\nversion {}\ngateway {}\nmade {} {}\nstart {}\n", heading, m.version,
                                   m.gateway, iso_text(m.made.at, true), name_of(m.made.quality), m.start);
    for (const auto& [name, sum] : m.sums) text += fmt::format("file {} {}\n", sum, name);
    return text + fmt::format("sum {}\n", sum_of(text));
}

std::expected<manifest, std::string> manifest_from(std::string_view text) {
    if (!text.starts_with(any_heading)) return std::unexpected(std::string{"it isn't a backup of Anban"});
    const std::string_view whole = text;
    const auto first = take(text, '\n');
    manifest m;
    bool sound = true;
    bool summed = false;
    while (!text.empty()) {
        const auto before = whole.substr(0, whole.size() - text.size());
        auto line = take(text, '\n');
        const auto key = take(line, ' ');
        if (key == "sum") summed = text.empty() && line == sum_of(before);
        if (key == "version") m.version = line;
        if (key == "gateway") m.gateway = line;
        if (key == "made") sound = read_made(line, m.made) && sound;
        if (key == "start") {
            sound = std::from_chars(line.data(), line.data() + line.size(), m.start).ec == std::errc{} && sound;
        }
        if (key == "file") {
            const std::string sum{take(line, ' ')};
            m.sums[std::string{line}] = sum;
        }
    }
    if (first != heading)
        return std::unexpected(fmt::format("Anban {} has written it, in a later format", m.version));
    if (!sound || !summed) return std::unexpected(std::string{"its list of files is damaged"});
    return m;
}

} // namespace anban::backup

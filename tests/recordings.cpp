#include "tests/recordings.hpp"

#include <cstdio>
#include <cstdlib>

namespace anban::tests {

namespace {

bool missing = false;

} // namespace

std::optional<std::filesystem::path> recording(const std::filesystem::path& file) {
    const char* named = std::getenv("ANBAN_DATA");
    const auto folder = named != nullptr && *named != '\0'
                            ? std::filesystem::path(named)
                            : std::filesystem::path(ANBAN_SOURCE_DIR) / "../shared/data";
    const auto whole = (folder / file).lexically_normal();
    if (std::filesystem::exists(whole)) return whole;
    missing = true;
    std::printf("skipped: no recordings at %s\n", whole.c_str());
    std::fflush(stdout);
    return std::nullopt;
}

bool any_missing() noexcept {
    return missing;
}

} // namespace anban::tests

#include "firmware-stubs/home/event.hpp"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

#include <boost/json/serialize.hpp>

namespace anban::played {

std::int64_t wall_us() noexcept {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

std::uint64_t monotonic_ms() noexcept {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

void tell(std::int64_t at_us, std::string_view event, const boost::json::object& fields) {
    boost::json::object line;
    line.reserve(fields.size() + 2);
    line["at_us"] = at_us;
    line["event"] = event;
    for (const auto& field : fields) line[field.key()] = field.value();
    std::string text = boost::json::serialize(line);
    text += '\n';
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

void tell(std::string_view event, const boost::json::object& fields) {
    tell(wall_us(), event, fields);
}

void tell_error(std::string_view what) {
    tell("error", {{"what", what}});
}

} // namespace anban::played

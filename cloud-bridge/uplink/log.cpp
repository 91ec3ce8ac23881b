#include "cloud-bridge/uplink/log.hpp"

#include <unistd.h>

namespace anban::uplink::log {

void line(int level, std::string_view event, std::string fields) {
    for (char& c : fields) {
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    const std::string text =
        fmt::format("<{}>anban-uplink event={}{}{}\n", level, event, fields.empty() ? "" : " ", fields);
    // Nobody can be told that the log can't be written.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

} // namespace anban::uplink::log

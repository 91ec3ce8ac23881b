// Lines for the journal of the service manager: `<priority>anban-uplink event=… key=value …` on stderr.
// Ids and reasons only; never an envelope's content.
//
// Threads: any; a line is one write.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace anban::uplink::log {

// `level` as in syslog: 3 error, 4 warning, 6 info. Characters that end a line are replaced.
void line(int level, std::string_view event, std::string fields);

template <class... Args>
void error(std::string_view event, fmt::format_string<Args...> form, Args&&... args) {
    line(3, event, fmt::format(form, std::forward<Args>(args)...));
}
template <class... Args>
void warning(std::string_view event, fmt::format_string<Args...> form, Args&&... args) {
    line(4, event, fmt::format(form, std::forward<Args>(args)...));
}
template <class... Args>
void info(std::string_view event, fmt::format_string<Args...> form, Args&&... args) {
    line(6, event, fmt::format(form, std::forward<Args>(args)...));
}

} // namespace anban::uplink::log

// The log of the daemon: one line an event on stderr, `<n>` for the journal's priority, then key=value.
// Nothing personal goes in: ids are pseudonyms.
//
// Threads: any; a line is written at once.
#pragma once

#include <cstdio>
#include <string_view>

#include <fmt/format.h>

namespace anban::log {

enum class level : int { critical = 2, error = 3, warning = 4, notice = 5, info = 6 };

template <class... Fields>
void say(level how, std::string_view event, fmt::format_string<Fields...> fields, Fields&&... values) {
    std::string line = fmt::format("<{}>anband: event={} ", static_cast<int>(how), event);
    fmt::format_to(std::back_inserter(line), fields, std::forward<Fields>(values)...);
    for (char& c : line) {
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
}

} // namespace anban::log

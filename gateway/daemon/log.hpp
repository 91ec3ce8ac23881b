// The log of the daemon: one line an event on stderr, `<n>` for the journal's priority, then key=value.
// Nothing personal goes in: ids are pseudonyms.
//
// Threads: any; a line is written at once, or with the others of its page.
#pragma once

#include <cstdio>
#include <iterator>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace anban::log {

enum class level : int { critical = 2, error = 3, warning = 4, notice = 5, info = 6 };

// While one is alive, the lines of its thread are gathered and written in one go at its end.
class page {
public:
    page() noexcept : before_(open()) { open() = this; }
    ~page() {
        open() = before_;
        if (!lines_.empty()) std::fwrite(lines_.data(), 1, lines_.size(), stderr);
    }
    page(const page&) = delete;
    page& operator=(const page&) = delete;

    void add(std::string_view line) { lines_ += line; }
    [[nodiscard]] static page*& open() noexcept {
        thread_local page* current = nullptr;
        return current;
    }

private:
    page* before_;
    std::string lines_;
};

template <class... Fields>
void say(level how, std::string_view event, fmt::format_string<Fields...> fields, Fields&&... values) {
    std::string line = fmt::format("<{}>anband: event={} ", static_cast<int>(how), event);
    fmt::format_to(std::back_inserter(line), fields, std::forward<Fields>(values)...);
    for (char& c : line) {
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    line += '\n';
    if (page* const current = page::open(); current != nullptr) return current->add(line);
    std::fwrite(line.data(), 1, line.size(), stderr);
}

} // namespace anban::log

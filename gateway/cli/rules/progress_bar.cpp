#include "gateway/cli/rules/progress_bar.hpp"

#include <unistd.h>

#include <cstdio>
#include <string>

#include <fmt/format.h>

namespace anban::cli {

using namespace std::chrono_literals;

progress_bar::progress_bar(const terminal& t) : t_(t), shown_(::isatty(::fileno(t.err)) == 1 && !t.json) {}

progress_bar::~progress_bar() {
    if (drawn_) fmt::print(t_.err, "\r\033[K");
}

void progress_bar::show(double part) {
    if (!shown_ || std::chrono::steady_clock::now() - begun_ < 500ms) return;
    const auto full = static_cast<std::size_t>(part * 30);
    fmt::print(t_.err, "\r[{}{}] {:3.0f} %", std::string(full, '#'), std::string(30 - full, ' '), part * 100);
    std::fflush(t_.err);
    drawn_ = true;
}

} // namespace anban::cli

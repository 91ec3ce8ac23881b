#include "gateway/daemon/health/start_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <sstream>

#include <fmt/format.h>

#include "gateway/config/files.hpp"
#include "gateway/daemon/health/limits.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

constexpr std::array fatal_signals{SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

volatile std::sig_atomic_t crash_file = -1;

// Only calls that a signal handler may make. The default action follows: SA_RESETHAND.
extern "C" void note_crash(int signal) {
    char line[] = "crash 00\n";
    line[6] = static_cast<char>('0' + signal / 10);
    line[7] = static_cast<char>('0' + signal % 10);
    const int file = crash_file;
    if (file >= 0 && ::write(file, line, sizeof line - 1) > 0) (void)::fdatasync(file);
    ::raise(signal);
}

} // namespace

start_log::start_log(std::filesystem::path folder) : folder_(std::move(folder)) {
    const auto text = files::read(folder_ / "starts", limits::config_file_bytes);
    if (!text) return;
    std::istringstream lines{*text};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream in{line};
        std::string word;
        in >> word;
        entry one;
        if (word == "start" &&
            in >> one.number >> std::hex >> one.boot_id >> std::dec >> one.mono_s >> one.utc_s) {
            known_.push_back(one);
        } else if (known_.empty()) {
            continue;
        } else if (word == "end") {
            known_.back().ended = true;
        } else if (word == "crash") {
            known_.back().ended = known_.back().crashed = true;
        }
    }
}

start_log::~start_log() {
    if (file_ < 0) return;
    crash_file = -1;
    ::close(file_);
}

starts_before start_log::before(std::uint64_t boot_id, mono_time now) const {
    starts_before found;
    for (const entry& e : known_) {
        found.highest = std::max(found.highest, e.number);
        found.newest = std::max(found.newest, utc_time{std::chrono::seconds{e.utc_s}});
    }
    if (known_.empty()) return found;
    found.crashed = known_.back().crashed;
    found.unclean = found.crashed || !known_.back().ended;
    // In a row: killed is no crash of ours and ends no row, a clean end does.
    const auto now_s = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
    const auto lately = std::chrono::seconds{limits::crash_loop}.count();
    for (auto e = known_.rbegin(); e != known_.rend(); ++e) {
        if (e->boot_id != boot_id || now_s - e->mono_s > lately) break;
        if (e->ended && !e->crashed) break;
        if (e->crashed) ++found.crashes_lately;
    }
    return found;
}

bool start_log::begin(std::uint32_t number, std::uint64_t boot_id, const instant& now) {
    const auto whole = [](auto t) {
        return std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count();
    };
    known_.push_back(
        {.number = number, .boot_id = boot_id, .mono_s = whole(now.mono), .utc_s = whole(now.wall.at)});
    if (known_.size() > limits::starts_kept) {
        known_.erase(known_.begin(), known_.end() - static_cast<std::ptrdiff_t>(limits::starts_kept));
    }
    std::string text;
    for (const entry& e : known_) {
        text += fmt::format("start {} {:x} {} {}\n", e.number, e.boot_id, e.mono_s, e.utc_s);
        if (e.ended) text += e.crashed ? "crash 6\n" : "end\n";
    }
    std::error_code ignored;
    std::filesystem::create_directories(folder_, ignored);
    const auto path = folder_ / "starts";
    if (std::filesystem::is_directory(path, ignored)) std::filesystem::remove_all(path, ignored);
    if (!files::write(path, text, 0600)) return false;
    file_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file_ < 0) return false;
    crash_file = file_;
    for (const int signal : fatal_signals) {
        struct sigaction act{};
        act.sa_handler = &note_crash;
        act.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
        ::sigaction(signal, &act, nullptr);
    }
    return true;
}

void start_log::set_aside(const std::string& rules_state) const {
    std::error_code ignored;
    std::filesystem::create_directories(folder_, ignored);
    (void)files::write(folder_ / "rules-state", rules_state, 0600);
}

void start_log::end() {
    if (file_ < 0) return;
    if (::write(file_, "end\n", 4) == 4) (void)::fdatasync(file_);
    crash_file = -1;
}

} // namespace anban

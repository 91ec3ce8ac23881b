#include "firmware-stubs/home/street.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <poll.h>
#include <unistd.h>

#include "firmware-stubs/home/event.hpp"

namespace anban::played {
namespace {

constexpr std::int64_t longest_wait_us = 250'000;
constexpr std::size_t longest_line = 64 * 1024;
constexpr std::int64_t commands_wait_us = 3'000'000; // for the broker, before they are performed without it

} // namespace

street::street(const config& home) : paused_until_us_(monotonic_us() + commands_wait_us) {
    for (const auto& d : home.devices) {
        if (is_native(d.what)) {
            devices_.push_back(std::make_unique<native_device>(home, d));
            links_.push_back(&devices_.back()->link());
        } else if (d.what == kind::zigbee_bridge) {
            bridge_ = std::make_unique<zigbee_bridge>(home, d);
            links_.push_back(&bridge_->link());
        }
    }
}

native_device* street::find(std::string_view id) {
    const auto found = std::ranges::find_if(devices_, [&](const auto& d) { return d->id() == id; });
    return found == devices_.end() ? nullptr : found->get();
}

connection* street::link_of(std::string_view id) {
    if (auto* device = find(id)) return &device->link();
    if (bridge_ && (bridge_->id() == id || bridge_->has(id))) return &bridge_->link();
    return nullptr;
}

std::vector<native_device*> street::all(kind what) {
    std::vector<native_device*> found;
    for (const auto& d : devices_) {
        if (d->what() == what) found.push_back(d.get());
    }
    return found;
}

std::int64_t street::monotonic_us() noexcept {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

void street::at(std::int64_t at_us, std::function<void()> what) {
    const auto later = std::ranges::find_if(tasks_, [&](const task& t) { return t.at_us > at_us; });
    tasks_.insert(later, {at_us, std::move(what)});
}

std::int64_t street::wait_us(bool lines_waiting) const {
    const auto now = monotonic_us();
    auto until = now + longest_wait_us;
    const auto sooner = [&](std::int64_t at) { until = std::min(until, at); };
    const auto sooner_ms = [&](std::uint64_t at) {
        if (at < static_cast<std::uint64_t>(until / 1000)) until = static_cast<std::int64_t>(at) * 1000;
    };
    if (!tasks_.empty()) sooner(tasks_.front().at_us);
    if (lines_waiting) sooner(paused_until_us_);
    for (const auto& d : devices_) sooner_ms(d->next_ms());
    for (const auto* link : links_) sooner_ms(link->next_ms());
    return std::max<std::int64_t>(0, until - now);
}

void street::hand_on(line_source& commands, const std::function<void(std::string_view)>& line,
                     const std::function<void()>& ended) {
    while (running_ && monotonic_us() >= paused_until_us_) {
        const auto end = commands.rest.find('\n');
        if (end == std::string::npos) break;
        const std::string one = commands.rest.substr(0, end);
        commands.rest.erase(0, end + 1);
        line(one);
    }
    if (commands.descriptor >= 0 || !running_ || monotonic_us() < paused_until_us_) return;
    if (!commands.rest.empty()) {
        const std::string one = std::exchange(commands.rest, {});
        line(one);
    }
    ended();
}

void street::run(line_source& commands, int stop, const std::function<void(std::string_view)>& line,
                 const std::function<void()>& ended) {
    std::vector<pollfd> waiting;
    bool told_end = false;
    const auto end_once = [&] {
        if (!std::exchange(told_end, true)) ended();
    };
    while (running_) {
        waiting.assign(1, {stop, POLLIN, 0});
        const bool room = commands.rest.size() < longest_line;
        waiting.push_back({room ? commands.descriptor : -1, POLLIN, 0});
        for (const auto* link : links_) {
            const short events = static_cast<short>(POLLIN | (link->wants_write() ? POLLOUT : 0));
            waiting.push_back({link->descriptor(), events, 0});
        }
        const auto wait = wait_us(!commands.rest.empty() || (commands.descriptor < 0 && !told_end));
        const timespec timeout{.tv_sec = wait / 1'000'000, .tv_nsec = (wait % 1'000'000) * 1000};
        if (ppoll(waiting.data(), waiting.size(), &timeout, nullptr) < 0 && errno != EINTR) return;
        if (waiting[0].revents != 0) return;
        for (std::size_t i = 0; i < links_.size(); ++i) {
            const auto r = waiting[i + 2].revents;
            if (r != 0) links_[i]->ready((r & (POLLIN | POLLHUP | POLLERR)) != 0, (r & POLLOUT) != 0);
        }
        const auto now_ms = monotonic_ms();
        for (auto* link : links_) link->tick(now_ms);
        while (!tasks_.empty() && tasks_.front().at_us <= monotonic_us()) {
            const auto due = std::move(tasks_.front().what);
            tasks_.pop_front();
            due();
        }
        for (const auto& d : devices_) {
            if (d->next_ms() <= now_ms) d->step();
        }
        if (!told_ready_ && std::ranges::all_of(links_, [](const connection* l) { return l->connected(); })) {
            told_ready_ = true;
            paused_until_us_ = 0;
            tell("ready", {{"connections", links_.size()}});
        }
        if (waiting[1].revents != 0) {
            char buffer[4096];
            const auto got = ::read(commands.descriptor, buffer, sizeof buffer);
            if (got > 0)
                commands.rest.append(buffer, static_cast<std::size_t>(got));
            else if (got == 0 || (errno != EINTR && errno != EAGAIN))
                commands.descriptor = -1;
        }
        if (!commands.rest.contains('\n') && commands.rest.size() >= longest_line) {
            tell_error("a command line has at most 64 KiB");
            commands.rest.clear();
        }
        hand_on(commands, line, end_once);
    }
}

} // namespace anban::played

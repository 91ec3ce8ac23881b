#include "tests/stage/demo/player.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "tests/stage/fault.hpp"

namespace anban::stage::demo {

player::player(district& d, std::function<void(const step&)> on_step)
    : district_(d), ways_(std::move(on_step)), session_(d.centre.session()),
      stream_(std::make_unique<event_stream>(session_, "/api/v1/events",
                                             [this](server_event e) { events_.push(std::move(e)); })) {
    if (!events_.wait_for([](const server_event& e) { return e.kind == "hello"; }, std::chrono::seconds(5)))
        throw fault("the centre's stream of events does not begin");
}

void player::take_in() {
    constexpr std::int64_t slowest_source_us = 80'000;
    using source = news::source;
    for (auto& event : district_.home.seen.from(devices_read_)) {
        ++devices_read_;
        waiting_.push_back({source::device, number_of(event, "at_us"), std::move(event)});
    }
    for (auto& event : district_.home.told.from(gateway_read_)) {
        ++gateway_read_;
        waiting_.push_back({source::gateway, number_of(event, "at_us"), std::move(event)});
    }
    for (auto& event : events_.from(centre_read_)) {
        ++centre_read_;
        if (event.kind == "alarm") waiting_.push_back({source::centre, event.at_us, std::move(event.data)});
    }
    std::ranges::stable_sort(waiting_, {}, &news::at_us);
    const auto ripe = utc_now_us() - slowest_source_us;
    std::size_t done = 0;
    for (; done < waiting_.size() && waiting_[done].at_us <= ripe; ++done) perform(waiting_[done]);
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(done));
}

void player::perform(const news& n) {
    switch (n.from) {
    case news::source::device: return ways_.hear_device(n.event);
    case news::source::gateway: return ways_.hear_gateway(n.event);
    case news::source::centre: return ways_.hear_centre(n.event, n.at_us);
    }
}

bool player::until(const std::function<bool()>& done, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        take_in();
        if (done()) return true;
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

std::string line_of(const step& s, bool chinese) {
    const auto known = std::ranges::find(stations(), s.station, &station::name);
    const auto again = s.of->number == 1 ? std::string()
                       : chinese         ? fmt::format("（第 {} 次）", s.of->number)
                                         : fmt::format(" (press {})", s.of->number);
    return fmt::format("{:>12.3f} ms  {}  {}  {}{}", s.ms, s.of->alarm.substr(0, 8),
                       chinese ? known->zh : known->en, s.of->device, again);
}

} // namespace anban::stage::demo

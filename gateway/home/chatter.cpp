// Keys that call again and again: each call is heard, and the key is suspected as well (F6).
#include <fmt/format.h>

#include "gateway/home/machine.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

[[nodiscard]] std::string key_of(const device_id& id) {
    return "device.chatters." + id.str();
}

} // namespace

// True where this call is one of several within a minute.
bool home_machine::watch_calls(const device_id& id) {
    if (calls_.size() >= limits::faults && !calls_.contains(id)) return false; // no fault could be told any more
    calls_lately& calls = calls_[id];
    calls.last = now_.mono;
    ++calls.count;
    std::erase_if(calls.newest, [&](mono_time at) { return now_.mono - at >= limits::chatter_within; });
    if (calls.newest.size() == limits::chatter_presses) calls.newest.erase(calls.newest.begin());
    calls.newest.push_back(now_.mono);
    const bool chatters = calls.newest.size() == limits::chatter_presses;
    calls.suspect = calls.suspect || chatters;
    if (!calls.suspect) return false;
    begin_fault(
        {.key = key_of(id),
         .what_zh = fmt::format("{} 反复呼叫（已 {} 次）：可能有人急需帮助，也可能按键卡住或自行触发", id.str(),
                                calls.count),
         .what_en = fmt::format("{} calls again and again ({} times so far): somebody in need, or a key that "
                                "sticks or fires by itself",
                                id.str(), calls.count),
         .cure_zh = "先按真实求助处理；确认无人按下后，检查按键是否卡住、受潮、电量低，必要时更换。"
                    "每次按下仍会报警",
         .cure_en = "Take it as a call first; where nobody pressed, see whether the key sticks, is wet or low on "
                    "battery, and replace it. Each press still calls",
         .urgency = priority::medium});
    return chatters;
}

void home_machine::forget_quiet_keys() {
    std::erase_if(calls_, [this](const auto& entry) {
        const auto& [id, calls] = entry;
        if (now_.mono - calls.last < limits::chatter_quiet) return false;
        if (calls.suspect) end_fault(key_of(id));
        return true;
    });
}

// What was removed is nobody's fault any more.
void home_machine::forget_calls_of_others(const house& next) {
    for (const device& d : house_.devices) {
        if (next.find_device(d.id) == nullptr && calls_.erase(d.id) > 0) end_fault(key_of(d.id));
    }
}

} // namespace anban

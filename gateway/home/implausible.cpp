// Values that no body and no room can have: a fault of the device, and no reading.
#include <algorithm>

#include <fmt/format.h>

#include "gateway/home/machine.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

[[nodiscard]] std::string key_of(const device_id& id) {
    return "device.implausible." + id.str();
}

} // namespace

void home_machine::watch_values(const device_id& id, const heard& in) {
    if (in.impossible.empty()) {
        if (const auto known = impossible_.find(id); known != impossible_.end()) {
            // Others of its values may be sound meanwhile: what was impossible must be heard anew, for a while.
            const bool sound = std::ranges::any_of(in.observations, [&](const observation& o) {
                return o.what == known->second.what && o.how == quality::good;
            });
            if (!sound || now_.mono - known->second.last < limits::implausible_quiet) return;
            impossible_.erase(known);
            end_fault(key_of(id));
        }
        return;
    }
    const observation& worst = in.impossible.front();
    impossible_[id] = {.what = worst.what, .last = now_.mono};
    const signal_facts& facts = facts_of(worst.what);
    begin_fault({.key = key_of(id),
                 .what_zh = fmt::format("{} 报出不可能的数值：{} = {} {}（可能的范围 {} 至 {}），未采用", id.str(),
                                        facts.name, worst.value, facts.unit, facts.least, facts.most),
                 .what_en = fmt::format("{} tells what can't be: {} = {} {} (possible: {} to {}); it is not used",
                                        id.str(), facts.name, worst.value, facts.unit, facts.least, facts.most),
                 .cure_zh = "检查佩戴或安装、电量；若反复出现请更换该设备",
                 .cure_en = "See how it is worn or fitted and its battery; replace it if this comes again",
                 .urgency = priority::low});
}

void home_machine::forget_values_of_others(const house& next) {
    for (const device& d : house_.devices) {
        if (next.find_device(d.id) == nullptr && impossible_.erase(d.id) > 0) end_fault(key_of(d.id));
    }
}

} // namespace anban

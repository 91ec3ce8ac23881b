#include "gateway/daemon/shedding.hpp"

#include <fmt/format.h>

#include "rules/limits.hpp"

namespace anban {

std::optional<shell_fault> shedding::judge(std::uint64_t total, mono_time now) {
    shell_fault told{.key = "ingest.shed", .present = true, .urgency = priority::medium};
    if (total == known_) {
        if (!now_ || now - last_ < limits::shedding_over) return std::nullopt;
        now_ = false;
        told.present = false;
        return told;
    }
    if (!now_) before_ = known_;
    now_ = true;
    known_ = total;
    last_ = now;
    const std::uint64_t shed = total - before_;
    told.what_zh = fmt::format("消息多于网关能处理的数量，已丢弃 {} 条测量数据；已登记设备的报警不受影响", shed);
    told.what_en = fmt::format("More messages come than the gateway can judge: {} readings were dropped; alarms "
                               "of entered devices are not",
                               shed);
    told.cure_zh = "用 anban watch 找出发送过多的设备，降低其上报频率或将其移除";
    told.cure_en = "Find the device that talks too much with anban watch; let it report less often, or remove it";
    return told;
}

} // namespace anban

#include "rules/alarm.hpp"

#include <algorithm>

#include "rules/sha256.hpp"

namespace anban {

alarm_id derive_alarm_id(const gateway_id& gateway, const rule_id& rule, const subject& who, const cause& why,
                         std::uint32_t occurrence) noexcept {
    sha256 sum;
    sum.update_field("anban alarm 1");
    sum.update_field(gateway.str());
    sum.update_field(rule.str());
    sum.update_u64(static_cast<std::uint64_t>(who.of));
    sum.update_field(who.id);
    sum.update_field(why.device.str());
    sum.update_u64(why.key.boot);
    sum.update_u64(why.key.sequence);
    sum.update_u64(occurrence);
    const sha256_digest digest = sum.finish();
    std::array<std::uint8_t, alarm_id::size> cut{};
    std::copy_n(digest.begin(), cut.size(), cut.begin());
    return alarm_id{cut};
}

std::string_view name_of(alarm_phase p) noexcept {
    switch (p) {
    case alarm_phase::suspected: return "suspected";
    case alarm_phase::cleared: return "cleared";
    case alarm_phase::cancelled: return "cancelled";
    case alarm_phase::active: break;
    }
    return "active";
}

std::string_view name_of(alarm_progress p) noexcept {
    switch (p) {
    case alarm_progress::taken: return "taken";
    case alarm_progress::on_the_way: return "on_the_way";
    case alarm_progress::closed: return "closed";
    case alarm_progress::open: break;
    }
    return "open";
}

} // namespace anban

#include "tests/simulation/world/drawn_id.hpp"

#include <cstdint>

#include "rules/alarm.hpp"
#include "rules/sha256.hpp"

namespace anban {
namespace {

bool drawing = false;
std::uint64_t starts = 0;

} // namespace

namespace simulation {

void draw_ids(bool on) {
    drawing = on;
    starts = 0;
}

void draw_ids_anew() {
    ++starts;
}

} // namespace simulation

// As the linker's --wrap names the two.
alarm_id real_derive_alarm_id(const gateway_id&, const rule_id&, const subject&, const cause&,
                              std::uint32_t) noexcept asm(ANBAN_REAL_DERIVE_ALARM_ID);
alarm_id wrapped_derive_alarm_id(const gateway_id&, const rule_id&, const subject&, const cause&,
                                 std::uint32_t) noexcept asm(ANBAN_WRAPPED_DERIVE_ALARM_ID);

alarm_id wrapped_derive_alarm_id(const gateway_id& gateway, const rule_id& rule, const subject& who,
                                 const cause& why, std::uint32_t occurrence) noexcept {
    const alarm_id derived = real_derive_alarm_id(gateway, rule, who, why, occurrence);
    if (!drawing) return derived;
    sha256 sum;
    sum.update_field(derived.bytes());
    sum.update_u64(starts);
    const sha256_digest digest = sum.finish();
    std::array<std::uint8_t, alarm_id::size> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = digest[i];
    return alarm_id{bytes};
}

} // namespace anban

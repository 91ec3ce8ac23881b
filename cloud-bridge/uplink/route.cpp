#include "cloud-bridge/uplink/route.hpp"

#include <algorithm>

#include "cloud-bridge/uplink/limits.hpp"
#include "rules/ensure.hpp"

namespace anban::uplink {

using duration = mono_clock::duration;

route::route(std::function<double()> chance) : chance_(std::move(chance)) {
    ensure(static_cast<bool>(chance_));
}

std::size_t route::host(std::size_t hosts) const noexcept {
    ensure(hosts > 0);
    return host_ % hosts;
}

void route::session_stands() noexcept {
    failures_ = 0;
}

duration route::session_lost(bool p0_waits) {
    failures_ = 0;
    return drawn(0, p0_waits);
}

duration route::try_failed(std::size_t hosts, bool p0_waits) {
    const std::size_t per_round = std::max<std::size_t>(hosts, 1);
    host_ = (host_ + 1) % per_round;
    ++failures_;
    return drawn(static_cast<unsigned>(std::min<std::size_t>(failures_ / per_round, 16)), p0_waits);
}

duration route::drawn(unsigned rounds, bool p0_waits) {
    duration most = limits::reconnect_first;
    const duration bound = p0_waits ? duration{limits::reconnect_most_for_p0} : duration{limits::reconnect_most};
    for (unsigned i = 0; i < rounds && most < bound; ++i) most *= 2;
    most = std::min(most, bound);
    const duration least = limits::reconnect_least;
    return least + std::chrono::duration_cast<duration>((most - least) * chance_());
}

} // namespace anban::uplink

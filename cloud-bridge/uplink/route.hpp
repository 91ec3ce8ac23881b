// Which of the district's hosts is tried next, and when: pure. Each full round through the list without a
// session doubles the time from which the delay is drawn (full jitter, 0.25 to 30 s), so that a district's
// gateways don't come back all at once; a home in which a p0 waits never waits longer than a second.
//
// Threads: one.
#pragma once

#include <cstddef>
#include <functional>

#include "rules/time.hpp"

namespace anban::uplink {

class route {
public:
    // `chance` gives numbers in [0, 1).
    explicit route(std::function<double()> chance);

    // The host to try now, as an index below `hosts`, which must not be 0. The list may change between calls.
    [[nodiscard]] std::size_t host(std::size_t hosts) const noexcept;

    void session_stands() noexcept;
    // A session that stood is lost: the same host comes first. Returns when to try.
    [[nodiscard]] mono_clock::duration session_lost(bool p0_waits);
    // No session came of the last try: the next host. Returns when to try.
    [[nodiscard]] mono_clock::duration try_failed(std::size_t hosts, bool p0_waits);

private:
    [[nodiscard]] mono_clock::duration drawn(unsigned rounds, bool p0_waits);

    std::function<double()> chance_;
    std::size_t host_ = 0;
    std::size_t failures_ = 0;
};

} // namespace anban::uplink

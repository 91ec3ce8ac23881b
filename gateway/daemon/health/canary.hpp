// A canary goes the whole way every 30 s: broker, core, journal's thread. Where it doesn't come back, the part it
// stuck in is a fault with its cure, and the service manager's watchdog is no longer fed.
//
// A broker that isn't connected is a fault of its own (broker.lost) and no restart of ours mends it: the canary
// then begins at the core. A journal's thread that hangs in a sync isn't mended by one either, since such a
// process can't even be killed; what waits is sent without it after 25 s. So only a thread that stays away for
// limits::journal_stuck_for stops the feeding: by then it is taken for a bug of ours.
//
// Threads: one; it has no clock.
#pragma once

#include <cstdint>
#include <optional>

#include "rules/time.hpp"

namespace anban {

class canary {
public:
    enum class part : std::uint8_t { broker, core, journal };

    struct verdict {
        std::optional<std::uint64_t> send; // a new one is due: its number
        std::optional<part> stuck;
        bool well = true; // the watchdog may be fed
    };

    // `broker_up`: it is connected. `ear_waits`: a callback waits for the journal, and hears nothing meanwhile.
    [[nodiscard]] verdict look(mono_time now, bool broker_up, bool ear_waits);

    void heard(std::uint64_t number, mono_time now) noexcept;  // came through the broker
    void judged(std::uint64_t number, mono_time now) noexcept; // the core has taken it
    void passed(std::uint64_t number) noexcept;                // the journal's thread has let it through

    // Once an hour one is a real commit: a disk that takes reads only is found before a press finds it.
    [[nodiscard]] bool commit_due(mono_time now) noexcept;

private:
    [[nodiscard]] part where(bool ear_waits) const noexcept;

    std::uint64_t number_ = 1; // 1 is a mere beat
    bool out_ = false;
    bool by_broker_ = false;
    bool heard_ = false;
    bool judged_ = false;
    mono_time since_{}; // when it entered the part it is in
    mono_time sent_{};
    std::optional<mono_time> next_;
    std::optional<mono_time> next_commit_;
};

} // namespace anban

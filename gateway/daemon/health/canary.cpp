#include "gateway/daemon/health/canary.hpp"

#include "gateway/daemon/health/limits.hpp"

namespace anban {

canary::part canary::where(bool ear_waits) const noexcept {
    if (judged_ || ear_waits) return part::journal;
    return by_broker_ && !heard_ ? part::broker : part::core;
}

canary::verdict canary::look(mono_time now, bool broker_up, bool ear_waits) {
    verdict found;
    // What was on its way when the broker went says nothing of the others.
    if (out_ && by_broker_ && !heard_ && !broker_up) out_ = false;
    if (!next_) next_ = now;
    if (!out_ && now >= *next_) {
        next_ = now + limits::canary_every;
        out_ = true;
        by_broker_ = broker_up;
        heard_ = judged_ = false;
        since_ = sent_ = now;
        found.send = ++number_;
    }
    if (!out_ || now - since_ <= limits::canary_patience) return found;
    found.stuck = where(ear_waits);
    found.well = *found.stuck == part::journal && now - since_ <= limits::journal_stuck_for;
    // A broker may have lost it in good health: the next one tells.
    if (*found.stuck == part::broker && now - sent_ > limits::canary_every) out_ = false;
    return found;
}

void canary::heard(std::uint64_t number, mono_time now) noexcept {
    if (!out_ || number != number_ || heard_) return;
    heard_ = true;
    since_ = now;
}

void canary::judged(std::uint64_t number, mono_time now) noexcept {
    if (!out_ || number != number_ || judged_) return;
    judged_ = true;
    since_ = now;
}

void canary::passed(std::uint64_t number) noexcept {
    if (out_ && number == number_ && judged_) out_ = false;
}

bool canary::commit_due(mono_time now) noexcept {
    if (!next_commit_) next_commit_ = now + limits::canary_commit_every;
    if (now < *next_commit_) return false;
    next_commit_ = now + limits::canary_commit_every;
    return true;
}

} // namespace anban

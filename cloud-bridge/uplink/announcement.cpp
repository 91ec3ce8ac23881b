#include "cloud-bridge/uplink/announcement.hpp"

#include <algorithm>

#include "cloud-bridge/uplink/limits.hpp"
#include "rules/ensure.hpp"

namespace anban::uplink {

using duration = mono_clock::duration;

announcement::announcement(std::function<double()> chance) : chance_(std::move(chance)) {
    ensure(static_cast<bool>(chance_));
}

void announcement::sent(mono_time now, std::uint64_t session) {
    if (session != session_) tries_ = 0;
    session_ = session;
    duration whole = limits::birth_again_first;
    for (unsigned i = 0; i < tries_ && whole < limits::birth_again_most; ++i) whole *= 2;
    whole = std::min<duration>(whole, limits::birth_again_most);
    ++tries_;
    due_ = now + std::max<duration>(std::chrono::duration_cast<duration>(whole * chance_()), limits::retry_least);
}

bool announcement::greeted(std::uint64_t session) {
    if (session_ == 0) return false; // there is no session to be born in
    if (session != session_) return true;
    due_.reset();
    tries_ = 0;
    return false;
}

void announcement::ended() noexcept {
    due_.reset();
    session_ = 0;
    tries_ = 0;
}

} // namespace anban::uplink

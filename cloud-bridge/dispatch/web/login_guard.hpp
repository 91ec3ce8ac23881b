// Slows down who guesses log-ins: counts the failures of the last minute.
//
//   of one name from one peer   limits::failures_a_minute
//   of one peer                 limits::failures_a_minute_peer: many names tried from one place
//   of one name                 limits::failures_a_minute_name: one name tried from many places
//   of all                      limits::failures_a_minute_all
//
// Who has logged in from a peer before is at home there: that name from that peer is bound by the first count
// alone, so that nobody elsewhere can lock an operator out. A one-time token has no name: it can't be guessed,
// and only its peer is counted. Behind a proxy every visitor has the proxy's address; it must do this itself.
//
// Each table remembers at most limits::names_remembered; what no longer fits counts among all.
//
// Threads: one. Time is an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "rules/time.hpp"

namespace anban::dispatch {

struct login_attempt {
    std::string peer; // address of the connection
    std::string name; // empty: a one-time token
};

class login_guard {
public:
    // How long to wait before the next attempt counts; zero: go on.
    [[nodiscard]] std::chrono::seconds wait_for(const login_attempt& a, mono_time now);
    void failed(const login_attempt& a, mono_time now);
    void succeeded(const login_attempt& a);

private:
    using failures = std::deque<mono_time>;
    using pair = std::pair<std::string, std::string>; // network, name
    template <class Key>
    using tally = std::map<Key, failures>;

    tally<pair> pairs_;
    tally<std::string> peers_;
    tally<std::string> names_;
    failures all_;
    std::map<pair, std::uint64_t> at_home_; // the number of its last success: the oldest is forgotten first
    std::uint64_t successes_ = 0;
};

// What is counted as one peer: an IPv4 address, or the /64 network of an IPv6 address, which one visitor has
// whole. Anything else is itself.
[[nodiscard]] std::string network_of(std::string_view address);

} // namespace anban::dispatch

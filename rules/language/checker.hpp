// What can only be judged of an alarm as a whole: its class, and which clauses go together.
//
// Threads: a free function without state.
#pragma once

#include "rules/language/conditions.hpp"

namespace anban::language {

// The clauses that an alarm has, and where.
struct clauses_seen {
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
    std::size_t of = nowhere; // class
    std::size_t priority = nowhere;
    std::size_t about = nowhere;
    std::size_t when = nowhere;
    std::size_t hold = nowhere;
    std::size_t clear = nowhere;
    std::size_t inhibited = nowhere;
    std::size_t detect = nowhere;
};

// Of an alarm whose clauses all read.
void check_whole(cursor& c, const alarm_in_work& alarm, const clauses_seen& seen);

} // namespace anban::language

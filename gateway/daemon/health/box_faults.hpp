// What can be wrong with the box itself, in words: what, and what to do.
//
// Threads: free functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "gateway/home/home.hpp"

namespace anban::box_faults {

// It knows less starts than there were.
[[nodiscard]] shell_fault journal_went_back();
[[nodiscard]] shell_fault rules_set_aside();
// `aside`: `path` is where the damaged file lies; else it is gone.
[[nodiscard]] shell_fault readings_damaged(const std::string& path, bool aside);

// Of `sent` presses at once the home broker kept so many; not present where all.
[[nodiscard]] shell_fault broker_limits(std::size_t kept, std::size_t sent);

// The home broker: gone, without the session it was told to keep, refusing topics, or met under an id of this
// start.
[[nodiscard]] shell_fault broker_lost(bool present, const std::string& why);
[[nodiscard]] shell_fault session_lost(bool present);
[[nodiscard]] shell_fault subscriptions_refused(const std::vector<std::string>& topics); // none: it is over
[[nodiscard]] shell_fault client_id_not_kept(const std::string& why_zh, const std::string& why_en,
                                             std::string cure_zh, std::string cure_en);

// Where a canary stuck.
[[nodiscard]] shell_fault broker_deaf(bool present);
[[nodiscard]] shell_fault core_slow(bool present);
[[nodiscard]] shell_fault journal_stuck(bool present);

} // namespace anban::box_faults

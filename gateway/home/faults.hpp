// What is wrong with this home just now, each with its cure: a person must be able to act on every line.
// A fault has a stable key; telling it again changes nothing but its words.
//
// Threads: one.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rules/alarm_class.hpp"
#include "rules/time.hpp"

namespace anban {

struct fault {
    std::string key; // "broker.lost", "device.unregistered.<id>"
    std::string what_zh;
    std::string what_en;
    std::string cure_zh;
    std::string cure_en;
    priority urgency = priority::low;
    stamp since;
};

class fault_list {
public:
    // True where it is new (its `since` is then `now`).
    bool begin(fault what, stamp now);
    // True where it was there.
    bool end(std::string_view key);
    [[nodiscard]] bool has(std::string_view key) const;
    [[nodiscard]] std::vector<fault> worst_first() const;
    [[nodiscard]] std::size_t size() const noexcept { return faults_.size(); }

private:
    std::map<std::string, fault, std::less<>> faults_; // at most limits::faults
};

} // namespace anban

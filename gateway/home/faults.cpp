#include "gateway/home/faults.hpp"

#include <algorithm>

#include "rules/limits.hpp"

namespace anban {

bool fault_list::begin(fault what, stamp now) {
    const auto found = faults_.find(what.key);
    if (found != faults_.end()) {
        what.since = found->second.since;
        found->second = std::move(what);
        return false;
    }
    if (faults_.size() >= limits::faults) return false;
    what.since = now;
    std::string key = what.key;
    faults_.emplace(std::move(key), std::move(what));
    return true;
}

bool fault_list::end(std::string_view key) {
    const auto found = faults_.find(key);
    if (found == faults_.end()) return false;
    faults_.erase(found);
    return true;
}

bool fault_list::has(std::string_view key) const {
    return faults_.contains(key);
}

std::vector<fault> fault_list::worst_first() const {
    std::vector<fault> all;
    for (const auto& [key, one] : faults_) all.push_back(one);
    std::ranges::stable_sort(all, [](const fault& a, const fault& b) {
        return std::pair{a.urgency, a.since.at} < std::pair{b.urgency, b.since.at};
    });
    return all;
}

} // namespace anban

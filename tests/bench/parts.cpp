#include "tests/bench/parts.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "tests/stage/home.hpp"

namespace anban::bench {
namespace {

constexpr std::array<std::string_view, 4> hop_names{"heard", "judged", "handed", "sent"};

using revision_key = std::pair<std::string, std::string>; // alarm, revision
using hop_times = std::array<double, hop_names.size()>;   // wall clock, µs; 0: not told

[[nodiscard]] std::map<revision_key, hop_times> hops_in(const std::vector<boost::json::value>& told) {
    std::map<revision_key, hop_times> all;
    for (const auto& event : told) {
        const auto hop = std::ranges::find(hop_names, stage::text_of(event, "name"));
        const auto revision = stage::text_of(event, "revision");
        if (hop == hop_names.end() || revision.empty()) continue;
        auto& times = all[{stage::text_of(event, "alarm"), revision}];
        times[static_cast<std::size_t>(hop - hop_names.begin())] =
            static_cast<double>(stage::number_of(event, "at_us"));
    }
    return all;
}

} // namespace

std::array<part, part_names.size()> parts_of(const std::vector<stage::way>& ways,
                                             const std::vector<boost::json::value>& told) {
    std::array<part, part_names.size()> parts;
    for (std::size_t i = 0; i < parts.size(); ++i) parts[i].name = part_names[i];
    const auto hops = hops_in(told);
    for (const auto& w : ways) {
        const auto found = hops.find({w.alarm, w.revision});
        const hop_times h = found == hops.end() ? hop_times{} : found->second;
        const std::array<double, part_names.size() + 1> stations{w.published, h[0],   h[1],     h[2],
                                                                 h[3],        w.seen, w.stored, w.received};
        for (std::size_t i = 0; i < parts.size(); ++i)
            if (stations[i] > 0 && stations[i + 1] > 0) parts[i].us.push_back(stations[i + 1] - stations[i]);
    }
    for (auto& one : parts) std::ranges::sort(one.us);
    return parts;
}

} // namespace anban::bench

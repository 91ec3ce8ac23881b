// Where the time of an alarm goes: joins what the load saw of each press with the hops that `anban watch`
// told of its revision.
//
// Threads: none.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "tests/stage/load.hpp"

namespace anban::bench {

inline constexpr std::array<std::string_view, 7> part_names{
    "device -> heard",  "heard -> judged",    "judged -> handed", "handed -> sent",
    "sent -> district", "district -> stored", "stored -> receipt"};

struct part {
    std::string_view name;
    std::vector<double> us; // sorted; of presses of which both ends are known
};

[[nodiscard]] std::array<part, part_names.size()> parts_of(const std::vector<stage::way>& ways,
                                                           const std::vector<boost::json::value>& told);

} // namespace anban::bench

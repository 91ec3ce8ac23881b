#include "rules/backtest/recording.hpp"

#include <algorithm>

namespace anban {

void sort_by_time(recording& r) {
    std::ranges::stable_sort(r.samples, {}, &sample::at);
}

} // namespace anban

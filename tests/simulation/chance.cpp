#include "tests/simulation/chance.hpp"

#include <algorithm>
#include <cmath>

namespace anban::simulation {

std::chrono::nanoseconds chance::wait(std::chrono::nanoseconds mean) {
    const double times = std::min(-std::log(1.0 - part()), 10.0);
    return std::chrono::nanoseconds{1 + static_cast<std::int64_t>(times * static_cast<double>(mean.count()))};
}

} // namespace anban::simulation

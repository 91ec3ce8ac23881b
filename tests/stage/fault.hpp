// What the stage throws when something can't be raised or does not come in time. Tests and the demo only:
// the product reports faults as values.
#pragma once

#include <stdexcept>

namespace anban::stage {

class fault : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

} // namespace anban::stage

#include "cloud-bridge/dispatch/serve.hpp"

namespace anban::dispatch {

outcome<void> serve(const serve_wish&) {
    return std::unexpected(words{"尚未接通", "not connected yet"});
}

} // namespace anban::dispatch

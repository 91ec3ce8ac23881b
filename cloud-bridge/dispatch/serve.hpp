// The running centre: composes broker link, desk, store and web on one io_context, and stops on SIGTERM or
// SIGINT. Everything that must survive is in DIR/alarms.db before anyone is told.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "cloud-bridge/dispatch/words.hpp"

namespace anban::dispatch {

struct serve_wish {
    std::filesystem::path data;
    std::string http_address = "127.0.0.1";
    std::uint16_t http_port = 8480; // 0: any
    std::uint16_t local_port = 0;   // 0: as the broker's configuration says
};

// Returns when it was told to stop. A failure to start is an error; later ones are told and mended.
[[nodiscard]] outcome<void> serve(const serve_wish& wish);

} // namespace anban::dispatch

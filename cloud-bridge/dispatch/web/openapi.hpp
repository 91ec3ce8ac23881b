// The API's description, openapi.yaml, embedded at build time.
#pragma once

#include <string_view>

namespace anban::dispatch {

extern const std::string_view openapi_text;

} // namespace anban::dispatch

// A home_delta as the bytes of one journal row, and back. Free functions without state; any thread.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "gateway/home/state.hpp"

namespace anban::journal_record {

[[nodiscard]] std::string encode(const home_delta& delta);
// Fails with one sentence on bytes that no version of ours has written.
[[nodiscard]] std::expected<home_delta, std::string> decode(std::string_view bytes);

} // namespace anban::journal_record

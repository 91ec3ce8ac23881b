// A home_delta as the bytes of one journal row, and back. Free functions without state; any thread.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/home/state.hpp"

namespace anban::journal_record {

// What a row tells the audit trail, and when.
struct audit_entry {
    stamp at;
    std::vector<audit_event> events;
};

[[nodiscard]] std::string encode(const home_delta& delta);
// Fails with one sentence on bytes that no version of ours has written.
[[nodiscard]] std::expected<home_delta, std::string> decode(std::string_view bytes);

// The row's events as bytes of their own; nothing where it has none.
[[nodiscard]] std::string encode_events(const home_delta& delta);
[[nodiscard]] std::expected<audit_entry, std::string> decode_events(std::string_view bytes);

} // namespace anban::journal_record

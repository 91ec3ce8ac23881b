// A journal that has seen much, written by the gateway's own code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace anban::bench {

// Appends `records` to the journal of a home that doesn't run: presses, their acknowledgements, alarms that are
// closed and forgotten, snapshots as the home makes them. Returns how many rows its file holds then. Throws
// stage::fault.
std::size_t write_old_journal(const std::filesystem::path& folder, std::size_t records);

// The frame of a press, the `n`th of a device's life that no other bench lives.
[[nodiscard]] std::string press_of(const std::string& device, std::uint32_t n);

} // namespace anban::bench

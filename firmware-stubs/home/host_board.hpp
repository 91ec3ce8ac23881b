// The board of a device that is played: its counter is a file, its network a connection of its own, its light
// an event line.
//
// Ownership: the connection outlives the board. Threads: one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <string>

#include "firmware-stubs/board.h"
#include "firmware-stubs/home/connection.hpp"
#include "firmware-stubs/outbox.h"

namespace anban::played {

class host_board {
public:
    host_board(std::string device, std::filesystem::path counter, connection& link);
    host_board(const host_board&) = delete;
    host_board& operator=(const host_board&) = delete;

    [[nodiscard]] const board& seam() const noexcept { return seam_; }

    // The outbox's number of a message that the broker acknowledged; 0 where it isn't known.
    [[nodiscard]] std::uint32_t tag_of(int id);

    // Messages of the last connection are acknowledged no more.
    void forget_tags() { tags_.clear(); }

private:
    board_status read_counter(std::uint32_t& value) const;
    board_status write_counter(std::uint32_t value) const;
    board_status publish(const char* topic, std::span<const std::uint8_t> bytes, int qos, std::uint32_t tag);
    void tell_published(std::int64_t at_us, std::string_view topic, std::span<const std::uint8_t> bytes, int qos);
    void show(const board_light& light) const;

    std::string device_;
    std::filesystem::path counter_;
    connection& link_;
    board seam_{};
    std::mt19937 random_{std::random_device{}()};
    std::map<int, std::uint32_t> tags_;
    std::uint32_t newest_ = 0; // sequence of the newest frame that was published
    std::uint64_t started_ms_;
};

} // namespace anban::played

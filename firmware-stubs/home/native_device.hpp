// A native device that is played: its connection, its board and the firmware that would run on it. The
// firmware decides everything; this class only carries.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "firmware-stubs/bed_mat.h"
#include "firmware-stubs/call_button.h"
#include "firmware-stubs/fall_detector.h"
#include "firmware-stubs/home/config.hpp"
#include "firmware-stubs/home/connection.hpp"
#include "firmware-stubs/home/host_board.hpp"
#include "firmware-stubs/home/recording.hpp"
#include "firmware-stubs/vitals_band.h"
#include "native.nanopb.h"

namespace anban::played {

using refusal = std::expected<void, std::string>; // nothing, or why not

class native_device {
public:
    // The boot begins here: a new boot id is taken.
    native_device(const config& home, const played_device& device);
    native_device(const native_device&) = delete;
    native_device& operator=(const native_device&) = delete;

    [[nodiscard]] const std::string& id() const noexcept { return device_.id; }
    [[nodiscard]] kind what() const noexcept { return device_.what; }
    [[nodiscard]] connection& link() noexcept { return link_; }

    // A call button's key goes down and comes up again, with its bounces; a second press before it is up
    // skips the key.
    refusal press(call_button_which key);
    // A press as the keys' debounce lets it through, at once.
    refusal press_now(call_button_which key);
    // A fall detector's cancel key.
    refusal cancel();
    // Lets a fall detector feel a recording: at once, in its own device time, or as slowly as it was made.
    refusal play(recording what, bool real_time);
    refusal measured(anban_native_Signal what, double value, anban_native_Quality how);
    refusal occupied(bool yes);
    refusal report();

    void step();
    // In the milliseconds of event.hpp's monotonic_ms.
    [[nodiscard]] std::uint64_t next_ms() const;

private:
    outbox& box();
    void heard(std::string_view topic, std::span<const std::uint8_t> payload);
    void came_online();
    refusal told(outbox_status status);
    void feel_due(std::uint64_t now_ms);
    void end_play();
    [[nodiscard]] std::uint64_t uptime() const;
    [[nodiscard]] bool checks_in() const; // the others report by themselves

    played_device device_;
    connection link_;
    host_board board_;
    std::vector<outbox_slot> slots_;
    std::variant<call_button, fall_detector, vitals_band, bed_mat> firmware_;
    std::uint64_t key_up_ms_[CALL_BUTTON_KEYS] = {0, 0}; // 0: the key is up
    std::uint64_t check_in_ms_ = 0;

    struct felt {
        recording what;
        std::size_t next = 0;
        std::uint64_t started_ms = 0;
        std::uint32_t falls_before = 0;
    };
    std::optional<felt> felt_;         // what is played in real time
    std::uint64_t sensor_ms_ = 60'000; // device time of the next sample
};

} // namespace anban::played

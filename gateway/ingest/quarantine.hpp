// Frames that the program may crash on. After an unclean end the frame that is being judged lies raw in a file
// until it is done; if the program crashes on it a second time, the next start puts it into quarantine: it is
// never judged again, and whoever sent it is told of.
//
//     crashes/in-hand          crashes \n length of topic \n topic, payload
//     crashes/quarantine/<16 hex digits: digest of topic and payload>    topic \n payload
//
// `in-hand` isn't synced: a crash of the program leaves it in the page cache, and a power cut is no frame's fault.
// Nothing is stored in the quiet times, from limits::wary_frames frames or limits::wary_for after the start on.
//
// Threads: `open` and `found` before there are others; then one, Paho's.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rules/time.hpp"

namespace anban {

namespace limits {
// A poison frame comes among the first that the broker sends again; a device's own repeats come within seconds.
inline constexpr std::size_t wary_frames = 256;
inline constexpr auto wary_for = std::chrono::minutes{1};
inline constexpr std::size_t quarantined_frames = 32;
} // namespace limits

struct raw_frame {
    std::string topic;
    std::string payload;
    friend bool operator==(const raw_frame&, const raw_frame&) = default;
};

class quarantine {
public:
    // How the last run of the program ended.
    enum class last_end : std::uint8_t { clean, killed, crashed };

    quarantine(std::filesystem::path folder, last_end how, mono_time now);
    ~quarantine();
    quarantine(const quarantine&) = delete;
    quarantine& operator=(const quarantine&) = delete;

    // All that are in quarantine, this start's among them; at most limits::quarantined_frames, oldest first let
    // go.
    [[nodiscard]] const std::vector<raw_frame>& held() const noexcept { return held_; }
    [[nodiscard]] bool holds(std::string_view topic, std::string_view payload) const;

    // Whether frames are stored before they are judged, one at a time, each till it is done.
    [[nodiscard]] bool wary(mono_time now) const noexcept;
    void take_in_hand(std::string_view topic, std::string_view payload);
    void put_down();

    [[nodiscard]] static std::uint64_t digest(std::string_view topic, std::string_view payload) noexcept;

private:
    void read_quarantine();
    void judge_what_was_in_hand(last_end how);
    void shut_in(raw_frame frame);

    std::filesystem::path folder_;
    std::vector<raw_frame> held_;
    std::set<std::uint64_t> digests_;
    raw_frame suspect_; // was in hand at the last crash
    unsigned suspect_crashes_ = 0;
    bool after_crash_ = false;
    mono_time wary_until_{};
    std::size_t wary_left_ = 0;
    int in_hand_ = -1;
};

} // namespace anban

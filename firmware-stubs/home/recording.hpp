// Recorded accelerometer samples, brought to the firmware's 100 Hz.
//
// Two formats: SisFall as a folder of trials.csv and <subject>.i16.gz, and any CSV (also gzipped) whose first
// line names at least t_ms, x, y and z in milli-g; other columns choose rows. Text is read as it is: a
// recording that can't be read in full is refused.
//
// Bounds: 64 MiB unpacked a file, an hour of samples a recording. Threads: free functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "firmware-stubs/fall_sense.h"

namespace anban::played {

struct recording {
    std::string name; // as a person would ask for it again
    std::vector<fall_sample> samples;
};

struct sisfall_trial {
    std::string file;
    std::size_t byte_offset = 0;
    std::size_t samples = 0;
    std::string subject;
    std::string activity;
    std::string trial;
    bool elderly = false;
    bool is_fall = false;
};

class sisfall {
public:
    // Reads `folder`/trials.csv.
    [[nodiscard]] static std::expected<sisfall, std::string> open(const std::filesystem::path& folder);

    [[nodiscard]] const std::vector<sisfall_trial>& trials() const noexcept { return trials_; }
    [[nodiscard]] const sisfall_trial* find(std::string_view subject, std::string_view activity,
                                            std::string_view trial) const noexcept;

    // Unpacks the subject's file and keeps the newest one.
    [[nodiscard]] std::expected<recording, std::string> read(const sisfall_trial& trial);

private:
    std::filesystem::path folder_;
    std::vector<sisfall_trial> trials_;
    std::string unpacked_name_;
    std::vector<std::uint8_t> unpacked_;
};

// `chosen` is column and value, e.g. {"activity","D01"},{"trial","R01"},{"sensor","a"}. Samples in between are
// interpolated; rows whose time does not go forward are left out.
[[nodiscard]] std::expected<recording, std::string> read_csv(const std::filesystem::path& file,
                                                             const std::map<std::string, std::string>& chosen);

// "sisfall:DIR:SUBJECT:ACTIVITY:TRIAL" or "FILE.csv[.gz][:column=value,…]".
[[nodiscard]] std::expected<recording, std::string> read_recording(std::string_view what);

// Ten seconds made up: standing, a fall forward, lying still.
[[nodiscard]] recording made_up_fall();

} // namespace anban::played

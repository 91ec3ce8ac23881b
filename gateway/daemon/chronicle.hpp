// What the daemon writes down of its days beside the journal: lines of the log, and the readings that were heard.
//
// Threads: one; the readings' file has its own.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gateway/home/home.hpp"
#include "gateway/recordings/readings_file.hpp"

namespace anban {

class chronicle {
public:
    // Begins to keep readings. A sentence where it can't; `failed` where it no longer can, from another thread.
    [[nodiscard]] std::string open(const std::filesystem::path& folder,
                                   std::function<void(std::string why)> failed);
    void close(); // writes what waits

    void tell(const notice& what, mono_time now);
    // To be called now and then: writes what an alarm stands on, a second after it.
    void pass(mono_time now);

private:
    std::unique_ptr<readings_file> readings_;
    std::optional<mono_time> due_; // an alarm stands on some that are not written yet
};

} // namespace anban

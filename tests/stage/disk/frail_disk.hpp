// A folder whose programs lose at a power cut what they had not synced, and whose disk fails on order. The
// programs are real and run with `environment()`; what they synced is kept by frail_disk.c beside the folder.
//
// What survives `cut`: of each file what its last returned sync had seen, under the names that its directory had
// at that directory's own last sync. A file that was never synced but is named is empty; logs (*.log) stay. Writes
// are neither torn nor reordered here: tests/simulation's disk does that.
//
// Threads: the test's. `cut` and `keep_all` only while no program runs on it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/stage/disk/frail_disk.h"

namespace anban::stage {

class frail_disk {
public:
    // `folder` is the disk; `beside` is made for what is known to be on it. All that is there now is synced.
    // Throws fault.
    frail_disk(std::filesystem::path folder, std::filesystem::path beside);
    ~frail_disk();
    frail_disk(const frail_disk&) = delete;
    frail_disk& operator=(const frail_disk&) = delete;

    // For programs that shall run on it.
    [[nodiscard]] std::vector<std::string> environment() const;

    void order(frail_order wanted) noexcept;
    [[nodiscard]] std::uint32_t held() const noexcept;
    [[nodiscard]] std::uint64_t synced() const noexcept;
    [[nodiscard]] std::uint64_t refused() const noexcept;
    // PUBACKs of anband.
    [[nodiscard]] std::uint64_t acknowledged() const noexcept;

    // The power is gone and comes back: the folder is what it would hold then. Throws fault.
    void cut();
    // What the folder holds now is synced, as after a shutdown.
    void keep_all();

private:
    void keep(const std::filesystem::path& directory, const std::filesystem::path& inside);
    void restore(const std::filesystem::path& directory, const std::filesystem::path& inside);

    std::filesystem::path folder_;
    std::filesystem::path beside_;
    frail_page* page_;
};

} // namespace anban::stage

// What a process costs, as the kernel and a shim of ours count it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace anban::bench {

// Of all its threads since they began.
[[nodiscard]] double cpu_seconds(pid_t process);

struct memory {
    double rss_mib = 0;
    double anonymous_mib = 0; // its own
    double file_mib = 0;      // of programs and libraries, mostly shared with others
};
[[nodiscard]] memory memory_of(pid_t process);

// Counts the syncs and the bytes written to regular files by the processes that get its environment.
class write_counter {
public:
    struct counts {
        std::uint64_t syncs = 0;
        std::uint64_t bytes = 0;
    };

    explicit write_counter(std::filesystem::path file);
    [[nodiscard]] std::vector<std::string> environment() const;
    [[nodiscard]] counts read() const;

private:
    std::filesystem::path file_;
};

} // namespace anban::bench

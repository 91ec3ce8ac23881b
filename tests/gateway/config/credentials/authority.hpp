// A district authority for tests: issues certificates that no centre knows.
#pragma once

#include <chrono>
#include <string>

namespace anban::test {

struct issued {
    std::string certificate; // PEM
    std::string key;         // PEM
};

class authority {
public:
    authority();
    ~authority();
    authority(const authority&) = delete;
    authority& operator=(const authority&) = delete;

    [[nodiscard]] std::string certificate() const;
    // Valid from `from` to `to`, for a client.
    [[nodiscard]] issued issue(const std::string& common_name, std::chrono::sys_seconds from,
                               std::chrono::sys_seconds to) const;

private:
    struct parts;
    parts* parts_;
};

} // namespace anban::test

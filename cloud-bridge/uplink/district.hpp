// Where the district is and who we are to it: from explicit flags or from a home's directory, of which
// only [gateway].id and [centre].hosts of home.toml and the place of credentials and socket are known
// here. Read again before each try to connect, so that `anban join` needs no restart.
//
// Threads: free functions; the program's one thread.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "rules/ids.hpp"

namespace anban::uplink {

struct host_port {
    std::string host; // name or IP
    std::uint16_t port = 8883;

    [[nodiscard]] std::string text() const;
    friend bool operator==(const host_port&, const host_port&) = default;
};

struct district {
    gateway_id gateway;
    std::vector<host_port> hosts;      // in order of preference, 1 to limits::hosts
    std::filesystem::path credentials; // folder with gateway.crt, gateway.key, ca.crt
};

// "name:8883", "192.0.2.1:8883", "[2001:db8::1]:8883"; without a port 8883.
[[nodiscard]] std::expected<host_port, std::string> parse_host(std::string_view text);

// From DIR/home.toml, or from its last good copy (home.toml.good) where that can't be read. Fails with one
// sentence that says what is missing and what cures it.
[[nodiscard]] std::expected<district, std::string> read_district(const std::filesystem::path& home);

// Fails with one sentence if one of the three files is not there.
[[nodiscard]] std::expected<void, std::string> check_credentials(const std::filesystem::path& folder);

} // namespace anban::uplink

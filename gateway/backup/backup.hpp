// A home in one file, and back from it, also onto another box.
//
// In it are home.toml, residents.toml, devices.toml, the packs, the users and rights of the home broker with the
// hashes of the devices' passwords, and the journal with its audit trail, as it was committed at that moment; the
// daemon may run meanwhile.
//
// Not in it is what would let somebody else speak for the home: the gateway's key, the password of anband, the
// bridge's and the alarm session's id. A backup may lie on a stick in a drawer. A restored home joins the centre
// anew (`anban join`) and gets new ones (`anban broker write`); the devices go on with the passwords that they
// have. Readings are not in it either: telemetry for back-tests.
//
// Threads: free functions without state.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "gateway/config/error.hpp"
#include "rules/time.hpp"

namespace anban::backup {

struct made {
    std::string gateway;
    std::uint32_t start = 0;
    std::vector<std::string> files;
    std::uint64_t bytes = 0;
};

// Writes FILE whole or not at all; one that is there is refused.
[[nodiscard]] std::expected<made, config_error> make(const std::filesystem::path& dir,
                                                     const std::filesystem::path& file, stamp now);

struct restored {
    std::string gateway;
    stamp made;              // when the backup was
    std::uint32_t start = 0; // of the marking; the daemon's next is higher
    std::vector<std::string> files;
    std::string replaced; // folder with what was there before; empty: nothing was
};

// Checks the whole file before it changes anything. A directory that is a home already is refused unless `force`,
// and then what is there is moved aside; one whose daemon runs is refused always. The journal is marked: its
// starts count on from a number that the old box can't have reached, and the core knows that what it tells may be
// long over.
[[nodiscard]] std::expected<restored, config_error>
restore(const std::filesystem::path& dir, const std::filesystem::path& file, bool force, stamp now);

} // namespace anban::backup

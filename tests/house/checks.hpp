// Reads the house's sources as text and says where they break its plan: who may include whom, which files
// own a library, where no clock and no chance may be read, how long a file may be. Each check takes the
// sources as values, so that it can itself be tried against a tree that is wrong on purpose.
//
// Threads: free functions without state; any thread.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anban::house_rules {

struct source {
    std::string path; // from the repository's root, '/' between the levels
    std::string text;
};

// One sentence for a person: file, line, what is wrong.
using complaints = std::vector<std::string>;

// A library and the only files that may name its headers.
struct ownership {
    std::string_view library;
    std::vector<std::string_view> headers; // an exact header, or one that ends in '*' and is a prefix
    std::vector<std::string_view> owners;  // an exact file, or a folder with '/' at its end
};

// C, C++, TypeScript, READMEs and CMake lists of the house below `root`; generated and foreign folders are left
// out.
[[nodiscard]] std::vector<source> read_house(const std::filesystem::path& root);

// The text with comments and the insides of string and character literals blanked; lines stay in place.
[[nodiscard]] std::string code_of(std::string_view text);

// rules ← device-drivers, cloud-bridge ← gateway; firmware-stubs stands alone; nothing includes tests.
// What a folder may name from outside the house is checked here as well for rules and device-drivers.
[[nodiscard]] complaints check_arrows(std::span<const source> house);

// Every library stays with its owners, and every owner that is an exact file exists and names its library.
[[nodiscard]] complaints check_ownership(std::span<const source> house, std::span<const ownership> table);
[[nodiscard]] std::span<const ownership> library_table();

// No clock, sleep or chance where decisions are made: rules, device-drivers, gateway/home, and of
// cloud-bridge the wire, the centre's desk and feed, the uplink's delivery and route. Time is an argument there.
[[nodiscard]] complaints check_determinism(std::span<const source> house);
// The same files include nothing by which a clock, a thread, a disk or a network comes in, be it behind a
// header of the house's own.
[[nodiscard]] complaints check_purity(std::span<const source> house);

inline constexpr std::size_t longest_file = 500; // lines; a file with two subjects is longer than that
[[nodiscard]] complaints check_lengths(std::span<const source> house);

// No unordered container in rules and gateway/home: its order differs between builds, and so would the story.
[[nodiscard]] complaints check_order(std::span<const source> house);

// Every folder that is a target, and every folder of tests that isn't a mirror, has a README.md.
[[nodiscard]] complaints check_readmes(std::span<const source> house);

// A duty ("[rules-3]") that a README tells is named by a test, and a test names only told duties. "[F19]" is none.
[[nodiscard]] complaints check_duties(std::span<const source> house);

} // namespace anban::house_rules

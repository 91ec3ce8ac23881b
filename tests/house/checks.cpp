#include "tests/house/checks.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

#include <fmt/format.h>

namespace anban::house_rules {

namespace {

constexpr std::array<std::string_view, 6> folders = {"rules",   "device-drivers", "cloud-bridge",
                                                     "gateway", "firmware-stubs", "tests"};

struct include {
    std::size_t line = 0;
    std::string name;
    bool quoted = false;
};

std::vector<include> includes_of(const source& s) {
    static const std::regex pattern(R"(^\s*#\s*include\s*(["<])([^">]+)[">])");
    std::vector<include> found;
    std::istringstream lines(s.text);
    std::string line;
    for (std::size_t number = 1; std::getline(lines, line); ++number) {
        std::smatch match;
        if (std::regex_search(line, match, pattern)) found.push_back({number, match[2], match[1] == "\""});
    }
    return found;
}

bool is_c_family(std::string_view path) {
    return std::ranges::any_of(std::array{".cpp", ".hpp", ".c", ".h"},
                               [&](std::string_view end) { return path.ends_with(end); });
}

std::string_view folder_of(std::string_view path) {
    return path.substr(0, path.find('/'));
}

// cloud-bridge/uplink/x.cpp → cloud-bridge/uplink
std::string_view room_of(std::string_view path) {
    const auto first = path.find('/');
    if (first == std::string_view::npos) return path;
    const auto second = path.find('/', first + 1);
    return second == std::string_view::npos ? path.substr(0, first) : path.substr(0, second);
}

bool is_house_folder(std::string_view name) {
    return std::ranges::find(folders, name) != folders.end();
}

// A C++ standard header has neither '.' nor '/'; C's own are allowed by name.
bool is_standard(std::string_view header) {
    static const std::set<std::string_view> c_headers = {"assert.h", "math.h",   "stdbool.h", "stddef.h",
                                                         "stdint.h", "string.h", "limits.h"};
    return header.find_first_of("./") == std::string_view::npos || c_headers.contains(header);
}

// Why `from` may not include the house's `to`; nothing if it may.
std::optional<std::string> arrow_fault(std::string_view from, std::string_view to) {
    const auto a = folder_of(from);
    const auto b = folder_of(to);
    if (a == "tests") return std::nullopt;
    if (b == "tests") return "nothing outside tests/ may include tests/";
    if (a == b) {
        if (a != "cloud-bridge") return std::nullopt;
        // The gateway's end and the centre's end share the wire and what both ask of a socket.
        const auto ra = room_of(from);
        const auto rb = room_of(to);
        if (ra == rb || rb == "cloud-bridge/protocol" || rb == "cloud-bridge/sockets") return std::nullopt;
        // The centre serves the operator's page, which knows nothing of it.
        if (ra == "cloud-bridge/dispatch" && to == "cloud-bridge/console/pages.hpp") return std::nullopt;
        return fmt::format("{} and {} meet in cloud-bridge/protocol and sockets only", ra, rb);
    }
    if (a == "gateway" && b != "firmware-stubs") return std::nullopt;
    if ((a == "device-drivers" || a == "cloud-bridge") && b == "rules") return std::nullopt;
    return fmt::format("{} may not include {}", a, b);
}

std::optional<std::string> foreign_fault(std::string_view from, std::string_view header) {
    const auto folder = folder_of(from);
    if (folder != "rules" && folder != "device-drivers") return std::nullopt;
    if (is_standard(header) || header.starts_with("fmt/")) return std::nullopt;
    if (folder == "rules") return "rules includes the standard library and fmt only";
    if (header == "boost/json.hpp" || header.starts_with("boost/json/") || header.starts_with("boost/system/") ||
        header.starts_with("google/protobuf/") || header.ends_with(".pb.h"))
        return std::nullopt;
    return "device-drivers includes rules, Protobuf and a JSON library only";
}

bool names(std::string_view header, const ownership& o) {
    return std::ranges::any_of(o.headers, [&](std::string_view pattern) {
        if (pattern.starts_with('*')) return header.ends_with(pattern.substr(1));
        if (pattern.ends_with('*')) return header.starts_with(pattern.substr(0, pattern.size() - 1));
        return header == pattern;
    });
}

bool owns(std::string_view path, const ownership& o) {
    return std::ranges::any_of(o.owners, [&](std::string_view owner) {
        return owner.ends_with('/') ? path.starts_with(owner) : path == owner;
    });
}

} // namespace

std::vector<source> read_house(const std::filesystem::path& root) {
    namespace fs = std::filesystem;
    std::vector<source> house;
    for (const auto folder : folders) {
        if (!fs::exists(root / folder)) continue;
        for (auto at = fs::recursive_directory_iterator(root / folder); at != fs::recursive_directory_iterator();
             ++at) {
            const auto name = at->path().filename().string();
            if (at->is_directory() && (name == "node_modules" || name == "build" || name.starts_with('.'))) {
                at.disable_recursion_pending();
                continue;
            }
            const auto path = fs::relative(at->path(), root).generic_string();
            const auto end = at->path().extension().string();
            static const std::set<std::string> read = {".cpp", ".hpp", ".c",     ".h",  ".ts",
                                                       ".mjs", ".css", ".proto", ".md", ".txt"};
            if (!at->is_regular_file() || !read.contains(end)) continue;
            std::ifstream in(at->path(), std::ios::binary);
            house.push_back({path, std::string(std::istreambuf_iterator<char>(in), {})});
        }
    }
    std::ranges::sort(house, {}, &source::path);
    return house;
}

std::string code_of(std::string_view text) {
    enum class inside { code, line_comment, block_comment, string, character };
    std::string code(text);
    auto where = inside::code;
    for (std::size_t i = 0; i < code.size(); ++i) {
        const char c = code[i];
        const char next = i + 1 < code.size() ? code[i + 1] : '\0';
        const auto blank = [&](std::size_t at) {
            if (at < code.size() && code[at] != '\n') code[at] = ' ';
        };
        switch (where) {
        case inside::code:
            if (c == '/' && next == '/')
                where = inside::line_comment, blank(i);
            else if (c == '/' && next == '*')
                where = inside::block_comment, blank(i), blank(++i);
            else if (c == '"')
                where = inside::string;
            // A quote behind a letter or digit separates digits.
            else if (c == '\'' && (i == 0 || !std::isalnum(static_cast<unsigned char>(code[i - 1]))))
                where = inside::character;
            break;
        case inside::line_comment:
            if (c == '\n')
                where = inside::code;
            else
                blank(i);
            break;
        case inside::block_comment:
            blank(i);
            if (c == '*' && next == '/') where = inside::code, blank(++i);
            break;
        case inside::string:
        case inside::character: {
            const char end = where == inside::string ? '"' : '\'';
            if (c == '\\')
                blank(i), blank(++i);
            else if (c == end || c == '\n')
                where = inside::code;
            else
                blank(i);
            break;
        }
        }
    }
    return code;
}

complaints check_arrows(std::span<const source> house) {
    complaints found;
    for (const auto& s : house) {
        if (!is_c_family(s.path) || folder_of(s.path) == "tests") continue;
        for (const auto& i : includes_of(s)) {
            const bool of_house =
                i.quoted && i.name.find('/') != std::string::npos && is_house_folder(folder_of(i.name));
            std::optional<std::string> why;
            if (i.name.find("..") != std::string::npos)
                why = "an include starts at the repository's root, never with ..";
            else if (of_house)
                why = arrow_fault(s.path, i.name);
            else if (!i.quoted || i.name.ends_with(".pb.h"))
                why = foreign_fault(s.path, i.name);
            if (why) found.push_back(fmt::format("{}:{}: includes {}: {}", s.path, i.line, i.name, *why));
        }
    }
    return found;
}

complaints check_ownership(std::span<const source> house, std::span<const ownership> table) {
    complaints found;
    for (const auto& o : table) {
        std::set<std::string_view> used;
        for (const auto& s : house) {
            if (!is_c_family(s.path) || folder_of(s.path) == "tests") continue;
            for (const auto& i : includes_of(s)) {
                if (!names(i.name, o)) continue;
                used.insert(s.path);
                if (!owns(s.path, o))
                    found.push_back(fmt::format("{}:{}: includes {}: {} belongs to others", s.path, i.line, i.name,
                                                o.library));
            }
        }
        for (const auto owner : o.owners) {
            if (!owner.ends_with('/') && !used.contains(owner))
                found.push_back(
                    fmt::format("{}: is listed as an owner of {} and does not name it", owner, o.library));
        }
    }
    return found;
}

namespace {

// Files in which time, chance and the world are arguments: the cores, and the decisions of both ends.
bool is_pure(std::string_view path) {
    static constexpr std::array<std::string_view, 10> pure = {
        "rules/",
        "device-drivers/",
        "gateway/home/",
        "cloud-bridge/protocol/",
        "cloud-bridge/dispatch/desk/",
        "cloud-bridge/dispatch/web/event_feed.",
        "cloud-bridge/dispatch/web/login_guard.",
        "cloud-bridge/uplink/announcement.",
        "cloud-bridge/uplink/delivery.",
        "cloud-bridge/uplink/route.",
    };
    return is_c_family(path) &&
           std::ranges::any_of(pure, [&](std::string_view begin) { return path.starts_with(begin); });
}

// Headers by which a clock, a thread, a disk or a network comes in.
bool is_world(std::string_view header) {
    static constexpr std::array<std::string_view, 9> exact = {
        "ctime", "random", "thread", "fstream", "iostream", "filesystem", "time.h", "unistd.h", "sqlite3.h"};
    static constexpr std::array<std::string_view, 10> begins = {
        "boost/asio", "boost/beast", "boost/process", "mqtt/",    "MQTT",
        "mosquitto",  "openssl/",    "sys/",          "netinet/", "arpa/"};
    return header == "cloud-bridge/dispatch/store/sqlite.hpp" || std::ranges::find(exact, header) != exact.end() ||
           std::ranges::any_of(begins, [&](std::string_view begin) { return header.starts_with(begin); });
}

} // namespace

complaints check_determinism(std::span<const source> house) {
    static const std::regex forbidden(
        R"(\bnow\s*\(|\b(nano|micro|u)?sleep(_for|_until)?\s*\(|\bs?rand(om)?\s*\(|\brandom_device\b|\bmt19937)"
        R"(|\bclock_gettime\b|\bgettimeofday\b|\btime\s*\(\s*(nullptr|NULL|0|&)|\bthis_thread\b|\bgetrandom\b)"
        R"(|\b(system|steady|high_resolution|utc|file)_clock\b|\bstd::time\s*\()");
    complaints found;
    for (const auto& s : house) {
        if (!is_pure(s.path)) continue;
        std::istringstream lines(code_of(s.text));
        std::string line;
        for (std::size_t number = 1; std::getline(lines, line); ++number) {
            std::smatch match;
            if (std::regex_search(line, match, forbidden))
                found.push_back(
                    fmt::format("{}:{}: '{}': time and chance are arguments here", s.path, number, match.str()));
        }
    }
    return found;
}

complaints check_purity(std::span<const source> house) {
    std::map<std::string_view, const source*> by_path;
    for (const auto& s : house) by_path[s.path] = &s;
    complaints found;
    for (const auto& s : house) {
        if (!is_pure(s.path)) continue;
        // Also what comes in behind a header of the house's own; each header with the one that named it.
        std::vector<std::pair<const source*, std::string>> open = {{&s, s.path}};
        std::set<std::string> met;
        while (!open.empty()) {
            const auto [file, way] = open.back();
            open.pop_back();
            for (const auto& i : includes_of(*file)) {
                if (!met.insert(i.name).second) continue;
                if (is_world(i.name)) found.push_back(fmt::format("{}: reaches {}", way, i.name));
                const auto next = by_path.find(i.name);
                if (next != by_path.end()) open.emplace_back(next->second, way + " → " + i.name);
            }
        }
    }
    return found;
}

complaints check_lengths(std::span<const source> house) {
    complaints found;
    for (const auto& s : house) {
        if (s.path.ends_with(".md") || s.path.ends_with(".txt")) continue;
        const auto lines = static_cast<std::size_t>(std::ranges::count(s.text, '\n'));
        if (lines > longest_file)
            found.push_back(fmt::format("{}: {} lines are more than {}: give a subject its own file", s.path,
                                        lines, longest_file));
    }
    return found;
}

complaints check_order(std::span<const source> house) {
    complaints found;
    for (const auto& s : house) {
        if (!s.path.starts_with("rules/") && !s.path.starts_with("gateway/home/")) continue;
        if (is_c_family(s.path) && code_of(s.text).contains("unordered_"))
            found.push_back(fmt::format("{}: an unordered container has no order to tell a story in", s.path));
    }
    return found;
}

complaints check_readmes(std::span<const source> house) {
    std::set<std::string> there;
    for (const auto& s : house) there.insert(s.path);
    complaints found;
    for (const auto& s : house) {
        if (!s.path.ends_with("/CMakeLists.txt") || s.path.starts_with("tests/")) continue;
        const auto folder = s.path.substr(0, s.path.rfind('/'));
        if (!there.contains(folder + "/README.md")) found.push_back(fmt::format("{} has no README.md", folder));
    }
    for (const auto* folder : {"tests", "tests/acceptance", "tests/bench", "tests/house", "tests/stage"}) {
        if (!there.contains(fmt::format("{}/README.md", folder)))
            found.push_back(fmt::format("{} has no README.md", folder));
    }
    return found;
}

complaints check_duties(std::span<const source> house) {
    static const std::regex duty(R"(\[([a-z0-9]+(-[a-z0-9]+)*-[0-9]+)\])");
    std::map<std::string, std::string> told; // where first
    std::map<std::string, std::string> tested;
    for (const auto& s : house) {
        const bool tells = s.path.ends_with("README.md");
        const bool tests =
            s.path.starts_with("tests/") && (s.path.ends_with("_test.cpp") || s.path.ends_with(".mjs"));
        // This folder's own test names duties that are wrong on purpose.
        if (!tells && (!tests || s.path.starts_with("tests/house/"))) continue;
        for (std::sregex_iterator at(s.text.begin(), s.text.end(), duty), end; at != end; ++at)
            (tells ? told : tested).emplace((*at)[1], s.path);
    }
    complaints found;
    for (const auto& [name, where] : told)
        if (!tested.contains(name) && !name.starts_with("house-"))
            found.push_back(fmt::format("{}: no test names [{}]", where, name));
    for (const auto& [name, where] : tested)
        if (!told.contains(name)) found.push_back(fmt::format("{}: no README tells [{}]", where, name));
    return found;
}

} // namespace anban::house_rules

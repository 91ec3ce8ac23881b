// A home's rules as its directory has them, without a daemon: packs, plans, and what follows from both.
//
// Threads: one.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "gateway/config/error.hpp"
#include "gateway/config/house.hpp"
#include "rules/installation.hpp"
#include "rules/language/pack.hpp"
#include "rules/language/plan.hpp"

namespace anban::cli {

// One file of rules: the pack, or why it can't be used.
struct pack_file {
    std::string name; // as people call it: "rules/cardiac.rules", or the path that was given
    std::string text;
    language::pack pack;
    std::vector<language::pack_error> errors; // empty: the pack is good
};

// Never fails: a file that can't be read has an error that says so. "-" is standard input.
[[nodiscard]] pack_file read_pack_file(const std::filesystem::path& path, const std::string& name);

// rules/*.rules of a home, in the order of their names; none where there is no such folder.
[[nodiscard]] std::vector<pack_file> read_pack_files(const std::filesystem::path& home);

struct home_rules {
    house home;
    installation where;
    std::vector<pack_file> files;
    language::effective_rules rules; // of the packs that are good
};

// Fails where home.toml, residents.toml or devices.toml doesn't load.
[[nodiscard]] std::expected<home_rules, config_errors> load_home_rules(const std::filesystem::path& home);

// A rule that asks for a room which the home hasn't.
struct missing_room {
    rule_id rule;
    room_id room;
    std::string meant; // one of the home's that was probably meant; empty: none
};
[[nodiscard]] std::vector<missing_room> missing_rooms(const home_rules& r);

} // namespace anban::cli

// The centre's cards of its homes: who lives there, where, whom to ring. Pseudonyms on the wire become
// names here and nowhere else.
//
// Kept in DIR/registry.db together with the operators: a rollback journal instead of a WAL, since the tools
// of the command line write it while the server runs.
//
// Threads: one; each process or thread opens its own.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cloud-bridge/dispatch/store/sqlite.hpp"
#include "cloud-bridge/dispatch/words.hpp"
#include "rules/ids.hpp"
#include "rules/time.hpp"

namespace anban::dispatch {

struct named {
    std::string id;
    std::string name;
    friend bool operator==(const named&, const named&) = default;
};

struct home_card {
    gateway_id gateway;
    std::string name;
    std::string address;
    std::string phone;
    std::vector<named> residents;
    std::vector<named> rooms;
    friend bool operator==(const home_card&, const home_card&) = default;
};

// Opens DIR/registry.db, made at first use with mode 0600.
[[nodiscard]] outcome<sqlite::connection> open_registry(const std::filesystem::path& data);

class homes {
public:
    [[nodiscard]] static outcome<homes> open(const std::filesystem::path& data);

    // Refuses a gateway that has a card, unless `replace`.
    [[nodiscard]] outcome<void> add(const home_card& card, utc_time now, bool replace);
    // By gateway id.
    [[nodiscard]] outcome<std::vector<home_card>> all();
    // Rises with each change of a card: a reason to read again.
    [[nodiscard]] std::int64_t version();

private:
    sqlite::connection db_;
    sqlite::statement version_;
};

} // namespace anban::dispatch

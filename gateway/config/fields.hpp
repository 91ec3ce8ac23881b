// Reads the members of one TOML table by name and collects everything that is wrong with it, so that a
// person sees all complaints of a file at once and not one an attempt.
//
// Usage: ask for each known key, then `refuse_unknown()`. A key that was asked for is known.
// Threads: one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/error.hpp"
#include "gateway/config/toml_text.hpp"
#include "rules/limits.hpp"

namespace anban {

enum class presence : std::uint8_t { required, optional };

class fields {
public:
    // `name` is how people call the table, e.g. "[[device]] button-1".
    fields(const toml_text::table& table, std::string file, std::string name, config_errors& errors);

    // Nothing: missing or of a wrong type; the complaint is already made.
    [[nodiscard]] std::optional<std::string> text(std::string_view key, presence p,
                                                  std::size_t most = limits::title_bytes);
    // An id of ours (ids.hpp); an empty text counts as missing.
    [[nodiscard]] std::optional<std::string> id(std::string_view key, presence p);
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, presence p, std::int64_t least,
                                                      std::int64_t most);
    [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view key, std::size_t most);
    [[nodiscard]] const toml_text::table* table(std::string_view key, presence p);
    // An array of tables; empty where there is none.
    [[nodiscard]] std::vector<const toml_text::table*> tables(std::string_view key, std::size_t most);

    // Complains about the value of a key (or about the table where the key isn't there).
    void refuse(std::string_view key, wording what, wording cure);
    void refuse_unknown();
    void rename(std::string name) { name_ = std::move(name); }
    // How many complaints this table has caused so far.
    [[nodiscard]] std::size_t complaints() const noexcept { return errors_.size() - before_; }
    [[nodiscard]] const toml_text::table& source() const noexcept { return table_; }

private:
    [[nodiscard]] const toml_text::member* find(std::string_view key);
    [[nodiscard]] const toml_text::member* wanted(std::string_view key, presence p);
    void wrong_type(const toml_text::member& m, wording expected);

    const toml_text::table& table_;
    std::string file_;
    std::string name_;
    config_errors& errors_;
    std::size_t before_;
    std::vector<std::string> asked_;
};

// The candidate that `word` was probably meant to be: at most two letters apart; empty: none is near.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

} // namespace anban

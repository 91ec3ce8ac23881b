// Reading the tables of a data directory: CSV, gzipped or not, by column name.
#pragma once

#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/time.hpp"

namespace anban::figures {

// The whole text of a file, unpacked where it is gzip. At most 256 MiB.
[[nodiscard]] std::expected<std::string, std::string> read_text(const std::filesystem::path& file);

class table {
public:
    [[nodiscard]] static std::expected<table, std::string> read(const std::filesystem::path& file);

    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
    // Empty where the row has no such column.
    [[nodiscard]] std::string_view at(std::size_t row, std::string_view column) const;
    [[nodiscard]] std::optional<double> number(std::size_t row, std::string_view column) const;

private:
    std::map<std::string, std::size_t, std::less<>> columns_;
    std::vector<std::vector<std::string>> rows_;
};

} // namespace anban::figures

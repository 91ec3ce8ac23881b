// A JSON object read for the plain values of its top level. Nested values are checked and skipped: no
// device of the family says anything in them that a home needs.
//
// Refused: anything that is not one whole object, bytes that are not UTF-8, a name told twice (which of
// the two is meant?), and nesting beyond `deepest`. Never throws on any bytes.
//
// Threads: free functions; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace anban::drivers {

inline constexpr int deepest = 16; // a device's own description nests 6 deep at most

struct json_null {
    friend bool operator==(json_null, json_null) = default;
};
struct json_nested {
    friend bool operator==(json_nested, json_nested) = default;
};
using json_value = std::variant<json_null, bool, double, std::string, json_nested>;

struct json_member {
    std::string name;
    json_value value;
};
using flat_object = std::vector<json_member>; // in the order of the text

// The error is one English sentence that says what and where.
[[nodiscard]] std::expected<flat_object, std::string> read_flat_object(std::string_view text);

} // namespace anban::drivers

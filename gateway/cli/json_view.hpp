// Reading JSON that another program made: a missing or strange member is empty, never an error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace anban::cli {

[[nodiscard]] inline std::string text_at(const boost::json::object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    return v != nullptr && v->is_string() ? std::string{v->get_string()} : std::string{};
}

[[nodiscard]] inline bool flag_at(const boost::json::object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    return v != nullptr && v->is_bool() && v->get_bool();
}

[[nodiscard]] inline std::int64_t number_at(const boost::json::object& o, std::string_view key,
                                            std::int64_t otherwise = 0) {
    const auto* v = o.if_contains(key);
    if (v == nullptr) return otherwise;
    if (v->is_int64()) return v->get_int64();
    if (v->is_uint64()) return static_cast<std::int64_t>(v->get_uint64());
    if (v->is_double()) return static_cast<std::int64_t>(v->get_double());
    return otherwise;
}

[[nodiscard]] inline boost::json::object object_at(const boost::json::object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    return v != nullptr && v->is_object() ? v->get_object() : boost::json::object{};
}

[[nodiscard]] inline boost::json::array array_at(const boost::json::object& o, std::string_view key) {
    const auto* v = o.if_contains(key);
    return v != nullptr && v->is_array() ? v->get_array() : boost::json::array{};
}

} // namespace anban::cli

#include "device-drivers/zigbee2mqtt/flat_json.hpp"

#include <algorithm>

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

namespace anban::drivers {
namespace {

namespace json = boost::json;
using json::error_code;

// Listens to the parser and keeps the top level.
struct top_level {
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    flat_object members;
    std::string key;
    std::string text;
    int depth = 0;
    bool is_object = false;

    void keep(json_value value) {
        if (depth == 1 && is_object) members.push_back({std::move(key), std::move(value)});
        if (depth == 1) key.clear();
    }

    bool open() {
        if (depth == 1) keep(json_nested{});
        ++depth;
        return true;
    }
    bool close() {
        --depth;
        return true;
    }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) {
        if (depth == 0) is_object = true;
        return open();
    }
    bool on_object_end(std::size_t, error_code&) { return close(); }
    bool on_array_begin(error_code&) { return open(); }
    bool on_array_end(std::size_t, error_code&) { return close(); }
    bool on_key_part(json::string_view s, std::size_t, error_code&) {
        if (depth == 1) key.append(s.data(), s.size());
        return true;
    }
    bool on_key(json::string_view s, std::size_t n, error_code& ec) { return on_key_part(s, n, ec); }
    bool on_string_part(json::string_view s, std::size_t, error_code&) {
        if (depth == 1) text.append(s.data(), s.size());
        return true;
    }
    bool on_string(json::string_view s, std::size_t n, error_code& ec) {
        on_string_part(s, n, ec);
        if (depth == 1) keep(std::move(text));
        text.clear();
        return true;
    }
    bool on_number_part(json::string_view, error_code&) { return true; }
    bool on_int64(std::int64_t v, json::string_view, error_code&) {
        keep(static_cast<double>(v));
        return true;
    }
    bool on_uint64(std::uint64_t v, json::string_view, error_code&) {
        keep(static_cast<double>(v));
        return true;
    }
    bool on_double(double v, json::string_view, error_code&) {
        keep(v);
        return true;
    }
    bool on_bool(bool v, error_code&) {
        keep(v);
        return true;
    }
    bool on_null(error_code&) {
        keep(json_null{});
        return true;
    }
    bool on_comment_part(json::string_view, error_code&) { return true; }
    bool on_comment(json::string_view, error_code&) { return true; }
};

[[nodiscard]] std::string sentence_for(const error_code& ec, std::size_t at, std::size_t size) {
    if (ec == json::error::too_deep) return fmt::format("The JSON nests deeper than {} levels.", deepest);
    if (ec == json::error::incomplete) return fmt::format("The JSON is cut off after {} bytes.", size);
    if (ec == json::error::extra_data)
        return fmt::format("The JSON is followed by something else at byte {}.", at);
    return fmt::format("The payload is not JSON at byte {} ({}).", at, ec.message());
}

[[nodiscard]] const std::string* name_told_twice(const flat_object& object) {
    std::vector<const std::string*> names;
    names.reserve(object.size());
    for (const json_member& m : object) names.push_back(&m.name);
    const auto by_text = [](const std::string* s) -> const std::string& { return *s; };
    std::ranges::sort(names, {}, by_text);
    const auto twice = std::ranges::adjacent_find(names, {}, by_text);
    return twice == names.end() ? nullptr : *twice;
}

} // namespace

std::expected<flat_object, std::string> read_flat_object(std::string_view text) {
    json::parse_options options;
    options.max_depth = deepest;
    json::basic_parser<top_level> parser{options};
    error_code ec;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
    if (!ec && read < text.size()) ec = json::error::extra_data;
    if (ec) return std::unexpected(sentence_for(ec, read, text.size()));
    top_level& heard = parser.handler();
    if (!heard.is_object) return std::unexpected("The payload is JSON, but not an object.");
    if (const std::string* name = name_told_twice(heard.members)) {
        return std::unexpected(fmt::format("The JSON tells \"{}\" twice.", name->substr(0, 64)));
    }
    return std::move(heard.members);
}

} // namespace anban::drivers

#include "gateway/config/toml_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace anban::toml_text {
namespace {

[[nodiscard]] position place_of(const toml::source_position& at) {
    return {static_cast<std::uint32_t>(at.line), static_cast<std::uint32_t>(at.column)};
}

[[nodiscard]] table copy_of(const toml::table& from);

[[nodiscard]] value copy_of(const toml::node& from) {
    value copy{place_of(from.source().begin), other{}};
    if (const auto* text = from.as_string()) {
        copy.what = text->get();
    } else if (const auto* number = from.as_integer()) {
        copy.what = number->get();
    } else if (const auto* real = from.as_floating_point()) {
        copy.what = real->get();
    } else if (const auto* truth = from.as_boolean()) {
        copy.what = truth->get();
    } else if (const auto* items = from.as_array()) {
        array copies;
        for (const auto& item : *items) copies.items.push_back(copy_of(item));
        copy.what = std::move(copies);
    } else if (const auto* members = from.as_table()) {
        copy.what = copy_of(*members);
    }
    return copy;
}

// The library keeps keys sorted; people expect complaints in the order of the file.
[[nodiscard]] table copy_of(const toml::table& from) {
    table copy{place_of(from.source().begin), {}};
    for (const auto& [key, node] : from) {
        copy.members.push_back({std::string{key.str()}, place_of(key.source().begin), copy_of(node)});
    }
    std::ranges::stable_sort(copy.members, [](const member& a, const member& b) {
        return std::pair{a.at.line, a.at.column} < std::pair{b.at.line, b.at.column};
    });
    return copy;
}

} // namespace

std::expected<table, config_error> parse(std::string_view text, const std::string& file) {
    const toml::parse_result result = toml::parse(text, file);
    if (result) return copy_of(result.table());
    const toml::parse_error& why = result.error();
    const position at = place_of(why.source().begin);
    return std::unexpected(
        config_error{file,
                     at.line,
                     at.column,
                     {fmt::format("不是有效的 TOML：{}", why.description()),
                      fmt::format("this is not TOML: {}", why.description())},
                     {"改正这一行；如无法修复，可用同目录下的 .good 副本恢复",
                      "mend this line; if it can't be mended, copy the .good file beside it back"}});
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out += fmt::format("\\u{:04X}", byte);
        } else {
            out += c;
        }
    }
    out += '"';
    return out;
}

} // namespace anban::toml_text

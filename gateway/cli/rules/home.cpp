#include "gateway/cli/rules/home.hpp"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "device-drivers/driver.hpp"
#include "gateway/config/fields.hpp"
#include "gateway/config/files.hpp"
#include "gateway/config/installation.hpp"
#include "gateway/config/load.hpp"
#include "gateway/config/zone.hpp"
#include "rules/limits.hpp"

namespace anban::cli {
namespace {

[[nodiscard]] driver_names known_drivers() {
    driver_names names;
    for (const auto* d : drivers::all_drivers()) names.emplace_back(d->name());
    return names;
}

// Standard input up to one byte more than a pack may have: the reader then says that it is too large.
[[nodiscard]] std::string standard_input() {
    std::string text(limits::pack_bytes + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), stdin));
    return text;
}

} // namespace

pack_file read_pack_file(const std::filesystem::path& path, const std::string& name) {
    pack_file file{name, {}, {}, {}};
    if (path == "-") {
        file.text = standard_input();
    } else if (auto text = files::read(path, limits::pack_bytes)) {
        file.text = std::move(*text);
    } else if (text.error().what == files::trouble::too_large) {
        file.text = std::string(limits::pack_bytes + 1, ' ');
    } else {
        const bool missing = text.error().what == files::trouble::missing;
        file.errors.push_back({.file = name,
                               .line = 0,
                               .column = 0,
                               .what = missing ? "there is no such file" : "can't be read: " + text.error().why,
                               .hint = "look at its name and mode",
                               .source = {},
                               .what_zh = missing ? "没有这个文件" : "无法读取：" + text.error().why,
                               .hint_zh = "检查文件名和权限"});
        return file;
    }
    auto read = language::read_pack(file.text, name);
    if (read)
        file.pack = std::move(*read);
    else
        file.errors = std::move(read.error());
    return file;
}

std::vector<pack_file> read_pack_files(const std::filesystem::path& home) {
    std::vector<pack_file> packs;
    for (const auto& path :
         files::in_folder(home / "rules", ".rules").value_or(std::vector<std::filesystem::path>{})) {
        packs.push_back(read_pack_file(path, "rules/" + path.filename().string()));
    }
    return packs;
}

std::expected<home_rules, config_errors> load_home_rules(const std::filesystem::path& home) {
    auto loaded = load_house(home, known_drivers());
    if (!loaded) return std::unexpected(std::move(loaded.error()));
    home_rules all;
    all.where = installation_of(
        *loaded, zone_of_box(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())));
    all.home = std::move(*loaded);
    all.files = read_pack_files(home);
    std::vector<language::pack> packs;
    for (const auto& f : all.files) {
        if (f.errors.empty()) packs.push_back(f.pack);
    }
    all.rules = language::lay_plans(packs, all.where);
    return all;
}

std::vector<missing_room> missing_rooms(const home_rules& r) {
    std::vector<std::string> known;
    for (const auto& room : r.where.rooms) known.push_back(room.str());
    std::vector<missing_room> missing;
    const auto look = [&](const language::alarm_rule& rule, const language::expression& e) {
        for (const auto& n : e.nodes) {
            const room_id& room = n.what.from.room;
            if (room.empty() || std::ranges::find(r.where.rooms, room) != r.where.rooms.end()) continue;
            const bool told = std::ranges::any_of(
                missing, [&](const missing_room& m) { return m.rule == rule.id && m.room == room; });
            if (!told) missing.push_back({rule.id, room, nearest(room.str(), known)});
        }
    };
    for (const auto& e : r.rules.rules) {
        look(e.rule, e.rule.when);
        look(e.rule, e.rule.clear);
        for (const auto& u : e.rule.unless) look(e.rule, u);
    }
    return missing;
}

} // namespace anban::cli

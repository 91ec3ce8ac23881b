#include "gateway/config/load.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gateway/config/credentials/certificate.hpp"
#include "gateway/config/credentials/secrets.hpp"
#include "gateway/config/files.hpp"
#include "gateway/config/tables.hpp"
#include "gateway/config/toml_text.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

using reader = decltype(&read_home);

// What became of one file: not there at all, or a text that may or may not parse.
struct file_state {
    bool there = false;
    std::optional<toml_text::table> parsed;
    std::optional<config_error> broken; // why it is not parsed though it is there
};

[[nodiscard]] file_state look_at(const std::filesystem::path& path, const std::string& name,
                                 const std::optional<std::string>& instead = std::nullopt) {
    file_state state;
    std::string text;
    if (instead) {
        text = *instead;
    } else if (auto content = files::read(path, limits::config_file_bytes)) {
        text = std::move(*content);
    } else if (content.error().what == files::trouble::missing) {
        return state;
    } else {
        state.there = true;
        state.broken = config_error{name,
                                    0,
                                    0,
                                    {fmt::format("无法读取（{}）", content.error().why),
                                     fmt::format("can't be read ({})", content.error().why)},
                                    {"检查文件权限、大小和磁盘", "check the file's mode and size, and the disk"}};
        return state;
    }
    state.there = true;
    if (text.find_first_not_of(std::string_view{" \t\r\n\0", 5}) == std::string::npos) {
        // A file of ours always has its heading: nothing at all is what a power cut leaves.
        state.broken = config_error{
            name,
            0,
            0,
            {"文件是空的", "the file is empty"},
            {"从同目录的 .good 副本恢复，或重新填写", "copy the .good file beside it back, or fill it in"}};
        return state;
    }
    auto parsed = toml_text::parse(text, name);
    if (parsed) {
        state.parsed = std::move(*parsed);
    } else {
        state.broken = parsed.error();
    }
    return state;
}

// What is left of a file may be good TOML. A person's or program's file ends with its line; one that ends in the
// middle of a line and is the beginning of what it was is what a power cut leaves.
[[nodiscard]] bool was_cut_off(const std::filesystem::path& now, const std::filesystem::path& good) {
    const auto text = files::read(now, limits::config_file_bytes);
    const auto whole = files::read(good, limits::config_file_bytes);
    return text && whole && text->size() < whole->size() && !text->ends_with('\n') && whole->starts_with(*text);
}

// Tries file, last good copy, the usable part of either, in this order.
void take_at_start(const std::filesystem::path& dir, const char* name, reader read, const driver_names& drivers,
                   house_at_start& at_start) {
    const file_state now = look_at(dir / name, name);
    config_errors errors;
    house from_now = at_start.now;
    if (now.parsed) read(*now.parsed, drivers, from_now, errors);
    const std::string good_name = std::string{name} + ".good";
    const bool cut = was_cut_off(dir / name, dir / good_name);
    if (now.parsed && errors.empty() && !cut) {
        at_start.now = std::move(from_now);
        return;
    }
    if (now.broken) errors.push_back(*now.broken);
    if (cut && errors.empty()) {
        errors.push_back({name, 0, 0, {"文件被截断", "the file was cut off"}, {"", ""}});
    }

    const file_state good = look_at(dir / good_name, good_name);
    config_errors good_errors;
    house from_good = at_start.now;
    if (good.parsed) read(*good.parsed, drivers, from_good, good_errors);
    // A new home has no devices and no residents yet; that is no fault.
    if (!now.there && !good.there && std::string_view{name} != home_file) return;

    wording instead{"没有可用的副本，按空文件处理", "there is no good copy; it counts as empty"};
    if (good.parsed && good_errors.empty()) {
        at_start.now = std::move(from_good);
        instead = {"正在使用上次的有效副本", "the last good copy is in use"};
    } else if (now.parsed) {
        at_start.now = std::move(from_now);
        instead = {"只用了其中有效的部分", "only its valid part is in use"};
    } else if (good.parsed) {
        at_start.now = std::move(from_good);
        instead = {"正在使用上次副本中有效的部分", "the valid part of the last good copy is in use"};
    }
    const wording missing{"文件不存在", "the file isn't there"};
    const config_error first = errors.empty() ? config_error{name, 0, 0, missing, {"", ""}} : errors.front();
    const std::string place = first.line == 0 ? std::string{name} : fmt::format("{}:{}", name, first.line);
    at_start.faults.push_back({fmt::format("config.{}", name),
                               {fmt::format("{}：{}；{}", place, first.what.zh, instead.zh),
                                fmt::format("{}: {}; {}", place, first.what.en, instead.en)},
                               {"运行 anban check 查看全部问题并改正，然后重启 anband",
                                "run `anban check` to see every problem, mend them, restart anband"}});
}

void read_password(const std::filesystem::path& dir, house& into, config_errors& errors) {
    if (!has_secret(dir, "broker.password")) return;
    if (auto password = broker_password(dir)) {
        into.broker.password = std::move(*password);
    } else {
        errors.push_back(password.error());
    }
}

// The name that the centre knows this box by, where it has joined one.
[[nodiscard]] std::optional<std::string> certified_name(const std::filesystem::path& dir) {
    const auto pem = files::read(dir / "secrets/uplink/gateway.crt", limits::config_file_bytes);
    if (!pem) return std::nullopt;
    const auto facts = read_certificate(*pem);
    if (!facts || !well_formed_id(facts->common_name)) return std::nullopt;
    return facts->common_name;
}

} // namespace

std::expected<house, config_errors> load_house(const std::filesystem::path& dir, const driver_names& drivers) {
    return load_house(dir, drivers, file_texts{});
}

std::expected<house, config_errors> load_house(const std::filesystem::path& dir, const driver_names& drivers,
                                               const file_texts& texts) {
    struct part {
        const char* name;
        reader read;
        const std::optional<std::string>& instead;
    };
    // Residents first: beds and devices refer to them.
    const part parts[] = {{residents_file, read_residents, texts.residents},
                          {home_file, read_home, texts.home},
                          {devices_file, read_devices, texts.devices}};
    house loaded;
    config_errors errors;
    for (const auto& [name, read, instead] : parts) {
        const file_state state = look_at(dir / name, name, instead);
        if (state.broken) {
            errors.push_back(*state.broken);
            // What refers to this file would only repeat the complaint.
            if (std::string_view{name} != devices_file) break;
        } else if (state.parsed) {
            read(*state.parsed, drivers, loaded, errors);
        } else if (std::string_view{name} == home_file) {
            errors.push_back({name,
                              0,
                              0,
                              {"文件不存在", "the file isn't there"},
                              {"运行 anban init 生成模板，或用 anban join 接入中心",
                               "`anban init` writes a template, `anban join FILE` one for your centre"}});
            break;
        } else if (std::error_code ignored;
                   std::filesystem::exists(dir / (std::string{name} + ".good"), ignored)) {
            errors.push_back(
                {name,
                 0,
                 0,
                 {"文件不见了，但有上次的有效副本", "the file is gone, but its last good copy is there"},
                 {fmt::format("运行 cp {0}.good {0}", (dir / name).string()),
                  fmt::format("run: cp {0}.good {0}", (dir / name).string())}});
        }
    }
    read_password(dir, loaded, errors);
    if (!errors.empty()) return std::unexpected(std::move(errors));
    return loaded;
}

std::optional<house> home_file_alone(const std::filesystem::path& dir) {
    const file_state state = look_at(dir / home_file, home_file, std::nullopt);
    if (!state.parsed) return std::nullopt;
    house read;
    config_errors ignored;
    read_home(*state.parsed, {}, read, ignored);
    return read;
}

std::optional<std::string> house_language(const std::filesystem::path& dir) {
    const auto read = home_file_alone(dir);
    return read ? std::optional{read->language} : std::nullopt;
}

house_at_start load_house_at_start(const std::filesystem::path& dir, const driver_names& drivers) {
    house_at_start at_start;
    take_at_start(dir, residents_file, read_residents, drivers, at_start);
    take_at_start(dir, home_file, read_home, drivers, at_start);
    take_at_start(dir, devices_file, read_devices, drivers, at_start);
    config_errors errors;
    read_password(dir, at_start.now, errors);
    for (const auto& e : errors) at_start.faults.push_back({"config." + e.file, e.what, e.cure});
    if (at_start.now.gateway.empty()) {
        at_start.now.gateway = gateway_id{certified_name(dir).value_or("unconfigured")};
        at_start.faults.push_back(
            {"config.gateway",
             {fmt::format("home.toml 没有给出网关编号，暂用 {}", at_start.now.gateway.str()),
              fmt::format("home.toml gives no gateway id; it is called {} for now", at_start.now.gateway.str())},
             {"运行 anban join 文件，或在 home.toml 的 [gateway] 中填写 id",
              "run `anban join FILE`, or write id in [gateway] of home.toml"}});
    }
    if (at_start.faults.empty()) keep_good_copies(dir);
    return at_start;
}

void keep_good_copies(const std::filesystem::path& dir) {
    for (const char* name : {home_file, residents_file, devices_file}) {
        const auto content = files::read(dir / name, limits::config_file_bytes);
        if (!content) continue;
        const auto good = dir / (std::string{name} + ".good");
        // The card wears out by writes: an equal copy is left alone.
        if (const auto old = files::read(good, limits::config_file_bytes); old && *old == *content) continue;
        // A copy that can't be written is no reason to stop: the file itself is fine.
        (void)files::write(good, *content, 0640);
    }
}

std::string in_words(const config_error& e, bool chinese) {
    std::string place = e.file;
    if (e.line != 0) place += fmt::format(":{}:{}", e.line, e.column);
    if (place.empty()) {
        return chinese ? fmt::format("{}。{}", e.what.zh, e.cure.zh)
                       : fmt::format("{} — {}", e.what.en, e.cure.en);
    }
    return chinese ? fmt::format("{}：{}。{}", place, e.what.zh, e.cure.zh)
                   : fmt::format("{}: {} — {}", place, e.what.en, e.cure.en);
}

} // namespace anban

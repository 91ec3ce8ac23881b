#include "gateway/config/load.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "gateway/config/broker_files.hpp"
#include "gateway/config/certificate.hpp"
#include "gateway/config/fields.hpp"
#include "gateway/config/files.hpp"
#include "gateway/config/secrets.hpp"
#include "gateway/config/toml_text.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

// What one file adds to the house. Usable parts are always taken over; what is wrong is told, and a
// reference into nowhere is left out.
using reader = void (*)(const toml_text::table&, const driver_names&, house&, config_errors&);

[[nodiscard]] wording duplicate(std::string_view kind, std::string_view id) {
    return {fmt::format("{} \"{}\" 出现了两次", kind, id), fmt::format("{} \"{}\" is there twice", kind, id)};
}

const wording rename_one{"改名或删除其中一个", "rename or remove one of them"};

[[nodiscard]] std::string named(std::string_view section, const std::optional<std::string>& id) {
    return id ? fmt::format("[[{}]] {}", section, *id) : fmt::format("[[{}]]", section);
}

template <class Items>
[[nodiscard]] std::vector<std::string> ids_of(const Items& items) {
    std::vector<std::string> ids;
    for (const auto& item : items) ids.push_back(item.id.str());
    return ids;
}

// A reference must lead somewhere. Returns the id only if it does.
[[nodiscard]] std::optional<std::string> reference(fields& in, std::string_view key, presence p,
                                                   const std::vector<std::string>& known, std::string_view section,
                                                   std::string_view file) {
    auto id = in.id(key, p);
    if (!id) return std::nullopt;
    if (std::ranges::find(known, *id) != known.end()) return id;
    wording cure{fmt::format("先在 {} 中加上 [[{}]] id = \"{}\"，或改正", file, section, *id),
                 fmt::format("add [[{}]] id = \"{}\" to {}, or mend the name", section, *id, file)};
    if (const std::string meant = nearest(*id, known); !meant.empty()) {
        cure = {fmt::format("是否应为 \"{}\"？", meant), fmt::format("did you mean \"{}\"?", meant)};
    }
    in.refuse(key,
              {fmt::format("{} = \"{}\"：没有这个 {}", key, *id, section),
               fmt::format("{} = \"{}\": there is no such {}", key, *id, section)},
              std::move(cure));
    return std::nullopt;
}

// ---- residents.toml -------------------------------------------------------------------------------

void read_residents(const toml_text::table& root, const driver_names&, house& into, config_errors& errors) {
    fields file{root, residents_file, residents_file, errors};
    for (const auto* table : file.tables("resident", limits::residents)) {
        fields in{*table, residents_file, "[[resident]]", errors};
        const auto id = in.id("id", presence::required);
        in.rename(named("resident", id));
        auto packs = in.texts("packs", limits::packs_per_resident).value_or(std::vector<std::string>{});
        std::erase_if(packs, [&](const std::string& pack) {
            if (well_formed_id(pack)) return false;
            in.refuse("packs",
                      {fmt::format("\"{}\" 不能作规则包的名字", pack),
                       fmt::format("\"{}\" can't be a pack's name", pack)},
                      {"使用 rules/ 中规则包的名字，例如 living-alone",
                       "use the name of a pack in rules/, e.g. living-alone"});
            return true;
        });
        in.refuse_unknown();
        if (!id) continue;
        if (into.find_resident(resident_id{*id}) != nullptr) {
            in.refuse("id", duplicate("resident", *id), rename_one);
            continue;
        }
        into.residents.push_back({resident_id{*id}, std::move(packs)});
    }
    file.refuse_unknown();
}

// ---- home.toml ------------------------------------------------------------------------------------

[[nodiscard]] bool host_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == ':' || c == '_';
}

[[nodiscard]] bool well_formed_host(std::string_view host) noexcept {
    return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, host_character);
}

// "name:8883", "10.0.0.5", "[2001:db8::1]:8883".
[[nodiscard]] std::optional<centre_host> parse_host(std::string_view text) {
    centre_host host;
    std::string_view name = text;
    std::string_view port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        name = text.substr(1, end - 1);
        port = text.substr(end + 1);
        if (!port.empty() && port.front() != ':') return std::nullopt;
    } else if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
        name = text.substr(0, colon);
        port = text.substr(colon);
        if (name.find(':') != std::string_view::npos) return std::nullopt;
    }
    if (!port.empty()) {
        port.remove_prefix(1);
        unsigned number = 0;
        const auto [end, bad] = std::from_chars(port.data(), port.data() + port.size(), number);
        if (bad != std::errc{} || end != port.data() + port.size() || number == 0 || number > 65535)
            return std::nullopt;
        host.port = static_cast<std::uint16_t>(number);
    }
    if (!well_formed_host(name)) return std::nullopt;
    host.address = name;
    return host;
}

void read_broker(const toml_text::table& table, house& into, config_errors& errors) {
    fields in{table, home_file, "[broker]", errors};
    if (const auto host = in.text("host", presence::optional)) {
        if (well_formed_host(*host)) {
            into.broker.host = *host;
        } else {
            in.refuse("host", {"host 不是主机名或 IP 地址", "host is neither a name nor an IP address"},
                      {"例如 host = \"127.0.0.1\"", "e.g. host = \"127.0.0.1\""});
        }
    }
    if (const auto port = in.integer("port", presence::optional, 1, 65535)) {
        into.broker.port = static_cast<std::uint16_t>(*port);
    }
    in.refuse_unknown();
}

void read_centre(const toml_text::table& table, house& into, config_errors& errors) {
    fields in{table, home_file, "[centre]", errors};
    for (const auto& text : in.texts("hosts", limits::centre_hosts).value_or(std::vector<std::string>{})) {
        if (const auto host = parse_host(text)) {
            into.centre.push_back(*host);
        } else {
            in.refuse("hosts",
                      {fmt::format("\"{}\" 不是 主机:端口", text), fmt::format("\"{}\" is no HOST:PORT", text)},
                      {"例如 \"alarm.example.cn:8883\"", "e.g. \"alarm.example.cn:8883\""});
        }
    }
    in.refuse_unknown();
}

void read_rooms(fields& file, house& into, config_errors& errors) {
    for (const auto* table : file.tables("room", limits::rooms)) {
        fields in{*table, home_file, "[[room]]", errors};
        const auto id = in.id("id", presence::required);
        in.rename(named("room", id));
        const auto name = in.text("name", presence::optional);
        in.refuse_unknown();
        if (!id) continue;
        if (into.find_room(room_id{*id}) != nullptr) {
            in.refuse("id", duplicate("room", *id), rename_one);
            continue;
        }
        into.rooms.push_back({room_id{*id}, name.value_or(*id)});
    }
}

void read_beds(fields& file, house& into, config_errors& errors) {
    for (const auto* table : file.tables("bed", limits::beds)) {
        fields in{*table, home_file, "[[bed]]", errors};
        const auto id = in.id("id", presence::required);
        in.rename(named("bed", id));
        const auto room = reference(in, "room", presence::required, ids_of(into.rooms), "room", home_file);
        const auto owner =
            reference(in, "owner", presence::optional, ids_of(into.residents), "resident", residents_file);
        in.refuse_unknown();
        if (!id) continue;
        if (into.find_bed(bed_id{*id}) != nullptr) {
            in.refuse("id", duplicate("bed", *id), rename_one);
            continue;
        }
        into.beds.push_back({bed_id{*id}, room_id{room.value_or("")}, resident_id{owner.value_or("")}});
    }
}

void read_home(const toml_text::table& root, const driver_names&, house& into, config_errors& errors) {
    fields file{root, home_file, home_file, errors};
    if (const auto* table = file.table("gateway", presence::required)) {
        fields in{*table, home_file, "[gateway]", errors};
        if (const auto id = in.id("id", presence::required)) into.gateway = gateway_id{*id};
        if (const auto language = in.text("language", presence::optional)) {
            if (*language == "zh" || *language == "en") {
                into.language = *language;
            } else {
                in.refuse(
                    "language",
                    {fmt::format("不支持语言 \"{}\"", *language), fmt::format("no language \"{}\"", *language)},
                    {"\"zh\" 或 \"en\"", "use \"zh\" or \"en\""});
            }
        }
        in.refuse_unknown();
    }
    if (const auto* table = file.table("broker", presence::optional)) read_broker(*table, into, errors);
    if (const auto* table = file.table("centre", presence::optional)) read_centre(*table, into, errors);
    read_rooms(file, into, errors);
    read_beds(file, into, errors);
    file.refuse_unknown();
}

// ---- devices.toml ---------------------------------------------------------------------------------

// A family's own name for a device travels in topics of that family and in ours; it may be any language.
[[nodiscard]] bool well_formed_address(std::string_view address) noexcept {
    return !address.empty() && address.size() <= limits::id_bytes && std::ranges::none_of(address, [](char c) {
        return c == '+' || c == '#' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
}

[[nodiscard]] bool check_address(fields& in, const std::string& driver, const std::string& address,
                                 const std::optional<std::string>& id) {
    if (driver == "native") {
        const bool fits = well_formed_id(address) && address.size() <= limits::native_id_bytes;
        if (!fits) {
            in.refuse("address",
                      {fmt::format("address = \"{}\" 不能作自有设备的地址", address),
                       fmt::format("address = \"{}\" can't be a native device's", address)},
                      {fmt::format("1 到 {} 个字符：A-Z a-z 0-9 _ . -", limits::native_id_bytes),
                       fmt::format("use 1 to {} characters: A-Z a-z 0-9 _ . -", limits::native_id_bytes)});
        } else if (reserved_user(address)) {
            in.refuse("address",
                      {fmt::format("\"{}\" 是代理的内部用户", address),
                       fmt::format("\"{}\" is a user of the broker's own", address)},
                      {"换一个 id", "choose another id"});
            return false;
        } else if (id && address != *id) {
            in.refuse("address", {"自有设备的 address 必须等于 id", "a native device's address must equal its id"},
                      {fmt::format("改为 address = \"{}\"", *id), fmt::format("write address = \"{}\"", *id)});
        }
        return fits;
    }
    if (well_formed_address(address)) return true;
    in.refuse("address", {"address 不能使用", "address can't be used"},
              {fmt::format("1 到 {} 字节，不含 + # 和控制字符", limits::id_bytes),
               fmt::format("use 1 to {} bytes without + # or control characters", limits::id_bytes)});
    return false;
}

[[nodiscard]] std::optional<std::string> known_driver(fields& in, const driver_names& drivers) {
    auto driver = in.text("driver", presence::required);
    if (!driver || std::ranges::find(drivers, *driver) != drivers.end()) return driver;
    const std::string all = fmt::format("{}", fmt::join(drivers, ", "));
    const std::string meant = nearest(*driver, drivers);
    in.refuse("driver",
              {fmt::format("没有驱动 \"{}\"", *driver), fmt::format("there is no driver \"{}\"", *driver)},
              meant.empty()
                  ? wording{"可用：" + all, "use one of: " + all}
                  : wording{fmt::format("是否应为 \"{}\"？", meant), fmt::format("did you mean \"{}\"?", meant)});
    return std::nullopt;
}

[[nodiscard]] std::optional<device_role> known_role(fields& in) {
    const auto text = in.text("role", presence::required);
    if (!text) return std::nullopt;
    const auto role = role_from_name(*text);
    if (role) return role;
    const std::vector<std::string> roles{"call_button", "fall_detector", "vitals_band",
                                         "bed_mat",     "sensor",        "indicator"};
    const std::string all = fmt::format("{}", fmt::join(roles, ", "));
    const std::string meant = nearest(*text, roles);
    in.refuse("role", {fmt::format("没有用途 \"{}\"", *text), fmt::format("there is no role \"{}\"", *text)},
              meant.empty()
                  ? wording{"可用：" + all, "use one of: " + all}
                  : wording{fmt::format("是否应为 \"{}\"？", meant), fmt::format("did you mean \"{}\"?", meant)});
    return std::nullopt;
}

void read_device(const toml_text::table& table, const driver_names& drivers, house& into, config_errors& errors) {
    fields in{table, devices_file, "[[device]]", errors};
    const auto id = in.id("id", presence::required);
    in.rename(named("device", id));
    const auto driver = known_driver(in, drivers);
    const auto address = in.text("address", presence::required);
    const bool address_fits = driver && address && check_address(in, *driver, *address, id);
    const auto role = known_role(in);
    const auto room = reference(in, "room", presence::optional, ids_of(into.rooms), "room", home_file);
    const auto owner =
        reference(in, "owner", presence::optional, ids_of(into.residents), "resident", residents_file);
    const auto bed = reference(in, "bed", presence::optional, ids_of(into.beds), "bed", home_file);
    const auto every = in.integer("reports_every_s", presence::optional, limits::reports_every_least.count(),
                                  std::chrono::seconds{limits::reports_every_most}.count());
    in.refuse_unknown();
    if (!id || !driver || !address_fits || !role) return;
    if (into.find_device(device_id{*id}) != nullptr) {
        in.refuse("id", duplicate("device", *id), rename_one);
        return;
    }
    if (const auto* same = into.find_device(*driver, *address)) {
        in.refuse("address",
                  {fmt::format("{} 设备 \"{}\" 已登记为 {}", *driver, *address, same->id.str()),
                   fmt::format("{} device \"{}\" is already {}", *driver, *address, same->id.str())},
                  {"一台设备只登记一次", "a device is registered once"});
        return;
    }
    device d{device_id{*id},
             *driver,
             *address,
             *role,
             room_id{room.value_or("")},
             resident_id{owner.value_or("")},
             bed_id{bed.value_or("")},
             std::nullopt};
    if (every) d.reports_every = std::chrono::seconds{*every};
    into.devices.push_back(std::move(d));
}

void read_devices(const toml_text::table& root, const driver_names& drivers, house& into, config_errors& errors) {
    fields file{root, devices_file, devices_file, errors};
    for (const auto* table : file.tables("device", limits::devices)) read_device(*table, drivers, into, errors);
    file.refuse_unknown();
}

// ---- One file ---------------------------------------------------------------------------------------

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

// Tries file, last good copy, the usable part of either, in this order.
void take_at_start(const std::filesystem::path& dir, const char* name, reader read, const driver_names& drivers,
                   house_at_start& at_start) {
    const file_state now = look_at(dir / name, name);
    config_errors errors;
    house from_now = at_start.now;
    if (now.parsed) read(*now.parsed, drivers, from_now, errors);
    if (now.parsed && errors.empty()) {
        at_start.now = std::move(from_now);
        return;
    }
    if (now.broken) errors.push_back(*now.broken);

    const std::string good_name = std::string{name} + ".good";
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

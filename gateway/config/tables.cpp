#include "gateway/config/tables.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "gateway/config/credentials/broker_files.hpp"
#include "gateway/config/fields.hpp"
#include "rules/language/units.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

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

// rule = "cardiac.bradycardia": the pack must be one of the plan's, where it is named.
[[nodiscard]] bool read_rule(fields& in, const std::vector<std::string>& packs, plan_value& into) {
    const auto rule = in.text("rule", presence::required, 2 * limits::id_bytes + 1);
    if (!rule) return false;
    const auto dot = rule->find('.');
    if (dot != std::string::npos) into.pack = rule->substr(0, dot);
    into.rule = dot == std::string::npos ? *rule : rule->substr(dot + 1);
    if (!well_formed_id(into.rule) || (dot != std::string::npos && !well_formed_id(into.pack))) {
        in.refuse("rule",
                  {fmt::format("rule = \"{}\" 不是报警的名字", *rule),
                   fmt::format("rule = \"{}\" can't be an alarm's name", *rule)},
                  {"写 规则包.报警，例如 cardiac.bradycardia", "write PACK.ALARM, e.g. cardiac.bradycardia"});
        return false;
    }
    if (into.pack.empty() || std::ranges::find(packs, into.pack) != packs.end()) return true;
    const std::string meant = nearest(into.pack, packs);
    in.refuse(
        "rule",
        {fmt::format("计划中没有规则包 \"{}\"", into.pack), fmt::format("the plan has no pack \"{}\"", into.pack)},
        meant.empty()
            ? wording{fmt::format("先在 packs 中加上 \"{}\"", into.pack),
                      fmt::format("add \"{}\" to packs first", into.pack)}
            : wording{fmt::format("是否应为 \"{}\"？", meant), fmt::format("did you mean \"{}\"?", meant)});
    return false;
}

// [[resident.override]]
void read_overrides(fields& plan, const std::string& name, const std::vector<std::string>& packs,
                    std::vector<plan_value>& into, config_errors& errors) {
    for (const auto* table : plan.tables("override", limits::overrides_per_resident)) {
        fields in{*table, residents_file, name + " [[resident.override]]", errors};
        plan_value v;
        const bool named = read_rule(in, packs, v);
        v.line = table->at.line;
        const auto param = in.id("param", presence::required);
        const auto value = in.text("value", presence::required, limits::id_bytes);
        if (value && !language::read_measure(*value)) {
            in.refuse("value",
                      {fmt::format("value = \"{}\" 不是带单位的数字", *value),
                       fmt::format("value = \"{}\" is no number with its unit", *value)},
                      {"例如 \"45 bpm\"、\"4 h\"、\"90 %\"", "e.g. \"45 bpm\", \"4 h\", \"90 %\""});
        } else if (named && param && value) {
            v.param = *param;
            v.value = *value;
            const bool twice = std::ranges::any_of(into, [&](const plan_value& o) {
                const bool one_pack = o.pack == v.pack || o.pack.empty() || v.pack.empty();
                return one_pack && o.rule == v.rule && o.param == v.param;
            });
            if (twice)
                in.refuse("param", duplicate("override", fmt::format("{} {}", v.rule, v.param)), rename_one);
            else
                into.push_back(std::move(v));
        }
        in.refuse_unknown();
    }
}

} // namespace

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
        resident r;
        read_overrides(in, named("resident", id), packs, r.overrides, errors);
        r.spo2_scale = static_cast<int>(in.integer("spo2_scale", presence::optional, 1, 2).value_or(1));
        r.accepts_shared_absence = in.text("accepts_shared_absence", presence::optional).value_or("");
        in.refuse_unknown();
        if (!id) continue;
        if (into.find_resident(resident_id{*id}) != nullptr) {
            in.refuse("id", duplicate("resident", *id), rename_one);
            continue;
        }
        r.id = resident_id{*id};
        r.packs = std::move(packs);
        into.residents.push_back(std::move(r));
    }
    file.refuse_unknown();
}

namespace {

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

} // namespace

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

namespace {

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

// Nothing: named wrongly, and told.
[[nodiscard]] std::optional<std::vector<signal>> known_signals(fields& in) {
    std::vector<signal> found;
    const auto names = in.texts("provides", all_signals().size());
    if (!names) return found;
    std::vector<std::string> known;
    for (const auto& f : all_signals())
        if (!f.computed) known.emplace_back(f.name);
    for (const auto& name : *names) {
        const auto what = signal_from_name(name);
        if (what && !facts_of(*what).computed) {
            found.push_back(*what);
            continue;
        }
        const std::string all = fmt::format("{}", fmt::join(known, ", "));
        const std::string meant = nearest(name, known);
        in.refuse("provides",
                  {fmt::format("没有信号 \"{}\"", name), fmt::format("no device gives a signal \"{}\"", name)},
                  meant.empty() ? wording{"可用：" + all, "use: " + all}
                                : wording{fmt::format("是否应为 \"{}\"？", meant),
                                          fmt::format("did you mean \"{}\"?", meant)});
        return std::nullopt;
    }
    return found;
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
    auto provides = known_signals(in);
    in.refuse_unknown();
    if (!id || !driver || !address_fits || !role || !provides) return;
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
    d.provides = std::move(*provides);
    into.devices.push_back(std::move(d));
}

} // namespace

void read_devices(const toml_text::table& root, const driver_names& drivers, house& into, config_errors& errors) {
    fields file{root, devices_file, devices_file, errors};
    for (const auto* table : file.tables("device", limits::devices)) read_device(*table, drivers, into, errors);
    file.refuse_unknown();
}

} // namespace anban

#include "gateway/control/changes.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gateway/config/credentials/broker_files.hpp"
#include "gateway/config/fields.hpp"
#include "gateway/config/installation.hpp"
#include "gateway/config/write.hpp"
#include "gateway/control/as_json.hpp"

namespace anban::control {
namespace json = boost::json;

namespace {

// The house as the files say it now: a person may have edited them since the start, and a change made
// here must not undo that.
[[nodiscard]] std::expected<house, config_error> on_disk(const daemon_side& daemon) {
    auto loaded = load_house(daemon.dir, daemon.drivers);
    if (!loaded) return std::unexpected(loaded.error().front());
    const house& running = daemon.core.as_installed();
    if (loaded->gateway != running.gateway) {
        return std::unexpected(
            config_error{home_file,
                         0,
                         0,
                         {fmt::format("网关编号已从 {} 改为 {}", running.gateway.str(), loaded->gateway.str()),
                          fmt::format("the gateway's id was changed from {} to {}", running.gateway.str(),
                                      loaded->gateway.str())},
                         {"重启 anband：systemctl restart anband", "restart anband: systemctl restart anband"}});
    }
    return std::move(*loaded);
}

// The candidate as it would be read back. A mistake in the part that is about to be written is the
// request's own, so it is told without a line that nobody can look up.
[[nodiscard]] std::expected<house, config_error> checked(const daemon_side& daemon, const file_texts& texts,
                                                         const char* written, const char* command) {
    auto candidate = load_house(daemon.dir, daemon.drivers, texts);
    if (candidate) return std::move(*candidate);
    config_error first = candidate.error().front();
    if (first.file == written) {
        first.file = command;
        first.line = 0;
        first.column = 0;
    }
    return std::unexpected(std::move(first));
}

void apply(const daemon_side& daemon, house h) {
    rule_packs rules = daemon.rules_for(h);
    daemon.feed(house_changed{std::move(h), std::move(rules)});
    // The files are in order now, whatever they were at the start.
    for (const char* key :
         {"config.home.toml", "config.residents.toml", "config.devices.toml", "config.gateway"}) {
        daemon.feed(shell_fault{.key = key, .present = false});
    }
    keep_good_copies(daemon.dir);
}

[[nodiscard]] config_error not_known(const char* command, std::string_view id,
                                     const std::vector<std::string>& known) {
    const std::string meant = nearest(id, known);
    wording cure{"用 anban device list 查看", "see `anban device list`"};
    if (!meant.empty()) cure = {fmt::format("是否应为 {}？", meant), fmt::format("did you mean {}?", meant)};
    return {command, 0, 0, {fmt::format("没有设备 {}", id), fmt::format("there is no device {}", id)}, cure};
}

[[nodiscard]] config_error bad_request(const char* command, std::string_view key) {
    return {command,
            0,
            0,
            {fmt::format("请求缺少 {} 或其类型不对", key), fmt::format("{} is missing or of a wrong type", key)},
            {fmt::format("运行 {} --help", command), fmt::format("see {} --help", command)}};
}

// A care plan that names a pack which isn't there would watch over nobody.
[[nodiscard]] std::optional<config_error> pack_not_there(const daemon_side& daemon, const char* command,
                                                         const house& h, const resident& r) {
    std::vector<std::string> known;
    for (const auto& pack : daemon.rules_for(h).packs) known.push_back(pack.name);
    for (const auto& pack : r.packs) {
        if (std::ranges::find(known, pack) != known.end()) continue;
        const std::string meant = nearest(pack, known);
        wording cure{"把规则包放进 rules/ 再试；anban check 会检查它",
                     "put the pack into rules/ and try again; `anban check` reads it"};
        if (!meant.empty()) cure = {fmt::format("是否应为 {}？", meant), fmt::format("did you mean {}?", meant)};
        return config_error{
            command,
            0,
            0,
            {fmt::format("没有可用的规则包 {}", pack), fmt::format("no pack {} is in use here", pack)},
            std::move(cure)};
    }
    return std::nullopt;
}

// The request's packs instead of those that there were. False where they are of a wrong type.
[[nodiscard]] bool read_packs(const json::object& request, resident& into) {
    const auto* packs = request.if_contains("packs");
    if (packs == nullptr) return true;
    if (!packs->is_array()) return false;
    into.packs.clear();
    for (const auto& pack : packs->get_array()) {
        if (!pack.is_string()) return false;
        into.packs.emplace_back(pack.get_string());
    }
    return true;
}

// "low" of "bradycardia" is "45 bpm"; an empty text takes the pack's own number again.
[[nodiscard]] bool read_values(const json::object& request, resident& into) {
    const auto* values = request.if_contains("values");
    if (values == nullptr) return true;
    if (!values->is_array()) return false;
    for (const auto& one : values->get_array()) {
        if (!one.is_object()) return false;
        const auto& given = one.get_object();
        plan_value v{.pack = text_of(given, "pack"),
                     .rule = text_of(given, "alarm"),
                     .param = text_of(given, "param"),
                     .value = text_of(given, "value")};
        if (v.rule.empty() || v.param.empty()) return false;
        std::erase_if(into.overrides, [&](const plan_value& other) {
            return other.rule == v.rule && other.param == v.param && (v.pack.empty() || other.pack == v.pack);
        });
        if (!v.value.empty()) into.overrides.push_back(std::move(v));
    }
    return true;
}

// What lay_plans() has against the plan of one resident: a change that can't be kept is none. What the request
// brings stands in no file yet: it is told by the argument that brought it.
[[nodiscard]] std::optional<config_error> plan_refused(const char* command, const rule_packs& rules,
                                                       const house& h, const resident_id& who,
                                                       const json::object& request) {
    installation where = installation_of(h, rules.zone);
    const auto* values = request.if_contains("values");
    for (care_plan& plan : where.plans) {
        for (plan_override& o : plan.overrides) {
            if (plan.who != who || values == nullptr || !values->is_array()) continue;
            const bool brought = std::ranges::any_of(values->get_array(), [&](const json::value& one) {
                return one.is_object() && text_of(one.get_object(), "alarm") == o.rule &&
                       text_of(one.get_object(), "param") == o.name;
            });
            if (brought) o.where = fmt::format("--value {}.{}", o.rule, o.name);
        }
    }
    const auto laid = language::lay_plans(rules.packs, where);
    const auto mine = std::ranges::find(laid.problems, who, &language::plan_problem::who);
    if (mine == laid.problems.end()) return std::nullopt;
    return config_error{command, 0, 0, {mine->what_zh, mine->what_en}, {mine->cure_zh, mine->cure_en}};
}

[[nodiscard]] json::object write_plan(const daemon_side& daemon, const char* command,
                                      const std::vector<resident>& residents, const resident& changed,
                                      const json::object& request) {
    auto after = checked(daemon, {.residents = residents_as_text(residents)}, residents_file, command);
    if (!after) return refusal(after.error());
    if (const auto unknown = pack_not_there(daemon, command, *after, changed)) return refusal(*unknown);
    if (const auto unfit = plan_refused(command, daemon.rules_for(*after), *after, changed.id, request)) {
        return refusal(*unfit);
    }
    if (auto written = write_residents(daemon.dir, residents); !written) return refusal(written.error());
    apply(daemon, std::move(*after));
    return {{"ok", true}, {"resident", as_json(changed)}};
}

} // namespace

std::string text_of(const json::object& request, std::string_view key) {
    const auto* value = request.if_contains(key);
    if (value == nullptr || !value->is_string()) return {};
    return std::string{value->get_string()};
}

json::object add_device(const daemon_side& daemon, const json::object& request) {
    constexpr const char* command = "anban device add";
    const auto* given = request.if_contains("device");
    if (given == nullptr || !given->is_object()) return refusal(bad_request(command, "device"));
    const auto& from = given->get_object();
    device d{device_id{text_of(from, "id")}, text_of(from, "driver"),
             text_of(from, "address"),       device_role::sensor,
             room_id{text_of(from, "room")}, resident_id{text_of(from, "owner")},
             bed_id{text_of(from, "bed")},   std::nullopt};
    if (d.address.empty()) d.address = d.id.str();
    const auto role = role_from_name(text_of(from, "role"));
    if (!role) {
        return refusal({command,
                        0,
                        0,
                        {fmt::format("没有用途 \"{}\"", text_of(from, "role")),
                         fmt::format("there is no role \"{}\"", text_of(from, "role"))},
                        {"可用：call_button fall_detector vitals_band bed_mat sensor indicator",
                         "use call_button, fall_detector, vitals_band, bed_mat, sensor or indicator"}});
    }
    d.role = *role;
    if (const auto* every = from.if_contains("reports_every_s"); every != nullptr && !every->is_null()) {
        if (!every->is_int64()) return refusal(bad_request(command, "reports_every_s"));
        d.reports_every = std::chrono::seconds{every->get_int64()};
    }
    if (const auto* provides = from.if_contains("provides"); provides != nullptr && !provides->is_null()) {
        if (!provides->is_array()) return refusal(bad_request(command, "provides"));
        for (const auto& name : provides->get_array()) {
            const auto what =
                name.is_string() ? signal_from_name(std::string_view{name.get_string()}) : std::nullopt;
            if (!what || facts_of(*what).computed) return refusal(bad_request(command, "provides"));
            d.provides.push_back(*what);
        }
    }

    auto before = on_disk(daemon);
    if (!before) return refusal(before.error());
    auto devices = before->devices;
    devices.push_back(d);
    auto after = checked(daemon, {.devices = devices_as_text(devices)}, devices_file, command);
    if (!after) return refusal(after.error());

    json::object answer{{"ok", true}, {"device", as_json(d)}};
    if (d.driver == "native") {
        const auto password = set_device_password(daemon.dir, d.id);
        if (!password) return refusal(password.error());
        answer["password"] = *password;
    }
    if (auto written = write_devices(daemon.dir, devices); !written) {
        (void)remove_device_password(daemon.dir, d.id);
        return refusal(written.error());
    }
    apply(daemon, std::move(*after));
    answer["broker_reloaded"] = reload_broker(daemon.dir);
    return answer;
}

json::object remove_device(const daemon_side& daemon, const json::object& request) {
    constexpr const char* command = "anban device remove";
    const std::string id = text_of(request, "id");
    auto before = on_disk(daemon);
    if (!before) return refusal(before.error());
    auto devices = before->devices;
    if (std::erase_if(devices, [&](const device& d) { return d.id.str() == id; }) == 0) {
        std::vector<std::string> known;
        for (const auto& d : devices) known.push_back(d.id.str());
        return refusal(not_known(command, id, known));
    }
    auto after = checked(daemon, {.devices = devices_as_text(devices)}, devices_file, command);
    if (!after) return refusal(after.error());
    if (auto written = write_devices(daemon.dir, devices); !written) return refusal(written.error());
    apply(daemon, std::move(*after));
    // The device is out of the house already; a password that stays is told, not undone.
    const auto forgotten = remove_device_password(daemon.dir, device_id{id});
    json::object answer{{"ok", true}, {"id", id}, {"broker_reloaded", reload_broker(daemon.dir)}};
    if (!forgotten) answer["warning"] = as_json(forgotten.error());
    return answer;
}

json::object add_resident(const daemon_side& daemon, const json::object& request) {
    constexpr const char* command = "anban resident add";
    resident r{resident_id{text_of(request, "id")}, {}};
    if (!read_packs(request, r)) return refusal(bad_request(command, "packs"));
    auto before = on_disk(daemon);
    if (!before) return refusal(before.error());
    auto residents = before->residents;
    if (std::ranges::find(residents, r.id, &resident::id) != residents.end()) {
        return refusal({command,
                        0,
                        0,
                        {fmt::format("住户 {} 已登记", r.id.str()),
                         fmt::format("there is a resident {} already", r.id.str())},
                        {"用 anban resident set 修改其规则包", "change the packs with `anban resident set`"}});
    }
    residents.push_back(r);
    return write_plan(daemon, command, residents, r, request);
}

json::object set_resident(const daemon_side& daemon, const json::object& request) {
    constexpr const char* command = "anban resident set";
    auto before = on_disk(daemon);
    if (!before) return refusal(before.error());
    auto residents = before->residents;
    const auto who = std::ranges::find(residents, resident_id{text_of(request, "id")}, &resident::id);
    if (who == residents.end()) {
        std::vector<std::string> known;
        for (const auto& r : residents) known.push_back(r.id.str());
        const std::string meant = nearest(text_of(request, "id"), known);
        wording cure{"用 anban resident list 查看", "see `anban resident list`"};
        if (!meant.empty()) cure = {fmt::format("是否应为 {}？", meant), fmt::format("did you mean {}?", meant)};
        return refusal({command,
                        0,
                        0,
                        {fmt::format("没有住户 {}", text_of(request, "id")),
                         fmt::format("there is no resident {}", text_of(request, "id"))},
                        std::move(cure)});
    }
    if (!read_packs(request, *who)) return refusal(bad_request(command, "packs"));
    if (!read_values(request, *who)) return refusal(bad_request(command, "values"));
    const resident after = *who;
    return write_plan(daemon, command, residents, after, request);
}

json::object reload(const daemon_side& daemon) {
    auto loaded = on_disk(daemon);
    if (!loaded) return refusal(loaded.error());
    const house& running = daemon.core.as_installed();
    const auto same_host = [](const centre_host& a, const centre_host& b) {
        return a.address == b.address && a.port == b.port;
    };
    const bool restart = loaded->broker.host != running.broker.host ||
                         loaded->broker.port != running.broker.port ||
                         !std::ranges::equal(loaded->centre, running.centre, same_host);
    apply(daemon, std::move(*loaded));
    return {{"ok", true}, {"restart_needed", restart}};
}

} // namespace anban::control

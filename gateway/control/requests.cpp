#include "gateway/control/requests.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gateway/config/fields.hpp"
#include "gateway/control/as_json.hpp"
#include "gateway/control/changes.hpp"
#include "gateway/control/shelving.hpp"
#include "gateway/control/standing.hpp"
#include "gateway/control/streams.hpp"

namespace anban::control {
namespace json = boost::json;

namespace {

[[nodiscard]] json::array devices_of(const daemon_side& daemon) {
    const instant now = daemon.now();
    json::array all;
    for (const auto& seen : daemon.core.devices()) {
        const device* installed = seen.registered ? daemon.core.as_installed().find_device(seen.id) : nullptr;
        json::object one = as_json(seen, installed, now);
        if (installed != nullptr) {
            const room* in = daemon.core.as_installed().find_room(installed->room);
            one["room_name"] = in == nullptr || in->name.empty() ? installed->room.str() : in->name;
        }
        all.push_back(std::move(one));
    }
    return all;
}

[[nodiscard]] json::object status(const daemon_side& daemon) {
    const home& core = daemon.core;
    const shell_facts shell = daemon.shell();
    json::array faults;
    for (const auto& f : core.faults()) faults.push_back(as_json(f));
    std::size_t open = 0;
    for (const auto& a : core.alarms()) open += a.newest.progress == alarm_progress::closed ? 0U : 1U;
    return {{"ok", true},
            {"gateway", core.as_installed().gateway.str()},
            {"version", shell.version},
            {"start", core.state().start},
            {"time", as_json(daemon.now().wall)},
            {"clock", name_of(daemon.now().wall.quality)},
            {"link", {{"up", core.link_up()}, {"host", shell.link_host}}},
            {"broker", {{"connected", shell.broker_connected}, {"listening", shell.listening}}},
            {"undelivered", core.undelivered()},
            {"open_alarms", open},
            {"faults", std::move(faults)},
            {"devices", devices_of(daemon)}};
}

[[nodiscard]] json::object residents(const daemon_side& daemon) {
    json::array all;
    const house& h = daemon.core.as_installed();
    for (const auto& r : h.residents) {
        json::object one = as_json(r);
        json::array worn;
        for (const auto& d : h.devices) {
            if (d.owner == r.id) worn.emplace_back(d.id.str());
        }
        json::array beds;
        for (const auto& b : h.beds) {
            if (b.owner == r.id) beds.emplace_back(b.id.str());
        }
        one["devices"] = std::move(worn);
        one["beds"] = std::move(beds);
        all.push_back(std::move(one));
    }
    return {{"ok", true}, {"residents", std::move(all)}};
}

[[nodiscard]] json::object alarms(const daemon_side& daemon) {
    json::array all;
    for (const auto& a : daemon.core.alarms()) all.push_back(as_json(a, daemon.core.as_installed()));
    return {{"ok", true}, {"alarms", std::move(all)}};
}

// By the whole id or by its first digits, as many as tell it from the others.
[[nodiscard]] json::object one_alarm(const daemon_side& daemon, const std::string& id) {
    constexpr std::size_t least_digits = 4;
    const auto all = daemon.core.alarms();
    const alarm_state* found = nullptr;
    std::size_t matches = 0;
    for (const auto& a : all) {
        if (id.size() < least_digits || !a.newest.id.hex().starts_with(id)) continue;
        found = &a;
        ++matches;
    }
    if (matches == 1) {
        return {
            {"ok", true},
            {"alarm", with_details(*found, daemon.core.as_installed(), daemon.core.hops_of(found->newest.id))}};
    }
    return refusal({"anban alarm show",
                    0,
                    0,
                    matches == 0
                        ? wording{fmt::format("没有报警 {}", id), fmt::format("there is no alarm {}", id)}
                        : wording{fmt::format("{} 不只一个报警", id), fmt::format("{} names several alarms", id)},
                    {"用 anban alarms 查看，给出编号或至少前 4 位",
                     "see `anban alarms`; give the id or at least its first 4 digits"}});
}

[[nodiscard]] reply test_device(const daemon_side& daemon, const std::string& id) {
    const device_id which{id};
    const house& h = daemon.core.as_installed();
    if (h.find_device(which) == nullptr) {
        std::vector<std::string> known;
        for (const auto& d : h.devices) known.push_back(d.id.str());
        const std::string meant = nearest(id, known);
        wording cure{"用 anban device list 查看", "see `anban device list`"};
        if (!meant.empty()) cure = {fmt::format("是否应为 {}？", meant), fmt::format("did you mean {}?", meant)};
        return {refusal({"anban device test",
                         0,
                         0,
                         {fmt::format("没有设备 {}", id), fmt::format("there is no device {}", id)},
                         std::move(cure)}),
                nullptr};
    }
    daemon.feed(open_test{which});
    return {json::object{{"ok", true}, {"device", id}, {"link", daemon.core.link_up()}, {"window_s", 300}},
            follow_test(daemon.core, which, daemon.now())};
}

} // namespace

json::object refusal(const config_error& e) {
    return {{"ok", false}, {"error", as_json(e)}};
}

reply handle(const daemon_side& daemon, std::string_view line) {
    json::error_code bad;
    json::parse_options options;
    options.max_depth = 8;
    const json::value parsed = json::parse(line, bad, {}, options);
    if (bad || !parsed.is_object()) {
        return {
            refusal({"",
                     0,
                     0,
                     {"请求不是一个 JSON 对象", "the request is no JSON object"},
                     {"每行一个对象，例如 {\"do\":\"status\"}", "one object a line, e.g. {\"do\":\"status\"}"}}),
            nullptr};
    }
    const auto& request = parsed.get_object();
    const std::string what = text_of(request, "do");
    if (what == "status") return {status(daemon), nullptr};
    if (what == "devices") return {json::object{{"ok", true}, {"devices", devices_of(daemon)}}, nullptr};
    if (what == "device_add") return {add_device(daemon, request), nullptr};
    if (what == "device_remove") return {remove_device(daemon, request), nullptr};
    if (what == "device_test") return test_device(daemon, text_of(request, "id"));
    if (what == "residents") return {residents(daemon), nullptr};
    if (what == "resident_add") return {add_resident(daemon, request), nullptr};
    if (what == "resident_set") return {set_resident(daemon, request), nullptr};
    if (what == "rule_shelve") return {shelve(daemon, request), nullptr};
    if (what == "rule_unshelve") return {unshelve(daemon, request), nullptr};
    if (what == "rule_standing") return {rule_standing(daemon, request), nullptr};
    if (what == "rules_shelved") return {shelves(daemon), nullptr};
    if (what == "alarms") return {alarms(daemon), nullptr};
    if (what == "alarm") return {one_alarm(daemon, text_of(request, "id")), nullptr};
    if (what == "watch") return {json::object{{"ok", true}}, watch_everything(daemon.core)};
    if (what == "reload") return {reload(daemon), nullptr};
    if (what == "version") return {json::object{{"ok", true}, {"version", daemon.shell().version}}, nullptr};
    return {refusal({"",
                     0,
                     0,
                     {fmt::format("没有请求 \"{}\"", what), fmt::format("there is no request \"{}\"", what)},
                     {"anban 与 anband 的版本是否一致？", "are anban and anband of the same version?"}}),
            nullptr};
}

} // namespace anban::control

#include <fmt/format.h>

#include "gateway/cli/json_view.hpp"
#include "gateway/cli/render.hpp"
#include "gateway/cli/words.hpp"

namespace anban::cli {
namespace json = boost::json;

namespace {

[[nodiscard]] colour of_urgency(std::string_view urgency) {
    if (urgency == "high") return colour::red;
    return urgency == "medium" ? colour::yellow : colour::none;
}

[[nodiscard]] std::string percent(const json::object& d, std::string_view key) {
    const auto* v = d.if_contains(key);
    return v == nullptr || v->is_null() ? std::string{} : fmt::format("{}%", number_at(d, key));
}

[[nodiscard]] std::string last_heard(const terminal& t, const json::object& d) {
    if (const auto age = number_at(d, "heard_s_ago", -1); age >= 0) return ago(t, age);
    if (const auto at = text_at(d, "last_heard"); !at.empty()) return local_time(at);
    return std::string{t.say("从未", "never")};
}

} // namespace

std::string render_devices(const terminal& t, const json::object& answer) {
    const json::array devices = array_at(answer, "devices");
    if (devices.empty()) {
        return std::string{t.say("还没有设备：anban device add …", "no devices yet: anban device add …")};
    }
    const auto say = [&t](const char* zh, const char* en) { return std::string{t.say(zh, en)}; };
    table rows{{say("设备", "device"), say("用途", "role"), say("驱动", "driver"), say("房间", "room"),
                say("使用者", "owner"), say("上次听到", "last heard"), say("电量", "battery"), "QoS",
                say("备注", "note")}};
    for (const auto& item : devices) {
        if (!item.is_object()) continue;
        const auto& d = item.get_object();
        const bool registered = flag_at(d, "registered");
        std::string owner = text_at(d, "owner");
        if (const auto bed = text_at(d, "bed"); !bed.empty())
            owner += fmt::format("{}{}", owner.empty() ? "" : " ", bed);
        std::string note;
        if (!registered) note = say("未登记", "not registered");
        if (flag_at(d, "test_open"))
            note += fmt::format("{}{}", note.empty() ? "" : " ", say("等待测试按键", "waits for a test press"));
        if (const auto said = text_at(d, t.chinese ? "note_zh" : "note_en"); !said.empty())
            note += fmt::format("{}{}", note.empty() ? "" : " ", said);
        const auto* qos = d.if_contains("qos");
        const bool has_qos = qos != nullptr && !qos->is_null();
        const std::string name = registered ? text_at(d, "id") : text_at(d, "address");
        rows.add({{name, registered ? colour::bold : colour::yellow},
                  {role_word(t, text_at(d, "role"))},
                  {text_at(d, "driver")},
                  {text_at(d, "room_name").empty() ? text_at(d, "room") : text_at(d, "room_name")},
                  {owner},
                  {last_heard(t, d), text_at(d, "last_heard").empty() ? colour::yellow : colour::none},
                  {percent(d, "battery")},
                  {has_qos ? std::to_string(number_at(d, "qos")) : std::string{}},
                  {note}});
    }
    return rows.in(t);
}

std::string render_status(const terminal& t, const json::object& status) {
    const auto say = [&t](const char* zh, const char* en) { return std::string{t.say(zh, en)}; };
    const auto link = object_at(status, "link");
    const bool up = flag_at(link, "up");
    const bool broker = flag_at(object_at(status, "broker"), "connected");
    const bool listening = flag_at(object_at(status, "broker"), "listening");
    const auto undelivered = number_at(status, "undelivered");
    const auto open = number_at(status, "open_alarms");
    const json::array faults = array_at(status, "faults");

    std::string text;
    const auto line = [&](const std::string& name, const std::string& value, colour c) {
        text += fmt::format("{}{}\n", padded(name, 14), t.painted(harmless(value), c));
    };
    line(say("网关", "gateway"),
         fmt::format("{}   {} {}", text_at(status, "gateway"), say("版本", "version"), text_at(status, "version")),
         colour::bold);
    const std::string host = text_at(link, "host");
    line(say("中心", "centre"),
         up ? fmt::format("{} {}", say("已连接", "connected"), host) : say("未连接", "not connected"),
         up ? colour::green : colour::red);
    line(say("家庭代理", "home broker"),
         listening ? say("已连接", "connected")
         : broker  ? say("已连接，正在订阅", "connected, subscribing")
                   : say("未连接", "not connected"),
         listening ? colour::green : colour::red);
    line(say("待送达", "undelivered"), std::to_string(undelivered),
         undelivered == 0 ? colour::none : colour::yellow);
    line(say("未结束报警", "open alarms"), std::to_string(open), open == 0 ? colour::none : colour::red);
    if (const auto clock = text_at(status, "clock"); clock != "synchronised") {
        line(say("时钟", "clock"), say("未与时间服务器同步", "not synchronised"), colour::yellow);
    }

    text += '\n';
    if (faults.empty()) text += t.painted(say("没有故障", "no faults"), colour::green) + '\n';
    for (const auto& item : faults) {
        if (!item.is_object()) continue;
        const auto& f = item.get_object();
        const std::string urgency = text_at(f, "urgency");
        const std::string since =
            text_at(f, "since").empty() ? std::string{} : fmt::format("  {}", local_time(text_at(f, "since")));
        text += fmt::format("{} {}{}\n    → {}\n",
                            t.painted(fmt::format("[{}]", urgency_word(t, urgency)), of_urgency(urgency)),
                            harmless(text_at(f, t.chinese ? "what_zh" : "what_en")), t.painted(since, colour::dim),
                            harmless(text_at(f, t.chinese ? "cure_zh" : "cure_en")));
    }
    return text + '\n' + render_devices(t, status);
}

std::string render_residents(const terminal& t, const json::object& answer) {
    const json::array residents = array_at(answer, "residents");
    if (residents.empty()) {
        return std::string{
            t.say("还没有住户：anban resident add r-…", "no residents yet: anban resident add r-…")};
    }
    const auto joined = [](const json::array& items) {
        std::string text;
        for (const auto& item : items) {
            if (item.is_string())
                text += fmt::format("{}{}", text.empty() ? "" : " ", std::string_view{item.get_string()});
        }
        return text;
    };
    table rows{{std::string{t.say("住户", "resident")}, std::string{t.say("规则包", "packs")},
                std::string{t.say("床位", "beds")}, std::string{t.say("设备", "devices")}}};
    for (const auto& item : residents) {
        if (!item.is_object()) continue;
        const auto& r = item.get_object();
        rows.add({{text_at(r, "id"), colour::bold},
                  {joined(array_at(r, "packs"))},
                  {joined(array_at(r, "beds"))},
                  {joined(array_at(r, "devices"))}});
    }
    return rows.in(t);
}

} // namespace anban::cli

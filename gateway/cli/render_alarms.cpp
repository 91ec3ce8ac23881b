#include <fmt/format.h>

#include "gateway/cli/json_view.hpp"
#include "gateway/cli/render.hpp"
#include "gateway/cli/words.hpp"
#include "rules/signal.hpp"

namespace anban::cli {
namespace json = boost::json;

namespace {

constexpr std::size_t short_id = 8; // enough to tell a home's alarms apart; `alarm show` takes it

[[nodiscard]] std::string title_of(const terminal& t, const json::object& alarm) {
    const std::string title = text_at(object_at(alarm, "title"), t.chinese ? "zh" : "en");
    return title.empty() ? text_at(alarm, "rule") : title;
}

[[nodiscard]] colour of_alarm(const json::object& alarm) {
    if (text_at(alarm, "state") == "closed" || flag_at(alarm, "test")) return colour::dim;
    if (text_at(alarm, "priority") == "high") return colour::red;
    return text_at(alarm, "priority") == "medium" ? colour::yellow : colour::none;
}

[[nodiscard]] std::string delivered(const terminal& t, const json::object& alarm) {
    return std::string{flag_at(alarm, "stored") ? t.say("已到中心", "at the centre")
                                                : t.say("未到中心", "not at the centre")};
}

[[nodiscard]] std::string value_of(const terminal& t, const json::object& r) {
    const auto* v = r.if_contains("value");
    if (v == nullptr || v->is_null()) return std::string{t.say("未知", "unknown")};
    const auto known = signal_from_name(text_at(r, "signal"));
    const auto kind = known ? facts_of(*known).kind : signal_kind::quantity;
    if (kind == signal_kind::momentary) return {};
    const double number = v->is_double() ? v->get_double() : static_cast<double>(number_at(r, "value"));
    if (kind == signal_kind::boolean) return std::string{number != 0 ? t.say("是", "yes") : t.say("否", "no")};
    const std::string unit = text_at(r, "unit");
    return unit.empty() ? fmt::format("{:g}", number) : fmt::format("{:g} {}", number, unit);
}

} // namespace

std::string render_alarms(const terminal& t, const json::object& answer) {
    const json::array alarms = array_at(answer, "alarms");
    if (alarms.empty()) return std::string{t.say("没有报警", "no alarms")};
    const auto say = [&t](const char* zh, const char* en) { return std::string{t.say(zh, en)}; };
    table rows{{say("编号", "id"), say("时间", "raised"), say("报警", "alarm"), say("状态", "state"),
                say("谁", "who"), say("房间", "room"), say("次数", "presses"), say("送达", "delivery")}};
    for (const auto& item : alarms) {
        if (!item.is_object()) continue;
        const auto& a = item.get_object();
        std::string title = title_of(t, a);
        if (flag_at(a, "test")) title = fmt::format("{} {}", say("[测试]", "[test]"), title);
        if (text_at(a, "phase") != "active") title += fmt::format(" ({})", phase_word(t, text_at(a, "phase")));
        rows.add({{text_at(a, "id").substr(0, short_id)},
                  {local_time(text_at(a, "raised_at"))},
                  {title, of_alarm(a)},
                  {state_word(t, text_at(a, "state"))},
                  {text_at(a, "subject") == "home" ? say("这一家", "the home") : text_at(a, "subject")},
                  {text_at(a, "room_name")},
                  {std::to_string(number_at(a, "press_count"))},
                  {delivered(t, a), flag_at(a, "stored") ? colour::none : colour::yellow}});
    }
    return rows.in(t);
}

std::string render_alarm(const terminal& t, const json::object& a) {
    const auto say = [&t](const char* zh, const char* en) { return std::string{t.say(zh, en)}; };
    std::string text = fmt::format("{}{}  {}\n", flag_at(a, "test") ? say("[测试] ", "[test] ") : "",
                                   t.painted(harmless(title_of(t, a)), of_alarm(a)), text_at(a, "id"));
    const auto line = [&](const std::string& name, const std::string& value) {
        if (!value.empty()) text += fmt::format("  {}{}\n", padded(name, 12), harmless(value));
    };
    line(say("状态", "state"), fmt::format("{} · {} · {}", state_word(t, text_at(a, "state")),
                                           phase_word(t, text_at(a, "phase")), delivered(t, a)));
    line(say("时间", "raised"), local_time(text_at(a, "raised_at")));
    line(say("谁", "who"), text_at(a, "subject"));
    line(say("房间", "room"), text_at(a, "room_name"));
    line(say("设备", "device"), text_at(a, "device"));
    line(say("原因", "because"), because_words(t, text_at(a, "because")));
    line(say("处理结果", "closed as"), text_at(a, "closing_code"));

    if (const auto presses = array_at(a, "presses"); !presses.empty()) {
        text += fmt::format("\n{} {}\n", say("按键", "presses"), number_at(a, "press_count"));
        for (const auto& item : presses) {
            if (!item.is_object()) continue;
            const auto& p = item.get_object();
            text += fmt::format("  {}  {}  {}{}\n", local_time(text_at(p, "at")), harmless(text_at(p, "device")),
                                signal_word(t, text_at(p, "signal")),
                                flag_at(p, "repeat") ? say("（重复）", " (repeat)") : "");
        }
    }
    if (const auto seen = array_at(a, "evidence"); !seen.empty()) {
        text += fmt::format("\n{}\n", say("依据", "evidence"));
        for (const auto& item : seen) {
            if (!item.is_object()) continue;
            const auto& e = item.get_object();
            text += fmt::format("  {}  {}  {} {}\n", local_time(text_at(e, "at")), harmless(text_at(e, "device")),
                                signal_word(t, text_at(e, "signal")), value_of(t, e));
        }
    }
    const auto hops = array_at(a, "hops");
    text += fmt::format("\n{}\n", say("经过", "way"));
    if (hops.empty()) text += fmt::format("  {}\n", say("这次启动以来没有", "none since the last start"));
    std::int64_t first = 0;
    for (const auto& item : hops) {
        if (!item.is_object()) continue;
        const auto& h = item.get_object();
        const auto mono = number_at(h, "mono_ns");
        if (first == 0) first = mono;
        text += fmt::format("  {}  {:>12.3f} ms  {}\n", clock_time(number_at(h, "at_us")),
                            static_cast<double>(mono - first) / 1e6, hop_word(t, text_at(h, "name")));
    }
    if (text.ends_with('\n')) text.pop_back();
    return text;
}

std::string render_event(const terminal& t, const json::object& e) {
    const std::string event = text_at(e, "event");
    const std::string at = t.painted(clock_time(number_at(e, "at_us")), colour::dim);
    const std::string device = harmless(text_at(e, "device"));
    if (event == "reading") {
        const auto r = object_at(e, "reading");
        return fmt::format("{}  {}  {}  {}", at, padded(device, 16),
                           padded(signal_word(t, text_at(r, "signal")), 14), value_of(t, r));
    }
    if (event == "hop") {
        return fmt::format("{}  {}  {} {}  {}", at, padded(device, 16),
                           t.painted(t.say("报警", "alarm"), colour::red), text_at(e, "alarm").substr(0, short_id),
                           hop_word(t, text_at(e, "name")));
    }
    if (event == "fault_begins") {
        const auto f = object_at(e, "fault");
        const std::string what = text_at(f, t.chinese ? "what_zh" : "what_en");
        return fmt::format("{}  {} {}", at, t.painted(t.say("故障", "fault"), colour::yellow),
                           harmless(what.empty() ? text_at(e, "text") : what));
    }
    if (event == "fault_ends") {
        return fmt::format("{}  {} {}", at, t.painted(t.say("故障消除", "fault over"), colour::green),
                           harmless(text_at(e, "name")));
    }
    if (event == "gap")
        return t.painted(t.say("…跟不上，有遗漏", "… too slow, events are missing"), colour::yellow);
    return fmt::format("{}  {}  {} {}", at, padded(device, 16),
                       t.painted(t.say("被拒绝", "refused"), colour::yellow),
                       harmless(text_at(e, "text").empty() ? text_at(e, "name") : text_at(e, "text")));
}

std::string render_test_step(const terminal& t, const json::object& e) {
    if (text_at(e, "event") == "end") {
        const bool proven = flag_at(e, "proven");
        return t.painted(fmt::format("{}{}{}",
                                     proven ? t.say("已验证到中心", "proven to the centre")
                                            : t.say("未验证到中心", "NOT proven to the centre"),
                                     t.say("：", ": "), harmless(text_at(e, t.chinese ? "what_zh" : "what_en"))),
                         proven ? colour::green : colour::red);
    }
    if (text_at(e, "event") != "hop") return render_event(t, e);
    return fmt::format("{:>10.1f} ms  {}", static_cast<double>(number_at(e, "since_heard_us")) / 1000.0,
                       hop_word(t, text_at(e, "name")));
}

} // namespace anban::cli

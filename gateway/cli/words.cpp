#include "gateway/cli/words.hpp"

#include <array>
#include <charconv>
#include <ctime>

#include <fmt/format.h>

namespace anban::cli {
namespace {

struct word {
    std::string_view name;
    std::string_view zh;
    std::string_view en;
};

constexpr std::array hops{
    word{"heard", "网关听到", "heard by the gateway"},
    word{"judged", "规则已判断", "judged by the rules"},
    word{"handed", "已交给上行程序", "handed to the uplink"},
    word{"sent", "已发往中心", "sent to the centre"},
    word{"committed", "已写入日志", "written to the journal"},
    word{"received", "已回答设备", "device answered: received"},
    word{"stored", "中心已保存", "stored by the centre"},
    word{"taken", "有人接警", "taken by a person"},
    word{"on_the_way", "已派人", "help is on the way"},
    word{"closed", "已结束", "closed"},
    word{"not_delivered", "未送达中心", "not delivered"},
    word{"close_refused", "结束无效：有新的按键", "close refused: a newer press"},
    word{"link_up", "已连接中心", "connected to the centre"},
};
// The sentences of rules/alarm_book.cpp and gateway/home.
constexpr std::array reasons{
    word{"the key was pressed", "按下了按键", ""},
    word{"a detector suspects it; the hold runs", "检测器怀疑发生；正在等待确认", ""},
    word{"the condition held for as long as the rule demands", "情况持续到了规则规定的时间", ""},
    word{"nothing ended it before its hold ran out", "等待确认期间没有被取消", ""},
    word{"it was withdrawn before its hold ran out", "在等待确认期间被取消", ""},
    word{"the condition is over", "情况已恢复", ""},
    word{"closed by somebody who had not seen the newest press; it stays open",
         "结案的人没有看到最新的按键；报警仍未结束", ""},
    word{"told again: the centre did not know it", "中心没有这条报警，已重新报告", ""},
};
constexpr std::array additions{
    word{"three times within a minute: it chatters", "一分钟内三次：疑似反复误触发", ""},
    word{"the gateway was off for a time that no clock could tell", "网关曾断电，时长不明", ""},
};
constexpr std::string_view late_before = "found ";
constexpr std::string_view late_behind = " s late, the gateway was off";
constexpr std::array states{word{"open", "未接警", "open"}, word{"taken", "已接警", "taken"},
                            word{"on_the_way", "已派人", "on the way"}, word{"closed", "已结束", "closed"}};
constexpr std::array phases{word{"suspected", "疑似", "suspected"}, word{"active", "确认", "active"},
                            word{"cleared", "已恢复", "cleared"}, word{"cancelled", "已取消", "cancelled"}};
constexpr std::array roles{word{"call_button", "呼叫按钮", "call button"},
                           word{"fall_detector", "跌倒检测器", "fall detector"},
                           word{"vitals_band", "体征手环", "vitals band"},
                           word{"bed_mat", "床垫", "bed mat"},
                           word{"sensor", "传感器", "sensor"},
                           word{"indicator", "指示灯", "indicator"}};
constexpr std::array urgencies{word{"high", "高", "high"}, word{"medium", "中", "medium"},
                               word{"low", "低", "low"}};
constexpr std::array classes{word{"life-safety", "生命安全", "life safety"},
                             word{"suspected", "疑似", "suspected"}, word{"service", "服务", "service"},
                             word{"technical", "技术", "technical"}};
constexpr std::array signals{word{"sos", "呼救", "SOS"},
                             word{"service", "服务请求", "service request"},
                             word{"cancel", "取消", "cancel"},
                             word{"fall", "跌倒", "fall"},
                             word{"bed_occupied", "在床", "bed occupied"},
                             word{"presence", "有人", "presence"},
                             word{"motion", "移动", "motion"},
                             word{"door_open", "门开", "door open"},
                             word{"heart_rate", "心率", "heart rate"},
                             word{"respiration", "呼吸", "respiration"},
                             word{"spo2", "血氧", "SpO2"},
                             word{"temperature", "体温", "temperature"},
                             word{"systolic", "收缩压", "systolic"},
                             word{"diastolic", "舒张压", "diastolic"},
                             word{"battery", "电量", "battery"},
                             word{"link_quality", "信号", "link quality"},
                             word{"tamper", "拆动", "tamper"},
                             word{"smoke", "烟雾", "smoke"},
                             word{"gas", "燃气", "gas"},
                             word{"carbon_monoxide", "一氧化碳", "carbon monoxide"},
                             word{"water", "漏水", "water"},
                             word{"mains", "市电", "mains"},
                             word{"online", "在线", "online"},
                             word{"battery_low", "电量低", "battery low"},
                             word{"vibration", "振动", "vibration"},
                             word{"seat_occupied", "在座", "seat occupied"},
                             word{"alert", "神志清醒", "alert"},
                             word{"on_oxygen", "吸氧", "on oxygen"},
                             word{"weight", "体重", "weight"},
                             word{"water_use", "用水量", "water used"},
                             word{"visit_started", "上门服务开始", "visit started"},
                             word{"visit_ended", "上门服务结束", "visit ended"},
                             word{"activity", "活动", "activity"},
                             word{"news2", "NEWS2 评分", "NEWS2 score"},
                             word{"news2_single", "NEWS2 最高单项分", "NEWS2 largest single score"}};

template <class Words>
[[nodiscard]] std::string look_up(const terminal& t, const Words& words, std::string_view name) {
    for (const auto& w : words) {
        if (w.name == name) return std::string{t.say(w.zh, w.en)};
    }
    return std::string{name};
}

[[nodiscard]] std::optional<int> digits(std::string_view text, std::size_t from, std::size_t count) {
    if (text.size() < from + count) return std::nullopt;
    int value = 0;
    const auto [end, bad] = std::from_chars(text.data() + from, text.data() + from + count, value);
    if (bad != std::errc{} || end != text.data() + from + count) return std::nullopt;
    return value;
}

[[nodiscard]] std::tm local(std::time_t seconds) {
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    return parts;
}

} // namespace

std::string hop_word(const terminal& t, std::string_view name) {
    return look_up(t, hops, name);
}
std::string state_word(const terminal& t, std::string_view name) {
    return look_up(t, states, name);
}
std::string phase_word(const terminal& t, std::string_view name) {
    return look_up(t, phases, name);
}
std::string role_word(const terminal& t, std::string_view name) {
    return look_up(t, roles, name);
}
std::string urgency_word(const terminal& t, std::string_view name) {
    return look_up(t, urgencies, name);
}
std::string class_word(const terminal& t, std::string_view name) {
    return look_up(t, classes, name);
}
std::string signal_word(const terminal& t, std::string_view name) {
    return look_up(t, signals, name);
}

std::string because_words(const terminal& t, std::string_view because) {
    if (!t.chinese) return std::string{because};
    // A sentence, and what came besides, part by part; a sentence may have a semicolon of its own.
    std::string besides;
    for (auto at = because.rfind("; "); at != std::string_view::npos; at = because.rfind("; ")) {
        auto part = because.substr(at + 2);
        std::string zh;
        for (const word& w : additions) {
            if (w.name == part) zh = w.zh;
        }
        if (part.starts_with(late_before) && part.ends_with(late_behind)) {
            part.remove_prefix(late_before.size());
            part.remove_suffix(late_behind.size());
            zh = fmt::format("网关当时断电，晚了 {} 秒发现", part);
        }
        if (zh.empty()) break;
        besides.insert(0, "；" + zh);
        because = because.substr(0, at);
    }
    for (const word& w : reasons) {
        if (w.name == because) return std::string{w.zh} + besides;
    }
    return std::string{because} + besides;
}

std::string ago(const terminal& t, std::int64_t seconds) {
    if (seconds < 2) return std::string{t.say("刚刚", "just now")};
    if (seconds < 120) return fmt::format(fmt::runtime(t.say("{} 秒前", "{} s ago")), seconds);
    if (seconds < 2 * 3600) return fmt::format(fmt::runtime(t.say("{} 分钟前", "{} min ago")), seconds / 60);
    if (seconds < 48 * 3600) return fmt::format(fmt::runtime(t.say("{} 小时前", "{} h ago")), seconds / 3600);
    return fmt::format(fmt::runtime(t.say("{} 天前", "{} days ago")), seconds / 86400);
}

std::optional<std::int64_t> seconds_of(std::string_view text) {
    constexpr std::int64_t year = 366LL * 86400;
    std::int64_t number = 0;
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (bad != std::errc{} || number < 0 || number > year) return std::nullopt;
    const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
    std::int64_t factor = 0;
    if (unit.empty() || unit == "s") factor = 1;
    if (unit == "m" || unit == "min") factor = 60;
    if (unit == "h") factor = 3600;
    if (unit == "d") factor = 86400;
    if (factor == 0 || number * factor > year) return std::nullopt;
    return number * factor;
}

std::string clock_time(std::int64_t at_us) {
    const std::tm parts = local(static_cast<std::time_t>(at_us / 1'000'000));
    return fmt::format("{:02}:{:02}:{:02}.{:03}", parts.tm_hour, parts.tm_min, parts.tm_sec, at_us / 1000 % 1000);
}

std::string local_time(std::string_view iso) {
    const auto year = digits(iso, 0, 4);
    const auto month = digits(iso, 5, 2);
    const auto day = digits(iso, 8, 2);
    const auto hour = digits(iso, 11, 2);
    const auto minute = digits(iso, 14, 2);
    const auto second = digits(iso, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second) return std::string{iso};
    std::tm parts{};
    parts.tm_year = *year - 1900;
    parts.tm_mon = *month - 1;
    parts.tm_mday = *day;
    parts.tm_hour = *hour;
    parts.tm_min = *minute;
    parts.tm_sec = *second;
    const std::tm here = local(::timegm(&parts));
    return fmt::format("{:02}-{:02} {:02}:{:02}:{:02}", here.tm_mon + 1, here.tm_mday, here.tm_hour, here.tm_min,
                       here.tm_sec);
}

} // namespace anban::cli

#include "tests/stage/demo/once.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "tests/stage/demo/player.hpp"

namespace anban::stage::demo {

namespace {

using namespace std::chrono_literals;

struct scene {
    std::string command; // for anban-home
    std::string device;
    std::string queue;
    std::string code; // to close with
    const char* zh;
    const char* en;
};

const std::vector<scene>& scenes() {
    static const std::vector<scene> all = {
        {"press button-1", "button-1", "alarm", "sudden_illness", "按红键", "a press of the red key"},
        {"fall falldetector-1", "falldetector-1", "alarm", "real_fall", "跌倒", "a fall"},
        {"green button-1", "button-1", "service", "service_request", "按绿键", "a press of the green key"},
        {"zigbee-sos zb-sos", "zb-sos", "alarm", "pressed_by_mistake", "Zigbee 呼救按钮", "a Zigbee SOS"},
    };
    return all;
}

class director {
public:
    director(district& d, player& p, bool chinese) : district_(d), player_(p), chinese_(chinese) {}

    void play(const scene& s) {
        fmt::print("{}\n", chinese_ ? s.zh : s.en);
        std::set<std::string> before;
        for (const auto& w : player_.seen().all()) before.insert(w.alarm);
        district_.home.play(s.command);
        const way* w = nullptr;
        const auto arrived = [&] {
            for (const auto& one : player_.seen().all())
                if (!before.contains(one.alarm) && one.device == s.device) w = &one;
            return w != nullptr && w->at_us.contains("centre.stored");
        };
        if (!expect(s, "an alarm stored at the centre", arrived, 15s)) return;
        id_ = w->alarm;
        expect_value(s, "queue", w->queue, s.queue);
        // A fall is told at once and confirmed after its hold; it is led on as it stands confirmed.
        if (s.device.starts_with("fall"))
            expect(s, "the fall confirmed after its hold", [&] { return now()->phase == "active"; }, 40s);
        expect_station(s, "device.received"); // the button says so, or the lamp of one that has no light
        expect_station(s, "device.stored");
        act(s, "take", "taken", {});
        act(s, "on-the-way", "on_the_way", {{"note", chinese_ ? "志愿者已出发" : "a volunteer has left"}});
        act(s, "close", "closed", {{"code", s.code}, {"note", "demo"}});
        check_end(s);
    }

    void play(const recording& r) {
        fmt::print("{}: {}\n", chinese_ ? "播放" : "playing", r.what);
        const auto before = presses();
        const auto seen = district_.home.seen.size();
        district_.home.play(r.command);
        const auto ended = [&] {
            const auto events = district_.home.seen.from(seen);
            return std::ranges::any_of(events, [](const auto& e) {
                const auto kind = text_of(e, "event");
                return kind == "played" || kind == "raw" || kind == "error" || kind == "lost";
            });
        };
        bool played = player_.until(ended, 30s);
        for (const auto& e : district_.home.seen.from(seen)) {
            const auto kind = text_of(e, "event");
            if (kind == "error" || kind == "lost") played = false;
        }
        if (!played) return missing.push_back(fmt::format("{}: it could not be played", r.what));
        const auto more = [&] { return presses() > before; };
        if (r.calls ? !player_.until(more, 10s) : player_.until(more, 1s))
            missing.push_back(
                fmt::format("{}: {}", r.what, r.calls ? "no call at the centre" : "a call from nobody"));
    }

    // Press records at the centre, of all alarms.
    [[nodiscard]] std::int64_t presses() {
        std::int64_t count = 0;
        const auto list = player_.session().get("/api/v1/alarms?state=all&limit=100").json();
        const auto* alarms = list.is_object() ? list.as_object().if_contains("alarms") : nullptr;
        if (alarms == nullptr || !alarms->is_array()) return 0;
        for (const auto& one : alarms->as_array()) count += number_of(one, "press_count");
        return count;
    }

    std::vector<std::string> missing;

private:
    [[nodiscard]] const way* now() const { return player_.seen().find(id_); }

    bool expect(const scene& s, std::string_view what, const std::function<bool()>& done,
                std::chrono::milliseconds patience) {
        if (player_.until(done, patience)) return true;
        missing.push_back(fmt::format("{}: no {} within {} s", s.command, what, patience.count() / 1000));
        return false;
    }

    void expect_station(const scene& s, const std::string& name) {
        expect(s, fmt::format("'{}'", name), [&] { return now()->at_us.contains(name); }, 5s);
    }

    void expect_value(const scene& s, std::string_view what, const std::string& is, const std::string& wanted) {
        if (is != wanted) missing.push_back(fmt::format("{}: {} is '{}', not '{}'", s.command, what, is, wanted));
    }

    // One step of the operator: read the alarm, act on what was read, wait until the home knows.
    void act(const scene& s, const std::string& verb, const std::string& state, boost::json::object body) {
        const auto path = "/api/v1/alarms/" + id_;
        const auto read = player_.session().get(path).json();
        body["epoch"] = read.is_object() ? number_of(read, "epoch") : 0;
        if (verb == "close" && read.is_object()) body["seen"] = read.at("revision");
        const auto answer = player_.session().post(path + "/" + verb, body);
        if (answer.status != 200)
            return missing.push_back(
                fmt::format("{}: {} is refused: {} {}", s.command, verb, answer.status, answer.body));
        expect_station(s, "centre." + state);
        expect_station(s, "device." + state);
    }

    void check_end(const scene& s) {
        const auto end = player_.session().get("/api/v1/alarms/" + id_).json();
        expect_value(s, "the state at the end", text_of(end, "state"), "closed");
        expect_value(s, "the closing code", text_of(end, "closing_code"), s.code);
        const auto* presses = end.is_object() ? end.as_object().if_contains("presses") : nullptr;
        const auto count = presses != nullptr && presses->is_array() ? presses->as_array().size() : 0;
        expect_value(s, "the number of press records", std::to_string(count), "1");
        for (const auto* hop : {"gateway.heard", "gateway.judged", "gateway.sent", "gateway.committed"})
            expect_station(s, hop);
    }

    district& district_;
    player& player_;
    bool chinese_;
    std::string id_;
};

} // namespace

report play_once(district& d, const std::vector<recording>& recordings, bool chinese) {
    player p(d, [&](const step& s) { fmt::print("{}\n", line_of(s, chinese)); });
    director director(d, p, chinese);
    for (const auto& s : scenes()) director.play(s);
    report result;
    const auto list = p.session().get("/api/v1/alarms?state=all&limit=100").json();
    const auto* alarms = list.is_object() ? list.as_object().if_contains("alarms") : nullptr;
    const auto count = alarms != nullptr && alarms->is_array() ? alarms->as_array().size() : 0;
    if (count != scenes().size())
        director.missing.push_back(fmt::format("the centre has {} alarms, not {}", count, scenes().size()));
    for (const auto& r : recordings) director.play(r);
    result.missing = std::move(director.missing);
    result.table = table_of(p.seen().all(), chinese);
    return result;
}

} // namespace anban::stage::demo

#include "gateway/control/streams.hpp"

#include <boost/json.hpp>

#include "gateway/control/as_json.hpp"
#include "rules/limits.hpp"

namespace anban::control {
namespace {

namespace json = boost::json;

class everything final : public stream {
public:
    explicit everything(const home& core) : core_(core) {}

    [[nodiscard]] std::optional<std::string> hear(const notice& n) override {
        json::object event = as_json(n);
        if (n.of == notice::kind::fault_begins) {
            for (const auto& f : core_.faults()) {
                if (f.key == n.name) event["fault"] = as_json(f);
            }
        }
        return json::serialize(event);
    }

private:
    const home& core_;
};

class test_press final : public stream {
public:
    test_press(const home& core, device_id id, instant opened)
        : core_(core), id_(std::move(id)), opened_(opened) {}

    [[nodiscard]] std::optional<std::string> hear(const notice& n) override {
        if (ended_) return std::nullopt;
        if (n.of == notice::kind::refused && n.device == id_) return json::serialize(as_json(n));
        if (n.of != notice::kind::hop || n.alarm == alarm_id{}) return std::nullopt;
        if (alarm_ == alarm_id{} && !begins(n)) return std::nullopt;
        if (alarm_ == alarm_id{}) {
            alarm_ = n.alarm;
            heard_ = n.at.mono;
        }
        if (n.alarm != alarm_) return std::nullopt;
        json::object event = as_json(n);
        event["since_heard_us"] =
            std::chrono::duration_cast<std::chrono::microseconds>(n.at.mono - *heard_).count();
        std::string lines = json::serialize(event);
        if (n.name == "stored") {
            lines += '\n';
            lines += end(true, "", {"报警已到达中心并保存", "the centre has stored it"}, n.at);
        }
        return lines;
    }

    [[nodiscard]] std::optional<std::string> pass(instant now) override {
        if (ended_) return std::nullopt;
        if (!heard_ && now.mono - opened_.mono >= limits::test_window) {
            return end(false, "no_press", {"5 分钟内没有收到按键", "no press was heard within 5 minutes"}, now);
        }
        if (heard_ && !core_.link_up() && now.mono - *heard_ >= without_link) {
            return end(false, "no_link",
                       {"网关已收到，但没有到中心的连接", "the gateway heard it, but has no link to the centre"},
                       now);
        }
        if (heard_ && now.mono - opened_.mono >= limits::test_window) {
            return end(false, "not_stored",
                       {"网关已收到，但中心没有确认", "the gateway heard it, but the centre never confirmed"},
                       now);
        }
        return std::nullopt;
    }

    [[nodiscard]] bool ended() const override { return ended_; }

private:
    // The first step of a test alarm of this device; steps of its earlier alarms are no news.
    [[nodiscard]] bool begins(const notice& n) const {
        if (n.device != id_ || (n.name != "heard" && n.name != "judged")) return false;
        const auto& known = core_.state().alarms;
        const auto alarm = known.find(n.alarm);
        return alarm != known.end() && alarm->second.newest.test;
    }

    [[nodiscard]] std::string end(bool proven, const char* why, const wording& said, instant now) {
        ended_ = true;
        json::object o{{"event", "end"},
                       {"proven", proven},
                       {"heard", heard_.has_value()},
                       {"why", why},
                       {"what_zh", said.zh},
                       {"what_en", said.en},
                       {"at_us", now.wall.at.time_since_epoch().count()}};
        if (alarm_ != alarm_id{}) o["alarm"] = alarm_.hex();
        return json::serialize(o);
    }

    const home& core_;
    device_id id_;
    instant opened_;
    std::optional<mono_time> heard_;
    alarm_id alarm_;
    bool ended_ = false;
};

} // namespace

std::unique_ptr<stream> watch_everything(const home& core) {
    return std::make_unique<everything>(core);
}

std::unique_ptr<stream> follow_test(const home& core, const device_id& id, instant opened) {
    return std::make_unique<test_press>(core, id, opened);
}

} // namespace anban::control

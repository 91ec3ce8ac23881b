#include "tests/acceptance/scene.hpp"

#include <cstdlib>
#include <thread>

#include <fmt/format.h>

#include "tests/stage/fault.hpp"
#include "tests/stage/temp_folder.hpp"

namespace anban::acceptance {

bool eventually(const std::function<bool()>& done, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        if (done()) return true;
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(20ms);
    }
}

long setting(const char* name, long otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::atol(text);
}

namespace {

stage::district& started(stage::district& d) {
    d.start();
    return d;
}

} // namespace

scene::scene(stage::home_plan plan) : district(std::move(plan)), session_(started(district).centre.session()) {}

std::vector<json::value> scene::alarms() {
    try {
        const auto body = session_.get("/api/v1/alarms?state=all&limit=500").json();
        const auto* fields = body.if_object();
        const auto* list = fields == nullptr ? nullptr : fields->if_contains("alarms");
        if (list == nullptr || !list->is_array()) return {};
        return {list->as_array().begin(), list->as_array().end()};
    } catch (const stage::fault&) {
        return {};
    }
}

std::vector<json::value> scene::alarms_of(std::string_view device) {
    auto all = alarms();
    std::erase_if(all, [&](const json::value& a) { return text_of(a, "device") != device; });
    return all;
}

std::optional<json::value> scene::alarm(const std::function<bool(const json::value&)>& wanted,
                                        std::chrono::milliseconds patience) {
    std::optional<json::value> found;
    eventually(
        [&] {
            for (auto& one : alarms())
                if (wanted(one)) found = std::move(one);
            return found.has_value();
        },
        patience);
    return found;
}

std::optional<json::value> scene::stored_alarm_of(std::string_view device, std::chrono::milliseconds patience) {
    return alarm(
        [&](const json::value& a) {
            return text_of(a, "device") == device && a.at("stored") == json::value(true);
        },
        patience);
}

json::value scene::detail(const json::value& alarm) {
    return session_.get("/api/v1/alarms/" + text_of(alarm, "id")).json();
}

std::vector<json::value> scene::presses(const json::value& alarm) {
    const auto whole = detail(alarm);
    const auto* fields = whole.if_object();
    const auto* list = fields == nullptr ? nullptr : fields->if_contains("presses");
    if (list == nullptr || !list->is_array()) return {};
    return {list->as_array().begin(), list->as_array().end()};
}

std::size_t scene::press_records(std::string_view device, bool real) {
    std::size_t count = 0;
    for (const auto& one : alarms())
        for (const auto& press : presses(one))
            if (text_of(press, "device") == device && (!real || press.at("repeat") == json::value(false))) ++count;
    return count;
}

stage::http_answer scene::act(const json::value& alarm, std::string_view verb, json::object body) {
    const auto now = detail(alarm);
    if (!body.contains("epoch")) body["epoch"] = number_of(now, "epoch");
    if (verb == "close" && !body.contains("seen")) body["seen"] = now.at("revision");
    return session_.post(fmt::format("/api/v1/alarms/{}/{}", text_of(alarm, "id"), verb), body);
}

std::optional<json::value> scene::saw(std::string_view event, std::string_view device, std::string_view field,
                                      std::string_view value, std::chrono::milliseconds patience,
                                      std::size_t from) {
    return district.home.seen.wait_for(
        [&](const json::value& e) {
            return text_of(e, "event") == event && text_of(e, "device") == device && text_of(e, field) == value;
        },
        patience, from);
}

std::optional<json::value> scene::fault(std::string_view key, std::chrono::milliseconds patience) {
    std::optional<json::value> found;
    eventually(
        [&] {
            const auto status = district.home.tell({"status"});
            const auto* fields = status.if_object();
            const auto* faults = fields == nullptr ? nullptr : fields->if_contains("faults");
            if (faults == nullptr || !faults->is_array()) return false;
            for (const auto& one : faults->as_array())
                if (text_of(one, "key").starts_with(key)) found = one;
            return found.has_value();
        },
        patience);
    return found;
}

std::string scene::logs() const {
    std::string all;
    for (const auto* program : {"anband", "anban-uplink", "anban-home", "mosquitto"})
        all += fmt::format("== {}\n{}", program, stage::tail_of(district.home.log_of(program), 15));
    return all + "== anban-dispatch\n" + stage::tail_of(district.centre.log(), 15);
}

} // namespace anban::acceptance

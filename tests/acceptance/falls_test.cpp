// Recorded falls and daily activities, through the fall detector's firmware, the broker and the rules.
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/acceptance/scene.hpp"
#include "tests/recordings.hpp"

using namespace anban::acceptance;

namespace {

struct trial {
    std::string subject;
    std::string activity;
    std::string number;
    [[nodiscard]] bool is_fall() const { return activity.starts_with('F'); }
};

std::vector<trial> read_list() {
    std::vector<trial> all;
    std::ifstream in(std::string(ANBAN_SOURCE_DIR) + "/tests/acceptance/sisfall_trials.txt");
    for (std::string line; std::getline(in, line);) {
        trial t;
        if (line.starts_with('#') || !(std::istringstream(line) >> t.subject >> t.activity >> t.number)) continue;
        all.push_back(t);
    }
    return all;
}

class player {
public:
    player(scene& s, std::filesystem::path data) : scene_(s), data_(std::move(data)) {}

    // Plays one trial and tells whether it raised a fall at the centre; closes it again.
    bool alarms(const trial& t, bool real_time) {
        auto& home = scene_.district.home;
        const auto from = home.seen.size();
        home.play(fmt::format("play falldetector-1 {}sisfall:{}:{}:{}:{}", real_time ? "--real-time " : "",
                              data_.string(), t.subject, t.activity, t.number));
        const auto end = home.seen.wait_for(
            [](const json::value& e) { return text_of(e, "event") == "played" || text_of(e, "event") == "error"; },
            60s, from);
        REQUIRE(end);
        CAPTURE(json::serialize(*end));
        REQUIRE(text_of(*end, "event") == "played");
        const bool told = scene_.saw("published", "falldetector-1", "signal", "fall", 300ms, from).has_value();
        if (!told) return close(); // nothing is open, or something rang without a cause
        const auto alarm = scene_.alarm(
            [](const json::value& a) { return text_of(a, "rule") == "fall" && text_of(a, "state") != "closed"; });
        INFO(scene_.logs());
        CHECK(alarm);
        return alarm.has_value() && close();
    }

private:
    // Everything that is open, so that the next trial begins a new matter. True if there was something.
    bool close() {
        bool any = false;
        for (const auto& a : scene_.alarms()) {
            if (text_of(a, "state") == "closed") continue;
            any = true;
            CHECK(eventually([&] { return scene_.detail(a).at("stored") == json::value(true); }, 10s));
            CHECK(scene_.act(a, "take").status == 200);
            CHECK(eventually(
                [&] { return scene_.act(a, "close", {{"code", "real_fall"}, {"note", "played"}}).status == 200; },
                5s));
            // The home must know before the next trial, or that would be one more press of this matter.
            const auto id = text_of(a, "id");
            CHECK(eventually(
                [&] {
                    const auto alarm = scene_.district.home.tell({"alarm", "show", id});
                    return alarm.is_object() && alarm.as_object().contains("alarm") &&
                           text_of(alarm.at("alarm"), "state") == "closed";
                },
                10s));
        }
        return any;
    }

    scene& scene_;
    std::filesystem::path data_;
};

} // namespace

TEST_CASE("recorded falls alarm, daily activities of elderly people don't [firmware-8]") {
    const auto data = anban::tests::recording("sisfall");
    if (!data) return;
    const auto list = read_list();
    REQUIRE(list.size() == 95);
    scene s;
    player p(s, *data);
    int falls = 0;
    int felt = 0;
    int others = 0;
    int false_alarms = 0;
    std::string wrong;
    for (const auto& t : list) {
        const bool alarmed = p.alarms(t, false);
        (t.is_fall() ? falls : others) += 1;
        if (alarmed) (t.is_fall() ? felt : false_alarms) += 1;
        if (alarmed != t.is_fall()) wrong += fmt::format(" {}-{}-{}", t.subject, t.activity, t.number);
    }
    fmt::print("falls {}/{}, false alarms {}/{}; wrong:{}\n", felt, falls, false_alarms, others, wrong);
    CHECK(felt * 100 >= falls * 95);
    CHECK(false_alarms <= 1);
}

TEST_CASE("two falls and two daily activities in real time [firmware-8]") {
    const auto data = anban::tests::recording("sisfall");
    if (!data) return;
    scene s;
    player p(s, *data);
    CHECK(p.alarms({"SA02", "F01", "R01"}, true));
    CHECK_FALSE(p.alarms({"SE01", "D07", "R01"}, true));
    CHECK(p.alarms({"SA03", "F05", "R01"}, true));
    CHECK_FALSE(p.alarms({"SE03", "D11", "R01"}, true));
}

// The ways of presses, put together from lines as the programs print them.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/stage/demo/ways.hpp"

using namespace anban::stage::demo;

namespace {

struct audience {
    std::vector<std::string> lines; // "alarm press station"
    ways seen{
        [this](const step& s) { lines.push_back(fmt::format("{} {} {}", s.of->alarm, s.of->number, s.station)); }};

    void device(const char* event, const char* name, int seq, const char* what, std::int64_t at_us) {
        boost::json::object o{{"event", event}, {"device", name}, {"at_us", at_us}};
        if (seq != 0) {
            o["boot"] = "00000000000000aa";
            o["seq"] = seq;
        }
        o[std::string_view(event) == "published" ? "signal"
          : std::string_view(event) == "lamp"    ? "shows"
                                                 : "answer"] = what;
        seen.hear_device(o);
    }
    void hop(const char* name, const char* alarm, const char* of, int seq, std::int64_t at_us) {
        boost::json::object o{
            {"event", "hop"}, {"name", name}, {"alarm", alarm}, {"device", of}, {"at_us", at_us}};
        if (seq != 0) {
            o["boot"] = "00000000000000aa";
            o["seq"] = seq;
        }
        seen.hear_gateway(o);
    }
    void centre(const char* alarm, int presses, const char* state, bool stored, std::int64_t at_us) {
        seen.hear_centre(boost::json::object{{"id", alarm},
                                             {"device", "b"},
                                             {"state", state},
                                             {"phase", "active"},
                                             {"queue", "alarm"},
                                             {"stored", stored},
                                             {"press_count", presses}},
                         at_us);
    }
    [[nodiscard]] bool printed(const std::string& line) const {
        return std::ranges::find(lines, line) != lines.end();
    }
};

} // namespace

TEST_CASE("a second press of an open alarm has a way of its own [demo-3]") {
    audience a;
    a.device("published", "b", 1, "sos", 100);
    a.hop("heard", "A", "b", 1, 200);
    a.hop("sent", "A", "b", 0, 300);
    a.centre("A", 1, "open", true, 400);
    a.device("answer", "b", 1, "stored", 500);
    a.device("published", "b", 2, "sos", 1000);
    a.hop("heard", "A", "b", 2, 1100);
    a.hop("sent", "A", "b", 0, 1200);
    a.centre("A", 2, "open", false, 1250);
    a.centre("A", 2, "open", true, 1300);
    a.device("answer", "b", 2, "stored", 1400);
    REQUIRE(a.seen.all().size() == 2);
    for (const auto* station :
         {"device.pressed", "gateway.heard", "gateway.sent", "centre.shown", "centre.stored", "device.stored"}) {
        CAPTURE(station);
        CHECK(a.printed(fmt::format("A 1 {}", station)));
        CHECK(a.printed(fmt::format("A 2 {}", station)));
    }
    CHECK(a.seen.all()[1].began_us == 1000);
    CHECK(a.seen.find("A")->number == 2);
}

TEST_CASE("an answer belongs to the press of its boot and sequence, not to the device's newest [demo-3]") {
    audience a;
    a.device("published", "b", 1, "sos", 100);
    a.device("published", "b", 2, "service", 150);
    a.hop("heard", "A", "b", 1, 200);
    a.hop("heard", "S", "b", 2, 210);
    a.device("answer", "b", 1, "stored", 300);
    CHECK(a.printed("A 1 device.stored"));
    CHECK_FALSE(a.printed("S 1 device.stored"));
    a.device("answer", "b", 2, "stored", 400);
    CHECK(a.printed("S 1 device.stored"));
    CHECK(a.seen.find("A")->signal == "sos");
    CHECK(a.seen.find("S")->signal == "service");
    a.device("answer", "b", 7, "taken", 500); // nobody's
    CHECK(a.lines.size() == 6);
}

TEST_CASE("what a person does is told of the newest press alone, and once [demo-3]") {
    audience a;
    a.hop("heard", "A", "b", 1, 100);
    a.centre("A", 1, "taken", true, 200);
    CHECK(a.printed("A 1 centre.taken"));
    a.hop("heard", "A", "b", 2, 300);
    a.centre("A", 2, "taken", true, 400);
    CHECK_FALSE(a.printed("A 2 centre.taken")); // taken before this press came
    a.centre("A", 2, "closed", true, 500);
    CHECK(a.printed("A 2 centre.closed"));
    CHECK_FALSE(a.printed("A 1 centre.closed"));
}

TEST_CASE("a press without a number is told by the lamp, one with a number by its own device [demo-3]") {
    audience a;
    a.device("published", "z", 0, "sos", 100);
    a.hop("heard", "Z", "z", 0, 200);
    a.device("lamp", "lamp", 0, "received", 300);
    CHECK(a.printed("Z 1 device.received"));
    CHECK(a.seen.find("Z")->began_us == 100);
    a.hop("heard", "A", "b", 1, 400);
    a.device("lamp", "lamp", 0, "stored", 500); // of the newest call
    CHECK_FALSE(a.printed("A 1 device.stored"));
    CHECK_FALSE(a.printed("Z 1 device.stored"));
}

TEST_CASE("a fall that is withdrawn is no second press [demo-3]") {
    audience a;
    a.device("published", "f", 1, "fall", 100);
    a.hop("heard", "F", "f", 1, 200);
    a.device("published", "f", 2, "cancel", 300);
    a.hop("heard", "F", "f", 2, 400);
    CHECK(a.seen.all().size() == 1);
}

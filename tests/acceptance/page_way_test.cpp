// The whole chain with a browser at its end: a press stands on the page within a second and without a
// reload, is taken by the keyboard, and the button's own topic says so.
#include <cstdlib>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/acceptance/scene.hpp"

using namespace anban::acceptance;
using anban::stage::mailbox;
using anban::stage::process;

namespace {

class browser {
public:
    explicit browser(scene& s)
        : run_({.argv = {"node", std::string(ANBAN_SOURCE_DIR) + "/tests/acceptance/page/drive.mjs", "--url",
                         s.district.centre.url(), "--token", s.district.centre.token(), "--lang", "zh"},
                .log = log_ = s.district.folder() / "browser.log",
                .on_line =
                    [this](std::string_view line) {
                        boost::system::error_code error;
                        auto event = json::parse({line.data(), line.size()}, error);
                        if (!error) told.push(std::move(event));
                    },
                .keep_input = true,
                .environment = {"ANBAN_PAGE_MODULES=" ANBAN_PAGE_MODULES}}) {}

    std::optional<json::value> saw(std::string_view event, std::string_view field, std::string_view value,
                                   std::chrono::milliseconds patience, std::size_t from = 0) {
        return told.wait_for(
            [&](const json::value& e) {
                return text_of(e, "event") == event && (field.empty() || text_of(e, field) == value);
            },
            patience, from);
    }

    bool obey(const std::string& line) {
        const auto from = told.size();
        run_.write_line(line);
        return saw("done", "line", line, 15s, from).has_value();
    }

    [[nodiscard]] std::string log() const { return anban::stage::read_file(log_); }

    mailbox<json::value> told;

private:
    std::filesystem::path log_;
    process run_;
};

} // namespace

TEST_CASE("a press stands on the page within a second, and the button hears what the keyboard did [console-6]") {
    scene s;
    browser page(s);
    INFO(page.log());
    REQUIRE(page.saw("ready", "", "", 60s));
    const auto documents = [&page] {
        return page.told.count([](const json::value& e) { return text_of(e, "event") == "loaded"; });
    };
    const auto loaded = documents();
    CHECK(loaded >= 1);
    for (int round = 0; round < 3; ++round) {
        const auto from = s.district.home.seen.size();
        const auto rows_from = page.told.size();
        s.district.home.play("press button-1");
        const auto pressed = s.saw("published", "button-1", "signal", "sos", 5s, from);
        REQUIRE(pressed);
        const auto row = page.saw("row", "state", "open", 5s, rows_from);
        REQUIRE(row);
        const auto ms = (number_of(*row, "at_us") - number_of(*pressed, "at_us")) / 1000;
        fmt::print("press to page: {} ms\n", ms);
        CHECK(ms <= 1000);
        // The document that was ready before the press: nothing was loaded anew to show it.
        CHECK(row->at("same_document") == json::value(true));
        const auto id = text_of(*row, "id");
        CHECK(page.obey("take " + id));
        CHECK(s.answer("button-1", "taken", 5s, from));
        CHECK(page.obey("on-the-way " + id));
        CHECK(s.answer("button-1", "on_the_way", 5s, from));
        CHECK(page.obey("close " + id + " sudden_illness 已到场"));
        CHECK(s.answer("button-1", "closed", 5s, from));
        CHECK(text_of(s.session().get("/api/v1/alarms/" + id).json(), "closing_code") == "sudden_illness");
    }
    CHECK(documents() == loaded);
    CHECK(page.told.count([](const json::value& e) { return text_of(e, "event") == "page_error"; }) == 0);
}

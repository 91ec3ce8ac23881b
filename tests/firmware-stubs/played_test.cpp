#include <cstdlib>
#include <fstream>

#include <doctest/doctest.h>

#include "firmware-stubs/home/commands.hpp"
#include "firmware-stubs/home/config.hpp"
#include "firmware-stubs/home/host_board.hpp"
#include "tests/temp_dir.hpp"

using namespace anban::played;

namespace {

struct folder : anban::test::temp_dir {
    folder() : temp_dir("played") {}
    std::filesystem::path write(std::string_view text) const { return temp_dir::write("home.toml", text); }
};

constexpr std::string_view whole = R"([broker]
host = "127.0.0.1"
port = 1
[[device]]
id = "button-1"
kind = "call_button"
password = "p"
[[device]]
id = "fall-1"
kind = "fall_detector"
username = "other"
every_s = 60
slots = 4
[[device]]
id = "band-1"
kind = "vitals_band"
[[device]]
id = "mat-1"
kind = "bed_mat"
[[device]]
id = "zigbee2mqtt"
kind = "zigbee_bridge"
[[device]]
id = "客厅/按钮"
kind = "zigbee_sos"
[[device]]
id = "lamp"
kind = "zigbee_lamp"
)";

} // namespace

TEST_CASE("a home is read from its file [played-1]") {
    const folder f;
    const auto c = load(f.write(whole));
    REQUIRE(c);
    CHECK(c->port == 1);
    CHECK(c->state == f.path / "state");
    REQUIRE(c->devices.size() == 7);
    CHECK(c->devices[0].username == "button-1");
    CHECK(c->devices[0].every_ms == 3'600'000);
    CHECK(c->devices[1].username == "other");
    CHECK(c->devices[1].every_ms == 60'000);
    CHECK(c->devices[1].slots == 4);
}

TEST_CASE("a home that is wrong is refused with its file and line [played-1]") {
    const folder f;
    const auto why = [&](std::string_view text) {
        const auto c = load(f.write(text));
        return c ? std::string() : c.error();
    };
    CHECK(why("[broker\n").contains("home.toml:1"));
    CHECK(why("").contains("no [[device]]"));
    CHECK(why("[broker]\nport = 70000\n[[device]]\nid = \"a\"\nkind = \"bed_mat\"\n").contains("port"));
    CHECK(why("[[device]]\nkind = \"bed_mat\"\n").contains("home.toml:1"));
    CHECK(why("[[device]]\nid = \"a b\"\nkind = \"bed_mat\"\n").contains("id"));
    CHECK(why("[[device]]\nid = \"a\"\nkind = \"bed\"\n").contains("kind"));
    CHECK(why("[[device]]\nid = \"a\"\nkind = \"bed_mat\"\nevery_s = -1\n").contains("every_s"));
    CHECK(why("[[device]]\nid = \"a\"\nkind = \"bed_mat\"\n[[device]]\nid = \"a\"\nkind = \"bed_mat\"\n")
              .contains("twice"));
    CHECK(why("[[device]]\nid = \"a\"\nkind = \"zigbee_sos\"\n").contains("zigbee_bridge"));
    CHECK(why("[[device]]\nid = \"" + std::string(33, 'a') + "\"\nkind = \"bed_mat\"\n").contains("32"));
    CHECK(load(f.path / "absent.toml").error().contains("absent.toml"));
}

TEST_CASE(
    "a played device's boot counter survives its process, and a damaged one is told to the firmware [played-2]") {
    const folder f;
    connection link(
        {.host = "127.0.0.1", .port = 1, .username = "b", .password = "", .subscriptions = {}, .will = {}}, {});
    const auto file = f.path / "b.boot";
    std::uint32_t value = 7;
    {
        host_board board("b", file, link);
        CHECK(board.seam().read_counter(board.seam().context, &value) == BOARD_OK);
        CHECK(value == 0);
        CHECK(board.seam().write_counter(board.seam().context, 41) == BOARD_OK);
    }
    host_board board("b", file, link);
    CHECK(board.seam().read_counter(board.seam().context, &value) == BOARD_OK);
    CHECK(value == 41);
    CHECK(board.seam().publish(board.seam().context, "t", nullptr, 0, 1, 1) == BOARD_OFFLINE);
    std::ofstream(file) << "garbage";
    CHECK(board.seam().read_counter(board.seam().context, &value) == BOARD_FAILED);
    host_board nowhere("b", f.path / "absent" / "b.boot", link);
    CHECK(nowhere.seam().write_counter(nowhere.seam().context, 1) == BOARD_FAILED);
}

TEST_CASE("no line of commands can end the home [played-4]") {
    const folder f;
    auto c = load(f.write(whole));
    REQUIRE(c);
    std::filesystem::create_directories(c->state);
    street home(*c);
    for (const std::string_view line : {"",
                                        "  ",
                                        "# press button-1",
                                        "nothing",
                                        "press",
                                        "press absent",
                                        "press band-1",
                                        "green zigbee2mqtt",
                                        "burst button-1 0 1",
                                        "burst button-1 1 0",
                                        "burst button-1 x y",
                                        "burst button-1 999999999 1",
                                        "vitals band-1 heart_rate",
                                        "vitals band-1 heart_rate=x",
                                        "vitals band-1 nothing=1",
                                        "vitals band-1 heart_rate=1e300",
                                        "vitals band-1 heart_rate=nan",
                                        "vitals button-1 heart_rate=1",
                                        "bed mat-1 2",
                                        "bed button-1 1",
                                        "report absent",
                                        "zigbee-sos lamp",
                                        "zigbee-sos absent",
                                        "raw button-1 t 0",
                                        "raw button-1 t zz",
                                        "raw button-1 t 00 9",
                                        "raw absent t 00",
                                        "raw button-1 a/# 00",
                                        "offline absent",
                                        "wait -1",
                                        "wait x",
                                        "cancel button-1",
                                        "cancel fall-1",
                                        "play fall-1 --real-time",
                                        "play fall-1 absent.csv",
                                        "play fall-1 sisfall:",
                                        "play button-1 made-up-fall",
                                        "fall mat-1"}) {
        perform(home, line);
    }
    CHECK(home.link_of("客厅/按钮") == &home.bridge()->link());
    CHECK(home.find("客厅/按钮") == nullptr);
}

#include "gateway/config/installation.hpp"

#include <doctest/doctest.h>

#include "gateway/config/load.hpp"
#include "tests/gateway/config/home_directory.hpp"

using namespace anban;
using anban::test::home_directory;

namespace {

house furnished(std::string_view devices) {
    const home_directory dir;
    dir.furnish();
    dir.put("devices.toml", devices);
    const auto h = load_house(dir.path(), {"native", "zigbee2mqtt"});
    REQUIRE(h);
    return *h;
}

} // namespace

TEST_CASE("rules are told who speaks for whom, from where and with what [config-12]") {
    const auto where = installation_of(furnished(R"([[device]]
id = "button-1"
driver = "native"
address = "button-1"
role = "call_button"
owner = "r-wang"
reports_every_s = 3600

[[device]]
id = "mat-1"
driver = "native"
address = "mat-1"
role = "bed_mat"
room = "bedroom"
bed = "bed-1"

[[device]]
id = "pir"
driver = "zigbee2mqtt"
address = "pir"
role = "sensor"
room = "bathroom"
provides = ["motion", "battery"]

[[device]]
id = "odd"
driver = "zigbee2mqtt"
address = "odd"
role = "sensor"
)"),
                                       china_zone());
    CHECK(where.zone == china_zone());
    const subject wang{subject::kind::resident, "r-wang"};
    REQUIRE(where.devices.size() == 4);
    CHECK(where.devices[0].who == wang);
    CHECK(where.devices[0].reports_every == std::chrono::hours{1});
    CHECK(where.devices[0].family == "native");
    CHECK(where.devices[0].provides == std::vector{signal::sos, signal::service, signal::battery});
    CHECK(where.devices[1].who == wang); // the bed's owner
    CHECK(where.devices[1].reports_every == std::chrono::hours{25});
    CHECK(where.devices[1].provides == std::vector{signal::bed_occupied, signal::heart_rate, signal::respiration});
    CHECK(where.devices[2].who == subject{});
    CHECK(where.devices[2].room == room_id{"bathroom"});
    CHECK(where.devices[2].provides == std::vector{signal::motion, signal::battery});
    CHECK(where.devices[3].provides.empty());
    REQUIRE(where.plans.size() == 1);
    CHECK(where.plans[0].who == resident_id{"r-wang"});
    CHECK(where.plans[0].packs == std::vector<std::string>{"living-alone"});
    CHECK(where.free_beds.empty());
    CHECK(where.rooms.size() == 2);
}

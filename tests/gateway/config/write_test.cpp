#include "gateway/config/write.hpp"

#include <doctest/doctest.h>

#include "gateway/config/files.hpp"
#include "gateway/config/load.hpp"
#include "tests/gateway/config/home_directory.hpp"

using namespace anban;
using anban::test::home_directory;

namespace {
const driver_names drivers{"native", "zigbee2mqtt"};
}

TEST_CASE("what is written is read back the same, whatever a device is called [config-6]") {
    const home_directory dir;
    dir.furnish();
    auto h = *load_house(dir.path(), drivers);
    h.devices.push_back({device_id{"odd"},
                         "zigbee2mqtt",
                         "引\"号\\ and 'more' =[x]",
                         device_role::indicator,
                         room_id{"bedroom"},
                         {},
                         {},
                         std::chrono::seconds{90},
                         {signal::motion, signal::battery}});
    h.residents.push_back({resident_id{"r-li"},
                           {"dementia", "bedridden"},
                           {{"dementia", "went_out", "back", "20 min", 0}, {"", "left_bed", "stay", "1 h", 0}},
                           2,
                           "signed \"2026\""});
    REQUIRE(write_residents(dir.path(), h.residents));
    REQUIRE(write_devices(dir.path(), h.devices));
    const auto again = load_house(dir.path(), drivers);
    REQUIRE(again);
    CHECK(again->devices.size() == h.devices.size());
    CHECK(devices_as_text(again->devices) == devices_as_text(h.devices));
    CHECK(residents_as_text(again->residents) == residents_as_text(h.residents));
    const resident& li = again->residents[1];
    CHECK(li.spo2_scale == 2);
    CHECK(li.accepts_shared_absence == "signed \"2026\"");
    REQUIRE(li.overrides.size() == 2);
    CHECK(li.overrides[0].value == "20 min");
    CHECK(li.overrides[1].rule == "left_bed");
    CHECK(again->find_device(device_id{"odd"})->address == "引\"号\\ and 'more' =[x]");
    CHECK(again->find_device(device_id{"odd"})->reports_every == std::chrono::seconds{90});
    CHECK(again->find_device(device_id{"odd"})->provides == std::vector{signal::motion, signal::battery});
}

TEST_CASE("a written file says that comments don't survive, and is not for everybody [config-6]") {
    const home_directory dir;
    dir.furnish();
    REQUIRE(write_devices(dir.path(), {}));
    CHECK(dir.mode("devices.toml") == 0640);
    CHECK(dir.get("devices.toml").starts_with("# "));
    CHECK(load_house(dir.path(), drivers));
    CHECK(load_house_at_start(dir.path(), drivers).faults.empty());
}

TEST_CASE("a write that can't be done leaves the old file and no debris [config-6]") {
    const home_directory dir;
    dir.put("devices.toml", "old");
    const auto failed = files::write(dir.path() / "nowhere" / "devices.toml", "new", 0600);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().what == files::trouble::missing);
    std::filesystem::create_directory(dir.path() / "taken");
    dir.put("taken/inside", "x");
    CHECK_FALSE(files::write(dir.path() / "taken", "new", 0600)); // a folder can't be replaced by a file
    CHECK(dir.get("devices.toml") == "old");
    std::size_t entries = 0;
    for ([[maybe_unused]] const auto& e : std::filesystem::directory_iterator{dir.path()}) ++entries;
    CHECK(entries == 2);
}

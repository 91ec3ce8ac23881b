#include "gateway/config/load.hpp"

#include <doctest/doctest.h>

#include "gateway/config/care_plan.hpp"
#include "tests/gateway/config/home_directory.hpp"

using namespace anban;
using anban::test::home_directory;

namespace {
const driver_names drivers{"native", "zigbee2mqtt"};

[[nodiscard]] std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
    std::string copy{text};
    const auto at = copy.find(from);
    REQUIRE(at != std::string::npos);
    return copy.replace(at, from.size(), to);
}

struct bad_input {
    const char* why;
    const char* file;
    std::string_view whole;
    const char* from;
    const char* to;
    std::uint32_t line;
    const char* told; // part of the English sentence or its cure
};

const bad_input table[] = {
    {"garbled", "devices.toml", test::devices_text, "[[device]]", "[[dev\x01ice", 1, "not TOML"},
    {"not UTF-8", "home.toml", test::home_text, "卧室", "\xc3\x28", 15, "not TOML"},
    {"cut off", "residents.toml", test::residents_text, "packs = [\"living-alone\"]\n", "packs = [\"livi", 3,
     "not TOML"},
    {"a brace for a name", "home.toml", test::home_text, "[[room]]", "[[{room]]", 13, "not TOML"},
    {"a letter between tables", "home.toml", test::home_text, "[[room]]", "\xef\xbb\xa5[[room]]", 13, "not TOML"},
    {"empty", "devices.toml", test::devices_text, test::devices_text.data(), "", 0, "empty"},
    {"a wrong type", "devices.toml", test::devices_text, "reports_every_s = 3600", "reports_every_s = \"1h\"", 9,
     "whole number"},
    {"out of range", "devices.toml", test::devices_text, "reports_every_s = 3600", "reports_every_s = 0", 9,
     "out of range"},
    {"an unknown signal", "devices.toml", test::devices_text, "reports_every_s = 3600", "provides = [\"mtion\"]",
     9, "did you mean \"motion\"?"},
    {"a computed signal", "devices.toml", test::devices_text, "reports_every_s = 3600", "provides = [\"news2\"]",
     9, "no device gives"},
    {"an unknown key", "devices.toml", test::devices_text, "room = \"bathroom\"", "rooom = \"bathroom\"", 6,
     "did you mean room?"},
    {"an unknown section", "home.toml", test::home_text, "[centre]", "[center]", 10, "did you mean centre?"},
    {"a dangling room", "devices.toml", test::devices_text, "\"bathroom\"", "\"bathrom\"", 6,
     "did you mean \"bathroom\"?"},
    {"a dangling owner", "devices.toml", test::devices_text, "owner = \"r-wang\"", "owner = \"r-li\"", 7,
     "no such resident"},
    {"a dangling bed", "devices.toml", test::devices_text, "bed = \"\"", "bed = \"bed-9\"", 8,
     "did you mean \"bed-1\""},
    {"a bed in no room", "home.toml", test::home_text, "room = \"bedroom\"", "room = \"cellar\"", 23,
     "no such room"},
    {"a bed's owner", "home.toml", test::home_text, "owner = \"r-wang\"", "owner = \"r-nobody\"", 24,
     "no such resident"},
    {"an unknown driver", "devices.toml", test::devices_text, "\"zigbee2mqtt\"", "\"zigbe2mqtt\"", 13,
     "did you mean \"zigbee2mqtt\"?"},
    {"an unknown role", "devices.toml", test::devices_text, "\"call_button\"", "\"callbutton\"", 5,
     "did you mean \"call_button\"?"},
    {"a name as an id", "residents.toml", test::residents_text, "\"r-wang\"", "\"王秀英\"", 2, "can't be an id"},
    {"a duplicate id", "devices.toml", test::devices_text, "id = \"zb-sos\"", "id = \"button-1\"", 12, "twice"},
    {"a wildcard in an address", "devices.toml", test::devices_text, "卧室/呼叫按钮", "卧室/+", 14,
     "can't be used"},
    {"a native address of another", "devices.toml", test::devices_text, "address = \"button-1\"",
     "address = \"button-2\"", 4, "must equal its id"},
    {"no gateway id", "home.toml", test::home_text, "id = \"gw-0001\"\n", "", 2, "has no id"},
    {"a port that is none", "home.toml", test::home_text, "127.0.0.1:8883", "127.0.0.1:88833", 11, "no HOST:PORT"},
    {"a language nobody wrote", "home.toml", test::home_text, "language = \"zh\"", "language = \"fr\"", 4,
     "no language"},
};
} // namespace

TEST_CASE("a good home directory is read in full [config-1]") {
    const home_directory dir;
    dir.furnish();
    const auto loaded = load_house(dir.path(), drivers);
    REQUIRE(loaded);
    CHECK(loaded->gateway == gateway_id{"gw-0001"});
    CHECK(loaded->broker.port == 1884);
    REQUIRE(loaded->centre.size() == 3);
    CHECK(loaded->centre[1].address == "2001:db8::1");
    CHECK(loaded->centre[1].port == 8884);
    CHECK(loaded->centre[2].port == 8883);
    REQUIRE(loaded->find_room(room_id{"bathroom"}) != nullptr);
    CHECK(loaded->find_room(room_id{"bathroom"})->name == "卫生间");
    CHECK(loaded->find_bed(bed_id{"bed-1"})->owner == resident_id{"r-wang"});
    CHECK(loaded->find_resident(resident_id{"r-wang"})->packs == std::vector<std::string>{"living-alone"});
    const device* button = loaded->find_device(device_id{"button-1"});
    REQUIRE(button != nullptr);
    CHECK(button->reports_every == std::chrono::hours{1});
    CHECK(button->bed.empty());
    CHECK(loaded->find_device("zigbee2mqtt", "卧室/呼叫按钮")->id == device_id{"zb-sos"});
}

TEST_CASE("every mistake is told with file, line, what and cure in both languages [config-2]") {
    for (const auto& bad : table) {
        CAPTURE(bad.why);
        const home_directory dir;
        dir.furnish();
        dir.put(bad.file, replaced(bad.whole, bad.from, bad.to));
        const auto loaded = load_house(dir.path(), drivers);
        REQUIRE_FALSE(loaded);
        const config_error& e = loaded.error().front();
        CHECK(e.file == bad.file);
        CHECK(e.line == bad.line);
        CHECK_FALSE(e.what.zh.empty());
        CHECK_FALSE(e.cure.zh.empty());
        CAPTURE(in_words(e, false));
        CHECK(in_words(e, false).find(bad.told) != std::string::npos);
    }
}

namespace {
constexpr std::string_view plan_text = R"([[resident]]
id = "r-wang"
packs = ["cardiac", "copd"]
spo2_scale = 2
accepts_shared_absence = "signed 2026-11-01, daughter"

[[resident.override]]
rule = "cardiac.bradycardia"
param = "low"
value = "45 bpm"

[[resident.override]]
rule = "tachycardia"
param = "high"
value = "150 bpm"

[[resident]]
id = "r-li"
packs = []
)";
} // namespace

TEST_CASE("a care plan's numbers are read with their units and places [config-12]") {
    const home_directory dir;
    dir.furnish();
    dir.put("residents.toml", plan_text);
    const auto loaded = load_house(dir.path(), drivers);
    REQUIRE(loaded);
    const auto plan = plan_of(loaded->residents[0]);
    CHECK(plan.spo2_scale_2);
    CHECK(plan.shared_absence_accepted);
    REQUIRE(plan.overrides.size() == 2);
    CHECK(plan.overrides[0].pack == "cardiac");
    CHECK(plan.overrides[0].rule == "bradycardia");
    CHECK(plan.overrides[0].name == "low");
    CHECK(plan.overrides[0].value == 45);
    CHECK(plan.overrides[0].unit == "bpm");
    CHECK(plan.overrides[0].where == "residents.toml:7");
    CHECK(plan.overrides[1].pack.empty());
    CHECK_FALSE(plan_of(loaded->residents[1]).spo2_scale_2);
    CHECK_FALSE(plan_of(loaded->residents[1]).shared_absence_accepted);
}

TEST_CASE("what a care plan can't say is told with its place and cure [config-12]") {
    struct slip {
        const char* from;
        const char* to;
        std::uint32_t line;
        const char* told;
    };
    for (const slip& s :
         {slip{"\"cardiac.bradycardia\"", "\"cardic.bradycardia\"", 8, "did you mean \"cardiac\"?"},
          slip{"\"cardiac.bradycardia\"", "\"dementia.bradycardia\"", 8, "add \"dementia\" to packs"},
          slip{"\"cardiac.bradycardia\"", "\"cardiac.\"", 8, "can't be an alarm's name"},
          slip{"\"45 bpm\"", "\"fast\"", 10, "is no number with its unit"},
          slip{"\"45 bpm\"", "\"45 beats\"", 10, "is no number with its unit"},
          slip{"\"45 bpm\"", "45", 10, "text"},
          slip{"param = \"low\"", "parm = \"low\"", 9, "did you mean param?"},
          slip{"spo2_scale = 2", "spo2_scale = 3", 4, "out of range"},
          slip{"\"tachycardia\"\nparam = \"high\"", "\"bradycardia\"\nparam = \"low\"", 14, "twice"}}) {
        CAPTURE(s.to);
        const home_directory dir;
        dir.furnish();
        dir.put("residents.toml", replaced(plan_text, s.from, s.to));
        const auto loaded = load_house(dir.path(), drivers);
        REQUIRE_FALSE(loaded);
        bool told = false;
        for (const auto& e : loaded.error()) {
            CAPTURE(in_words(e, false));
            told = told || (e.file == "residents.toml" && e.line == s.line && in_words(e, false).contains(s.told));
        }
        CHECK(told);
    }
}

TEST_CASE("all mistakes are told at once [config-2]") {
    const home_directory dir;
    dir.furnish();
    dir.put("devices.toml",
            replaced(replaced(test::devices_text, "\"call_button\"", "\"x\""), "\"zigbee2mqtt\"", "\"y\""));
    const auto loaded = load_house(dir.path(), drivers);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().size() == 2);
}

TEST_CASE("a start keeps a good copy of what it accepted, and takes it when the file is lost [config-3]") {
    const home_directory dir;
    dir.furnish();
    CHECK(load_house_at_start(dir.path(), drivers).faults.empty());
    REQUIRE(dir.get("devices.toml.good") == test::devices_text);

    for (const char* file : {"devices.toml", "residents.toml", "home.toml"}) {
        for (const char* damage : {"garbled", "empty", "missing", "cut off", "zeroed"}) {
            CAPTURE(file);
            CAPTURE(damage);
            dir.furnish();
            const std::string whole = dir.get(file);
            switch (damage[0]) {
            case 'g': dir.put(file, "\x01\x02garbled"); break;
            case 'e': dir.put(file, ""); break;
            case 'm': dir.remove(file); break;
            case 'c': dir.put(file, whole.substr(0, whole.rfind('"'))); break;
            default: dir.put(file, std::string(whole.size(), '\0')); break;
            }
            const auto start = load_house_at_start(dir.path(), drivers);
            REQUIRE(start.faults.size() == 1);
            CHECK(start.faults[0].key == std::string("config.") + file);
            CHECK(start.faults[0].what.en.find("last good copy is in use") != std::string::npos);
            CHECK(start.now.gateway == gateway_id{"gw-0001"});
            CHECK(start.now.devices.size() == 2);
            CHECK(start.now.residents.size() == 1);
            CHECK(start.now.rooms.size() == 2);
        }
    }
}

TEST_CASE("a start without any good copy uses what is valid and leaves out the rest [config-3]") {
    const home_directory dir;
    dir.furnish();
    dir.put("devices.toml",
            replaced(replaced(test::devices_text, "\"bathroom\"", "\"nowhere\""), "\"zigbee2mqtt\"", "\"y\""));
    const auto start = load_house_at_start(dir.path(), drivers);
    REQUIRE(start.faults.size() == 1);
    REQUIRE(start.now.devices.size() == 1);
    CHECK(start.now.devices[0].id == device_id{"button-1"});
    CHECK(start.now.devices[0].room.empty());
    CHECK_FALSE(dir.has("devices.toml.good"));
}

TEST_CASE("an empty folder still gives a house, and says that it has no name [config-4]") {
    const home_directory dir;
    const auto start = load_house_at_start(dir.path(), drivers);
    CHECK(start.now.gateway == gateway_id{"unconfigured"});
    CHECK(start.now.devices.empty());
    CHECK_FALSE(start.faults.empty());
}

TEST_CASE("the house's language is known from whatever of its file can be read [config-13]") {
    const home_directory dir;
    CHECK_FALSE(house_language(dir.path()));
    dir.furnish();
    CHECK(house_language(dir.path()) == "zh");
    dir.put("home.toml", replaced(test::home_text, "language = \"zh\"", "language = \"en\"\nunknown = 1"));
    CHECK(house_language(dir.path()) == "en");
    dir.put("home.toml", "[gateway");
    CHECK_FALSE(house_language(dir.path()));
}

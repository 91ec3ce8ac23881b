#include "tests/house/checks.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace anban::house_rules;

namespace {

std::string joined(const complaints& all) {
    std::string text;
    for (const auto& one : all) text += one + '\n';
    return text;
}

const std::vector<source>& this_house() {
    static const auto house = read_house(ANBAN_SOURCE_DIR);
    return house;
}

std::size_t arrows(std::string path, std::string text) {
    const std::vector<source> house = {{std::move(path), std::move(text)}};
    return check_arrows(house).size();
}

std::size_t determinism(std::string path, std::string text) {
    const std::vector<source> house = {{std::move(path), std::move(text)}};
    return check_determinism(house).size();
}

} // namespace

TEST_CASE("this house points its arrows one way [house-1]") {
    REQUIRE(this_house().size() > 20);
    const auto found = check_arrows(this_house());
    INFO(joined(found));
    CHECK(found.empty());
}

TEST_CASE("this house keeps every library with its owners [house-2]") {
    const auto found = check_ownership(this_house(), library_table());
    INFO(joined(found));
    CHECK(found.empty());
}

TEST_CASE("this house reads no clock and draws no number where time is an argument [house-3]") {
    const auto found = check_determinism(this_house());
    INFO(joined(found));
    CHECK(found.empty());
}

TEST_CASE("this house decides without a clock, a disk or a network at hand [house-3]") {
    const auto found = check_purity(this_house());
    INFO(joined(found));
    CHECK(found.empty());
}

TEST_CASE("this house has no file with two subjects [house-4]") {
    const auto found = check_lengths(this_house());
    INFO(joined(found));
    CHECK(found.empty());
}

TEST_CASE("this house tells its story in one order [house-5]") {
    const auto found = check_order(this_house());
    INFO(joined(found));
    CHECK(found.empty());
}

TEST_CASE("every room of this house has its README [house-6]") {
    const auto found = check_readmes(this_house());
    INFO(joined(found));
    CHECK(found.empty());
}

TEST_CASE("this house tests every duty that it tells, and tells every one that it tests [house-7]") {
    const auto found = check_duties(this_house());
    INFO(joined(found));
    CHECK(found.empty());
}

TEST_CASE("an arrow that points back is found, one that points forward is not [house-1]") {
    CHECK(arrows("rules/a.hpp", "#include \"gateway/home/home.hpp\"\n") == 1);
    CHECK(arrows("rules/a.hpp", "#include \"device-drivers/driver.hpp\"\n") == 1);
    CHECK(arrows("device-drivers/a.cpp", "#include \"cloud-bridge/protocol/codec.hpp\"\n") == 1);
    CHECK(arrows("cloud-bridge/uplink/a.cpp", "#include \"device-drivers/driver.hpp\"\n") == 1);
    CHECK(arrows("cloud-bridge/uplink/a.cpp", "#include \"cloud-bridge/dispatch/desk/intake.hpp\"\n") == 1);
    CHECK(arrows("cloud-bridge/dispatch/a.cpp", "#include \"gateway/config/house.hpp\"\n") == 1);
    CHECK(arrows("cloud-bridge/console/a.cpp", "#include \"cloud-bridge/dispatch/desk/desk.hpp\"\n") == 1);
    CHECK(arrows("cloud-bridge/uplink/a.cpp", "#include \"cloud-bridge/console/pages.hpp\"\n") == 1);
    CHECK(arrows("firmware-stubs/a.c", "#include \"rules/answer.hpp\"\n") == 1);
    CHECK(arrows("gateway/daemon/a.cpp", "#include \"tests/stage/process.hpp\"\n") == 1);
    CHECK(arrows("gateway/daemon/a.cpp", "#include \"firmware-stubs/board.h\"\n") == 1);
    CHECK(arrows("gateway/daemon/a.cpp", "#include \"../../rules/ids.hpp\"\n") == 1);

    CHECK(arrows("rules/a.hpp", "#include \"rules/ids.hpp\"\n#include <vector>\n#include <fmt/format.h>\n") == 0);
    CHECK(arrows("device-drivers/a.cpp", "#include \"rules/ids.hpp\"\n#include \"native.pb.h\"\n") == 0);
    CHECK(arrows("cloud-bridge/uplink/a.cpp", "#include \"cloud-bridge/protocol/codec.hpp\"\n") == 0);
    CHECK(arrows("cloud-bridge/dispatch/a.cpp", "#include \"cloud-bridge/console/pages.hpp\"\n") == 0);
    CHECK(arrows("gateway/daemon/a.cpp", "#include \"device-drivers/driver.hpp\"\n") == 0);
    CHECK(arrows("tests/stage/a.cpp", "#include \"gateway/home/home.hpp\"\n") == 0);
}

TEST_CASE("a foreign library on the ground floor is found [house-1]") {
    CHECK(arrows("rules/a.cpp", "#include <boost/json.hpp>\n") == 1);
    CHECK(arrows("rules/a.cpp", "#include <unistd.h>\n") == 1);
    CHECK(arrows("rules/a.cpp", "#include \"native.pb.h\"\n") == 1);
    CHECK(arrows("device-drivers/a.cpp", "#include <sqlite3.h>\n") == 1);
    CHECK(arrows("device-drivers/a.cpp", "#include <boost/asio.hpp>\n") == 1);
    CHECK(arrows("device-drivers/a.cpp", "#include <boost/json.hpp>\n") == 0);
}

TEST_CASE("a library in a strange room and an owner that does not use it are found [house-2]") {
    const std::vector<ownership> table = {
        {"SQLite", {"sqlite3.h"}, {"gateway/journal/database.cpp"}},
        {"Protobuf", {"*.pb.h"}, {"cloud-bridge/protocol/"}},
        {"Paho", {"mqtt/*"}, {"gateway/ingest/link.cpp"}},
    };
    const std::vector<source> house = {
        {"gateway/journal/database.cpp", "#include <sqlite3.h>\n"},
        {"gateway/home/home.cpp", "  #  include <sqlite3.h>\n"},
        {"cloud-bridge/protocol/codec.cpp", "#include \"envelope.pb.h\"\n"},
        {"gateway/home/state.cpp", "#include \"envelope.pb.h\"\n"},
        {"gateway/ingest/link.cpp", "#include <vector>\n"},
        {"tests/acceptance/a.cpp", "#include <sqlite3.h>\n"},
    };
    const auto found = check_ownership(house, table);
    INFO(joined(found));
    REQUIRE(found.size() == 3);
    CHECK(found[0].starts_with("gateway/home/home.cpp:1:"));
    CHECK(found[1].starts_with("gateway/home/state.cpp:1:"));
    CHECK(found[2].starts_with("gateway/ingest/link.cpp:"));
}

TEST_CASE("a clock, a sleep and a drawn number are found in code and only there [house-3]") {
    CHECK(determinism("rules/a.cpp", "auto t = std::chrono::steady_clock::now();\n") == 1);
    CHECK(determinism("gateway/home/a.cpp", "std::this_thread::sleep_for(1s);\n") == 1);
    CHECK(determinism("device-drivers/a.cpp", "std::random_device d;\n") == 1);
    CHECK(determinism("rules/a.cpp", "int x = rand();\n") == 1);
    CHECK(determinism("rules/a.cpp", "clock_gettime(CLOCK_BOOTTIME, &t);\n") == 1);

    for (const auto* pure : {"cloud-bridge/dispatch/desk/desk.cpp", "cloud-bridge/dispatch/desk/escalation.hpp",
                             "cloud-bridge/dispatch/web/event_feed.cpp", "cloud-bridge/uplink/delivery.cpp",
                             "cloud-bridge/uplink/route.hpp", "cloud-bridge/protocol/codec.cpp"}) {
        CAPTURE(pure);
        CHECK(determinism(pure, "auto t = std::chrono::system_clock::now();\n") == 1);
        CHECK(determinism(pure, "using clock = std::chrono::steady_clock;\n") == 1);
        CHECK(determinism(pure, "auto t = std::time(&into);\n") == 1);
        CHECK(determinism(pure, "return utc_time(us); // utc_time(0)\n") == 0);
    }
    CHECK(determinism("cloud-bridge/uplink/uplink.cpp", "std::random_device d;\n") == 0);

    CHECK(determinism("rules/a.cpp", "// its clock has no `now()`\n/* sleep( */ int x;\n") == 0);
    CHECK(determinism("rules/a.cpp", "auto text = \"now()\"; auto n = 1'000'000;\n") == 0);
    CHECK(determinism("rules/a.cpp", "auto known(int); auto operand(int);\n") == 0);
    CHECK(determinism("gateway/daemon/a.cpp", "auto t = std::chrono::steady_clock::now();\n") == 0);
    CHECK(determinism("rules/a.cpp", "auto c = '\"'; now(); auto d = '\"';\n") == 1);
}

TEST_CASE("a decision that reaches a clock, a disk or a network is found, however it gets there [house-3]") {
    const auto reach = [](std::string path, std::string text) {
        const std::vector<source> house = {
            {std::move(path), std::move(text)},
            {"cloud-bridge/dispatch/web/feed.hpp", "#include \"cloud-bridge/dispatch/web/server.hpp\"\n"},
            {"cloud-bridge/dispatch/web/server.hpp", "#include <boost/asio/io_context.hpp>\n"},
        };
        return check_purity(house).size();
    };
    for (const auto* header : {"<boost/asio/steady_timer.hpp>", "<sqlite3.h>", "<mqtt/async_client.h>", "<ctime>",
                               "<random>", "<sys/socket.h>", "\"cloud-bridge/dispatch/store/sqlite.hpp\"",
                               "\"cloud-bridge/dispatch/web/feed.hpp\""}) {
        CAPTURE(header);
        const auto line = fmt::format("#include {}\n", header);
        CHECK(reach("cloud-bridge/dispatch/desk/intake.cpp", line) == 1);
        CHECK(reach("cloud-bridge/uplink/delivery.hpp", line) == 1);
        CHECK(reach("gateway/home/centre.cpp", line) == 1);
        CHECK(reach("cloud-bridge/dispatch/centre.cpp", line) == 0);
    }
    CHECK(reach("cloud-bridge/dispatch/desk/desk.hpp", "#include <chrono>\n#include <map>\n") == 0);
}

TEST_CASE("a file that outgrew its subject is found [house-4]") {
    const std::vector<source> house = {{"rules/a.cpp", std::string(longest_file, '\n')},
                                       {"rules/b.cpp", std::string(longest_file + 1, '\n')}};
    const auto found = check_lengths(house);
    REQUIRE(found.size() == 1);
    CHECK(found[0].starts_with("rules/b.cpp"));
}

TEST_CASE("an unordered container is found where the story is told, and only there [house-5]") {
    const std::vector<source> house = {{"rules/a.hpp", "std::unordered_map<int, int> m;\n"},
                                       {"gateway/home/a.cpp", "// not an unordered_map\nstd::map<int, int> m;\n"},
                                       {"gateway/cli/a.cpp", "std::unordered_set<int> s;\n"}};
    const auto found = check_order(house);
    REQUIRE(found.size() == 1);
    CHECK(found[0].starts_with("rules/a.hpp"));
}

TEST_CASE("a room without a README is found [house-6]") {
    std::vector<source> house;
    for (const auto* path : {"rules/CMakeLists.txt", "rules/README.md", "gateway/home/CMakeLists.txt",
                             "tests/rules/CMakeLists.txt", "tests/README.md", "tests/acceptance/README.md",
                             "tests/bench/README.md", "tests/house/README.md", "tests/stage/README.md"})
        house.push_back({path, ""});
    const auto found = check_readmes(house);
    REQUIRE(found.size() == 1);
    CHECK(found[0].starts_with("gateway/home"));
}

TEST_CASE("a duty without a test and a test without a duty are found [house-7]") {
    const std::vector<source> house = {{"rules/README.md", "- `[rules-1]` kept\n- `[rules-2]` forgotten\n"},
                                       {"rules/pack.cpp", "// [rules-2] in code proves nothing\n"},
                                       {"tests/rules/a_test.cpp", "\"x [rules-1]\" \"y [rules-3] [F4]\""}};
    const auto found = check_duties(house);
    INFO(joined(found));
    REQUIRE(found.size() == 2);
    CHECK(found[0] == "rules/README.md: no test names [rules-2]");
    CHECK(found[1] == "tests/rules/a_test.cpp: no README tells [rules-3]");
}

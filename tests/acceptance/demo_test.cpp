// The demo as a visitor meets it: to its end without a terminal, and gone without a trace when it is ended.
#include <signal.h>

#include <filesystem>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/acceptance/scene.hpp"
#include "tests/stage/temp_folder.hpp"

using namespace anban::acceptance;
using namespace anban::stage;

namespace {

// Processes whose command line names this folder.
std::vector<std::string> running_below(const std::filesystem::path& folder) {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const auto line = read_file(entry.path() / "cmdline");
        if (line.find(folder.string()) != std::string::npos) found.push_back(line);
    }
    return found;
}

// What lies below a folder beside the log.
std::string left_in(const std::filesystem::path& folder) {
    std::string all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.path() != folder / "log") all += entry.path().string() + "\n";
    }
    return all;
}

} // namespace

TEST_CASE("the demo leads its four alarms to their end and leaves nothing behind [demo-1]") {
    const temp_folder folder;
    mailbox<std::string> lines;
    process demo({.argv = {"anban-demo", "--once", "--lang", "en"},
                  .log = folder.path() / "log",
                  .on_line = [&](std::string_view line) { lines.push(std::string(line)); },
                  .environment = {"TMPDIR=" + folder.path().string()}});
    const auto status = demo.wait(150s);
    std::string all;
    for (const auto& line : lines.from(0)) all += line + "\n";
    INFO(all, read_file(folder.path() / "log"));
    CHECK(status == 0);
    CHECK(all.find("All four alarms went their whole way.") != std::string::npos);
    CHECK(running_below(folder.path()).empty());
    CHECK(left_in(folder.path()) == "");
}

TEST_CASE("one signal ends the demo and everything it started [demo-2]") {
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        CAPTURE(number);
        const temp_folder folder;
        mailbox<std::string> lines;
        process demo({.argv = {"anban-demo", "--lang", "en"},
                      .log = folder.path() / "log",
                      .on_line = [&](std::string_view line) { lines.push(std::string(line)); },
                      .keep_input = true, // open and silent: somebody who watches
                      .environment = {"TMPDIR=" + folder.path().string()}});
        REQUIRE(
            lines.wait_for([](const auto& line) { return line.find("/login?token=") != std::string::npos; }, 60s));
        CHECK(running_below(folder.path()).size() >= 6);
        demo.signal(number);
        CHECK(demo.wait(10s) == (number == SIGINT ? 0 : 128 + number));
        CHECK(eventually([&] { return running_below(folder.path()).empty(); }, 2s));
        CHECK(left_in(folder.path()) == "");
    }
}

#include "gateway/daemon/health/start_log.hpp"

#include <unistd.h>

#include <csignal>
#include <fstream>

#include <doctest/doctest.h>
#include <sys/wait.h>

#include "gateway/daemon/health/limits.hpp"
#include "tests/temp_dir.hpp"

using namespace anban;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t boot = 0xfedcba9876543210U;

[[nodiscard]] instant at(std::chrono::seconds since_boot) {
    return {mono_time{since_boot}, {utc_time{1'800'000'000s + since_boot}, clock_quality::restored}};
}

[[nodiscard]] starts_before before(const std::filesystem::path& folder, std::chrono::seconds now,
                                   std::uint64_t in_boot = boot) {
    return start_log{folder}.before(in_boot, mono_time{now});
}

// A start in a process of its own, which ends as told: 0 as it should, else by this signal.
void live(const std::filesystem::path& folder, std::uint32_t number, std::chrono::seconds when, int signal) {
    const pid_t child = ::fork();
    if (child == 0) {
        start_log log{folder};
        if (!log.begin(number, boot, at(when))) ::_exit(1);
        if (signal == 0) log.end();
        if (signal != 0) ::raise(signal);
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE((signal == 0 ? WIFEXITED(status) && WEXITSTATUS(status) == 0
                         : WIFSIGNALED(status) && WTERMSIG(status) == signal));
}

} // namespace

TEST_CASE("how the last start ended is known: as it should, killed, or by its own fault [daemon-9]") {
    const test::temp_dir dir{"crashes"};
    CHECK_FALSE(before(dir.path, 0s).unclean);
    live(dir.path, 7, 10s, 0);
    CHECK_FALSE(before(dir.path, 11s).unclean);
    CHECK(before(dir.path, 11s).highest == 7);
    CHECK(before(dir.path, 11s).newest == at(10s).wall.at);
    live(dir.path, 8, 20s, SIGKILL);
    CHECK(before(dir.path, 21s).unclean);
    CHECK_FALSE(before(dir.path, 21s).crashed);
    for (const int signal : {SIGABRT, SIGSEGV}) {
        live(dir.path, 9, 30s, signal);
        CHECK(before(dir.path, 31s).unclean);
        CHECK(before(dir.path, 31s).crashed);
    }
}

TEST_CASE("three crashes within five minutes of one boot are a loop, kills and older ones are none [daemon-10]") {
    const test::temp_dir dir{"crashes"};
    live(dir.path, 1, 10s, SIGABRT);
    live(dir.path, 2, 20s, SIGKILL);
    live(dir.path, 3, 30s, SIGABRT);
    CHECK(before(dir.path, 31s).crashes_lately == 2);
    live(dir.path, 4, 40s, SIGSEGV);
    CHECK(before(dir.path, 41s).crashes_lately == 3);
    CHECK(before(dir.path, 10s + limits::crash_loop).crashes_lately == 3);
    CHECK(before(dir.path, 11s + limits::crash_loop).crashes_lately == 2);
    CHECK(before(dir.path, 41s, boot + 1).crashes_lately == 0); // no clock tells how long ago
    live(dir.path, 5, 50s, 0);
    CHECK(before(dir.path, 51s).crashes_lately == 0);
}

TEST_CASE("the file of starts stays small, and a garbled one is begun anew [daemon-9] [F15]") {
    const test::temp_dir dir{"crashes"};
    for (std::uint32_t n = 1; n <= 40; ++n) {
        start_log log{dir.path};
        REQUIRE(log.begin(n, boot, at(std::chrono::seconds{n})));
    }
    CHECK(std::filesystem::file_size(dir.path / "starts") < 1024);
    CHECK(before(dir.path, 41s).highest == 40);
    for (const char* text : {"", "start", "\xff\xfe\n\n", "start x y z\nend\n", "crash 6\nend\n"}) {
        std::ofstream{dir.path / "starts", std::ios::trunc} << text;
        CHECK(before(dir.path, 41s).highest == 0);
        CHECK_FALSE(before(dir.path, 41s).unclean);
    }
    std::filesystem::remove(dir.path / "starts");
    std::filesystem::create_directories(dir.path / "starts/x");
    start_log log{dir.path};
    CHECK(log.begin(41, boot, at(41s)));
    CHECK(before(dir.path, 42s).highest == 41);
}

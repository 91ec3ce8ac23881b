// The stage must itself be true: what it says has ended has ended, what it cut is cut.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include <doctest/doctest.h>

#include "tests/stage/broker.hpp"
#include "tests/stage/fault.hpp"
#include "tests/stage/mailbox.hpp"
#include "tests/stage/mqtt.hpp"
#include "tests/stage/ports.hpp"
#include "tests/stage/process.hpp"
#include "tests/stage/proxy.hpp"
#include "tests/stage/temp_folder.hpp"

using namespace anban::stage;
using namespace std::chrono_literals;

namespace {

// Also false for one that has ended and that init has not yet asked for its status.
bool alive(pid_t pid) {
    const auto facts = read_file("/proc/" + std::to_string(pid) + "/stat");
    const auto name_end = facts.rfind(')');
    return name_end != std::string::npos && facts.substr(name_end, 4).find('Z') == std::string::npos;
}

std::filesystem::path write_broker(const std::filesystem::path& folder, std::uint16_t port) {
    const auto file = folder / "mosquitto.conf";
    write_file(file, "listener " + std::to_string(port) + " 127.0.0.1\nallow_anonymous true\n" +
                         (::getuid() == 0 ? "user root\n" : ""));
    return file;
}

} // namespace

TEST_CASE("a program's lines and status come back, and what it was told arrives [stage-1]") {
    const auto done = run({"sh", "-c", "read a; echo got $a; echo err >&2; exit 3"}, "hello\n");
    CHECK(done.out == "got hello\n");
    CHECK(done.err == "err\n");
    CHECK(done.status == 3);
    CHECK_THROWS_AS(run({"no-such-program-here"}), fault);
    CHECK_THROWS_AS(run({"sleep", "20"}, {}, 50ms), fault);
}

TEST_CASE("a destroyed process is gone with all it started, also one that ignores SIGTERM [stage-2]") {
    pid_t pid = 0;
    pid_t grandchild = 0;
    {
        mailbox<std::string> lines;
        process p({.argv = {"sh", "-c", "trap '' TERM; sleep 100 & echo $!; wait"},
                   .log = {},
                   .on_line = [&](std::string_view line) { lines.push(std::string(line)); }});
        const auto line = lines.wait_for([](const auto&) { return true; }, 5s);
        REQUIRE(line);
        grandchild = static_cast<pid_t>(std::stol(*line));
        pid = p.pid();
        CHECK(p.running());
        CHECK(p.end(100ms) == 128 + SIGKILL);
    }
    CHECK_FALSE(alive(pid));
    for (int i = 0; i < 1000 && alive(grandchild); ++i) ::usleep(1000);
    CHECK_FALSE(alive(grandchild));
}

TEST_CASE("when the stage is killed by -9 its programs die with it [stage-2]") {
    std::string pids;
    const temp_folder folder;
    const auto file = folder.path() / "pid";
    const pid_t child = ::fork();
    if (child == 0) {
        auto* p = new process({.argv = {"sleep", "100"}, .log = {}}); // never destroyed: we are killed
        write_file(file, std::to_string(p->pid()) + "\n");
        for (;;) ::pause();
    }
    while (!(pids = read_file(file)).ends_with('\n')) ::usleep(1000);
    const auto pid = static_cast<pid_t>(std::stol(pids));
    CHECK(alive(pid));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (int i = 0; i < 1000 && alive(pid); ++i) ::usleep(1000);
    CHECK_FALSE(alive(pid));
}

TEST_CASE("a folder is for its owner alone and goes with its object [stage-3]") {
    std::filesystem::path path;
    {
        const temp_folder folder;
        path = folder.path();
        struct stat facts{};
        REQUIRE(::stat(path.c_str(), &facts) == 0);
        CHECK((facts.st_mode & 0777) == 0700);
        write_file(path / "a", "1\n2\n3\n");
        CHECK(tail_of(path / "a", 2) == "2\n3\n");
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("no port is given out twice [stage-4]") {
    const auto a = free_port();
    const auto b = free_port();
    CHECK(a != b);
    CHECK_FALSE(wait_until_listening(a, 1ms));
}

TEST_CASE("a cut wire refuses, a silent one swallows, an open one carries [stage-5]") {
    const temp_folder folder;
    const auto there = free_port();
    broker mosquitto(write_broker(folder.path(), there), folder.path() / "log", {there});
    proxy wire(free_port(), there);
    process heir({.argv = {"sleep", "100"}, .log = {}}); // must not inherit the wire's sockets

    mqtt_client listener({.port = there, .client_id = "listener"});
    REQUIRE(listener.connect() == 0);
    REQUIRE(listener.subscribe("a") == 1);
    mqtt_client speaker({.port = wire.port(), .client_id = "speaker"});
    REQUIRE(speaker.connect() == 0);
    CHECK(speaker.publish("a", "one") == 0);
    CHECK(listener.received.wait_for([](const auto& m) { return m.payload == "one"; }, 2s));

    wire.set(proxy::way::silent);
    CHECK(listener.connected());
    mqtt_client mute({.port = wire.port(), .client_id = "mute"});
    CHECK(mute.connect(300ms) == std::nullopt);

    wire.set(proxy::way::cut);
    CHECK_FALSE(wait_until_listening(wire.port(), 1ms));

    wire.set(proxy::way::open);
    CHECK(wait_until_listening(wire.port(), 1s));
    mqtt_client again({.port = wire.port(), .client_id = "again"});
    CHECK(again.connect() == 0);
    CHECK(again.publish("a", "two") == 0);
    CHECK(listener.received.wait_for([](const auto& m) { return m.payload == "two"; }, 2s));
}

TEST_CASE("a broker that was killed comes back on its port [stage-6]") {
    const temp_folder folder;
    const auto port = free_port();
    broker mosquitto(write_broker(folder.path(), port), folder.path() / "log", {port});
    const auto before = mosquitto.run().pid();
    mosquitto.kill();
    CHECK_FALSE(wait_until_listening(port, 1ms));
    mosquitto.start();
    CHECK(mosquitto.run().pid() != before);
    CHECK(wait_until_listening(port, 1ms));
}

TEST_CASE("every program tells its version and needs nothing for it") {
    for (const auto* name : {"anband", "anban-uplink", "anban", "anban-dispatch", "anban-home"}) {
        CAPTURE(name);
        const auto said = run({name, "--version"});
        CHECK(said.status == 0);
        CHECK(said.out.starts_with(std::string(name) + " "));
        CHECK(said.out.size() > std::string(name).size() + 3);
    }
}

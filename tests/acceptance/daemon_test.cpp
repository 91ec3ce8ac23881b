// How anband starts with nothing around it, tells its service manager how it is, and leaves.
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/acceptance/scene.hpp"
#include "tests/stage/temp_folder.hpp"

using namespace anban::acceptance;

namespace {

// The service manager's end of sd_notify.
class manager {
public:
    explicit manager(const std::filesystem::path& at) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        REQUIRE(at.string().size() < sizeof address.sun_path);
        at.string().copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    ~manager() { ::close(socket_); }
    manager(const manager&) = delete;
    manager& operator=(const manager&) = delete;

    // True as soon as this was said; what was said before is forgotten.
    bool hears(std::string_view word, std::chrono::milliseconds patience) {
        return eventually(
            [&] {
                std::string said(4096, '\0');
                const auto size = ::recv(socket_, said.data(), said.size(), MSG_DONTWAIT);
                return size > 0 && std::string_view(said).substr(0, static_cast<std::size_t>(size)).contains(word);
            },
            patience);
    }

private:
    int socket_;
};

} // namespace

TEST_CASE("a gateway that starts with no broker, no uplink and no centre gets well by itself [daemon-1]") {
    scene s;
    auto& home = s.district.home;
    home.daemon().kill();
    home.uplink().kill();
    home.mosquitto().kill();
    s.district.centre.dispatch().kill();
    s.district.centre.mosquitto().kill();
    const auto from = home.seen.size();
    home.start_daemon(); // answers its socket, or throws
    INFO(s.logs());
    CHECK(s.fault("broker"));
    home.start_broker();
    home.play("press button-1");
    CHECK(s.answer("button-1", "received", 20s, from));
    home.start_uplink();
    s.district.centre.start_broker();
    s.district.centre.start_dispatch();
    s.log_in_again();
    CHECK(s.stored_alarm_of("button-1", 40s));
    CHECK(s.answer("button-1", "stored", 10s, from));
    CHECK(s.press_records("button-1") == 1);
}

TEST_CASE("the service manager hears when the gateway is ready, that it lives, and that it leaves [daemon-2]") {
    scene s;
    auto& home = s.district.home;
    manager m(home.folder() / "notify");
    home.environment = {"NOTIFY_SOCKET=" + (home.folder() / "notify").string(), "WATCHDOG_USEC=1000000"};
    home.daemon().kill();
    home.start_daemon();
    INFO(s.logs());
    CHECK(m.hears("READY=1", 10s));
    CHECK(m.hears("WATCHDOG=1", 5s));
    CHECK(m.hears("WATCHDOG=1", 5s));
    home.daemon().signal(SIGTERM);
    CHECK(m.hears("STOPPING=1", 5s));
    CHECK(home.daemon().wait(5s) == 0);
}

TEST_CASE("a gateway that is told to leave among presses acknowledges none that it doesn't keep [daemon-3]") {
    scene s;
    auto& home = s.district.home;
    constexpr int presses = 30;
    for (int i = 0; i < presses; ++i) {
        home.play("zigbee-sos zb-sos");
        if (i == presses / 2) home.daemon().signal(SIGTERM);
        std::this_thread::sleep_for(5ms);
    }
    CHECK(home.daemon().wait(5s) == 0);
    home.start_daemon();
    INFO(s.logs());
    REQUIRE(s.stored_alarm_of("zb-sos", 30s));
    // None is missing. One may be there twice: it has no number, and was committed but not yet acknowledged.
    CHECK(eventually([&] { return s.press_records("zb-sos") >= presses; }, 20s));
    std::this_thread::sleep_for(1s);
    CHECK(s.press_records("zb-sos") <= presses + 1);
    CHECK(s.alarms_of("zb-sos").size() == 1);
}

TEST_CASE("a home broker that holds its connections and delivers nothing is noticed, and forgiven [ingest-5]") {
    scene s;
    auto& home = s.district.home;
    home.mosquitto().run().signal(SIGSTOP);
    INFO(s.logs());
    CHECK(s.fault("broker.deaf", 30s));
    home.mosquitto().run().signal(SIGCONT);
    CHECK(eventually([&] { return !s.fault("broker.deaf", 1ms); }, 20s));
    const auto from = home.seen.size();
    home.play("press button-1");
    CHECK(s.answer("button-1", "stored", 20s, from));
}

TEST_CASE("a broker whose limits would lose presses of a burst is a fault with its cure [ingest-9]") {
    scene s;
    auto& home = s.district.home;
    const auto conf = home.folder() / "broker/mosquitto.conf";
    auto text = anban::stage::read_file(conf);
    const std::string limit = "max_queued_messages 10000";
    const auto at = text.find(limit);
    REQUIRE(at != std::string::npos);
    home.mosquitto().end();
    anban::stage::write_file(conf, text.replace(at, limit.size(), "max_queued_messages 1000"));
    home.start_broker();
    INFO(s.logs());
    const auto fault = s.fault("broker.limits", 30s);
    REQUIRE(fault);
    CHECK(json::serialize(*fault).contains("anban broker write"));
    // With the limits that we write it is well.
    home.mosquitto().end();
    anban::stage::write_file(conf, text.replace(at, limit.size() - 1, limit));
    home.start_broker();
    home.daemon().end();
    home.start_daemon();
    home.await_listening();
    CHECK_FALSE(s.fault("broker.limits", 12s));
    const auto from = home.seen.size();
    home.play("press button-1");
    CHECK(s.answer("button-1", "stored", 20s, from));
}

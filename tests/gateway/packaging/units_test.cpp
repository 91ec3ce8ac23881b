// What the units promise, read in the files that are installed.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace {

std::string unit(const std::string& name) {
    std::ifstream in(std::string(ANBAN_INSTALLED) + "/lib/systemd/system/" + name + ".service");
    std::string text{std::istreambuf_iterator<char>(in), {}};
    REQUIRE_FALSE(text.empty());
    return text;
}

} // namespace

TEST_CASE("the home broker runs on our own files, and Debian's is left alone [packaging-1]") {
    const auto text = unit("anban-broker");
    CHECK(text.contains("\nExecStart=/usr/sbin/mosquitto -c /etc/anban/broker/mosquitto.conf\n"));
    CHECK_FALSE(text.contains("mosquitto.service"));
    // What has spoilt its files must not keep it from starting, and neither must that which mends them.
    CHECK(
        text.contains("\nExecStartPre=-" ANBAN_INSTALLED "/bin/anban --home /etc/anban broker mend\nExecStart="));
}

TEST_CASE("the gateway reaches loopback only, and the uplink sees nothing of the home [packaging-2]") {
    const auto gateway = unit("anband");
    CHECK(gateway.contains("\nExecStart=" ANBAN_INSTALLED "/sbin/anband --home /etc/anban\n"));
    CHECK(gateway.contains("\nIPAddressDeny=any\n"));
    CHECK(gateway.contains("\nIPAddressAllow=localhost\n"));
    const auto uplink = unit("anban-uplink");
    CHECK(uplink.contains("\nExecStart=" ANBAN_INSTALLED "/sbin/anban-uplink --home /etc/anban\n"));
    CHECK_FALSE(uplink.contains("IPAddressDeny"));
    CHECK(uplink.contains("\nInaccessiblePaths=-/etc/anban/journal -/etc/anban/broker -/etc/anban/spares\n"));
    CHECK(uplink.contains("\nInaccessiblePaths=-/etc/anban/residents.toml -/etc/anban/devices.toml\n"));
    CHECK(uplink.contains("\nProtectSystem=strict\n"));
}

TEST_CASE("every program is started again within a second, for ever, and a watchdog is fed [packaging-3]") {
    for (const auto* name : {"anban-broker", "anband", "anban-uplink"}) {
        CAPTURE(name);
        const auto text = unit(name);
        CHECK(text.contains("\nRestart=always\nRestartSec=1\n"));
        CHECK(text.contains("\nStartLimitIntervalSec=0\n"));
        CHECK(text.contains("\nWatchdogSec=") == (std::string(name) != "anban-broker"));
    }
}

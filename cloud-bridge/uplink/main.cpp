// anban-uplink: brings what anband hands over to the district's centre, and its receipts back.
#include <csignal>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <CLI/CLI.hpp>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "cloud-bridge/uplink/log.hpp"
#include "cloud-bridge/uplink/uplink.hpp"

using namespace anban;
using namespace anban::uplink;
namespace asio = boost::asio;

namespace {

struct flags {
    std::string home;
    std::string gateway;
    std::string socket;
    std::string credentials;
    std::vector<std::string> hosts;
    int pulse_ms = 500;
};

// Each flag that is given wins over what the home's directory says.
std::expected<district, std::string> find_district(const flags& f) {
    district d;
    if (!f.home.empty()) {
        auto read = read_district(f.home);
        // Flags alone may be enough.
        if (!read && (f.gateway.empty() || f.hosts.empty())) return read;
        if (read) d = std::move(*read);
        d.credentials = std::filesystem::path{f.home} / "secrets" / "uplink";
    }
    if (!f.gateway.empty()) d.gateway = gateway_id{f.gateway};
    if (!f.credentials.empty()) d.credentials = f.credentials;
    if (!f.hosts.empty()) d.hosts.clear();
    for (const std::string& text : f.hosts) {
        auto host = parse_host(text);
        if (!host) return std::unexpected(std::move(host.error()));
        d.hosts.push_back(std::move(*host));
    }
    return d;
}

// Tells the service manager that the loop turns, if it wants to know.
struct heart {
    asio::steady_timer timer;
    std::chrono::microseconds every{0};

    void beat() {
        sd_notify(0, "WATCHDOG=1");
        timer.expires_after(every);
        timer.async_wait([this](const boost::system::error_code& ec) {
            if (!ec) beat();
        });
    }
};

int run(const flags& f) {
    asio::io_context io;
    uplink_settings settings;
    settings.socket =
        f.socket.empty() ? std::filesystem::path{f.home} / "run" / "uplink.sock" : std::filesystem::path{f.socket};
    settings.find_district = [f] { return find_district(f); };
    settings.pulse = std::chrono::milliseconds{f.pulse_ms};
    uplink_program program{io, std::move(settings)};
    program.start();

    // At once, without a farewell: the broker tells the centre our will, and Paho's threads need no end.
    asio::signal_set signals{io, SIGTERM, SIGINT};
    signals.async_wait([](const boost::system::error_code& ec, int signal) {
        if (ec) return;
        uplink::log::info("stopping", "signal={}", signal);
        sd_notify(0, "STOPPING=1");
        ::_exit(0);
    });
    sd_notify(0, "READY=1");
    heart h{asio::steady_timer{io}};
    if (std::uint64_t us = 0; sd_watchdog_enabled(0, &us) > 0) {
        h.every = std::chrono::microseconds{us / 2};
        h.beat();
    }
    io.run();
    ::_exit(1); // the loop has work for ever
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app{"Brings a home's alarms to the district's centre and the receipts back.", "anban-uplink"};
    flags f;
    app.add_option("--home", f.home, "the home's directory: home.toml, secrets/uplink and run/uplink.sock");
    app.add_option("--gateway", f.gateway, "id of this gateway, the CN of its certificate");
    app.add_option("--socket", f.socket, "anband's Unix socket");
    app.add_option("--credentials", f.credentials, "folder with gateway.crt, gateway.key and ca.crt");
    app.add_option("--host", f.hosts,
                   "HOST:PORT of the district, in order of preference; may be given several times");
    app.add_option("--pulse", f.pulse_ms, "milliseconds between messages to itself, 0 for none")
        ->check(CLI::Range(0, 5000))
        ->capture_default_str();
    app.set_version_flag("--version", "anban-uplink " ANBAN_VERSION);
    app.footer("Example: anban-uplink --home /etc/anban");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    const bool complete = !f.gateway.empty() && !f.socket.empty() && !f.credentials.empty() && !f.hosts.empty();
    if (f.home.empty() && !complete) {
        fmt::print(stderr, "anban-uplink: give --home, or all of --gateway, --socket, --credentials and --host\n");
        return 2;
    }
    // A socket that its reader closed is an error to handle, not an end.
    std::signal(SIGPIPE, SIG_IGN);
    return run(f);
}

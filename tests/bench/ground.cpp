#include "tests/bench/ground.hpp"

#include <thread>

#include <fmt/format.h>

#include "tests/stage/fault.hpp"
#include "tests/stage/mailbox.hpp"

namespace anban::bench {

using namespace std::chrono_literals;

namespace {

[[nodiscard]] std::string without_line_end(std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    return text;
}

} // namespace

ground::ground(stage::home_plan plan) : district(std::move(plan), stage::district::link::straight) {
    district.centre.start();
    district.home.start_broker();
    district.home.start_daemon();
    district.home.furnish();
    district.home.daemon().end();
}

void ground::start_product(std::vector<std::string> environment) {
    auto& h = district.home;
    h.environment = std::move(environment);
    h.start_daemon();
    h.start_uplink();
    if (!district.wait_for_link(true, 20s)) throw stage::fault("the home does not reach the centre");
    h.await_listening();
    std::this_thread::sleep_for(1500ms); // its first connections and snapshots are over
}

void ground::stop_product() {
    district.home.uplink().end();
    district.home.daemon().end();
}

std::unique_ptr<stage::process> start_when_ready(stage::command what) {
    auto ready = std::make_shared<stage::mailbox<std::string>>();
    const auto log = what.log;
    const auto name = what.argv.front();
    what.on_line = [ready](std::string_view line) { ready->push(std::string(line)); };
    auto made = std::make_unique<stage::process>(std::move(what));
    if (!ready->wait_for([](const auto& line) { return line == "ready"; }, 10s))
        throw stage::fault(fmt::format("{} does not start: {}", name, stage::tail_of(log)));
    std::this_thread::sleep_for(300ms);
    return made;
}

std::unique_ptr<stage::process> ground::start_floor(std::string_view way, std::vector<std::string> environment) {
    const auto& h = district.home;
    const auto uplink = h.folder() / "secrets" / "uplink";
    return start_when_ready({.argv = {"anban-bench-floor", std::string(way), std::to_string(h.daemon_port()),
                                      secret("broker.password"), std::to_string(district.centre.tls_port()),
                                      (uplink / "ca.crt").string(), (uplink / "gateway.crt").string(),
                                      (uplink / "gateway.key").string(), h.plan().gateway,
                                      (h.folder() / fmt::format("floor.{}", way)).string()},
                             .log = h.log_of("floor"),
                             .environment = std::move(environment)});
}

void ground::forget_session() {
    stage::mqtt_client gone({.port = district.home.daemon_port(),
                             .client_id = secret("alarm-client-id"),
                             .username = "anband",
                             .password = secret("broker.password")});
    if (gone.connect() != 0) throw stage::fault("the home's broker refuses user anband");
}

std::string ground::secret(std::string_view name) const {
    return without_line_end(stage::read_file(district.home.folder() / "secrets" / name));
}

std::vector<stage::mqtt_login> ground::devices() const {
    std::vector<stage::mqtt_login> all;
    for (const auto& d : district.home.plan().devices) all.push_back(district.home.login_of(d.id));
    return all;
}

} // namespace anban::bench

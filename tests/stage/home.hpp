// One home: its directory, its broker, anband, anban-uplink, and the devices that anban-home plays in it.
//
// Threads: start, kill and destroy as process; `told` and `seen` fill from threads of their own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "tests/stage/broker.hpp"
#include "tests/stage/mailbox.hpp"
#include "tests/stage/mqtt.hpp"
#include "tests/stage/process.hpp"

namespace anban::stage {

struct device_plan {
    std::string id;
    std::string driver; // "native", "zigbee2mqtt"
    std::string role;   // as devices.toml writes it
    std::string kind;   // as anban-home calls it; empty: not played
    std::string room = {};
    std::string owner = {};
    std::string bed = {};
};

struct home_plan {
    std::string gateway = "gw-0001";
    std::vector<std::pair<std::string, std::string>> rooms;     // id, name
    std::vector<std::pair<std::string, std::string>> beds;      // id, room
    std::vector<std::pair<std::string, std::string>> residents; // id, pack or nothing
    std::vector<device_plan> devices;
    std::vector<std::pair<std::string, std::string>> packs = {}; // file below rules/, text
    std::string listen = "127.0.0.1";                            // where devices reach the broker
    bool bridge_is_real = false; // nobody plays Zigbee2MQTT: two of one name would throw each other out
};

// Two residents, a worn call button, a fall detector, a band, a bed mat, a Zigbee SOS button and lamp, and
// a call button that nobody plays.
[[nodiscard]] home_plan usual_home();

class home_box {
public:
    // Joins with `join_file`, writes home.toml, rule packs and the broker's files below `folder`; starts nothing.
    home_box(std::filesystem::path folder, home_plan plan, const std::filesystem::path& join_file);
    ~home_box();

    void start_broker();
    // Returns when its control socket answers. Throws fault with the log's end.
    void start_daemon();
    // Returns when the daemon hears all topics of the home. Throws fault with its log's end after 20 s.
    void await_listening();
    void start_uplink();
    // Residents and devices of the plan by the technician's CLI; the daemon must run. Keeps the passwords.
    void furnish();
    // Opens the stream of `anban watch`. Anew after a restart of the daemon.
    void start_watch();
    void start_players();
    // All of these, in this order.
    void start();

    // anban with --home and --json; null if it printed no JSON. `status` gets its exit code.
    boost::json::value tell(std::vector<std::string> words, int* status = nullptr);
    // A command for anban-home: "press button-1".
    void play(std::string_view line) { players_->write_line(line); }

    // A client with the password and address of one of the plan's native devices, or of the Zigbee bridge.
    [[nodiscard]] mqtt_login login_of(const std::string& device) const;
    [[nodiscard]] std::string password_of(const std::string& device) const;
    [[nodiscard]] const home_plan& plan() const noexcept { return plan_; }
    [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }
    [[nodiscard]] std::uint16_t device_port() const noexcept { return device_port_; }
    [[nodiscard]] std::uint16_t daemon_port() const noexcept { return daemon_port_; }
    [[nodiscard]] std::filesystem::path log_of(std::string_view program) const;
    [[nodiscard]] broker& mosquitto() { return *broker_; }
    [[nodiscard]] process& daemon() { return *daemon_; }
    [[nodiscard]] process& uplink() { return *uplink_; }
    [[nodiscard]] process& players() { return *players_; }

    std::vector<std::string> environment; // added to that of broker, anband and anban-uplink at their next start
    mailbox<boost::json::value> seen;     // what anban-home printed
    mailbox<boost::json::value> told;     // what `anban watch --json` printed

private:
    void write_home_toml(const std::filesystem::path& join_file);
    void write_players() const;

    std::filesystem::path folder_;
    home_plan plan_;
    std::uint16_t device_port_;
    std::uint16_t daemon_port_;
    std::map<std::string, std::string> passwords_;
    std::unique_ptr<broker> broker_;
    std::unique_ptr<process> daemon_;
    std::unique_ptr<process> uplink_;
    std::unique_ptr<process> watch_;
    std::unique_ptr<process> players_;
};

// A text field of an object; empty where there is none.
[[nodiscard]] std::string text_of(const boost::json::value& object, std::string_view name);
[[nodiscard]] std::int64_t number_of(const boost::json::value& object, std::string_view name);

} // namespace anban::stage

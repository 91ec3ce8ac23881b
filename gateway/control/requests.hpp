// What `anban` may ask of the running daemon. A request is one JSON object, an answer is one JSON object;
// two requests (watch, device_test) are followed by a stream of events.
//
// Everything here runs on the daemon's core thread: it reads the core directly and feeds it inputs through
// the daemon, which performs the outputs before `feed` returns.
//
// Errors: a request is never half done. A change is checked as a whole on a copy, written atomically, then
// applied; if any of it fails the old files stand and the answer says file, line, what and cure.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "gateway/config/load.hpp"
#include "gateway/home/home.hpp"

namespace anban::control {

// What the shell knows and the core doesn't.
struct shell_facts {
    bool broker_connected = false;
    bool listening = false; // to every topic of the home, see ingest
    std::string link_host;  // where the uplink is connected to; empty: nowhere
    std::string version;
};

// What the daemon lends to its requests. All of it outlives them.
struct daemon_side {
    const home& core;
    std::filesystem::path dir;
    driver_names drivers;
    std::function<void(const input&)> feed;            // steps the core and performs what follows
    std::function<rule_packs(const house&)> rules_for; // the packs as they are on disk now, for this house
    std::function<shell_facts()> shell;
    std::function<instant()> now;
};

// What a connection hears after its answer, until `ended`.
class stream {
public:
    stream() = default;
    virtual ~stream() = default;
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;

    // The event as one line of JSON without its end; nothing: it doesn't concern this listener.
    [[nodiscard]] virtual std::optional<std::string> hear(const notice& n) = 0;
    // Called about once a second, for what ends by time.
    [[nodiscard]] virtual std::optional<std::string> pass(instant) { return std::nullopt; }
    [[nodiscard]] virtual bool ended() const { return false; }
};

struct reply {
    boost::json::object answer;
    std::unique_ptr<stream> then; // none: the connection waits for its next request
};

// Answers one request. `line` is what a peer sent: anything at all.
[[nodiscard]] reply handle(const daemon_side& daemon, std::string_view line);

// {"ok":false,"error":{…}} with every key of a config_error.
[[nodiscard]] boost::json::object refusal(const config_error& e);

} // namespace anban::control

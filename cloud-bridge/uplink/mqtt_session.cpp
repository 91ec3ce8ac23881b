#include "cloud-bridge/uplink/mqtt_session.hpp"

#include <map>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "cloud-bridge/protocol/codec.hpp"
#include "cloud-bridge/uplink/limits.hpp"
#include "cloud-bridge/uplink/paho_link.hpp"

namespace anban::uplink {

namespace asio = boost::asio;
using boost::system::error_code;
using clock = std::chrono::steady_clock;

struct mqtt_session::state : std::enable_shared_from_this<state> {
    state(asio::io_context& context, std::chrono::milliseconds interval, session_events events)
        : io(context), pulse_timer(context), watchdog(context), pulse_every(interval), tell(std::move(events)) {}

    enum class phase : std::uint8_t { none, connecting, up };

    asio::io_context& io;
    asio::steady_timer pulse_timer;
    asio::steady_timer watchdog;
    std::chrono::milliseconds pulse_every;
    session_events tell;
    std::optional<paho_link> link;
    phase at = phase::none;
    std::uint64_t attempt = 0; // what is still said of an earlier one is ignored
    std::string ack_topic;
    std::string command_topic;
    std::string echo_topic;
    std::size_t in_flight = 0;
    std::map<int, std::uint64_t> flights; // without a PUBACK: Paho's number and ours
    bool pulse_proven = false;
    clock::time_point last_pulse;

    template <class Handler>
    void post(std::uint64_t mine, Handler h) {
        asio::post(io, [weak = weak_from_this(), mine, h = std::move(h)]() mutable {
            if (const auto self = weak.lock(); self && self->attempt == mine) h(*self);
        });
    }

    void make_link() {
        if (link) return;
        link.emplace(paho_events{
            .connected = [this](std::uint64_t n,
                                std::size_t most) { post(n, [most](state& s) { s.on_connected(most); }); },
            .ended = [this](std::uint64_t n,
                            std::string why) { post(n, [why = std::move(why)](state& s) { s.end(why); }); },
            .acknowledged = [this](std::uint64_t n, int message,
                                   bool ok) { post(n, [message, ok](state& s) { s.on_puback(message, ok); }); },
            .heard =
                [this](std::uint64_t n, std::string topic, std::string bytes) {
                    post(n, [topic = std::move(topic), bytes = std::move(bytes)](state& s) mutable {
                        s.on_message(topic, std::move(bytes));
                    });
                }});
    }

    void connect(const district& d, const host_port& host, std::string will) {
        ack_topic = wire::ack_topic(d.gateway);
        command_topic = wire::command_topic(d.gateway);
        echo_topic = wire::echo_topic(d.gateway);
        at = phase::connecting;
        const std::uint64_t mine = ++attempt;
        watchdog.expires_after(limits::connect_watchdog);
        watchdog.async_wait([weak = weak_from_this(), mine](const error_code& ec) {
            const auto self = weak.lock();
            if (ec || !self || mine != self->attempt) return;
            self->end("no word of the connection for too long");
        });
        make_link();
        link->connect(mine, {.host = host.text(),
                             .client_id = d.gateway.str(),
                             .credentials = d.credentials,
                             .will_topic = wire::state_topic(d.gateway),
                             .will = std::move(will),
                             .subscriptions = {{ack_topic, 1}, {command_topic, 1}, {echo_topic, 0}}});
    }

    void on_connected(std::size_t most) {
        if (at != phase::connecting) return;
        watchdog.cancel();
        at = phase::up;
        in_flight = most;
        flights.clear();
        pulse_proven = false;
        last_pulse = clock::now();
        const std::uint64_t mine = attempt;
        tell.up();
        if (at == phase::up && pulse_every.count() > 0) pulse(mine);
    }

    void on_puback(int message, bool accepted) {
        const auto found = flights.find(message);
        if (found == flights.end()) return;
        const std::uint64_t flight = found->second;
        flights.erase(found);
        tell.flight_ended(flight, accepted);
    }

    void on_message(const std::string& topic, std::string bytes) {
        if (at == phase::none) return;
        if (topic == echo_topic) {
            pulse_proven = true;
            last_pulse = clock::now();
        } else if (topic == ack_topic || topic == command_topic) {
            tell.downlink(std::move(bytes));
        }
    }

    void pulse(std::uint64_t mine) {
        if (pulse_proven && clock::now() - last_pulse > limits::pulse_lost_after) {
            return end("nothing comes back from the broker: the link is half open");
        }
        tell_once(echo_topic, "pulse");
        pulse_timer.expires_after(pulse_every);
        pulse_timer.async_wait([weak = weak_from_this(), mine](const error_code& ec) {
            const auto self = weak.lock();
            if (ec || !self || mine != self->attempt || self->at != phase::up) return;
            self->pulse(mine);
        });
    }

    void tell_once(const std::string& topic, const std::string& payload) {
        if (at == phase::up && flights.size() < in_flight) (void)link->publish(topic, payload, 0);
    }

    [[nodiscard]] bool publish(std::uint64_t flight, const std::string& topic, const std::string& payload) {
        if (at != phase::up || flights.size() >= in_flight) return false;
        const auto message = link->publish(topic, payload, 1);
        if (message) flights[*message] = flight;
        return message.has_value();
    }

    void end(const std::string& why) {
        if (at == phase::none) return;
        at = phase::none;
        ++attempt;
        watchdog.cancel();
        pulse_timer.cancel();
        // Without this Paho goes on with a connection that we have given up.
        link->leave();
        tell.down(why);
    }
};

mqtt_session::mqtt_session(asio::io_context& io, std::chrono::milliseconds pulse, session_events tell)
    : state_(std::make_shared<state>(io, pulse, std::move(tell))) {}

mqtt_session::~mqtt_session() = default;

void mqtt_session::connect(const district& d, const host_port& host, std::string will) {
    state_->connect(d, host, std::move(will));
}

bool mqtt_session::publish(std::uint64_t flight, const std::string& topic, const std::string& payload) {
    return state_->publish(flight, topic, payload);
}

void mqtt_session::tell_once(const std::string& topic, const std::string& payload) {
    state_->tell_once(topic, payload);
}

bool mqtt_session::up() const noexcept {
    return state_->at == state::phase::up;
}

} // namespace anban::uplink

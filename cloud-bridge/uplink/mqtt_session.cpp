#include "cloud-bridge/uplink/mqtt_session.hpp"

#include <mutex>
#include <optional>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <mqtt/async_client.h>

#include "cloud-bridge/protocol/codec.hpp"
#include "cloud-bridge/sockets/tcp_tuning.hpp"
#include "cloud-bridge/uplink/limits.hpp"

namespace anban::uplink {

namespace asio = boost::asio;
using boost::system::error_code;
using clock = std::chrono::steady_clock;

namespace {

void* as_context(std::uint64_t number) noexcept {
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(number));
}

std::uint64_t number_of(const mqtt::token& t) noexcept {
    return reinterpret_cast<std::uintptr_t>(t.get_user_context());
}

// Calls back on Paho's thread with the number that was given as the user context.
class outcome final : public mqtt::iaction_listener {
public:
    using handler = std::function<void(std::uint64_t number, bool ok, std::string why)>;
    explicit outcome(handler h) : tell_(std::move(h)) {}

    void on_success(const mqtt::token& t) override { tell_(number_of(t), accepted(t), "refused by the broker"); }
    void on_failure(const mqtt::token& t) override {
        std::string why = mqtt::exception::error_str(t.get_return_code());
        if (t.get_reason_code() != mqtt::ReasonCode::SUCCESS) {
            why = fmt::format("{} (reason {:#x})", why, static_cast<unsigned>(t.get_reason_code()));
        }
        tell_(number_of(t), false, std::move(why));
    }

private:
    [[nodiscard]] static bool accepted(const mqtt::token& t) {
        if (t.get_type() != mqtt::token::Type::SUBSCRIBE) return true;
        const mqtt::subscribe_response response = t.get_subscribe_response();
        for (const auto code : response.get_reason_codes()) {
            if (static_cast<unsigned>(code) >= 0x80) return false;
        }
        return true;
    }

    handler tell_;
};

} // namespace

struct mqtt_session::state : std::enable_shared_from_this<state> {
    state(asio::io_context& context, std::chrono::milliseconds interval, session_events events)
        : io(context), pulse_timer(context), watchdog(context), pulse_every(interval), tell(std::move(events)) {}

    enum class phase : std::uint8_t { none, connecting, subscribing, up };

    asio::io_context& io;
    asio::steady_timer pulse_timer;
    asio::steady_timer watchdog;
    std::chrono::milliseconds pulse_every;
    session_events tell;
    std::unique_ptr<mqtt::async_client> client;
    std::optional<outcome> connected;
    std::optional<outcome> subscribed;
    std::optional<outcome> published;
    phase at = phase::none;
    std::uint64_t attempt = 0; // what Paho says of an earlier one is ignored
    gateway_id gateway;
    std::string ack_topic;
    std::string command_topic;
    std::string echo_topic;
    bool pulse_proven = false;
    clock::time_point last_pulse;
    std::mutex tls_guard;
    std::string tls_error; // the last that OpenSSL said, by Paho's thread

    template <class Handler>
    void post(Handler h) {
        asio::post(io, [weak = weak_from_this(), h = std::move(h)]() mutable {
            if (const auto self = weak.lock()) h(*self);
        });
    }

    // One client object for the life of the process; the host is chosen at each connect.
    void make_client() {
        if (client) return;
        client = std::make_unique<mqtt::async_client>("ssl://127.0.0.1:8883", gateway.str(),
                                                      mqtt::create_options(MQTTVERSION_5));
        connected.emplace([this](std::uint64_t n, bool ok, std::string why) {
            post([n, ok, why = std::move(why)](state& s) { s.on_connected(n, ok, why); });
        });
        subscribed.emplace([this](std::uint64_t n, bool ok, std::string why) {
            post([n, ok, why = std::move(why)](state& s) { s.on_subscribed(n, ok, why); });
        });
        published.emplace([this](std::uint64_t n, bool ok, const std::string&) {
            post([n, ok](state& s) { s.tell.flight_ended(n, ok); });
        });
        client->set_connection_lost_handler([this](const std::string& cause) {
            post([cause](state& s) { s.end(cause.empty() ? "the connection is lost" : cause); });
        });
        client->set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode code) {
            post([code](state& s) {
                s.end(fmt::format("the broker ended the session (reason {:#x})", static_cast<unsigned>(code)));
            });
        });
        client->set_message_callback([this](const mqtt::const_message_ptr& m) {
            post([topic = m->get_topic(), bytes = m->to_string()](state& s) mutable {
                s.on_message(topic, std::move(bytes));
            });
        });
    }

    mqtt::connect_options options_for(const district& d, const host_port& host, std::string will) {
        mqtt::ssl_options tls;
        tls.set_trust_store((d.credentials / "ca.crt").string());
        tls.set_key_store((d.credentials / "gateway.crt").string());
        tls.set_private_key((d.credentials / "gateway.key").string());
        tls.set_enable_server_cert_auth(true);
        tls.set_verify(true);
        tls.set_ssl_version(MQTT_SSL_VERSION_TLS_1_2); // at least
        tls.set_error_handler([this](const std::string& said) {
            const std::lock_guard hold(tls_guard);
            tls_error = said;
        });
        mqtt::connect_options options;
        options.set_mqtt_version(MQTTVERSION_5);
        options.set_servers(std::make_shared<mqtt::string_collection>("ssl://" + host.text()));
        options.set_clean_start(true);
        options.set_keep_alive_interval(limits::keep_alive);
        options.set_connect_timeout(limits::connect_timeout);
        options.set_automatic_reconnect(false);
        options.set_ssl(tls);
        options.set_will_message(mqtt::make_message(wire::state_topic(d.gateway), std::move(will), 1, false));
        return options;
    }

    void connect(const district& d, const host_port& host, std::string will) {
        gateway = d.gateway;
        ack_topic = wire::ack_topic(gateway);
        command_topic = wire::command_topic(gateway);
        echo_topic = wire::echo_topic(gateway);
        at = phase::connecting;
        const std::uint64_t mine = ++attempt;
        {
            const std::lock_guard hold(tls_guard);
            tls_error.clear();
        }
        watchdog.expires_after(limits::connect_watchdog);
        watchdog.async_wait([weak = weak_from_this(), mine](const error_code& ec) {
            const auto self = weak.lock();
            if (ec || !self || mine != self->attempt) return;
            self->end("no word of the connection for too long");
        });
        try {
            make_client();
            // An lvalue: Paho C++ 1.2.0 drops properties of moved options.
            const mqtt::connect_options options = options_for(d, host, std::move(will));
            client->connect(options, as_context(mine), *connected);
        } catch (const std::exception& e) {
            post([mine, why = std::string{e.what()}](state& s) {
                if (mine == s.attempt) s.end(why);
            });
        }
    }

    void on_connected(std::uint64_t mine, bool ok, const std::string& why) {
        if (mine != attempt || at != phase::connecting) return;
        if (!ok) return end(why);
        tune_tcp_connections(limits::tcp_user_timeout);
        at = phase::subscribing;
        try {
            const auto filters = std::make_shared<mqtt::string_collection>(
                mqtt::string_collection{ack_topic, command_topic, echo_topic});
            client->subscribe(filters, {1, 1, 0}, as_context(mine), *subscribed);
        } catch (const std::exception& e) {
            end(e.what());
        }
    }

    void on_subscribed(std::uint64_t mine, bool ok, const std::string& why) {
        if (mine != attempt || at != phase::subscribing) return;
        if (!ok) return end("subscription: " + why);
        watchdog.cancel();
        at = phase::up;
        pulse_proven = false;
        last_pulse = clock::now();
        tell.up();
        if (at == phase::up && pulse_every.count() > 0) pulse(mine);
    }

    void on_message(const std::string& topic, std::string bytes) {
        if (at != phase::up && at != phase::subscribing) return;
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
        if (at != phase::up) return;
        try {
            client->publish(topic, payload.data(), payload.size(), 0, false);
        } catch (const std::exception&) {
            // The end of the session is told by Paho.
        }
    }

    [[nodiscard]] bool publish(std::uint64_t flight, const std::string& topic, const std::string& payload) {
        if (at != phase::up) return false;
        try {
            client->publish(mqtt::make_message(topic, payload, 1, false), as_context(flight), *published);
            return true;
        } catch (const std::exception&) {
            return false;
        }
    }

    void end(const std::string& why) {
        if (at == phase::none) return;
        at = phase::none;
        ++attempt;
        watchdog.cancel();
        pulse_timer.cancel();
        std::string said = why;
        {
            const std::lock_guard hold(tls_guard);
            if (!tls_error.empty()) said += ": " + tls_error;
        }
        // Paho names no reason when the name in the server's certificate is another.
        if (said == "Failure") {
            said = "no TLS session: host unreachable, or its certificate is not of our district or names another "
                   "host";
        }
        while (!said.empty() && (said.back() == '\n' || said.back() == ' ')) said.pop_back();
        try {
            // Without this Paho goes on with a connection that we have given up.
            client->disconnect(mqtt::disconnect_options{0});
        } catch (const std::exception&) {
            // It was not connected.
        }
        tell.down(std::move(said));
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

#include "cloud-bridge/dispatch/broker_link.hpp"

#include <atomic>

#include <fmt/format.h>
#include <mqtt/async_client.h>

#include "cloud-bridge/dispatch/limits.hpp"
#include "cloud-bridge/sockets/tcp_tuning.hpp"

namespace anban::dispatch {
namespace {

using namespace std::chrono_literals;

constexpr auto echo_topic = "anban/1/echo/anban-dispatch";
constexpr auto echo_silence = 10s;
constexpr auto retry_after = 1s;
constexpr int waiting_publications = 10'000;

enum class phase : std::uint8_t { idle, connecting, connected, subscribed };

} // namespace

struct broker_link::wire final : mqtt::iaction_listener {
    broker_events events;
    mqtt::async_client client;
    mqtt::connect_options options;
    std::atomic<phase> at{phase::idle};
    std::atomic<bool> echoed{false};
    mono_time last_echo{};
    mono_time last_try{};

    // What the two kinds of waiting are told apart by: a connection's token has this context.
    struct connecting final : mqtt::iaction_listener {
        wire& of;
        explicit connecting(wire& w) : of(w) {}
        void on_success(const mqtt::token&) override {
            tune_tcp_connections();
            of.subscribe();
        }
        void on_failure(const mqtt::token& token) override {
            of.at = phase::idle;
            of.events.down(fmt::format("cannot connect to {} (code {}, reason {})", of.client.get_server_uri(),
                                       token.get_return_code(), static_cast<int>(token.get_reason_code())));
        }
    } on_connect{*this};
    struct subscribing final : mqtt::iaction_listener {
        wire& of;
        explicit subscribing(wire& w) : of(w) {}
        void on_success(const mqtt::token&) override {
            of.at = phase::subscribed;
            of.events.up();
        }
        void on_failure(const mqtt::token&) override {
            of.at = phase::connected;
            of.events.down("the broker refuses the subscription");
        }
    } on_subscribe{*this};

    // What goes out has a connection of its own, with room for more than the first one's: a burst of receipts
    // doesn't wait behind what comes in.
    mqtt::async_client mouth;
    mqtt::connect_options mouth_options;
    std::atomic<phase> mouth_at{phase::idle};
    mono_time mouth_last_try{};
    struct mouth_connecting final : mqtt::iaction_listener {
        wire& of;
        explicit mouth_connecting(wire& w) : of(w) {}
        void on_success(const mqtt::token&) override {
            tune_tcp_connections();
            of.mouth_at = phase::connected;
        }
        void on_failure(const mqtt::token&) override { of.mouth_at = phase::idle; }
    } on_mouth_connect{*this};

    [[nodiscard]] static mqtt::connect_options options_for(const std::string& user, const std::string& password) {
        return mqtt::connect_options_builder()
            .mqtt_version(MQTTVERSION_5)
            .clean_start(true)
            .keep_alive_interval(20s)
            .connect_timeout(5s)
            .max_inflight(1'000)
            .user_name(user)
            .password(password)
            .finalize();
    }

    wire(const std::string& uri, const std::string& user, const std::string& password, broker_events e)
        : events(std::move(e)), client(uri, "anban-dispatch", mqtt::create_options(MQTTVERSION_5)),
          options(options_for(user, password)),
          mouth(uri, "anban-dispatch-out", mqtt::create_options(MQTTVERSION_5, waiting_publications)),
          mouth_options(options) {
        mouth.set_connection_lost_handler([this](const std::string&) { mouth_at = phase::idle; });
        mouth.set_disconnected_handler(
            [this](const mqtt::properties&, mqtt::ReasonCode) { mouth_at = phase::idle; });
        client.set_message_callback([this](const mqtt::const_message_ptr& message) { hear(message); });
        client.set_connection_lost_handler([this](const std::string& why) { lose(why); });
        client.set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode code) {
            lose(fmt::format("the broker ended the session ({})", static_cast<int>(code)));
        });
    }

    void hear(const mqtt::const_message_ptr& message) {
        if (!message) return;
        if (message->get_topic() == echo_topic) {
            echoed = true;
            return;
        }
        // Retained messages are history: no gateway sends any.
        if (message->is_retained() || message->get_payload().size() > limits::message_bytes) return;
        events.heard(message->get_topic(), message->get_payload_str());
    }

    void lose(const std::string& why) {
        at = phase::idle;
        events.down(why.empty() ? "the connection was lost" : why);
    }

    void subscribe() {
        at = phase::connected;
        try {
            const auto topics =
                mqtt::string_collection::create({"anban/1/up/+/+", "anban/1/st/+", "anban/1/hb/+", echo_topic});
            client.subscribe(topics, {1, 1, 1, 0}, nullptr, on_subscribe);
        } catch (const mqtt::exception& error) {
            events.down(error.what());
        }
    }

    // A tagged message was acknowledged: 0x10 says that no session of the receiver exists.
    void on_success(const mqtt::token& token) override {
        const auto tag = reinterpret_cast<std::uintptr_t>(token.get_user_context());
        if (tag != 0 && token.get_reason_code() == mqtt::ReasonCode::SUCCESS) events.told(tag);
    }
    void on_failure(const mqtt::token&) override {}
};

broker_link::broker_link(std::string host, std::uint16_t port, std::string user, std::string password,
                         broker_events events)
    : wire_(std::make_unique<wire>(fmt::format("tcp://{}:{}", host, port), user, password, std::move(events))) {}

broker_link::~broker_link() {
    try {
        if (wire_->mouth.is_connected()) wire_->mouth.disconnect(100)->wait_for(500ms);
        if (wire_->client.is_connected()) wire_->client.disconnect(100)->wait_for(500ms);
    } catch (const mqtt::exception&) {
        // Ending anyway.
    }
}

void broker_link::beat(mono_time now) {
    auto& w = *wire_;
    try {
        const auto at = w.at.load();
        if (at == phase::idle) {
            if (w.last_try != mono_time{} && now - w.last_try < retry_after) return;
            w.last_try = now;
            w.last_echo = now;
            w.at = phase::connecting;
            w.client.connect(w.options, nullptr, w.on_connect);
            return;
        }
        if (w.echoed.exchange(false)) w.last_echo = now;
        if (now - w.last_echo > echo_silence) {
            w.last_echo = now;
            w.at = phase::idle;
            w.client.disconnect(0);
            w.events.down("the broker does not answer");
            return;
        }
        if (at == phase::connected && now - w.last_try > retry_after) {
            w.last_try = now;
            w.subscribe();
        }
        if (at != phase::subscribed) return;
        const bool second = w.mouth_at == phase::connected;
        (second ? w.mouth : w.client).publish(echo_topic, "", 0, 0, false);
        if (w.mouth_at == phase::idle &&
            (w.mouth_last_try == mono_time{} || now - w.mouth_last_try >= retry_after)) {
            w.mouth_last_try = now;
            w.mouth_at = phase::connecting;
            w.mouth.connect(w.mouth_options, nullptr, w.on_mouth_connect);
        }
    } catch (const mqtt::exception& error) {
        if (w.at == phase::connecting) w.at = phase::idle;
        if (w.mouth_at == phase::connecting) w.mouth_at = phase::idle;
        w.events.down(error.what());
    }
}

void broker_link::publish(const std::string& topic, const std::string& payload, std::uint64_t tag) {
    auto& w = *wire_;
    if (w.at != phase::subscribed) return;
    // Until the second connection stands, the first one serves: 40 ms late is better than not at all.
    mqtt::async_client& via = w.mouth_at == phase::connected ? w.mouth : w.client;
    try {
        const auto message = mqtt::make_message(topic, payload, 1, false);
        if (tag == 0) {
            via.publish(message);
        } else {
            via.publish(message, reinterpret_cast<void*>(static_cast<std::uintptr_t>(tag)), w);
        }
    } catch (const mqtt::exception&) {
        // The link is going down; what was to be said is said again.
    }
}

} // namespace anban::dispatch

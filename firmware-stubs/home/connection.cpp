#include "firmware-stubs/home/connection.hpp"

#include <algorithm>
#include <random>

#include <mosquitto.h>
#include <mqtt_protocol.h>

#include "firmware-stubs/home/event.hpp"

namespace anban::played {
namespace {

constexpr int keep_alive_s = 30;
constexpr std::uint64_t first_retry_ms = 250;
constexpr std::uint64_t last_retry_ms = 5000;
constexpr std::uint64_t tick_ms = 1000;

std::uint64_t retry_after(std::uint32_t tries) {
    static std::minstd_rand random{std::random_device{}()};
    const std::uint64_t most = std::min(last_retry_ms, first_retry_ms << std::min(tries, 5U));
    return most / 2 + random() % (most / 2 + 1);
}

struct library {
    library() { mosquitto_lib_init(); }
    ~library() { mosquitto_lib_cleanup(); }
};

} // namespace

void connection::closer::operator()(mosquitto* m) const noexcept {
    mosquitto_destroy(m);
}

connection::connection(connection_options options, connection_events events)
    : options_(std::move(options)), events_(std::move(events)) {
    static const library once;
}

connection::~connection() = default;

void connection::open(std::uint64_t now_ms) {
    next_ms_ = now_ms + retry_after(tries_++);
    client_.reset(mosquitto_new(options_.username.c_str(), true, this));
    if (!client_) return;
    mosquitto* m = client_.get();
    mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_username_pw_set(m, options_.username.c_str(), options_.password.c_str());
    if (options_.will) {
        mosquitto_will_set(m, options_.will->topic.c_str(), static_cast<int>(options_.will->payload.size()),
                           options_.will->payload.data(), 1, true);
    }
    mosquitto_connect_v5_callback_set(m, [](mosquitto*, void* self, int reason, int, const mosquitto_property*) {
        auto& c = *static_cast<connection*>(self);
        if (reason != 0) { // the broker closes; ready() hears of it
            c.events_.disconnected(mosquitto_reason_string(reason));
            return;
        }
        c.connected_ = true;
        c.tries_ = 0;
        for (const auto& topic : c.options_.subscriptions) {
            mosquitto_subscribe(c.client_.get(), nullptr, topic.c_str(), 1);
        }
        c.events_.connected();
    });
    mosquitto_message_v5_callback_set(
        m, [](mosquitto*, void* self, const mosquitto_message* message, const mosquitto_property*) {
            static_cast<connection*>(self)->events_.message(message->topic,
                                                            {static_cast<const std::uint8_t*>(message->payload),
                                                             static_cast<std::size_t>(message->payloadlen)});
        });
    mosquitto_publish_v5_callback_set(
        m, [](mosquitto*, void* self, int id, int reason, const mosquitto_property*) {
            static_cast<connection*>(self)->events_.acknowledged(id, static_cast<std::uint8_t>(reason));
        });
    const int rc = mosquitto_connect(m, options_.host.c_str(), options_.port, keep_alive_s);
    if (rc != MOSQ_ERR_SUCCESS) client_.reset();
}

void connection::lost(std::string_view why) {
    const bool was = connected_;
    connected_ = false;
    client_.reset();
    next_ms_ = monotonic_ms() + retry_after(tries_);
    if (was) events_.disconnected(why);
}

void connection::offline(bool graceful) {
    wanted_ = false;
    if (client_ && graceful) mosquitto_disconnect(client_.get());
    lost("told to");
}

void connection::online() {
    wanted_ = true;
    tries_ = 0;
    next_ms_ = 0;
}

std::expected<int, publish_error>
connection::publish(std::string_view topic, std::span<const std::uint8_t> payload, int qos, bool retain) {
    if (!connected_) return std::unexpected(publish_error::offline);
    int id = 0;
    const std::string name(topic);
    const int rc = mosquitto_publish(client_.get(), &id, name.c_str(), static_cast<int>(payload.size()),
                                     payload.data(), qos, retain);
    if (rc == MOSQ_ERR_SUCCESS) return id;
    return std::unexpected(rc == MOSQ_ERR_NO_CONN || rc == MOSQ_ERR_CONN_LOST ? publish_error::offline
                                                                              : publish_error::refused);
}

int connection::descriptor() const noexcept {
    return client_ ? mosquitto_socket(client_.get()) : -1;
}

bool connection::wants_write() const noexcept {
    return client_ && mosquitto_want_write(client_.get());
}

void connection::ready(bool readable, bool writable) {
    if (!client_) return;
    int rc = MOSQ_ERR_SUCCESS;
    if (readable) rc = mosquitto_loop_read(client_.get(), 1);
    if (rc == MOSQ_ERR_SUCCESS && writable && client_) rc = mosquitto_loop_write(client_.get(), 1);
    if (rc != MOSQ_ERR_SUCCESS) lost(mosquitto_strerror(rc));
}

void connection::tick(std::uint64_t now_ms) {
    if (!client_) {
        if (!wanted_)
            next_ms_ = now_ms + tick_ms;
        else if (now_ms >= next_ms_)
            open(now_ms);
        return;
    }
    if (now_ms < next_ms_) return;
    next_ms_ = now_ms + tick_ms;
    const int rc = mosquitto_loop_misc(client_.get());
    if (rc != MOSQ_ERR_SUCCESS || mosquitto_socket(client_.get()) < 0) lost(mosquitto_strerror(rc));
}

} // namespace anban::played

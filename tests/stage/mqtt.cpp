#include "tests/stage/mqtt.hpp"

#include <mosquitto.h>
#include <mqtt_protocol.h>

#include <atomic>
#include <mutex>

#include <fmt/format.h>

#include "tests/stage/fault.hpp"
#include "tests/stage/http.hpp"

namespace anban::stage {

class mqtt_client::link {
public:
    link(mqtt_client& owner, mqtt_login login) : owner_(owner), login_(std::move(login)) {
        static const int ready = mosquitto_lib_init();
        if (ready != MOSQ_ERR_SUCCESS) throw fault("libmosquitto does not start");
        handle_ = mosquitto_new(login_.client_id.empty() ? nullptr : login_.client_id.c_str(), true, this);
        if (handle_ == nullptr) throw fault("libmosquitto gives no client");
        mosquitto_int_option(handle_, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
        mosquitto_int_option(handle_, MOSQ_OPT_TCP_NODELAY, 1);
        if (!login_.username.empty())
            mosquitto_username_pw_set(handle_, login_.username.c_str(), login_.password.c_str());
        if (!login_.ca.empty()) {
            const int rc = mosquitto_tls_set(handle_, login_.ca.c_str(), nullptr,
                                             login_.certificate.empty() ? nullptr : login_.certificate.c_str(),
                                             login_.key.empty() ? nullptr : login_.key.c_str(), nullptr);
            if (rc != MOSQ_ERR_SUCCESS) throw fault(fmt::format("TLS files: {}", mosquitto_strerror(rc)));
        }
        mosquitto_connect_v5_callback_set(handle_,
                                          [](mosquitto*, void* self, int reason, int, const mosquitto_property*) {
                                              static_cast<link*>(self)->up_ = reason == 0;
                                              static_cast<link*>(self)->connected_.push(reason);
                                          });
        mosquitto_disconnect_v5_callback_set(handle_, [](mosquitto*, void* self, int, const mosquitto_property*) {
            static_cast<link*>(self)->up_ = false;
        });
        mosquitto_subscribe_v5_callback_set(
            handle_, [](mosquitto*, void* self, int mid, int, const int* granted, const mosquitto_property*) {
                static_cast<link*>(self)->answers_.push({mid, *granted});
            });
        mosquitto_publish_v5_callback_set(
            handle_, [](mosquitto*, void* self, int mid, int reason, const mosquitto_property*) {
                static_cast<link*>(self)->answers_.push({mid, reason});
            });
        mosquitto_message_callback_set(handle_, [](mosquitto*, void* self, const mosquitto_message* m) {
            static_cast<link*>(self)->owner_.received.push(
                {m->topic,
                 std::string(static_cast<const char*>(m->payload), static_cast<std::size_t>(m->payloadlen)),
                 m->qos, m->retain, utc_now_us()});
        });
    }

    ~link() {
        mosquitto_disconnect(handle_);
        if (looping_) mosquitto_loop_stop(handle_, true);
        mosquitto_destroy(handle_);
    }

    std::optional<int> connect(std::chrono::milliseconds patience) {
        const int rc = mosquitto_connect(handle_, login_.address.c_str(), login_.port, 20);
        if (rc != MOSQ_ERR_SUCCESS) return std::nullopt;
        if (!looping_) mosquitto_loop_start(handle_);
        looping_ = true;
        return connected_.wait_for([](int) { return true; }, patience);
    }

    std::optional<int> subscribe(std::string_view filter, int qos) {
        int mid = 0;
        if (mosquitto_subscribe(handle_, &mid, std::string(filter).c_str(), qos) != MOSQ_ERR_SUCCESS)
            return std::nullopt;
        return answer_to(mid);
    }

    std::optional<int> publish(std::string_view topic, std::string_view payload, int qos, bool retain) {
        int mid = 0;
        const auto size = static_cast<int>(payload.size());
        if (mosquitto_publish(handle_, &mid, std::string(topic).c_str(), size, payload.data(), qos, retain) !=
            MOSQ_ERR_SUCCESS)
            return std::nullopt;
        return answer_to(mid);
    }

    [[nodiscard]] bool up() const noexcept { return up_; }

private:
    struct answer {
        int mid;
        int reason;
    };

    std::optional<int> answer_to(int mid) {
        const auto found =
            answers_.wait_for([mid](const answer& a) { return a.mid == mid; }, std::chrono::seconds(5));
        return found ? std::optional(found->reason) : std::nullopt;
    }

    mqtt_client& owner_;
    mqtt_login login_;
    mosquitto* handle_ = nullptr;
    bool looping_ = false;
    std::atomic<bool> up_ = false;
    mailbox<int> connected_;
    mailbox<answer> answers_;
};

mqtt_client::mqtt_client(mqtt_login login) : link_(std::make_unique<link>(*this, std::move(login))) {}
mqtt_client::~mqtt_client() = default;
std::optional<int> mqtt_client::connect(std::chrono::milliseconds patience) {
    return link_->connect(patience);
}
std::optional<int> mqtt_client::subscribe(std::string_view filter, int qos) {
    return link_->subscribe(filter, qos);
}
std::optional<int> mqtt_client::publish(std::string_view topic, std::string_view payload, int qos, bool retain) {
    return link_->publish(topic, payload, qos, retain);
}
bool mqtt_client::connected() const noexcept {
    return link_->up();
}

} // namespace anban::stage

#include "tests/stage/demo/connect.hpp"

#include <algorithm>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <fmt/format.h>

#include "tests/stage/fault.hpp"

namespace anban::stage::demo {

namespace {

// 0.0.0.0 is no address that a device could call: it needs one that this machine has towards others.
std::string address_to_call(const std::string& listened) {
    if (listened != "0.0.0.0") return listened;
    boost::asio::io_context io;
    boost::asio::ip::udp::socket asked(io);
    boost::system::error_code error;
    // Nothing is sent: the kernel only says by which of its addresses it would go.
    asked.connect({boost::asio::ip::make_address("192.0.2.1"), 9}, error);
    if (error) return "127.0.0.1";
    const auto own = asked.local_endpoint(error);
    return error ? "127.0.0.1" : own.address().to_string();
}

log_in log_in_of(const home_box& home, const std::string& user) {
    return {address_to_call(home.plan().listen), home.device_port(), user, home.password_of(user)};
}

} // namespace

std::string as_printf(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = byte > 0x20 && byte < 0x7f && c != '\\' && c != '%' && c != '\'' && c != '"';
        text += plain ? std::string(1, c) : fmt::format("\\{:03o}", byte);
    }
    return text;
}

frame_parts sos_frame(std::string_view device) {
    // device = 1, boot = 2 (eight bytes), sequence = 3: 1, observations = 5: {signal = 1: sos, value_milli = 2:
    // 1000}
    frame_parts parts;
    parts.before = fmt::format("\x0a{}{}\x11", static_cast<char>(device.size()), device);
    parts.behind = "\x18\x01\x2a\x05\x08\x01\x10\xd0\x0f";
    return parts;
}

std::string own_press(const home_box& home) {
    const auto l = log_in_of(home, "own-1");
    const auto frame = sos_frame(l.user);
    return fmt::format("{{ printf '{}'; head -c 8 /dev/urandom; printf '{}'; }} | "
                       "mosquitto_pub -h {} -p {} -u {} -P {} -i {} -q 1 -t anban/dev/{}/alarm -s",
                       as_printf(frame.before), as_printf(frame.behind), l.address, l.port, l.user, l.password,
                       l.user, l.user);
}

void demand_own_address(const std::string& address, bool chinese) {
    boost::system::error_code error;
    const auto parsed = boost::asio::ip::make_address(address, error);
    if (!error) {
        boost::asio::io_context io;
        boost::asio::ip::tcp::acceptor probe(io);
        const boost::asio::ip::tcp::endpoint here(parsed, 0);
        probe.open(here.protocol(), error);
        if (!error) probe.bind(here, error);
    }
    if (!error) return;
    throw fault(
        fmt::format(fmt::runtime(chinese ? "--listen {}：不是本机的地址（{}）。用 ip addr 查看；0.0.0.0 表示全部"
                                         : "--listen {}: no address of this machine ({}). `ip addr` lists "
                                           "them; 0.0.0.0 stands for all"),
                    address, error.message()));
}

std::string zigbee2mqtt_settings(const log_in& l) {
    return fmt::format("  mqtt:\n    server: mqtt://{}:{}\n    user: {}\n    password: {}\n    client_id: {}\n"
                       "  device_options:\n    qos: 1\n    retain: false\n",
                       l.address, l.port, l.user, l.password, l.user);
}

std::string native_settings(const log_in& l) {
    return fmt::format("  broker {}:{}  client id {}  user {}  password {}\n"
                       "  press:   anban/dev/{}/alarm   QoS 1, a Frame of device-drivers/native/native.proto\n"
                       "  answers: anban/dev/{}/answer  an Answer\n",
                       l.address, l.port, l.user, l.user, l.password, l.user, l.user);
}

std::string esphome_settings(const log_in& l) {
    const auto frame = sos_frame(l.user);
    const auto in_c = [](std::string_view bytes) {
        std::string text;
        for (const char c : bytes) text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        return text;
    };
    return fmt::format(R"(  mqtt:
    broker: {}
    port: {}
    client_id: {}
    username: {}
    password: {}
    discovery: false
    log_topic:
    birth_message:
    will_message:
  binary_sensor:
    - platform: gpio
      pin: {{ number: GPIO0, mode: INPUT_PULLUP, inverted: true }}
      name: sos
      on_press:
        - mqtt.publish:
            topic: anban/dev/{}/alarm
            qos: 1
            payload: !lambda |-
              std::string frame("{}", {});
              for (int i = 0; i < 8; ++i) frame += char(random_uint32());
              return frame + std::string("{}", {});
)",
                       l.address, l.port, l.user, l.user, l.password, l.user, in_c(frame.before),
                       frame.before.size(), in_c(frame.behind), frame.behind.size());
}

std::string how_to_connect(const home_box& home, bool chinese) {
    std::string text =
        chinese ? "真实的 Zigbee2MQTT（configuration.yaml；呼叫按钮命名为 zb-sos，灯命名为 zb-lamp）：\n"
                : "A real Zigbee2MQTT (configuration.yaml; call a button zb-sos, a lamp zb-lamp):\n";
    text += zigbee2mqtt_settings(log_in_of(home, "zigbee2mqtt"));
    text +=
        chinese ? "\n安伴固件或您自己的程序：\n" : "\nA device with Anban's firmware, or a program of your own:\n";
    text += native_settings(log_in_of(home, "own-1"));
    text += chinese ? "\nESPHome 按钮：\n" : "\nA button with ESPHome:\n";
    text += esphome_settings(log_in_of(home, "esp-1"));
    return text;
}

} // namespace anban::stage::demo

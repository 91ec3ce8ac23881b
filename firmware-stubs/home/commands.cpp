#include "firmware-stubs/home/commands.hpp"

#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "firmware-stubs/home/event.hpp"
#include "firmware-stubs/home/signals.hpp"

namespace anban::played {
namespace {

using words = std::vector<std::string_view>;

constexpr std::int64_t most_presses = 100'000;
constexpr std::size_t most_raw_bytes = 2 * 1024 * 1024;

words split(std::string_view line) {
    words found;
    while (true) {
        const auto start = line.find_first_not_of(" \t\r");
        if (start == std::string_view::npos) return found;
        line.remove_prefix(start);
        const auto end = std::min(line.find_first_of(" \t\r"), line.size());
        found.push_back(line.substr(0, end));
        line.remove_prefix(end);
    }
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number n{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return n;
}

std::optional<std::vector<std::uint8_t>> bytes_of(std::string_view hex) {
    if (hex == "-") return std::vector<std::uint8_t>{};
    if (hex.size() % 2 != 0 || hex.size() / 2 > most_raw_bytes) return std::nullopt;
    std::vector<std::uint8_t> bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        std::uint8_t byte = 0;
        const auto [end, error] = std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
        if (error != std::errc{} || end != hex.data() + i + 2) return std::nullopt;
        bytes.push_back(byte);
    }
    return bytes;
}

refusal no_device(std::string_view id) {
    return std::unexpected(fmt::format("no native device {} here", id));
}

refusal press(street& home, const words& w) {
    auto* device = home.find(w[1]);
    if (device == nullptr) return no_device(w[1]);
    return device->press(w[0] == "green" ? CALL_BUTTON_GREEN : CALL_BUTTON_RED);
}

refusal cancel(street& home, const words& w) {
    auto* device = home.find(w[1]);
    return device == nullptr ? no_device(w[1]) : device->cancel();
}

// play DEVICE [--real-time] RECORDING…
refusal play(street& home, const words& w) {
    auto* device = home.find(w[1]);
    if (device == nullptr) return no_device(w[1]);
    const bool real_time = w[2] == "--real-time";
    const std::size_t first = real_time ? 3 : 2;
    if (w.size() <= first || (real_time && w.size() > first + 1))
        return std::unexpected("play DEVICE RECORDING…, or play DEVICE --real-time RECORDING");
    for (std::size_t i = first; i < w.size(); ++i) {
        auto what = read_recording(w[i]);
        if (!what) return std::unexpected(what.error());
        if (const auto done = device->play(std::move(*what), real_time); !done) return done;
    }
    return {};
}

refusal fall(street& home, const words& w) {
    auto* device = home.find(w[1]);
    return device == nullptr ? no_device(w[1]) : device->play(made_up_fall(), false);
}

// burst DEVICE|all N RATE [green]: N presses, RATE a second; `all` goes round the call buttons.
refusal burst(street& home, const words& w) {
    const auto n = number_of<std::int64_t>(w[2]);
    const auto rate = number_of<double>(w[3]);
    if (!n || *n < 1 || *n > most_presses || !rate || !(*rate > 0))
        return std::unexpected("burst DEVICE|all N RATE: N up to 100000, RATE in presses a second");
    const auto key = w.size() > 4 && w[4] == "green" ? CALL_BUTTON_GREEN : CALL_BUTTON_RED;
    auto buttons = home.all(kind::call_button);
    if (w[1] != "all") buttons.assign(1, home.find(w[1]));
    if (buttons.empty() || buttons[0] == nullptr) return no_device(w[1]);
    const auto start = street::monotonic_us();
    for (std::int64_t i = 0; i < *n; ++i) {
        auto* button = buttons[static_cast<std::size_t>(i) % buttons.size()];
        home.at(start + static_cast<std::int64_t>(static_cast<double>(i) * 1e6 / *rate), [button, key] {
            if (const auto done = button->press_now(key); !done) tell_error(done.error());
        });
    }
    home.at(start + static_cast<std::int64_t>(static_cast<double>(*n) * 1e6 / *rate),
            [id = std::string(w[1]), n = *n] { tell("burst_ended", {{"device", id}, {"presses", n}}); });
    return {};
}

// vitals DEVICE SIGNAL=VALUE…: "-" says that the device itself has no value, a "?" behind it that it doubts it.
refusal vitals(street& home, const words& w) {
    auto* device = home.find(w[1]);
    if (device == nullptr) return no_device(w[1]);
    for (std::size_t i = 2; i < w.size(); ++i) {
        const auto equals = w[i].find('=');
        if (equals == std::string_view::npos) return std::unexpected("vitals DEVICE heart_rate=72 spo2=97 …");
        const auto what = signal_from_name(w[i].substr(0, equals));
        auto text = w[i].substr(equals + 1);
        auto how = anban_native_Quality_GOOD;
        if (text.ends_with('?')) how = anban_native_Quality_SUSPECT, text.remove_suffix(1);
        const bool unknown = text == "-";
        const auto value = unknown ? std::optional(0.0) : number_of<double>(text);
        if (!what || !value) return std::unexpected(fmt::format("{} is no SIGNAL=VALUE of a sensor", w[i]));
        const auto done = device->measured(*what, *value, unknown ? anban_native_Quality_UNKNOWN : how);
        if (!done) return done;
    }
    return device->report();
}

refusal bed(street& home, const words& w) {
    auto* device = home.find(w[1]);
    if (device == nullptr) return no_device(w[1]);
    if (w[2] != "0" && w[2] != "1") return std::unexpected("bed DEVICE 1|0");
    return device->occupied(w[2] == "1");
}

refusal report(street& home, const words& w) {
    auto* device = home.find(w[1]);
    return device == nullptr ? no_device(w[1]) : device->report();
}

refusal zigbee_sos(street& home, const words& w) {
    if (home.bridge() == nullptr) return std::unexpected("this home has no zigbee_bridge");
    return home.bridge()->sos(std::string(w[1]));
}

// raw DEVICE TOPIC HEX|- [QOS] [retain]: any bytes on any topic, with the device's own credentials.
refusal raw(street& home, const words& w) {
    auto* link = home.link_of(w[1]);
    const auto bytes = bytes_of(w[3]);
    const auto qos = w.size() > 4 ? number_of<int>(w[4]) : std::optional(1);
    if (link == nullptr) return std::unexpected(fmt::format("no device {} here", w[1]));
    if (!bytes || !qos || *qos < 0 || *qos > 2) return std::unexpected("raw DEVICE TOPIC HEX|- [0|1|2] [retain]");
    const auto at_us = wall_us();
    const auto id = link->publish(w[2], *bytes, *qos, w.size() > 5 && w[5] == "retain");
    tell(at_us, id ? "raw" : "lost", {{"device", w[1]}, {"topic", w[2]}, {"bytes", bytes->size()}});
    return {};
}

refusal on_or_off(street& home, const words& w) {
    auto* link = home.link_of(w[1]);
    if (link == nullptr) return std::unexpected(fmt::format("no device {} here", w[1]));
    if (w[0] == "online")
        link->online();
    else
        link->offline(w[0] == "offline");
    return {};
}

refusal wait(street& home, const words& w) {
    const auto seconds = number_of<double>(w[1]);
    if (!seconds || !(*seconds >= 0) || *seconds > 86'400) return std::unexpected("wait SECONDS");
    home.pause_until(street::monotonic_us() + static_cast<std::int64_t>(*seconds * 1e6));
    return {};
}

refusal quit(street& home, const words&) {
    home.quit();
    return {};
}

struct command {
    std::string_view name;
    std::size_t least_words; // with the name
    refusal (*perform)(street&, const words&);
};

constexpr std::array commands{
    command{"press", 2, press},   command{"green", 2, press},
    command{"burst", 4, burst},   command{"fall", 2, fall},
    command{"cancel", 2, cancel}, command{"play", 3, play},
    command{"vitals", 3, vitals}, command{"bed", 3, bed},
    command{"report", 2, report}, command{"zigbee-sos", 2, zigbee_sos},
    command{"raw", 4, raw},       command{"offline", 2, on_or_off},
    command{"cut", 2, on_or_off}, command{"online", 2, on_or_off},
    command{"wait", 2, wait},     command{"quit", 1, quit},
};

} // namespace

void perform(street& home, std::string_view line) {
    const auto w = split(line);
    if (w.empty() || w[0].starts_with('#')) return;
    for (const auto& c : commands) {
        if (c.name != w[0]) continue;
        const auto done =
            w.size() < c.least_words
                ? refusal(std::unexpected(fmt::format("{} needs {} more", w[0], c.least_words - w.size())))
                : c.perform(home, w);
        if (!done) tell_error(done.error());
        return;
    }
    tell_error(fmt::format("no command {}", w[0]));
}

} // namespace anban::played

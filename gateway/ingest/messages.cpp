// From a message of the broker to an input of the core: pure, so that it can be fuzzed and tested alone.
#include <algorithm>

#include "gateway/ingest/ingest.hpp"

namespace anban {
namespace {

// FNV-1a, 64 bit: tells a repeat from another payload of the same device; nobody gains by a collision.
[[nodiscard]] std::uint64_t digest_of(std::string_view bytes) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : bytes) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
    return hash;
}

[[nodiscard]] std::string printable(std::string_view text) {
    constexpr std::size_t shown = 120;
    std::string clean;
    for (const char c : text.substr(0, shown)) {
        const auto byte = static_cast<unsigned char>(c);
        clean += byte < 0x20 || byte == 0x7f ? '?' : c;
    }
    return clean;
}

} // namespace

std::vector<std::string> alarm_topics(const std::vector<device>& devices) {
    std::vector<std::string> topics;
    for (const device& d : devices) {
        const drivers::driver* family = drivers::find_driver(d.driver);
        if (family == nullptr || d.role == device_role::indicator) continue;
        // A family whose frames have answers has a topic for alarms alone; in the others a band or a mat
        // speaks of its states only.
        const bool states_only = d.role == device_role::vitals_band || d.role == device_role::bed_mat;
        if (states_only && !family->answer_to(d.address, {1, 1}, answer::received)) continue;
        for (auto& topic : family->alarm_filters(d.address)) topics.push_back(std::move(topic));
    }
    std::ranges::sort(topics);
    topics.erase(std::ranges::unique(topics).begin(), topics.end());
    return topics;
}

std::optional<input> judge_shut_in(const raw_frame& frame) {
    for (const drivers::driver* family : drivers::all_drivers()) {
        auto speaker = family->speaker(frame.topic);
        if (!speaker) continue;
        return unreadable{.driver = std::string{family->name()},
                          .address = std::move(*speaker),
                          .topic = printable(frame.topic),
                          .why = {"网关两次因它崩溃；已存入 crashes/quarantine",
                                  "the gateway crashed on it twice; it is kept in crashes/quarantine"},
                          .shut_in = quarantine::digest(frame.topic, frame.payload)};
    }
    return std::nullopt;
}

std::optional<input> judge_message(const drivers::message& m, const instant& arrived) {
    for (const drivers::driver* family : drivers::all_drivers()) {
        if (!family->speaker(m.topic)) continue;
        auto read = family->decode(m);
        if (!read) {
            if (read.error().what == drivers::decode_error::not_for_us) return std::nullopt;
            return unreadable{.driver = std::string{family->name()},
                              .address = read.error().address,
                              .topic = printable(m.topic),
                              .why = std::move(read.error().why),
                              .wrong_speaker = read.error().what == drivers::decode_error::wrong_speaker};
        }
        heard frame;
        frame.driver = family->name();
        frame.address = std::move(read->address);
        frame.key = read->key;
        frame.wants_answer = read->wants_answer;
        frame.history = read->momentary_are_history;
        frame.qos = m.qos;
        frame.content = digest_of(m.payload);
        frame.observations = std::move(read->observations);
        frame.standing = std::move(read->standing);
        frame.impossible = std::move(read->impossible);
        frame.note = std::move(read->note);
        frame.arrived = arrived;
        return frame;
    }
    return std::nullopt;
}

} // namespace anban

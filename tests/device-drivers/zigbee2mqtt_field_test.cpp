// Messages logged in other people's homes and all that Zigbee2MQTT's own tests publish. The recordings
// are no part of the house; without them the test says that it was skipped.
#include <doctest/doctest.h>
#include <zlib.h>

#include <fstream>

#include <boost/json.hpp>

#include "device-drivers/zigbee2mqtt/zigbee2mqtt.hpp"
#include "tests/recordings.hpp"

using namespace anban;
using namespace anban::drivers;

namespace {

bool tells_sos(const std::expected<decoded, decode_failure>& d) {
    return d && !d->momentary_are_history &&
           (std::ranges::any_of(d->observations, [](const observation& o) { return o.what == signal::sos; }) ||
            std::ranges::any_of(d->standing,
                                [](const standing_event& s) { return s.what == signal::sos && s.degree > 0; }));
}

} // namespace

TEST_CASE("recorded presses alarm, empty actions and status messages don't [drivers-10]") {
    const auto file = tests::recording("mqtt_zigbee2mqtt/field_logs.jsonl");
    if (!file) return;
    std::ifstream in{*file};
    int presses = 0;
    int others = 0;
    for (std::string line; std::getline(in, line);) {
        const auto row = boost::json::parse(line).as_object();
        const std::string topic{row.at("topic").as_string()};
        const std::string payload{row.at("payload").as_string()};
        const std::string kind{row.at("class").as_string()};
        CAPTURE(payload);
        const auto d = zigbee2mqtt_driver().decode({topic, payload, false, 0});
        CHECK(tells_sos(d) == (kind == "sos"));
        if (kind == "sos") CHECK(d->observations.size() >= 2); // with link quality
        if (kind == "presence" || kind == "occupancy") CHECK_FALSE(d->observations.empty());
        if (kind == "discovery" || kind == "bridge") CHECK(d.error().what == decode_error::not_for_us);
        (kind == "sos" ? presses : others) += 1;
    }
    CHECK(presses == 5);
    CHECK(others == 14);
}

TEST_CASE("every message that Zigbee2MQTT publishes is read or refused with a sentence [drivers-5]") {
    const auto file = tests::recording("mqtt_zigbee2mqtt/messages.jsonl.gz");
    if (!file) return;
    const gzFile in = gzopen(file->c_str(), "rb");
    REQUIRE(in != nullptr);
    std::string text;
    std::array<char, 65536> block{};
    for (int n = 0; (n = gzread(in, block.data(), block.size())) > 0;)
        text.append(block.data(), static_cast<std::size_t>(n));
    gzclose(in);
    int read = 0;
    int malformed = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const auto row = boost::json::parse(std::string_view{text}.substr(at, end - at)).as_object();
        at = end + 1;
        const std::string topic{row.at("topic").as_string()};
        const std::string payload{row.at("payload").as_string()};
        const auto* retain = row.if_contains("retain");
        const bool retained = retain != nullptr && retain->is_bool() && retain->as_bool();
        const auto d = zigbee2mqtt_driver().decode({topic, payload, retained, 0});
        CHECK_FALSE(tells_sos(d));
        if (d) {
            ++read;
            CHECK(zigbee2mqtt_driver().speaker(topic).has_value());
        } else {
            CHECK(d.error().why.en.size() > 10);
            malformed += d.error().what == decode_error::malformed ? 1 : 0;
            if (d.error().what == decode_error::malformed)
                MESSAGE(topic, ": ", payload.substr(0, 60), " -> ", d.error().why.en);
        }
    }
    CHECK(read > 100);
    CHECK(malformed < 5);
}

// A message of Zigbee2MQTT: the first byte chooses retain and QoS, a line names the topic below its base, the rest
// is the payload.
#include <algorithm>
#include <cmath>

#include "device-drivers/zigbee2mqtt/zigbee2mqtt.hpp"
#include "rules/limits.hpp"
#include "tests/fuzz/target.hpp"

namespace anban::fuzz {

void try_one(std::string_view input) {
    parts in{input};
    const unsigned how = in.byte();
    const std::string topic = "zigbee2mqtt/" + std::string{in.until('\n')};
    const drivers::message m{topic, in.rest(), (how & 1U) != 0, static_cast<int>((how >> 1U) % 3U)};
    const drivers::driver& family = drivers::zigbee2mqtt_driver();
    const auto speaker = family.speaker(topic);
    const auto read = family.decode(m);
    if (!read) {
        must(!read.error().why.en.empty(), "refused without a word");
        must(read.error().what != drivers::decode_error::wrong_speaker, "a payload of this family names nobody");
        return;
    }
    must(speaker.has_value(), "a frame of nobody");
    // An object on what looks like a topic of a device's part is the state of a device whose name ends so.
    must(read->address == *speaker || topic.ends_with("/" + read->address),
         "a frame of another than its topic says");
    must(!read->key && !read->wants_answer, "this family numbers nothing and hears no answers");
    must(read->momentary_are_history == m.retained, "a retained event is history");
    must(read->observations.size() + read->standing.size() <= limits::observations_per_frame,
         "more observations than the bound");
    must(std::max(read->note.en.size(), read->note.zh.size()) <= limits::evidence_bytes,
         "a note beyond its bound");
    for (const observation& o : read->observations) {
        const signal_facts& facts = facts_of(o.what);
        must(!facts.computed && std::isfinite(o.value), "a value that no sensor gives");
        must(o.how == quality::unknown || (o.value >= facts.least && o.value <= facts.most),
             "a value out of range");
    }
}

std::vector<std::string> seeds() {
    const auto say = [](const char* topic, const char* payload) {
        return std::string{"\x02"} + topic + "\n" + payload;
    };
    return {
        say("SOS", R"({"action":"emergency","battery":80,"linkquality":120})"),
        say("卧室/呼叫按钮", R"({"action":"single","voltage":3000,"battery_low":false})"),
        say("bed", R"({"occupancy":true,"contact":false,"temperature":21.5,"humidity":null})"),
        say("smoke", R"({"smoke":true,"test":false,"tamper":false,"self_test":false})"),
        say("mmwave",
            R"({"presence":true,"fall_status":"falling","fall_state":1,"breathing_rate":17,"sos":true})"),
        say("SOS/availability", R"({"state":"online"})"),
        say("SOS/availability", "offline"),
        say("SOS/action", "emergency"),
        say("bridge/devices", R"([{"friendly_name":"SOS","definition":{"model":"x"}}])"),
        say("a", R"({"a":{"b":[1,2,{"c":"\ud83d\ude00"}]},"update":{"state":"idle","installed_version":-1e3}})")};
}

} // namespace anban::fuzz

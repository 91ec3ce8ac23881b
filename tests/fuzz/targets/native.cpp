// A frame of a native device: the first byte chooses topic, retain and QoS, the rest is the payload.
#include <algorithm>
#include <cmath>

#include "device-drivers/native/native.hpp"
#include "native.pb.h"
#include "rules/limits.hpp"
#include "tests/fuzz/target.hpp"

namespace anban::fuzz {
namespace {

native::Frame frame_of(const frame_key& key) {
    native::Frame f;
    f.set_device("button-1");
    f.set_boot(key.boot);
    f.set_sequence(key.sequence);
    return f;
}

std::string seed(unsigned char how, native::Signal what, int milli, std::uint32_t age = 0) {
    native::Frame f = frame_of({0x0000000700000001, 3});
    f.set_uptime_ms(99);
    native::Observation& o = *f.add_observations();
    o.set_signal(what);
    o.set_value_milli(milli);
    o.set_age_ms(age);
    return std::string(1, static_cast<char>(how)) + f.SerializeAsString();
}

// What was understood, told again by a device that says nothing else.
native::Frame told_again(const drivers::decoded& d) {
    native::Frame f = frame_of(*d.key);
    for (const observation& one : d.observations) {
        native::Observation& o = *f.add_observations();
        o.set_signal(static_cast<native::Signal>(one.what));
        o.set_value_milli(static_cast<std::int32_t>(std::lround(one.value * 1000)));
        o.set_quality(static_cast<native::Quality>(one.how));
        if (one.age) o.set_age_ms(static_cast<std::uint32_t>(one.age->count()));
    }
    return f;
}

} // namespace

void try_one(std::string_view input) {
    parts in{input};
    const unsigned how = in.byte();
    const std::string topic = (how & 1U) != 0 ? "anban/dev/button-1/alarm" : "anban/dev/button-1/reading";
    const drivers::driver& family = drivers::native_driver();
    const auto read = family.decode({topic, in.rest(), (how & 2U) != 0, static_cast<int>((how >> 2U) % 3U)});
    if (!read) {
        must(!read.error().why.en.empty(), "refused without a word");
        must(read.error().address == "button-1", "refused without saying who spoke");
        return;
    }
    must(read->address == "button-1" && read->key.has_value(), "a frame of nobody or without a number");
    must(read->key->boot != 0 && read->key->sequence != 0, "a frame whose repeats can't be told");
    must(read->observations.size() <= limits::observations_per_frame, "more observations than the bound");
    must(std::max(read->note.en.size(), read->note.zh.size()) <= limits::evidence_bytes,
         "a note beyond its bound");
    must(read->wants_answer == ((how & 1U) != 0), "an answer to a reading, or none to an alarm");
    for (const observation& o : read->observations) {
        const signal_facts& facts = facts_of(o.what);
        must(!facts.computed, "a device told what the engine computes");
        must(o.how == quality::unknown || (o.value >= facts.least && o.value <= facts.most),
             "a value out of range");
    }
    if (read->observations.empty()) return;
    const std::string bytes = told_again(*read).SerializeAsString();
    if (bytes.size() > limits::event_bytes) return;
    const auto again = family.decode({topic, bytes, false, 1});
    must(again.has_value() && again->key == read->key, "what was understood isn't, told again");
    must(again->observations.size() == read->observations.size(), "an observation is lost on the way back");
    for (std::size_t i = 0; i < read->observations.size(); ++i) {
        const observation& a = read->observations[i];
        const observation& b = again->observations[i];
        must(a.what == b.what && a.value == b.value && a.how == b.how && a.age == b.age, "told again it differs");
    }
}

std::vector<std::string> seeds() {
    return {seed(5, native::SOS, 1000),          seed(5, native::FALL, 1000, 1500),
            seed(4, native::HEART_RATE, 61'500), seed(0, native::BED_OCCUPIED, 1000),
            seed(7, native::SMOKE, 0),           seed(4, native::BATTERY, 80'000)};
}

} // namespace anban::fuzz

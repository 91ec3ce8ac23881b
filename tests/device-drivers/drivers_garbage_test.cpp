#include <doctest/doctest.h>

#include <random>

#include "device-drivers/driver.hpp"
#include "native.pb.h"
#include "rules/limits.hpp"

using namespace anban;
using namespace anban::drivers;

TEST_CASE("random and mutated messages never break a driver [drivers-5]") {
    std::mt19937 random{20'261'122};
    native::Frame frame;
    frame.set_device("button-1");
    frame.set_boot(9);
    frame.set_sequence(1);
    for (int s = 1; s <= 8; ++s) frame.add_observations()->set_signal(static_cast<native::Signal>(s));
    const std::string seeds[] = {
        frame.SerializeAsString(),
        R"({"action":"emergency","battery":null,"linkquality":90,"update":{"state":"idle","x":[1,2.5e3,true]}})",
        R"({"state":"online"})",
    };
    const std::string topics[] = {"anban/dev/button-1/alarm", "anban/dev/button-1/reading", "zigbee2mqtt/d",
                                  "zigbee2mqtt/d/availability", "zigbee2mqtt/一/action"};
    for (int round = 0; round < 30'000; ++round) {
        std::string payload = seeds[random() % 3];
        if (round % 10 == 9) payload.assign(random() % 100, '{');
        const int changes = static_cast<int>(random() % 6);
        for (int i = 0; i < changes && !payload.empty(); ++i) {
            const std::size_t at = random() % payload.size();
            switch (random() % 3) {
            case 0: payload[at] = static_cast<char>(random()); break;
            case 1: payload.insert(at, 1, static_cast<char>(random())); break;
            default: payload.erase(at, 1 + random() % 4); break;
            }
        }
        std::string topic = topics[random() % 5];
        if (round % 7 == 0) topic[random() % topic.size()] = static_cast<char>(random());
        for (const driver* d : all_drivers()) {
            const auto read = d->decode({topic, payload, false, 1});
            static_cast<void>(d->speaker(topic));
            if (!read) {
                REQUIRE(read.error().why.en.size() > 10);
                continue;
            }
            REQUIRE(read->observations.size() <= limits::observations_per_frame);
            for (const observation& o : read->observations) {
                const signal_facts& f = facts_of(o.what);
                REQUIRE((o.how == quality::unknown || (o.value >= f.least && o.value <= f.most)));
            }
        }
    }
}

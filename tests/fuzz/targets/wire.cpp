// The wire between gateway and centre: any bytes as an envelope, and as what the centre says.
#include "cloud-bridge/protocol/codec.hpp"
#include "rules/limits.hpp"
#include "tests/cloud-bridge/protocol/sample.hpp"
#include "tests/fuzz/target.hpp"

namespace anban::fuzz {

void try_one(std::string_view input) {
    if (const auto read = wire::decode(input); !read) {
        must(!read.error().empty(), "refused without a word");
    } else {
        const std::string bytes = wire::encode(*read);
        const auto again = wire::decode(bytes);
        must(again.has_value(), "what was encoded can't be decoded");
        must(wire::encode(*again) == bytes, "the same value gives other bytes");
        must(again->from.gateway == read->from.gateway && again->via == read->via, "the outside differs");
        must(again->what.index() == read->what.index(), "another kind of message");
        if (const auto* alarm = std::get_if<alarm_revision>(&read->what)) {
            must(*alarm == std::get<alarm_revision>(again->what), "an alarm that isn't the same");
            must(input.size() <= limits::envelope_bytes, "an alarm beyond its bound");
            must(well_formed_id(read->from.gateway.str()), "a gateway without an id");
        }
        must(wire::hash_prefix(bytes) == wire::hash_prefix(wire::encode(*read)), "one content with two hashes");
    }
    if (const auto read = wire::decode_downlink(input); !read) {
        must(!read.error().empty(), "refused without a word");
    } else {
        const std::string bytes = wire::encode(*read);
        const auto again = wire::decode_downlink(bytes);
        must(again.has_value(), "what was encoded can't be decoded");
        must(wire::encode(*again) == bytes && again->what.index() == read->what.index(), "a downlink differs");
    }
    if (const auto speaker = wire::speaker_of(input.substr(0, 256))) {
        must(well_formed_id(speaker->str()), "a speaker without an id");
    }
}

std::vector<std::string> seeds() {
    using namespace wire;
    const auto at = sample::at(1'700'000'000'123'456);
    const gateway_id gw{"gw-0001"};
    birth born{5, 3, "0.1.0", {{sample::id(1), {3, 7}, alarm_progress::taken}}, "10.0.0.1:8883"};
    return {
        encode(sample::alarm_envelope()),
        encode(envelope{sample::gateway(), lane::p2, born}),
        encode(envelope{sample::gateway(), lane::p2, death{5}}),
        encode(envelope{sample::gateway(), lane::p3, heartbeat{1, 2, 3}}),
        encode(downlink{gw, at, 1, ack{sample::id(1), {3, 7}, 0x0102030405060708, at, 60}}),
        encode(downlink{gw, at, 2, nack{sample::id(1), {3, 7}, nack_reason::busy, 500, "busy"}}),
        encode(downlink{gw, at, 3, receipt{sample::id(1), alarm_progress::closed, {3, 7}, at, "real_fall", true}}),
        encode(downlink{gw, at, 4, greeting{9}}),
        up_topic(gw, lane::p0),
        heartbeat_topic(gw)};
}

} // namespace anban::fuzz

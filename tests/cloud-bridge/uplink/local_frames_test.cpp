#include "cloud-bridge/uplink/local_frames.hpp"

#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "cloud-bridge/uplink/limits.hpp"

using namespace anban;
using namespace anban::uplink;

namespace {

const alarm_id id = *alarm_id::from_hex("0123456789abcdef0123456789abcdef");

std::vector<to_uplink> all_to_uplink() {
    return {hello{"birth", "beat"}, hello{}, deliver_request{id, {3, 4}, lane::p2, std::string(8192, 'e'), true},
            forget_request{id, {3, 4}}};
}

std::vector<from_uplink> all_from_uplink() {
    return {link_report{true, "centre:8883", ""}, link_report{false, "centre:8883", "证书 expired"},
            downlink_bytes{std::string("\0\xff", 2)}, sent_report{id, {0, 1}},
            sent_report{id, {0, 2}, mono_time{std::chrono::nanoseconds{1}}, mono_time{std::chrono::hours{1}}}};
}

// All messages of a stream, fed in pieces of `step` bytes.
std::vector<std::string> cut(const std::string& stream, std::size_t step) {
    frame_reader reader;
    std::vector<std::string> all;
    for (std::size_t at = 0; at < stream.size(); at += step) {
        reader.feed(std::string_view{stream}.substr(at, step));
        while (const auto m = reader.next()) all.emplace_back(*m);
    }
    CHECK_FALSE(reader.broken());
    return all;
}

} // namespace

TEST_CASE("every message arrives through the local socket, however the stream is cut [uplink-1]") {
    std::string stream;
    for (const auto& m : all_to_uplink()) stream += frame_of(m);
    for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{4096}, stream.size()}) {
        const auto messages = cut(stream, step);
        REQUIRE(messages.size() == all_to_uplink().size());
        for (std::size_t i = 0; i < messages.size(); ++i) {
            const auto back = read_to_uplink(messages[i]);
            REQUIRE(back.has_value());
            CHECK(*back == all_to_uplink()[i]);
        }
    }
    std::string down;
    for (const auto& m : all_from_uplink()) down += frame_of(m);
    const auto messages = cut(down, 7);
    REQUIRE(messages.size() == all_from_uplink().size());
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const auto back = read_from_uplink(messages[i]);
        REQUIRE(back.has_value());
        CHECK(*back == all_from_uplink()[i]);
    }
}

TEST_CASE("a length beyond 64 KiB or of nothing breaks the stream at once and holds no memory [uplink-2]") {
    for (const std::string& head :
         {std::string("\0\1\0\1", 4), std::string("\xff\xff\xff\xff", 4), std::string(4, '\0')}) {
        frame_reader reader;
        reader.feed(head);
        CHECK_FALSE(reader.next().has_value());
        CHECK(reader.broken());
        reader.feed(frame_of(to_uplink{hello{"b", ""}}));
        CHECK_FALSE(reader.next().has_value());
    }
    const hello overlong{std::string(uplink::limits::frame_bytes, 'b'), ""};
    CHECK(frame_of(to_uplink{overlong}).empty());
}

TEST_CASE("what is no message of ours is refused with a sentence [uplink-2]") {
    for (const std::string& bytes :
         {std::string{}, std::string("garbage"), std::string(70'000, 'x'), std::string("\x9a\x01")}) {
        CHECK_FALSE(read_to_uplink(bytes).has_value());
        CHECK_FALSE(read_from_uplink(bytes).has_value());
    }
    const auto refused = [](const deliver_request& d) {
        return !read_to_uplink(frame_of(to_uplink{d}).substr(4)).has_value();
    };
    CHECK(refused({id, {1, 1}, static_cast<lane>(4), "e"}));
    CHECK(refused({id, {1, 1}, lane::p0, ""}));
    CHECK(refused({id, {1, 1}, lane::p0, std::string(anban::limits::envelope_bytes + 1, 'e')}));
    CHECK_FALSE(refused({id, {1, 1}, lane::p0, "e"}));
}

TEST_CASE("random and mutated streams never break the reader [uplink-2]") {
    std::mt19937 random{20'261'122};
    std::string stream;
    for (const auto& m : all_to_uplink()) stream += frame_of(m);
    for (const auto& m : all_from_uplink()) stream += frame_of(m);
    for (int round = 0; round < 2'000; ++round) {
        std::string bytes = stream;
        for (int i = 0; i < 5; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
        frame_reader reader;
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t step = 1 + random() % 4096;
            reader.feed(std::string_view{bytes}.substr(at, step));
            at += step;
            while (const auto m = reader.next()) {
                static_cast<void>(read_to_uplink(*m));
                static_cast<void>(read_from_uplink(*m));
            }
        }
    }
}

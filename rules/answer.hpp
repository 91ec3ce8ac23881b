// What a device is told about its alarm: the last step of the way, shown by its LED, tone or lamp.
// One enum for firmware, topics, indicators and people; the numbers are those of native.proto.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace anban {

enum class answer : std::uint8_t {
    received = 1,      // the gateway has committed it
    stored = 2,        // the centre has committed it
    taken = 3,         // a person at the centre has taken it
    on_the_way = 4,    // help is on the way
    closed = 5,        // a person has ended it
    not_delivered = 6, // no acknowledgement on any path for 10 s; left as soon as one comes
};

inline constexpr std::array all_answers{answer::received,   answer::stored, answer::taken,
                                        answer::on_the_way, answer::closed, answer::not_delivered};

[[nodiscard]] constexpr std::string_view name_of(answer a) noexcept {
    switch (a) {
    case answer::stored: return "stored";
    case answer::taken: return "taken";
    case answer::on_the_way: return "on_the_way";
    case answer::closed: return "closed";
    case answer::not_delivered: return "not_delivered";
    case answer::received: break;
    }
    return "received";
}

} // namespace anban

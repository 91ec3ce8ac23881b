// Which devices feed a rule.
#include <doctest/doctest.h>

#include "rules/prover/sources.hpp"
#include "tests/rules/prover/written.hpp"

namespace {

using namespace anban;
using namespace anban::written;
using prover::in_words;

std::string fed(const installation& where, const subject& who, const selector& from, signal s = signal::motion) {
    std::string names;
    for (const auto& source : prover::sources_of({s, from}, who, where))
        names += (names.empty() ? "" : " ") + source.device->id.str();
    return names;
}

std::vector<installed_device> furniture() {
    return {device("hall", {signal::motion}, 60s, the_home, "hall"),
            device("bath", {signal::motion}, 60s, the_home, "bathroom"),
            device("band-wang", {signal::motion}, 60s, wang),
            device("mat-li", {signal::motion}, 60s, li, "bathroom"),
            device("bed-3", {signal::motion}, 60s, {subject::kind::bed, "bed-3"}, "bedroom"),
            device("nameless", {}, 60s, wang)};
}

} // namespace

TEST_CASE("the devices that feed a signal are those that its selector admits [prover-1]") {
    SUBCASE("who lives alone is spoken for by everything in the home") {
        const auto where = home_of(furniture(), {wang});
        CHECK(fed(where, wang, plain) == "hall bath band-wang mat-li bed-3");
        CHECK(fed(where, wang, own) == "band-wang");
    }
    SUBCASE("in a home of several, by their own devices") {
        const auto where = home_of(furniture(), {wang, li});
        CHECK(fed(where, wang, plain) == "band-wang");
        CHECK(fed(where, li, plain) == "mat-li");
        CHECK(fed(where, wang, in("bathroom")) == "bath");
        CHECK(fed(where, li, in("bathroom")) == "bath mat-li");
        CHECK(fed(where, wang, elsewhere("bathroom")) == "hall bed-3");
        CHECK(fed(where, wang, anywhere) == "hall bath band-wang bed-3");
    }
    SUBCASE("a rule about the home hears all of it") {
        const auto where = home_of(furniture(), {wang, li});
        CHECK(fed(where, the_home, plain) == "hall bath band-wang mat-li bed-3");
    }
}

TEST_CASE("what is computed is fed by what it is made of [prover-1]") {
    const auto where = home_of({device("door", {signal::door_open, signal::battery}, 1h, the_home, "entrance"),
                                device("band", {signal::heart_rate, signal::spo2}, 1min, wang)});
    CHECK(fed(where, wang, plain, signal::activity) == "door");
    CHECK(fed(where, wang, plain, signal::news2) == "band band");
}

TEST_CASE("durations are told in the units that people use [prover-1]") {
    CHECK(in_words(0s) == "0 s");
    CHECK(in_words(90s) == "1 min 30 s");
    CHECK(in_words(4375ms) == "4.375 s");
    CHECK(in_words(250ms) == "250 ms");
    CHECK(in_words(25h) == "25 h");
    CHECK(in_words(72h) == "3 d");
    CHECK(in_words(4h + 7500ms) == "4 h 7.5 s");
}

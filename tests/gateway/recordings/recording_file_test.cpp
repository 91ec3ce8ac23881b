#include "gateway/recordings/recording_file.hpp"

#include <sstream>

#include <doctest/doctest.h>

using namespace anban;
using namespace std::chrono_literals;

namespace {

[[nodiscard]] std::expected<recording, recording_error> read(const std::string& text) {
    std::istringstream from{text};
    return read_recording(from, "x.csv");
}

constexpr utc_time noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 1} + 12h};
const std::string header = "time,device,subject,room,signal,value,quality\n";

} // namespace

TEST_CASE("a recording comes back from its text as it was [recordings-1]") {
    recording r;
    r.where.zone = {{{}, 8h}};
    r.where.devices = {
        {.id = device_id{"mat-1"},
         .who = {subject::kind::resident, "r-wang"},
         .room = room_id{"bedroom"},
         .reports_every = 60s,
         .provides = {}},
        {.id = device_id{"pir-1"}, .who = {}, .room = room_id{"kitchen"}, .reports_every = 25h, .provides = {}}};
    r.samples = {{noon, 0, signal::bed_occupied, quality::good, 1},
                 {noon + 250ms, 1, signal::motion, quality::suspect, 1},
                 {noon + 1s, 0, signal::heart_rate, quality::good, 61.5},
                 {noon + 2s, 0, signal::heart_rate, quality::unknown, 0}};
    std::ostringstream text;
    write_recording(text, r);
    const auto again = read(text.str());
    REQUIRE(again.has_value());
    CHECK(again->where.zone == r.where.zone);
    REQUIRE(again->where.devices.size() == 2);
    CHECK(again->where.devices[0].id == r.where.devices[0].id);
    CHECK(again->where.devices[0].who == r.where.devices[0].who);
    CHECK(again->where.devices[0].room == r.where.devices[0].room);
    CHECK(again->where.devices[0].reports_every == 60s);
    REQUIRE(again->where.plans.size() == 1);
    CHECK(again->where.plans[0].who == resident_id{"r-wang"});
    REQUIRE(again->samples.size() == r.samples.size());
    for (std::size_t i = 0; i < r.samples.size(); ++i) {
        CAPTURE(i);
        CHECK(again->samples[i].at == r.samples[i].at);
        CHECK(again->samples[i].device == r.samples[i].device);
        CHECK(again->samples[i].what == r.samples[i].what);
        CHECK(again->samples[i].how == r.samples[i].how);
        CHECK(again->samples[i].value == r.samples[i].value);
    }
}

TEST_CASE("a line that can't be read is an error with its number [recordings-2]") {
    const auto refused = [](const std::string& text, const std::string& with) {
        CAPTURE(text);
        const auto r = read(text);
        REQUIRE_FALSE(r.has_value());
        CHECK(r.error().find(with) != std::string::npos);
    };
    refused("", "x.csv:0: there is no header");
    refused("a,b,c\n", "x.csv:1: neither");
    refused(header + "2026-11-01T08:00:00Z,d,home,,motion,1\n", "x.csv:2: 7 columns");
    refused(header + "2026-11-01T08:00:00Z,d,home,,motion,1,good\nyesterday,d,home,,motion,1,good\n",
            "x.csv:3: 'yesterday' is no time");
    refused(header + "2026-02-30T08:00:00Z,d,home,,motion,1,good\n", "is no time");
    refused(header + "2026-11-01T08:00:00Z,d d,home,,motion,1,good\n", "is no device's id");
    refused(header + "2026-11-01T08:00:00Z,d,grandma,,motion,1,good\n", "is no subject");
    refused(header + "2026-11-01T08:00:00Z,d,home,,moton,1,good\n", "no signal 'moton'");
    refused(header + "2026-11-01T08:00:00Z,d,home,,motion,yes,good\n", "'yes' is no number");
    refused(header + "2026-11-01T08:00:00Z,d,home,,weight,nan,good\n", "'nan' is no number");
    refused(header + "2026-11-01T08:00:00Z,d,home,\"a,b\",motion,1,good\n", "'a,b' is no room's id");
    refused("# device d reports_every 1e300 s\n" + header, "reports_every");
    refused("# device d reports_every nan s\n" + header, "reports_every");
    refused(header + "2026-11-01T08:00:00Z,d,home,,motion,1,fine\n", "'fine' is no quality");
}

TEST_CASE("an event table of a published home becomes states of sensors in general rooms [recordings-3]") {
    const auto r = read("start,end,sensor_id,name,kind,place\n"
                        "2008-11-19T22:49:21,2008-11-19T22:49:31,28,front door reed,contact,Outside\n"
                        "2008-11-19T22:49:24,2008-11-19T22:50:14,7,\"mat, left\",pressure,Sleep\n"
                        "2008-11-19T22:49:40,2008-11-19T22:49:40,9,flush,flow,Toilet\n");
    REQUIRE(r.has_value());
    REQUIRE(r->where.devices.size() == 3);
    CHECK(r->where.devices[0].room == room_id{"entrance"});
    CHECK(r->where.devices[1].room == room_id{"bedroom"});
    CHECK(r->where.devices[2].room == room_id{"bathroom"});
    REQUIRE(r->samples.size() == 6);
    CHECK(r->samples[0].what == signal::door_open);
    CHECK(r->samples[1].what == signal::bed_occupied);
    CHECK(r->samples[2].value == 0); // the door, ten seconds later
    CHECK(r->samples[2].device == 0);
    CHECK(r->samples[4].at - r->samples[3].at == 1s); // an event without duration lasts a second
    CHECK(r->where.plans.size() == 1);
}

TEST_CASE("an event table with names of any length and letters can be kept in our own form [recordings-3]") {
    const auto r = read("start,end,sensor_id,name,kind,place\n2026-11-01 08:15:00,2026-11-01 08:16:30," +
                        std::string(200, '5') + ",M1,motion,-" + std::string(200, 'k') + "\n");
    REQUIRE(r.has_value());
    CHECK(r->where.devices.front().id.str().size() == 64);
    CHECK(r->where.devices.front().room.str() == "somewhere");
    std::ostringstream text;
    write_recording(text, *r);
    const auto again = read(text.str());
    REQUIRE(again.has_value());
    CHECK(again->samples.size() == 2);
}

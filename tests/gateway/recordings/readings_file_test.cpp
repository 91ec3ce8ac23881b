#include "gateway/recordings/readings_file.hpp"

#include <thread>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "rules/limits.hpp"
#include "tests/temp_dir.hpp"

using namespace anban;
using namespace std::chrono_literals;

namespace {

struct folder : anban::test::temp_dir {
    folder() : temp_dir("readings") {}
};

constexpr utc_time noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 1} + 12h};

[[nodiscard]] reading heard(const char* device, signal what, double value, utc_time at) {
    reading r;
    r.what = what;
    r.value = value;
    r.from.device = device_id{device};
    r.who = {subject::kind::resident, "r-wang"};
    r.room = room_id{"bedroom"};
    r.wall = {at, clock_quality::synchronised};
    return r;
}

[[nodiscard]] std::unique_ptr<readings_file> opened(const folder& in) {
    auto made = readings_file::open(in.path, 1h, nullptr); // written when it is closed
    REQUIRE(made.has_value());
    return std::move(*made);
}

[[nodiscard]] recording past(const folder& in, const installation& where = {}) {
    auto r = read_past(in.path, where, noon - 24h * 365, noon + 24h * 365);
    REQUIRE(r.has_value());
    return std::move(*r);
}

} // namespace

TEST_CASE("readings come back in order with who said them [recordings-4]") {
    const folder in;
    {
        const auto file = opened(in);
        file->append(heard("mat-1", signal::bed_occupied, 1, noon + 2s));
        file->append(heard("band-1", signal::heart_rate, 61.5, noon));
        file->append(heard("mat-1", signal::bed_occupied, 0, noon + 3s));
    }
    installation where;
    where.devices.push_back({.id = device_id{"band-1"},
                             .who = {subject::kind::resident, "r-wang"},
                             .room = {},
                             .reports_every = 60s,
                             .provides = {}});
    const recording r = past(in, where);
    REQUIRE(r.samples.size() == 3);
    CHECK(r.samples[0].what == signal::heart_rate);
    CHECK(r.samples[0].value == 61.5);
    CHECK(r.samples[0].device == 0); // as installed
    CHECK(r.samples[1].at == noon + 2s);
    CHECK(r.samples[2].value == 0);
    REQUIRE(r.where.devices.size() == 2); // the mat is no longer installed
    CHECK(r.where.devices[1].id == device_id{"mat-1"});
    CHECK(r.where.devices[1].room == room_id{"bedroom"});
    CHECK(r.where.devices[1].who == subject{subject::kind::resident, "r-wang"});
}

TEST_CASE("only what lies in the span is read, its end excluded [recordings-4]") {
    const folder in;
    {
        const auto file = opened(in);
        for (int i = 0; i < 4; ++i) file->append(heard("a", signal::motion, 1, noon + std::chrono::seconds{i}));
    }
    const auto r = read_past(in.path, {}, noon + 1s, noon + 3s);
    REQUIRE(r.has_value());
    CHECK(r->samples.size() == 2);
}

TEST_CASE("what is too old goes, and a clock that was never set has no place [recordings-5]") {
    const folder in;
    {
        const auto file = opened(in);
        file->append(heard("a", signal::motion, 1, noon - limits::readings_kept_for - 1s));
        file->append(heard("a", signal::motion, 1, noon));
        auto lost = heard("a", signal::motion, 1, noon);
        lost.wall.quality = clock_quality::unset;
        file->append(lost);
    }
    const recording r = past(in);
    REQUIRE(r.samples.size() == 1);
    CHECK(r.samples[0].at == noon);
}

TEST_CASE("what a full queue sheds is counted, and nothing else is lost [recordings-5]") {
    const folder in;
    std::size_t shed = 0;
    const std::size_t offered = 40 * limits::readings_queue;
    {
        const auto file = opened(in);
        const reading r = heard("a", signal::motion, 1, noon);
        for (std::size_t i = 0; i < offered; ++i) file->append(r);
        shed = file->shed();
    }
    CHECK(past(in).samples.size() == offered - shed);
}

TEST_CASE("a damaged file is set aside and a new one begun [recordings-6]") {
    const folder in;
    {
        std::ofstream{in.path / "readings.db"} << std::string(20'000, 'x');
    }
    {
        const auto file = opened(in);
        file->append(heard("a", signal::motion, 1, noon));
    }
    CHECK(past(in).samples.size() == 1);
    CHECK(std::filesystem::exists(in.path / "readings.db.damaged"));
}

TEST_CASE("a folder that isn't there is an error with its path") {
    const auto made = readings_file::open("/nonexistent/folder", 1h, nullptr);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().find("/nonexistent/folder/readings.db") != std::string::npos);
}

TEST_CASE("what an alarm stands on is there at once, without the wait for a group [recordings-4]") {
    const folder in;
    const auto file = opened(in); // would write in an hour
    file->append(heard("a", signal::motion, 1, noon));
    file->write_now();
    for (int i = 0; i < 100'000 && past(in).samples.empty(); ++i) std::this_thread::yield();
    CHECK(past(in).samples.size() == 1);
}

// The simulated disk keeps what SQLite was promised, and the journal on it what it has promised.
#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "gateway/journal/journal_file.hpp"
#include "tests/simulation/disk/memory_disk.hpp"

using namespace anban;
using namespace anban::simulation;

namespace {

journal_place place_on(memory_disk& disk) {
    return {.folder = "box/journal",
            .vfs = disk.vfs(),
            .move = [&disk](const std::string& from, const std::string& to) { disk.move(from, to); }};
}

home_delta entry(std::uint32_t n) {
    home_delta d;
    std::array<std::uint8_t, alarm_id::size> id{};
    id[0] = 1;
    d.queued.push_back({alarm_id{id}, {1, n}, lane::p0, std::string(300, 'x')});
    return d;
}

} // namespace

TEST_CASE("what the journal has committed is there after any power cut, and it always opens [F14] [journal-2]") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        CAPTURE(seed);
        memory_disk disk;
        chance dice{seed, "power"};
        std::uint32_t committed = 0;
        for (int life = 0; life < 4; ++life) {
            auto opened = journal_file::open(place_on(disk), {});
            REQUIRE(opened.has_value());
            auto& [file, found] = *opened;
            CHECK(found.damage == "");
            CHECK(found.state.outbox.size() >= committed);
            committed = static_cast<std::uint32_t>(found.state.outbox.size());
            const auto rows = dice.below(40);
            for (std::uint64_t i = 0; i < rows; ++i) {
                const home_delta one = entry(committed + 1);
                const std::vector<const home_delta*> group{&one};
                REQUIRE(file->commit(group));
                ++committed;
                if (dice.happens(0.1)) file->checkpoint_if_large();
            }
            // The moment of the cut: in the middle of a commit that nobody was told of, or between two.
            if (dice.happens(0.5)) {
                disk.faults.sync_fails = true;
                const home_delta one = entry(committed + 1);
                const std::vector<const home_delta*> group{&one};
                (void)file->commit(group);
                disk.faults.sync_fails = false;
            }
            disk.faults.dead_writer = true;
            file.reset();
            disk.faults.dead_writer = false;
            disk.cut_power(dice);
        }
    }
}

TEST_CASE("a disk that is full or read-only refuses, and what was there stays") {
    memory_disk disk;
    auto opened = journal_file::open(place_on(disk), {});
    REQUIRE(opened.has_value());
    const home_delta one = entry(1);
    const std::vector<const home_delta*> group{&one};
    REQUIRE(opened->first->commit(group));
    SUBCASE("full") {
        disk.faults.full = true;
    }
    SUBCASE("read-only") {
        disk.faults.read_only = true;
    }
    SUBCASE("broken") {
        disk.faults.write_fails = true;
    }
    CHECK_FALSE(opened->first->commit(group));
    CHECK_FALSE(opened->first->why().empty());
    opened->first.reset();
    disk.faults = {};
    auto again = journal_file::open(place_on(disk), {});
    REQUIRE(again.has_value());
    CHECK(again->second.state.outbox.size() == 1);
}

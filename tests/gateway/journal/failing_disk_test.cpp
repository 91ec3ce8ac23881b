// The journal on a disk that fails while it is written: what was committed stays, what wasn't is never said to be,
// and it goes on by itself.
#include <array>
#include <map>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "gateway/journal/journal_file.hpp"
#include "rules/limits.hpp"
#include "tests/simulation/disk/memory_disk.hpp"

using namespace anban;
using namespace anban::simulation;
using namespace std::chrono_literals;

namespace {

const stamp noon{utc_time{1'800'000'000s}, clock_quality::synchronised};

// A box with a disk: small files beside the journal are kept at once, a reserve is there until it is given up.
struct box {
    memory_disk disk;
    std::map<std::string, std::string> small_files;
    bool reserve = true;
    int moves_left = 1'000; // until it is killed

    [[nodiscard]] journal_place place() {
        return {.folder = "box/journal",
                .vfs = disk.vfs(),
                .move =
                    [this](const std::string& from, const std::string& to) {
                        if (disk.faults.read_only || moves_left <= 0) return;
                        if (disk.exists(from)) --moves_left;
                        disk.move(from, to);
                    },
                .read = [this](const std::string& path) { return small_files[path]; },
                .keep =
                    [this](const std::string& path, const std::string& text) {
                        if (disk.faults.read_only) return false;
                        small_files[path] = text;
                        return true;
                    },
                .reserve =
                    [this](bool take) {
                        if (take) return reserve = !disk.faults.full;
                        if (reserve) disk.faults.full = false;
                        return std::exchange(reserve, false);
                    }};
    }
    [[nodiscard]] std::size_t set_aside() const {
        std::size_t n = 0;
        for (const auto& name : disk.files()) n += name.find(".failed-") != std::string::npos ? 1 : 0;
        return n;
    }
};

[[nodiscard]] home_delta entry(std::uint32_t n) {
    std::array<std::uint8_t, alarm_id::size> id{};
    id[0] = 1;
    home_delta d;
    d.queued.push_back({alarm_id{id}, {1, n}, lane::p0, std::string(300, 'x')});
    d.events = {{.what = audit_event::kind::raised, .alarm = alarm_id{id}, .text = "sos"}};
    d.wall = noon;
    return d;
}

bool commit(journal_file& file, const home_delta& one) {
    const home_delta* const row = &one;
    return file.commit({&row, 1});
}

} // namespace

TEST_CASE("after a failed sync the file is set aside, and a new one goes on from the whole state [journal-9]") {
    box b;
    home_state lived;
    std::uint32_t start = 0;
    {
        auto opened = journal_file::open(b.place(), noon);
        REQUIRE(opened);
        journal_file& file = *opened->first;
        start = opened->second.start;
        lived = opened->second.state;
        for (std::uint32_t n = 1; n <= 5; ++n) {
            REQUIRE(commit(file, entry(n)));
            lived.apply(entry(n));
        }
        b.disk.faults.sync_fails = true;
        CHECK_FALSE(commit(file, entry(6)));
        CHECK(file.failed());
        lived.apply(entry(6));
        SUBCASE("well again at once") {
            b.disk.faults.sync_fails = false;
        }
        SUBCASE("not before the second try") {
            CHECK_FALSE(file.renew(noon));
            CHECK_FALSE(commit(file, entry(7)));
            b.disk.faults.sync_fails = false;
        }
        const auto aside = file.renew(noon);
        REQUIRE(aside);
        CHECK(aside->find("alarms.db.failed-") != std::string::npos);
        CHECK(file.needs_whole());
        REQUIRE(commit(file, lived.whole()));
        CHECK_FALSE(file.needs_whole());
        REQUIRE(commit(file, entry(7)));
        lived.apply(entry(7));
        CHECK(b.set_aside() > 0);
        while (file.salvage(2)) {
        }
    }
    const auto again = journal_file::open(b.place(), noon);
    REQUIRE(again);
    CHECK(again->second.damage == "");
    CHECK(again->second.state.outbox == lived.outbox);
    CHECK(again->second.start == start + 1);
}

TEST_CASE("killed at whatever moment of a replacement, the next start has all that was committed [journal-9]") {
    for (int moves = 0; moves <= 3; ++moves) { // the file, its log, the new one into its place
        CAPTURE(moves);
        box b;
        home_state lived;
        bool done = false;
        {
            auto opened = journal_file::open(b.place(), noon);
            REQUIRE(opened);
            for (std::uint32_t n = 1; n <= 5; ++n) {
                REQUIRE(commit(*opened->first, entry(n)));
                lived.apply(entry(n));
            }
            b.disk.faults.sync_fails = true;
            REQUIRE_FALSE(commit(*opened->first, entry(6)));
            b.disk.faults.sync_fails = false;
            home_state with_more = lived;
            with_more.apply(entry(6));
            REQUIRE(opened->first->renew(noon));
            b.moves_left = moves;
            done = commit(*opened->first, with_more.whole());
            if (done) lived = with_more;
            b.disk.faults.dead_writer = true;
        }
        CHECK(done == (moves == 3));
        b.disk.faults.dead_writer = false;
        b.disk.forget_locks(); // with its process
        b.moves_left = 1'000;
        const auto again = journal_file::open(b.place(), noon);
        REQUIRE(again);
        CHECK(again->second.state.outbox.size() >= lived.outbox.size());
    }
}

TEST_CASE("a full disk costs the reserve, no alarm and no file; then it waits for room [F18] [journal-10]") {
    box b;
    auto opened = journal_file::open(b.place(), noon);
    REQUIRE(opened);
    journal_file& file = *opened->first;
    home_state lived = opened->second.state;
    b.disk.faults.full = true;
    REQUIRE(commit(file, entry(1)));
    lived.apply(entry(1));
    CHECK_FALSE(file.has_reserve());
    b.disk.faults.full = true;
    CHECK_FALSE(file.take_reserve());
    std::uint32_t n = 2;
    while (commit(file, entry(n))) lived.apply(entry(n++)); // what the log's file already has room for
    lived.apply(entry(n));
    CHECK(file.failed());
    CHECK_FALSE(file.renew(noon));
    b.disk.faults.full = false;
    const auto aside = file.renew(noon);
    REQUIRE(aside);
    CHECK(aside->empty());
    REQUIRE(commit(file, lived.whole()));
    CHECK(file.take_reserve());
    CHECK(file.has_reserve());
    opened->first.reset();
    CHECK(b.set_aside() == 0);
    CHECK(journal_file::open(b.place(), noon)->second.state.outbox == lived.outbox);
}

TEST_CASE("a disk that is full at the start costs the reserve as well [journal-10]") {
    box b;
    {
        REQUIRE(journal_file::open(b.place(), noon));
    }
    b.disk.faults.full = true;
    const auto opened = journal_file::open(b.place(), noon);
    REQUIRE(opened);
    CHECK_FALSE(opened->first->has_reserve());
    CHECK(opened->second.start == 2);
}

TEST_CASE(
    "a disk that was read-only at the start is written as soon as it lets us, in the same file [journal-5]") {
    box b;
    {
        auto opened = journal_file::open(b.place(), noon);
        REQUIRE(opened);
        REQUIRE(commit(*opened->first, entry(1)));
    }
    b.disk.faults.read_only = true;
    auto opened = journal_file::open(b.place(), noon);
    REQUIRE_FALSE(opened);
    auto& [why, in_use, found, file] = opened.error();
    CHECK(found.state.outbox.size() == 1);
    CHECK(found.start == 1'800'000'000); // by the clock: it isn't committed, and no counter reaches it
    REQUIRE(file);
    CHECK_FALSE(file->renew(noon));
    b.disk.faults.read_only = false;
    const auto aside = file->renew(noon);
    REQUIRE(aside);
    CHECK(aside->empty());
    home_state lived = found.state;
    lived.start = found.start;
    lived.apply(entry(2));
    REQUIRE(commit(*file, lived.whole()));
    file.reset();
    const auto again = journal_file::open(b.place(), noon);
    REQUIRE(again);
    CHECK(again->second.state.outbox.size() == 2);
    CHECK(again->second.start == 1'800'000'001);
    CHECK(b.set_aside() == 0);
}

TEST_CASE("no start's number comes again, whatever is left of the file [journal-11]") {
    box b;
    std::uint32_t highest = 0;
    for (int life = 0; life < 4; ++life) {
        auto opened = journal_file::open(b.place(), noon);
        REQUIRE(opened);
        CHECK(opened->second.start > highest);
        highest = opened->second.start;
        REQUIRE(commit(*opened->first, entry(1)));
    }
    CHECK(highest == 4);
    const std::string db = "box/journal/alarms.db";
    SUBCASE("its newest rows are gone") {
        b.disk.truncate(db, 4096);
    }
    SUBCASE("it is empty") {
        b.disk.truncate(db, 0);
    }
    SUBCASE("it is garbled") {
        chance dice{3, "garble"};
        for (int i = 0; i < 200; ++i) (void)b.disk.garble(db, dice);
    }
    SUBCASE("it is gone") {
        b.disk.move(db, "elsewhere");
    }
    SUBCASE("and so is the copy: then the clock tells") {
        b.disk.truncate(db, 4096);
        b.small_files.clear();
        highest = 1'000'000'000;
    }
    SUBCASE("the copy is garbled: then the clock tells") {
        b.disk.truncate(db, 4096);
        b.small_files["box/journal/start"][16] ^= 1;
        highest = 1'000'000'000;
    }
    const auto opened = journal_file::open(b.place(), noon);
    REQUIRE(opened);
    CHECK(opened->second.damage != "");
    CHECK(opened->second.start > highest);
}

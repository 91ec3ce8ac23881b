// The audit trail: whatever was changed in it is named.
#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "gateway/journal/audit.hpp"
#include "gateway/journal/journal_file.hpp"
#include "rules/limits.hpp"
#include "tests/simulation/disk/memory_disk.hpp"
#include "tests/temp_dir.hpp"

using namespace anban;
using namespace anban::simulation;
using namespace std::chrono_literals;

namespace {

struct folder : anban::test::temp_dir {
    folder() : temp_dir("audit") {}
};

const stamp noon{utc_time{1'800'000'000s}, clock_quality::synchronised};

[[nodiscard]] home_delta entry(std::uint32_t n, stamp at = noon) {
    std::array<std::uint8_t, alarm_id::size> id{};
    id[0] = static_cast<std::uint8_t>(n);
    home_delta d;
    d.queued.push_back({alarm_id{id}, {1, n}, lane::p0, fmt::format("envelope {}", n)});
    if (n % 3 != 0) { // not every row tells something
        d.events = {{.what = audit_event::kind::raised,
                     .alarm = alarm_id{id},
                     .device = device_id{"button-1"},
                     .who = "r-wang",
                     .text = fmt::format("sos {}", n)}};
    }
    d.wall = at;
    d.wall.at += std::chrono::seconds{n};
    return d;
}

// A life of a home: rows, two snapshots that let older ones go, more rows.
void live(const journal_place& place, std::uint32_t rows = 30) {
    auto opened = journal_file::open(place, noon);
    REQUIRE(opened);
    home_state state = opened->second.state;
    for (std::uint32_t n = 1; n <= rows; ++n) {
        const home_delta one = entry(n);
        state.apply(one);
        home_delta whole = state.whole();
        std::vector<const home_delta*> group{&one};
        if (n % 10 == 0 && n < rows) group.push_back(&whole);
        REQUIRE(opened->first->commit(group));
    }
}

void change(const folder& f, const std::string& sql) {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open((f.path / "alarms.db").c_str(), &db) == SQLITE_OK);
    CAPTURE(sql);
    REQUIRE(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    CHECK(sqlite3_changes(db) > 0);
    sqlite3_close(db);
}

// One byte of a value, chosen by `dice`, is another one.
void flip(const folder& f, const std::string& table, const std::string& column, std::int64_t seq, chance& dice) {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open((f.path / "alarms.db").c_str(), &db) == SQLITE_OK);
    const auto where = fmt::format("FROM {} WHERE seq={}", table, seq);
    sqlite3_stmt* get = nullptr;
    REQUIRE(sqlite3_prepare_v2(db, fmt::format("SELECT CAST({} AS BLOB) {}", column, where).c_str(), -1, &get,
                               nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(get) == SQLITE_ROW);
    std::string bytes{static_cast<const char*>(sqlite3_column_blob(get, 0)),
                      static_cast<std::size_t>(sqlite3_column_bytes(get, 0))};
    sqlite3_finalize(get);
    bytes[dice.below(bytes.size())] ^= static_cast<char>(1U << dice.below(8));
    sqlite3_stmt* set = nullptr;
    REQUIRE(sqlite3_prepare_v2(db, fmt::format("UPDATE {} SET {}=?1 WHERE seq={}", table, column, seq).c_str(), -1,
                               &set, nullptr) == SQLITE_OK);
    sqlite3_bind_blob64(set, 1, bytes.data(), bytes.size(), SQLITE_STATIC);
    REQUIRE(sqlite3_step(set) == SQLITE_DONE);
    sqlite3_finalize(set);
    sqlite3_close(db);
}

[[nodiscard]] std::vector<std::string> told(const journal_place& place) {
    std::vector<std::string> all;
    (void)read_audit(place, [&](const audit_row& row) {
        for (const auto& e : row.entry.events) all.push_back(fmt::format("{} {} {}", row.seq, e.who, e.text));
        return true;
    });
    return all;
}

} // namespace

TEST_CASE("the trail goes on over snapshots and starts, and an untouched one is whole [journal-13]") {
    const folder f;
    for (int life = 0; life < 3; ++life) live({.folder = f.path});
    const auto report = verify_audit({.folder = f.path});
    REQUIRE(report);
    CHECK(report->breaks.empty());
    CHECK(report->entries == 3 * 21);
    CHECK(report->rows < 3 * 30); // what a snapshot made needless is gone, what it told is not
    CHECK(told({.folder = f.path}).size() == 3 * 21);
    CHECK(report->head.size() == 32);
    CHECK(verify_audit({.folder = f.path}, report->head.substr(0, 8))->breaks.empty());
    CHECK(verify_audit({.folder = f.path}, "00c0ffee")->breaks.front().what == audit_break::kind::made_anew);
}

TEST_CASE("each value of a row, whichever byte of it is changed, is named with its row [journal-13]") {
    chance dice{7, "flip"};
    for (const auto& [table, column, seq] :
         std::vector<std::tuple<std::string, std::string, std::int64_t>>{{"audit", "events", 5},
                                                                         {"audit", "link", 5},
                                                                         {"record", "body", 26},
                                                                         {"record", "body", 28},
                                                                         {"record", "events", 26},
                                                                         {"record", "link", 26}}) {
        for (int round = 0; round < 8; ++round) {
            CAPTURE(table);
            CAPTURE(column);
            CAPTURE(round);
            const folder f;
            live({.folder = f.path});
            flip(f, table, column, seq, dice);
            const auto report = verify_audit({.folder = f.path});
            REQUIRE(report);
            REQUIRE_FALSE(report->breaks.empty());
            CHECK(report->breaks.front().seq == seq);
        }
    }
}

TEST_CASE("numbers that were changed, rows that changed places or are gone are named [journal-13]") {
    const folder f;
    live({.folder = f.path});
    std::string sql;
    std::int64_t seq = 0;
    using kind = audit_break::kind;
    kind what = kind::not_behind;
    SUBCASE("a checksum in the trail") {
        sql = "UPDATE audit SET crc=crc+1 WHERE seq=5", seq = 5;
    }
    SUBCASE("a checksum of a row") {
        sql = "UPDATE record SET crc=crc+1 WHERE seq=26", seq = 26, what = kind::altered;
    }
    SUBCASE("an entry's number") {
        sql = "UPDATE audit SET seq=4 WHERE seq=3", seq = 4;
    }
    SUBCASE("an entry is gone") {
        sql = "DELETE FROM audit WHERE seq=5", seq = 6;
    }
    SUBCASE("the first entry is gone") {
        sql = "DELETE FROM audit WHERE seq=1", seq = 2;
    }
    SUBCASE("two entries changed places") {
        sql = "UPDATE audit SET seq=-3 WHERE seq=3; UPDATE audit SET seq=3 WHERE seq=5;"
              "UPDATE audit SET seq=5 WHERE seq=-3";
        seq = 3;
    }
    SUBCASE("two rows changed places") {
        sql = "UPDATE record SET seq=-26 WHERE seq=26; UPDATE record SET seq=26 WHERE seq=28;"
              "UPDATE record SET seq=28 WHERE seq=-26";
        seq = 26;
    }
    SUBCASE("a row is gone") {
        sql = "DELETE FROM record WHERE seq=25", seq = 26, what = kind::gap;
    }
    SUBCASE("where it began") {
        sql = "INSERT INTO chain VALUES(1, 0, x'00112233445566778899aabbccddeeff')", seq = 1;
    }
    SUBCASE("where a replay begins") {
        sql = "UPDATE newest_snapshot SET seq=seq+1", what = kind::no_snapshot;
    }
    change(f, sql);
    const auto report = verify_audit({.folder = f.path});
    REQUIRE(report);
    REQUIRE_FALSE(report->breaks.empty());
    if (seq != 0) CHECK(report->breaks.front().seq == seq);
    CHECK(std::ranges::any_of(report->breaks, [&](const audit_break& b) { return b.what == what; }));
}

TEST_CASE("an end that was cut off is named as far as the last end of the daemon knows [journal-13]") {
    const folder f;
    live({.folder = f.path});
    change(f, "DELETE FROM record WHERE seq > 29");
    const auto report = verify_audit({.folder = f.path});
    REQUIRE(report);
    REQUIRE_FALSE(report->breaks.empty());
    CHECK(std::ranges::any_of(report->breaks,
                              [](const audit_break& b) { return b.what == audit_break::kind::cut_off; }));
}

TEST_CASE(
    "any byte of the file may be another one: it is named, or nothing that is told has changed [journal-13]") {
    const std::string db = "box/journal/alarms.db";
    std::size_t named = 0;
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        CAPTURE(seed);
        memory_disk disk;
        chance dice{seed, "byte"};
        const journal_place place{.folder = "box/journal", .vfs = disk.vfs()};
        live(place);
        const auto before = told(place);
        REQUIRE(disk.garble(db, dice));
        const auto report = verify_audit(place);
        if (!report || !report->breaks.empty()) {
            ++named;
            continue;
        }
        CHECK(told(place) == before);
    }
    CHECK(named > 50); // the rest is room that no row has taken
}

TEST_CASE("entries are kept for half a year, and the trail is whole behind those that went [journal-14]") {
    const folder f;
    auto opened = journal_file::open({.folder = f.path}, noon);
    REQUIRE(opened);
    home_state state = opened->second.state;
    stamp at = noon;
    const auto day = [&](std::uint32_t n, clock_quality quality) {
        home_delta one = entry(3 * n + 1, at);
        if (quality == clock_quality::unset) one.wall.at = utc_time{1s};
        one.wall.quality = quality;
        state.apply(one);
        state.wall = at;
        const home_delta whole = state.whole();
        const std::vector<const home_delta*> group{&one, &whole};
        REQUIRE(opened->first->commit(group));
        at.at += 24h;
    };
    for (std::uint32_t n = 0; n < 150; ++n) day(n, n == 100 ? clock_quality::unset : clock_quality::synchronised);
    CHECK(verify_audit({.folder = f.path})->entries == 151); // an unset clock's entry isn't taken for old
    for (std::uint32_t n = 150; n < 300; ++n) day(n, clock_quality::synchronised);
    const auto report = verify_audit({.folder = f.path});
    REQUIRE(report);
    CHECK(report->breaks.empty());
    CHECK(report->entries >= 180);
    CHECK(report->entries <= 190);
    REQUIRE(report->oldest);
    CHECK(at.at - report->oldest->at >= 180 * 24h);
    opened->first.reset();
    SUBCASE("also the oldest that is left can't be changed") {
        change(f, "UPDATE audit SET crc=crc+1 WHERE seq=(SELECT min(seq) FROM audit)");
        CHECK_FALSE(verify_audit({.folder = f.path})->breaks.empty());
    }
    SUBCASE("nor taken out") {
        change(f, "DELETE FROM audit WHERE seq=(SELECT min(seq) FROM audit)");
        CHECK_FALSE(verify_audit({.folder = f.path})->breaks.empty());
    }
}

TEST_CASE("the trail of a file that was set aside is copied behind the alarms, and what was changed stays named "
          "[journal-4]") {
    const folder f;
    live({.folder = f.path});
    change(f, "UPDATE record SET crc=crc+1 WHERE seq=26");
    for (int life = 0; life < 2; ++life) {
        auto opened = journal_file::open({.folder = f.path}, noon);
        REQUIRE(opened);
        CHECK(opened->second.set_aside.empty() == (life == 1));
        if (life == 0)
            CHECK(opened->first->salvage(10)); // killed in the middle of it: the next life goes on
        else
            while (opened->first->salvage(10)) {
            }
    }
    const auto report = verify_audit({.folder = f.path});
    REQUIRE(report);
    CHECK(told({.folder = f.path}).size() == 21 + 2 + 1); // two starts, and that the file was replaced
    REQUIRE(report->breaks.size() == 1);
    CHECK(report->breaks.front().seq == 26);
}

TEST_CASE("a running home's trail is read beside its writer [journal-13]") {
    const folder f;
    auto opened = journal_file::open({.folder = f.path}, noon);
    REQUIRE(opened);
    const home_delta one = entry(1);
    const home_delta* const row = &one;
    REQUIRE(opened->first->commit({&row, 1}));
    CHECK(told({.folder = f.path}).size() == 2);
    CHECK(verify_audit({.folder = f.path})->breaks.empty());
    REQUIRE(opened->first->commit({&row, 1}));
    CHECK(told({.folder = f.path}).size() == 3);
}

TEST_CASE("where there is no journal, that is said [journal-13]") {
    const folder f;
    const auto report = verify_audit({.folder = f.path});
    REQUIRE_FALSE(report);
    CHECK(report.error().find("there is no journal") != std::string::npos);
}

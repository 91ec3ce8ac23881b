#include "gateway/journal/journal.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <atomic>
#include <fstream>
#include <semaphore>

#include "gateway/journal/record_codec.hpp"
#include "tests/simulation/disk/memory_disk.hpp"
#include "tests/temp_dir.hpp"

using namespace anban;
using anban::simulation::memory_disk;
using namespace std::chrono_literals;

namespace {

struct folder : anban::test::temp_dir {
    folder() : temp_dir("journal") {}
};

const stamp some_time{utc_time{1'800'000'000s}, clock_quality::synchronised};

alarm_state an_alarm(std::uint32_t n) {
    alarm_state a;
    a.newest.id = derive_alarm_id(gateway_id{"gw"}, rule_id{"sos"}, {}, {device_id{"d"}, {1, n}}, 0);
    a.newest.number = {1, n};
    a.newest.rule = rule_id{"sos"};
    a.newest.title_zh = "呼救";
    a.newest.raised = some_time;
    a.newest.news = press{{device_id{"d"}, {1, n}}, signal::sos, some_time, false};
    a.newest.seen = {{device_id{"d"}, signal::heart_rate, 38.5, some_time}};
    a.presses = {*a.newest.news};
    a.askers = {{device_id{"d"}, {1, n}}};
    a.last_call = {1, n};
    a.acked = {1, n};
    a.closing_code = "test";
    return a;
}

home_delta a_delta(std::uint32_t n) {
    home_delta d;
    d.alarms = {an_alarm(n)};
    d.queued = {{an_alarm(n).newest.id, {1, n}, lane::p1, std::string("\0bytes", 6)}};
    d.frames = {{device_id{"d"}, {frame_key{1, n}, 99, some_time, -5, an_alarm(n).newest.id}}};
    d.strangers = {{device_id{"unknown-1"}, "zigbee2mqtt", "新按钮"}};
    d.standing = {{device_id{"d"}, signal::fall, std::uint8_t{2}}, {device_id{"e"}, signal::sos, std::nullopt}};
    d.rules = saved_rules{"anban-engine 1\n", some_time, 7, 8};
    d.wall = some_time;
    return d;
}

auto mover(anban::simulation::memory_disk& disk) {
    return [&disk](const std::string& from, const std::string& to) { disk.move(from, to); };
}

bool commit_one(journal_file& file, const home_delta& one) {
    const home_delta* const row = &one;
    return file.commit({&row, 1});
}

// Writes deltas 1..n in one life of the journal and waits for the commits.
void live(const std::filesystem::path& path, std::uint32_t n) {
    auto opened = journal::open(path, some_time);
    REQUIRE(opened);
    std::binary_semaphore done{0};
    opened->first->run({.committed =
                            [&](std::uint64_t record) {
                                if (record == n) done.release();
                            },
                        .failed = [](const std::string& why) { FAIL(why); }});
    for (std::uint32_t i = 1; i <= n; ++i) opened->first->append(i, a_delta(i), false);
    done.acquire();
}

} // namespace

TEST_CASE("a record comes back from its bytes as it was, and damaged bytes never pass for one [journal-1]") {
    const home_delta d = a_delta(5);
    const std::string bytes = journal_record::encode(d);
    const auto back = journal_record::decode(bytes);
    REQUIRE(back);
    CHECK(*back == d);
    CHECK_FALSE(journal_record::decode(std::string_view{bytes}.substr(0, bytes.size() - 3)));
}

TEST_CASE("a record with names that are no UTF-8 comes back as it was [journal-1]") {
    home_delta d = a_delta(5);
    d.frames[0].first = device_id{"zigbee2mqtt-\xab"};
    d.alarms[0].newest.device = d.frames[0].first;
    d.strangers[0].address = "\xff\xfe";
    const auto back = journal_record::decode(journal_record::encode(d));
    REQUIRE(back);
    CHECK(*back == d);
}

TEST_CASE("what was committed is there after a start, and each start has a higher number [journal-2]") {
    const folder f;
    live(f.path, 30);
    auto opened = journal::open(f.path, some_time);
    REQUIRE(opened);
    CHECK(opened->second.start == 2);
    CHECK(opened->second.state.alarms.size() == 30);
    CHECK(opened->second.state.outbox.size() == 30);
    CHECK(opened->second.set_aside.empty());
}

TEST_CASE("a replay begins at the newest snapshot [journal-3]") {
    const folder f;
    {
        auto opened = journal::open(f.path, some_time);
        REQUIRE(opened);
        home_state state = opened->second.state;
        for (std::uint32_t i = 1; i <= 50; ++i) state.apply(a_delta(i));
        opened->first->run(
            {.committed = [](std::uint64_t) {}, .failed = [](const std::string& why) { FAIL(why); }});
        opened->first->append(1, a_delta(99), false);
        opened->first->append(2, state.whole(), true);
        opened->first->append(3, a_delta(51), false);
    }
    auto opened = journal::open(f.path, some_time);
    REQUIRE(opened);
    CHECK(opened->second.rows_read == 2);
    CHECK(opened->second.state.alarms.size() == 51);
    CHECK_FALSE(opened->second.state.alarms.contains(an_alarm(99).newest.id));
}

TEST_CASE("a flipped byte sets the file aside; sound rows are kept and hearing goes on [journal-4]") {
    const folder f;
    live(f.path, 30);
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open((f.path / "alarms.db").c_str(), &db) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db, "UPDATE record SET body=body||x'00' WHERE seq=10", nullptr, nullptr, nullptr) ==
            SQLITE_OK);
    sqlite3_close(db);
    auto opened = journal::open(f.path, some_time);
    REQUIRE(opened);
    CHECK(opened->second.damage == "row 10 has a wrong checksum");
    CHECK(std::filesystem::exists(opened->second.set_aside));
    CHECK(opened->second.state.alarms.size() == 29);
    opened->first.reset();
    auto again = journal::open(f.path, some_time);
    REQUIRE(again);
    CHECK(again->second.set_aside.empty());
    CHECK(again->second.state.alarms.size() == 29);
    CHECK(again->second.start == 3);
}

TEST_CASE("a file that is no database at all is set aside [journal-4]") {
    const folder f;
    std::ofstream{f.path / "alarms.db"} << "this was once a database";
    auto opened = journal::open(f.path, some_time);
    REQUIRE(opened);
    CHECK_FALSE(opened->second.set_aside.empty());
    CHECK(opened->second.start == 1'800'000'000); // nothing is left to tell but the clock
}

TEST_CASE("a folder that can't be written is said, not died of [journal-5]") {
    const auto opened = journal::open("/proc/anban-nowhere", some_time);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().why.find("/proc/anban-nowhere/alarms.db") != std::string::npos);
    CHECK_FALSE(opened.error().in_use);
}

TEST_CASE("lazy rows are written with the next that isn't, or at the end [journal-6]") {
    const folder f;
    std::atomic<std::uint64_t> last{0};
    {
        auto opened = journal::open(f.path, some_time);
        REQUIRE(opened);
        opened->first->run({.committed = [&](std::uint64_t r) { last = r; }, .failed = [](const std::string&) {}});
        opened->first->append(1, a_delta(1), true);
        opened->first->append(2, a_delta(2), true);
    }
    CHECK(last == 2);
    auto opened = journal::open(f.path, some_time);
    REQUIRE(opened);
    CHECK(opened->second.state.alarms.size() == 2);
}

TEST_CASE("a second daemon on the same journal is refused and harms nothing [journal-7]") {
    const folder f;
    auto first = journal::open(f.path, some_time);
    REQUIRE(first);
    const auto second = journal::open(f.path, some_time);
    REQUIRE_FALSE(second);
    CHECK(second.error().in_use);
    first->first.reset();
    CHECK(journal::open(f.path, some_time));
}

TEST_CASE("a file that can't be written now is not damaged: it stays, and what it says is lived on [journal-5]") {
    const folder f;
    live(f.path, 5);
    sqlite3* other = nullptr; // holds the write lock, as a full or locked disk would refuse the start
    REQUIRE(sqlite3_open((f.path / "alarms.db").c_str(), &other) == SQLITE_OK);
    REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
    auto opened = journal::open(f.path, some_time);
    sqlite3_close(other);
    REQUIRE_FALSE(opened);
    CHECK_FALSE(opened.error().in_use);
    CHECK(opened.error().found.set_aside.empty());
    CHECK(opened.error().found.state.alarms.size() == 5);
    CHECK(std::filesystem::exists(f.path / "alarms.db"));
    opened.error().file.reset();
    CHECK(journal::open(f.path, some_time)->second.state.alarms.size() == 5);
}

TEST_CASE("a damaged snapshot falls back on the rows before it, and old rows go [journal-8]") {
    const folder f;
    {
        auto opened = journal::open(f.path, some_time);
        REQUIRE(opened);
        home_state state = opened->second.state;
        opened->first->run(
            {.committed = [](std::uint64_t) {}, .failed = [](const std::string& why) { FAIL(why); }});
        std::uint64_t record = 0;
        for (std::uint32_t round = 0; round < 3; ++round) {
            for (std::uint32_t i = 1; i <= 10; ++i) {
                state.apply(a_delta(round * 10 + i));
                opened->first->append(++record, a_delta(round * 10 + i), false);
            }
            opened->first->append(++record, state.whole(), false);
        }
    }
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open((f.path / "alarms.db").c_str(), &db) == SQLITE_OK);
    const auto count = [&](const char* sql) {
        sqlite3_stmt* statement = nullptr;
        sqlite3_prepare_v2(db, sql, -1, &statement, nullptr);
        sqlite3_step(statement);
        const int n = sqlite3_column_int(statement, 0);
        sqlite3_finalize(statement);
        return n;
    };
    CHECK(count("SELECT count(*) FROM record") == 12); // two snapshots and the ten rows between them
    REQUIRE(sqlite3_exec(db, "UPDATE record SET crc=crc+1 WHERE seq=(SELECT seq FROM newest_snapshot)", nullptr,
                         nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(db);
    auto opened = journal::open(f.path, some_time);
    REQUIRE(opened);
    CHECK(opened->second.state.alarms.size() == 30);
}

TEST_CASE("a commit that fails asks for the whole state, and nothing before it is said to be kept [journal-9]") {
    memory_disk disk;
    auto opened = journal_file::open({.folder = "box/journal", .vfs = disk.vfs(), .move = mover(disk)}, some_time);
    REQUIRE(opened);
    home_state lived = opened->second.state;
    disk.faults.sync_fails = true; // each further sync too: there is no new beginning yet
    auto thread = journal::mending(std::move(opened->first));
    std::binary_semaphore told{0};
    std::atomic<bool> committed{false};
    std::atomic<bool> renewed{false};
    thread->run({.committed = [&](std::uint64_t) { committed = true; },
                 .failed = [&](const std::string&) { told.release(); },
                 .renewed = [&](const std::string&, const std::string&) { renewed = true; }});
    thread->append(1, a_delta(1), false);
    told.acquire();
    thread->append(2, a_delta(2), false);
    thread.reset();
    CHECK_FALSE(committed);
    CHECK_FALSE(renewed);
}

TEST_CASE("rows between a failure and the whole state are in the whole state [journal-9]") {
    memory_disk disk;
    auto opened = journal_file::open({.folder = "box/journal", .vfs = disk.vfs(), .move = mover(disk)}, some_time);
    REQUIRE(opened);
    home_state lived = opened->second.state;
    REQUIRE(commit_one(*opened->first, a_delta(1)));
    lived.apply(a_delta(1));
    disk.faults.sync_fails = true;
    REQUIRE_FALSE(commit_one(*opened->first, a_delta(2)));
    lived.apply(a_delta(2));
    disk.faults.sync_fails = false;
    auto thread = journal::mending(std::move(opened->first));
    std::binary_semaphore told{0};
    std::atomic<std::uint64_t> last{0};
    thread->run({.committed = [&](std::uint64_t r) { last = r; },
                 .failed = [](const std::string&) {},
                 .renewed = [&](const std::string&, const std::string&) { told.release(); }});
    told.acquire();
    for (std::uint32_t n = 3; n <= 4; ++n) {
        thread->append(n, a_delta(n), false);
        lived.apply(a_delta(n));
    }
    thread->append(5, lived.whole(), false);
    thread.reset();
    CHECK(last == 5);
    const auto again =
        journal_file::open({.folder = "box/journal", .vfs = disk.vfs(), .move = mover(disk)}, some_time);
    REQUIRE(again);
    CHECK(again->second.state.alarms.size() == 4);
}

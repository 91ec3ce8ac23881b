// Files of every format that was ever written, made here as those versions made them.
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include "gateway/journal/crc32c.hpp"
#include "gateway/journal/journal_file.hpp"
#include "gateway/journal/record_codec.hpp"
#include "tests/temp_dir.hpp"

using namespace anban;
using namespace std::chrono_literals;

namespace {

struct folder : anban::test::temp_dir {
    folder() : temp_dir("journal-format") {}
};

const stamp noon{utc_time{1'800'000'000s}, clock_quality::synchronised};

class sqlite {
public:
    explicit sqlite(const std::filesystem::path& path) { REQUIRE(sqlite3_open(path.c_str(), &db_) == SQLITE_OK); }
    ~sqlite() { sqlite3_close(db_); }
    sqlite(const sqlite&) = delete;
    sqlite& operator=(const sqlite&) = delete;
    void run(const std::string& sql) {
        CAPTURE(sql);
        REQUIRE(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    }
    void insert(std::int64_t seq, std::uint32_t crc, const std::string& body) {
        sqlite3_stmt* one = nullptr;
        REQUIRE(sqlite3_prepare_v2(db_, "INSERT INTO record VALUES(?,?,?)", -1, &one, nullptr) == SQLITE_OK);
        sqlite3_bind_int64(one, 1, seq);
        sqlite3_bind_int64(one, 2, crc);
        sqlite3_bind_blob64(one, 3, body.data(), body.size(), SQLITE_STATIC);
        CHECK(sqlite3_step(one) == SQLITE_DONE);
        sqlite3_finalize(one);
    }
    [[nodiscard]] int number(const char* sql) {
        sqlite3_stmt* one = nullptr;
        REQUIRE(sqlite3_prepare_v2(db_, sql, -1, &one, nullptr) == SQLITE_OK);
        REQUIRE(sqlite3_step(one) == SQLITE_ROW);
        const int n = sqlite3_column_int(one, 0);
        sqlite3_finalize(one);
        return n;
    }

private:
    sqlite3* db_ = nullptr;
};

[[nodiscard]] home_delta entry(std::uint32_t n) {
    std::array<std::uint8_t, alarm_id::size> id{};
    id[0] = static_cast<std::uint8_t>(n);
    home_delta d;
    d.queued.push_back({alarm_id{id}, {4, n}, lane::p0, "envelope"});
    d.wall = noon;
    return d;
}

// As the first versions wrote it: no number of its format, no audit trail, a checksum over the body alone.
void write_unversioned(const std::filesystem::path& path) {
    sqlite db{path};
    db.run("PRAGMA page_size=4096; PRAGMA journal_mode=WAL;"
           "CREATE TABLE record(seq INTEGER PRIMARY KEY, crc INTEGER NOT NULL, body BLOB NOT NULL);"
           "CREATE TABLE newest_snapshot(one INTEGER PRIMARY KEY CHECK(one=1), seq INTEGER NOT NULL)");
    home_delta whole;
    whole.complete = true;
    whole.start = 4;
    whole.wall = noon;
    for (std::int64_t seq = 7; seq <= 12; ++seq) {
        const auto body = journal_record::encode(seq == 9 ? whole : entry(static_cast<std::uint32_t>(seq)));
        db.insert(seq, crc32c(body), body);
    }
    db.run("INSERT INTO newest_snapshot VALUES(1, 9)");
}

} // namespace

TEST_CASE("a file of the first format is brought to this one and says the same [journal-12]") {
    const folder f;
    const auto path = f.path / "alarms.db";
    write_unversioned(path);
    for (std::uint32_t start = 5; start <= 6; ++start) {
        const auto opened = journal_file::open({.folder = f.path}, noon);
        REQUIRE(opened);
        CHECK(opened->second.damage == "");
        CHECK(opened->second.start == start);
        CHECK(opened->second.state.outbox.size() == 3); // 10 to 12, behind the snapshot
    }
    CHECK(sqlite{path}.number("PRAGMA user_version") == 2);
}

TEST_CASE("a row that was damaged before stays damaged behind the new checksum [journal-12] [journal-1]") {
    const folder f;
    const auto path = f.path / "alarms.db";
    write_unversioned(path);
    sqlite{path}.run("UPDATE record SET body = body || x'00' WHERE seq = 11");
    const auto opened = journal_file::open({.folder = f.path}, noon);
    REQUIRE(opened);
    CHECK(opened->second.damage == "row 11 has a wrong checksum");
    CHECK(opened->second.start == 1'800'000'000); // no copy yet: the clock tells
    CHECK(opened->second.state.outbox.size() == 2);
}

TEST_CASE("a file of a later format is set aside as it is, and its numbers aren't used again [journal-12]") {
    const folder f;
    const auto path = f.path / "alarms.db";
    std::uint32_t before = 0;
    for (int life = 0; life < 3; ++life) {
        auto opened = journal_file::open({.folder = f.path}, noon);
        REQUIRE(opened);
        before = opened->second.start;
    }
    sqlite{path}.run("CREATE TABLE of_the_future(x); INSERT INTO of_the_future VALUES(42); PRAGMA user_version=3");
    const auto opened = journal_file::open({.folder = f.path}, noon);
    REQUIRE(opened);
    CHECK(opened->second.damage == "a later version of Anban has written it");
    CHECK(opened->second.start > before);
    REQUIRE(opened->second.set_aside.find(".newer-") != std::string::npos);
    sqlite aside{opened->second.set_aside};
    CHECK(aside.number("SELECT x FROM of_the_future") == 42);
    CHECK(aside.number("PRAGMA user_version") == 3);
}

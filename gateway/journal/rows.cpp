#include "gateway/journal/rows.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gateway/journal/crc32c.hpp"
#include "gateway/journal/record_codec.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

// Rows on a page that can't be read are jumped over, one number at a time; a page holds about forty.
constexpr int rows_jumped_over = 4'000;

[[nodiscard]] bool has_table(database& file, const char* sql) {
    return file.number(sql, 0) > 0;
}

} // namespace

bool journal_rows::open(const std::string& path, const std::string& vfs) {
    later_ = old_ = false;
    head_ = {};
    snapshot_ = 0;
    if (file_.open(path, vfs, database::mode::create) && set_up()) return true;
    close(true);
    return false;
}

bool journal_rows::open_to_read(const std::string& path, const std::string& vfs) {
    if (!file_.open(path, vfs, database::mode::untouched)) return false;
    const auto version = file_.number("PRAGMA user_version", -1);
    later_ = version > format;
    old_ = version < format;
    if (!old_ && !later_) find_head();
    return version >= 0 && !later_;
}

bool journal_rows::close(bool as_it_is) {
    for (statement* one : {&insert_, &archive_, &drop_, &mark_}) *one = statement{};
    return file_.close(as_it_is);
}

bool journal_rows::set_up() {
    const bool laid_out = file_.run("PRAGMA page_size=4096") && file_.run("PRAGMA journal_mode=WAL") &&
                          file_.run("PRAGMA synchronous=FULL") && file_.run("PRAGMA trusted_schema=OFF") &&
                          file_.run("PRAGMA temp_store=MEMORY") && file_.run("PRAGMA secure_delete=FAST") &&
                          file_.run("PRAGMA wal_autocheckpoint=0") &&
                          file_.run("PRAGMA journal_size_limit=4194304");
    if (!laid_out) return false;
    const auto version = file_.number("PRAGMA user_version", -1);
    if (version < 0) return false;
    later_ = version > format;
    if (later_) return false;
    if (version < format) {
        const bool fresh = !has_table(file_, "SELECT count(*) FROM sqlite_master WHERE name='record'");
        const bool made = file_.run("BEGIN IMMEDIATE") && (fresh || from_unversioned()) && make_tables() &&
                          file_.run("PRAGMA user_version=2") && file_.run("COMMIT");
        if (!made) return false;
    }
    insert_ = statement{file_, "INSERT INTO record(seq, crc, body, events, link) VALUES(?1, ?2, ?3, ?4, ?5)"};
    archive_ =
        statement{file_, "INSERT OR IGNORE INTO audit(seq, crc, events, link) SELECT seq, crc, events, link "
                         "FROM record WHERE seq < ?1 AND events IS NOT NULL"};
    drop_ = statement{file_, "DELETE FROM record WHERE seq < ?1"};
    mark_ = statement{file_, "INSERT INTO newest_snapshot(one, seq) VALUES(1, ?1) "
                             "ON CONFLICT(one) DO UPDATE SET seq=excluded.seq"};
    if (!insert_.sound() || !archive_.sound() || !drop_.sound() || !mark_.sound()) return false;
    find_head();
    return true;
}

bool journal_rows::make_tables() {
    return file_.run("CREATE TABLE IF NOT EXISTS record(seq INTEGER PRIMARY KEY, crc INTEGER NOT NULL, body BLOB "
                     "NOT NULL, events BLOB, link BLOB)") &&
           file_.run(
               "CREATE TABLE IF NOT EXISTS newest_snapshot(one INTEGER PRIMARY KEY CHECK(one=1), seq INTEGER "
               "NOT NULL)") &&
           file_.run("CREATE TABLE IF NOT EXISTS audit(seq INTEGER PRIMARY KEY, crc INTEGER NOT NULL, events BLOB "
                     "NOT NULL, link BLOB NOT NULL)") &&
           file_.run(
               "CREATE TABLE IF NOT EXISTS chain(one INTEGER PRIMARY KEY CHECK(one=1), seq INTEGER NOT NULL, "
               "link BLOB NOT NULL)") &&
           file_.run(
               "CREATE TABLE IF NOT EXISTS salvage(one INTEGER PRIMARY KEY CHECK(one=1), path BLOB NOT NULL, "
               "after INTEGER NOT NULL)");
}

// Files before the audit trail: no events, and a checksum over the body alone. One that doesn't fit stays wrong.
bool journal_rows::from_unversioned() {
    if (!file_.run("ALTER TABLE record ADD COLUMN events BLOB") ||
        !file_.run("ALTER TABLE record ADD COLUMN link BLOB")) {
        return false;
    }
    statement rows{file_, "SELECT seq, crc, body FROM record"};
    statement update{file_, "UPDATE record SET crc=?1 WHERE seq=?2"};
    std::vector<std::pair<std::int64_t, std::uint32_t>> sums;
    while (rows.next()) {
        const auto seq = rows.number(0);
        const bool sound = static_cast<std::uint32_t>(rows.number(1)) == crc32c(rows.bytes(2));
        const std::uint32_t now = row_checksum(seq, rows.bytes(2), {});
        sums.emplace_back(seq, sound ? now : ~now);
    }
    if (rows.failed()) return false;
    return std::ranges::all_of(
        sums, [&](const auto& one) { return update.bind(std::int64_t{one.second}).bind(one.first).finish(); });
}

void journal_rows::find_head() {
    snapshot_ = file_.number("SELECT seq FROM newest_snapshot", 0);
    for (const char* sql :
         {"SELECT max(seq) FROM record", "SELECT max(seq) FROM audit", "SELECT seq FROM chain"}) {
        head_.seq = std::max(head_.seq, file_.number(sql, 0));
    }
    for (const char* sql : {"SELECT link FROM record WHERE link IS NOT NULL ORDER BY seq DESC LIMIT 1",
                            "SELECT link FROM audit ORDER BY seq DESC LIMIT 1", "SELECT link FROM chain"}) {
        std::string link = file_.text(sql);
        if (link.size() != link_bytes) continue;
        head_.link = std::move(link);
        return;
    }
}

std::string journal_rows::replay(home_state& into, std::size_t& rows) {
    // The audit trail isn't needed to hear: `anban audit verify` looks at it.
    std::string damage = file_.text("PRAGMA quick_check(record)");
    if (damage == "ok") damage.clear();
    if (damage.empty() && file_.last_trouble() == database::trouble::content) damage = file_.why();
    std::string in_rows =
        read_rows(into, rows, old_ ? file_.number("SELECT seq FROM newest_snapshot", 0) : snapshot_);
    if (in_rows.empty()) return damage;
    into = home_state{};
    rows = 0;
    (void)read_rows(into, rows, 0);
    return in_rows;
}

std::string journal_rows::read_rows(home_state& into, std::size_t& rows, std::int64_t from) {
    std::string damage;
    const auto damaged = [&damage](std::string what) {
        if (damage.empty()) damage = std::move(what);
    };
    statement select{file_, old_ ? "SELECT seq, crc, body, NULL FROM record WHERE seq >= ?1 ORDER BY seq"
                                 : "SELECT seq, crc, body, events FROM record WHERE seq >= ?1 ORDER BY seq"};
    if (!select.sound()) return file_.why();
    const std::int64_t snapshot = from;
    std::int64_t last = 0;
    for (int jumped = 0; jumped < rows_jumped_over; ++jumped) {
        select.bind(from);
        while (select.next()) {
            const auto seq = select.number(0);
            if (last != 0 && seq != last + 1) damaged(fmt::format("rows {} to {} are missing", last + 1, seq - 1));
            if (last == 0 && seq != snapshot && snapshot != 0) damaged(fmt::format("row {} is missing", snapshot));
            last = seq;
            from = seq + 1;
            ++rows;
            const std::string_view body = select.bytes(2);
            const auto sum = old_ ? crc32c(body) : row_checksum(seq, body, select.bytes(3));
            if (static_cast<std::uint32_t>(select.number(1)) != sum) {
                damaged(fmt::format("row {} has a wrong checksum", seq));
                continue;
            }
            auto delta = journal_record::decode(body);
            if (!delta) {
                damaged(fmt::format("row {}: {}", seq, delta.error()));
                continue;
            }
            if (seq == snapshot && !delta->complete) damaged(fmt::format("row {} isn't a snapshot", seq));
            into.apply(*delta);
        }
        if (!select.failed()) break;
        damaged(file_.why());
        if (file_.last_trouble() != database::trouble::content) break;
        ++from;
    }
    if (snapshot != 0 && last < snapshot) damaged(fmt::format("row {} is missing", snapshot));
    head_.seq = std::max(head_.seq, last);
    return damage;
}

bool journal_rows::commit(std::span<const home_delta* const> all) {
    const auto before = std::pair{head_, snapshot_};
    const bool written = file_.run("BEGIN IMMEDIATE") &&
                         std::ranges::all_of(all, [this](const home_delta* one) { return insert(*one); }) &&
                         file_.run("COMMIT");
    if (written) return true;
    std::tie(head_, snapshot_) = before;
    file_.abandon();
    return false;
}

bool journal_rows::try_to_write() {
    return file_.run("PRAGMA user_version=2");
}

bool journal_rows::insert(const home_delta& delta) {
    const std::string body = journal_record::encode(delta);
    const std::string events = journal_record::encode_events(delta);
    const std::int64_t seq = head_.seq + 1;
    const std::uint32_t sum = row_checksum(seq, body, events);
    insert_.bind(seq).bind(std::int64_t{sum}).bind(body);
    std::string link;
    if (events.empty()) {
        insert_.bind_nothing().bind_nothing();
    } else {
        link = next_link(head_.link, seq, sum, events);
        insert_.bind(events).bind(link);
    }
    if (!insert_.finish()) return false;
    head_.seq = seq;
    if (!link.empty()) head_.link = std::move(link);
    return !delta.complete || archive(delta.wall);
}

// What lies before the snapshot before this one is no longer needed for any replay; what it told the audit trail
// is kept.
bool journal_rows::archive(stamp now) {
    const std::int64_t first_kept = std::exchange(snapshot_, head_.seq);
    return archive_.bind(first_kept).finish() && drop_.bind(first_kept).finish() &&
           mark_.bind(head_.seq).finish() && trim(now);
}

// The oldest entries go when they are old enough, by a clock that can be believed, or when the file is too large.
// Those of an unset clock go with what came after them.
bool journal_rows::trim(stamp now) {
    const auto pages = file_.number("PRAGMA page_count", 0) - file_.number("PRAGMA freelist_count", 0);
    const bool large = pages * 4096 > limits::audit_file_bytes;
    if (!large && now.quality != clock_quality::synchronised) return true;
    std::int64_t last = 0;
    std::string link;
    statement oldest{file_, "SELECT seq, link, events FROM audit ORDER BY seq LIMIT ?1"};
    oldest.bind(limits::audit_dropped_at_once);
    while (oldest.next()) {
        const auto entry = journal_record::decode_events(oldest.bytes(2));
        const bool dated = entry && entry->at.quality == clock_quality::synchronised;
        if (!large && dated && entry->at.at >= now.at - limits::audit_kept_for) break;
        if (!large && !dated) continue;
        last = oldest.number(0);
        link = oldest.bytes(1);
    }
    oldest.reset();
    if (last == 0) return true;
    statement anchor{file_, "INSERT INTO chain(one, seq, link) VALUES(1, ?1, ?2) "
                            "ON CONFLICT(one) DO UPDATE SET seq=excluded.seq, link=excluded.link"};
    statement drop{file_, "DELETE FROM audit WHERE seq <= ?1"};
    return anchor.bind(last).bind(link).finish() && drop.bind(last).finish();
}

bool journal_rows::salvage_later(const std::string& path) {
    statement note{file_, "INSERT INTO salvage(one, path, after) VALUES(1, ?1, 0)"};
    return note.bind(path).finish();
}

std::string journal_rows::to_salvage() {
    return file_.text("SELECT path FROM salvage");
}

bool journal_rows::take_over(const std::string& vfs, std::int64_t most) {
    const std::string path = to_salvage();
    std::int64_t after = file_.number("SELECT after FROM salvage", 0);
    std::int64_t taken = 0;
    database from;
    if (path.empty() || !file_.run("BEGIN IMMEDIATE")) return false;
    statement go_on{file_, "UPDATE salvage SET after=?1"};
    const bool copied = from.open(path, vfs, database::mode::untouched) && copy_entries(from, after, most, taken);
    const bool more = copied && taken == most;
    const bool noted = more ? go_on.bind(after).finish() : file_.run("DELETE FROM salvage");
    if (noted && file_.run("COMMIT")) return more;
    file_.abandon();
    return false;
}

bool journal_rows::copy_entries(database& from, std::int64_t& after, std::int64_t most, std::int64_t& taken) {
    const auto ours = file_.number("SELECT min(seq) FROM record", std::numeric_limits<std::int64_t>::max());
    statement select{from,
                     "SELECT seq, crc, events, link FROM audit WHERE seq > ?1 AND seq < ?2 UNION ALL "
                     "SELECT seq, crc, events, link FROM record WHERE seq > ?1 AND seq < ?2 AND events IS NOT "
                     "NULL ORDER BY seq LIMIT ?3"};
    statement keep{file_, "INSERT OR IGNORE INTO audit(seq, crc, events, link) VALUES(?1, ?2, ?3, ?4)"};
    if (!select.sound() || !keep.sound()) return false;
    if (after == 0 && file_.number("SELECT count(*) FROM chain", 0) == 0) {
        statement anchor{from, "SELECT seq, link FROM chain"};
        statement anchor_here{file_, "INSERT INTO chain(one, seq, link) VALUES(1, ?1, ?2)"};
        if (anchor.next() && !anchor_here.bind(anchor.number(0)).bind(anchor.bytes(1)).finish()) return false;
    }
    for (int jumped = 0; taken < most && jumped < rows_jumped_over; ++jumped) {
        select.bind(after).bind(ours).bind(most - taken);
        while (select.next()) {
            after = select.number(0);
            ++taken;
            if (!keep.bind(after).bind(select.number(1)).bind(select.bytes(2)).bind(select.bytes(3)).finish()) {
                return false;
            }
        }
        if (!select.failed()) break;
        ++after;
    }
    return true;
}

} // namespace anban

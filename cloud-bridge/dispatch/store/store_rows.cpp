#include "cloud-bridge/dispatch/store/store_rows.hpp"

#include <cstring>
#include <set>

#include <fmt/format.h>

#include "cloud-bridge/dispatch/limits.hpp"
#include "cloud-bridge/protocol/codec.hpp"

namespace anban::dispatch {
namespace {

using namespace std::chrono;

constexpr auto pragmas = R"(
PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;
PRAGMA journal_size_limit=4194304; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY;
)";

constexpr auto schema = R"(
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS alarm_rev(gw TEXT NOT NULL, alarm BLOB NOT NULL, start INTEGER NOT NULL, n INTEGER NOT NULL,
  sha256 BLOB NOT NULL, lane INTEGER NOT NULL, received_us INTEGER NOT NULL, stored_us INTEGER NOT NULL,
  envelope BLOB NOT NULL, PRIMARY KEY(gw, alarm, start, n)) STRICT;
CREATE TABLE IF NOT EXISTS alarm_conflict(gw TEXT NOT NULL, alarm BLOB NOT NULL, start INTEGER NOT NULL,
  n INTEGER NOT NULL, sha256 BLOB NOT NULL, received_us INTEGER NOT NULL, stored_us INTEGER NOT NULL,
  envelope BLOB NOT NULL, PRIMARY KEY(gw, alarm, start, n, sha256)) STRICT;
CREATE TABLE IF NOT EXISTS alarm(gw TEXT NOT NULL, alarm BLOB NOT NULL, change INTEGER NOT NULL, shadow INTEGER NOT NULL,
  progress INTEGER NOT NULL, epoch INTEGER NOT NULL, holder TEXT NOT NULL, taken_us INTEGER, on_the_way_us INTEGER,
  closed_us INTEGER, code TEXT NOT NULL, seen_start INTEGER NOT NULL, seen_n INTEGER NOT NULL, reopened INTEGER NOT NULL,
  escalated INTEGER NOT NULL, newest_start INTEGER NOT NULL, newest_n INTEGER NOT NULL, ring_start INTEGER NOT NULL,
  ring_n INTEGER NOT NULL, lane INTEGER NOT NULL, received_us INTEGER NOT NULL, shown_us INTEGER,
  stored_us INTEGER NOT NULL, PRIMARY KEY(gw, alarm)) STRICT;
CREATE INDEX IF NOT EXISTS alarm_by_id ON alarm(alarm);
CREATE INDEX IF NOT EXISTS alarm_open ON alarm(progress) WHERE progress<>4;
CREATE INDEX IF NOT EXISTS alarm_closed ON alarm(closed_us) WHERE progress=4;
CREATE TABLE IF NOT EXISTS press(gw TEXT NOT NULL, device TEXT NOT NULL, boot INTEGER NOT NULL, sequence INTEGER NOT NULL,
  alarm BLOB NOT NULL, signal INTEGER NOT NULL, at_us INTEGER NOT NULL, quality INTEGER NOT NULL, repeat INTEGER NOT NULL,
  start INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(gw, device, boot, sequence)) STRICT;
CREATE INDEX IF NOT EXISTS press_of ON press(gw, alarm);
CREATE TABLE IF NOT EXISTS action(id INTEGER PRIMARY KEY, gw TEXT NOT NULL, alarm BLOB NOT NULL, what TEXT NOT NULL,
  who TEXT NOT NULL, at_us INTEGER NOT NULL, code TEXT NOT NULL, note TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS action_of ON action(gw, alarm);
CREATE TABLE IF NOT EXISTS timer(gw TEXT NOT NULL, alarm BLOB NOT NULL, epoch INTEGER NOT NULL, mark INTEGER NOT NULL,
  due_us INTEGER NOT NULL, boot INTEGER NOT NULL, due_boot_us INTEGER NOT NULL,
  PRIMARY KEY(gw, alarm, epoch, mark)) STRICT;
CREATE TABLE IF NOT EXISTS receipt_due(gw TEXT NOT NULL, alarm BLOB NOT NULL, change INTEGER NOT NULL,
  PRIMARY KEY(gw, alarm)) STRICT;
CREATE TABLE IF NOT EXISTS seen(gw TEXT PRIMARY KEY, at_us INTEGER NOT NULL) STRICT;
)";

std::int64_t micros(utc_time t) {
    return t.time_since_epoch().count();
}
std::int64_t micros(mono_time t) {
    return duration_cast<microseconds>(t.time_since_epoch()).count();
}
utc_time from_micros(std::int64_t us) {
    return utc_time(microseconds(us));
}

std::string_view view(const sha256_digest& d) {
    return {reinterpret_cast<const char*>(d.data()), d.size()};
}

sha256_digest digest_from(const std::string& blob) {
    sha256_digest d{};
    std::memcpy(d.data(), blob.data(), std::min(blob.size(), d.size()));
    return d;
}

void bind(sqlite::statement& s, const std::optional<utc_time>& t) {
    t ? s.bind(micros(*t)) : s.bind_null();
}

std::optional<utc_time> time_or_none(const sqlite::statement& s, int column) {
    if (s.is_null(column)) return std::nullopt;
    return from_micros(s.number(column));
}

revision_number number_at(const sqlite::statement& s, int column) {
    return {static_cast<std::uint32_t>(s.number(column)), static_cast<std::uint32_t>(s.number(column + 1))};
}

struct wanted_statement {
    sqlite::statement& into;
    std::string_view sql;
};

sqlite::status prepare_all(sqlite::connection& db, std::initializer_list<wanted_statement> list) {
    for (const auto& wanted : list) {
        auto made = db.prepare(wanted.sql);
        if (!made) return std::unexpected(made.error());
        wanted.into = std::move(*made);
    }
    return {};
}

// Runs `s` to its end, calling `row` for each row.
template <class Row>
sqlite::status each(sqlite::statement& s, Row row) {
    for (;;) {
        const auto more = s.step();
        if (!more || !*more) {
            s.reset();
            if (!more) return std::unexpected(more.error());
            return {};
        }
        row();
    }
}

} // namespace

// ---- Writing ------------------------------------------------------------------------------------------

std::expected<std::unique_ptr<sqlite_store::writer>, store_fault>
sqlite_store::writer::open(const std::filesystem::path& path, const std::string& vfs) {
    auto db = sqlite::connection::open(path, sqlite::connection::mode::read_write, vfs);
    if (!db) return std::unexpected(db.error());
    auto made = std::make_unique<writer>();
    made->db_ = std::move(*db);
    if (auto done = made->db_.run(pragmas); !done) return std::unexpected(done.error());
    if (auto done = made->db_.run(schema); !done) return std::unexpected(done.error());
    // A table of before timers knew their boot.
    if (!made->db_.prepare("SELECT boot FROM timer", false)) {
        constexpr auto add = "ALTER TABLE timer ADD COLUMN boot INTEGER NOT NULL DEFAULT 0; "
                             "ALTER TABLE timer ADD COLUMN due_boot_us INTEGER NOT NULL DEFAULT 0";
        if (auto done = made->db_.run(add); !done) return std::unexpected(done.error());
    }
    if (auto done = made->prepare(); !done) return std::unexpected(done.error());
    return made;
}

sqlite::status sqlite_store::writer::prepare() {
    return prepare_all(
        db_,
        {{revision_, "INSERT INTO alarm_rev VALUES(?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING"},
         {conflict_, "INSERT INTO alarm_conflict VALUES(?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING"},
         {press_, "INSERT INTO press VALUES(?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING"},
         {state_, "INSERT INTO alarm VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) "
                  "ON CONFLICT(gw, alarm) DO UPDATE SET change=excluded.change, progress=excluded.progress, "
                  "epoch=excluded.epoch, holder=excluded.holder, taken_us=excluded.taken_us, "
                  "on_the_way_us=excluded.on_the_way_us, closed_us=excluded.closed_us, code=excluded.code, "
                  "seen_start=excluded.seen_start, seen_n=excluded.seen_n, reopened=excluded.reopened, "
                  "escalated=excluded.escalated, newest_start=excluded.newest_start, newest_n=excluded.newest_n, "
                  "ring_start=excluded.ring_start, ring_n=excluded.ring_n, lane=excluded.lane, "
                  "shown_us=coalesce(alarm.shown_us, excluded.shown_us) WHERE excluded.change>alarm.change"},
         {action_, "INSERT INTO action VALUES(NULL,?,?,?,?,?,?,?)"},
         {timer_, "INSERT INTO timer VALUES(?,?,?,?,?,?,?) ON CONFLICT DO NOTHING"},
         {end_timer_, "DELETE FROM timer WHERE gw=? AND alarm=? AND epoch=? AND mark=?"},
         {due_,
          "INSERT INTO receipt_due VALUES(?,?,?) ON CONFLICT(gw, alarm) DO UPDATE SET change=excluded.change "
          "WHERE excluded.change>change"},
         {told_, "DELETE FROM receipt_due WHERE gw=? AND alarm=? AND change<=?"},
         {seen_, "INSERT INTO seen VALUES(?,?) ON CONFLICT(gw) DO UPDATE SET at_us=excluded.at_us"}});
}

std::expected<std::uint32_t, store_fault> sqlite_store::writer::next_start() {
    auto raise = db_.prepare("INSERT INTO meta VALUES('start', 1) ON CONFLICT(name) DO UPDATE SET value=value+1 "
                             "RETURNING value",
                             false);
    if (!raise) return std::unexpected(raise.error());
    std::uint32_t number = 0;
    auto done = each(*raise, [&] { number = static_cast<std::uint32_t>(raise->number(0)); });
    if (!done) return std::unexpected(done.error());
    return number;
}

std::expected<void, sqlite_store::writer::fault> sqlite_store::writer::commit(const std::vector<write_set>& batch,
                                                                              const moment& at) {
    dirty_ = true;
    auto done = db_.run("BEGIN IMMEDIATE");
    for (const auto& set : batch) {
        if (!done) break;
        done = put(set, at);
    }
    if (done) done = db_.run("COMMIT");
    if (done) return {};
    fault why{done.error(), db_.file_failed()};
    if (db_.in_transaction()) (void)db_.run("ROLLBACK");
    return std::unexpected(std::move(why));
}

sqlite::status sqlite_store::writer::put(const write_set& set, const moment& at) {
    if (set.seen) return seen_.bind(set.key.gateway.str()).bind(micros(*set.seen)).run();
    if (set.revision) {
        if (auto done = put_revision(set, at.wall); !done) return done;
    }
    if (set.press) {
        if (auto done = put_press(set); !done) return done;
    }
    if (set.state) {
        if (auto done = put_state(set, at.wall); !done) return done;
    }
    return put_rest(set, at);
}

sqlite::status sqlite_store::writer::put_revision(const write_set& set, utc_time at) {
    const auto& r = *set.revision;
    auto& s = r.conflict ? conflict_ : revision_;
    s.bind(set.key.gateway.str()).bind_blob(set.key.alarm.bytes()).bind(r.number.start).bind(r.number.n);
    s.bind_blob(view(r.content));
    if (!r.conflict) s.bind(static_cast<std::int64_t>(r.via));
    return s.bind(micros(r.received)).bind(micros(at)).bind_blob(r.envelope).run();
}

sqlite::status sqlite_store::writer::put_press(const write_set& set) {
    const auto& p = set.press->what;
    press_.bind(set.key.gateway.str()).bind(p.from.device.str()).bind(static_cast<std::int64_t>(p.from.key.boot));
    press_.bind(p.from.key.sequence).bind_blob(set.key.alarm.bytes()).bind(static_cast<std::int64_t>(p.what));
    press_.bind(micros(p.at.at)).bind(static_cast<std::int64_t>(p.at.quality)).bind(p.repeat ? 1 : 0);
    return press_.bind(set.press->in.start).bind(set.press->in.n).run();
}

sqlite::status sqlite_store::writer::put_state(const write_set& set, utc_time at) {
    const auto& c = *set.state;
    auto& s = state_;
    s.bind(set.key.gateway.str()).bind_blob(set.key.alarm.bytes()).bind(static_cast<std::int64_t>(c.change));
    s.bind(c.shadow ? 1 : 0).bind(static_cast<std::int64_t>(c.now.at)).bind(c.now.epoch).bind(c.now.holder);
    bind(s, c.now.taken_at);
    bind(s, c.now.on_the_way_at);
    bind(s, c.now.closed_at);
    s.bind(c.now.closing_code).bind(c.now.seen.start).bind(c.now.seen.n).bind(c.now.reopened ? 1 : 0);
    s.bind(c.now.escalated).bind(c.newest.start).bind(c.newest.n).bind(c.ring.start).bind(c.ring.n);
    s.bind(static_cast<std::int64_t>(c.via)).bind(micros(c.received));
    bind(s, c.shown);
    return s.bind(micros(at)).run();
}

sqlite::status sqlite_store::writer::put_rest(const write_set& set, const moment& at) {
    const auto& gw = set.key.gateway.str();
    const auto alarm = set.key.alarm.bytes();
    for (const auto& a : set.actions) {
        action_.bind(gw).bind_blob(alarm).bind(a.what).bind(a.who).bind(micros(a.at)).bind(a.code);
        if (auto done = action_.bind(a.note).run(); !done) return done;
    }
    for (const auto& t : set.timers) {
        timer_.bind(gw).bind_blob(alarm).bind(t.epoch).bind(t.mark);
        timer_.bind(micros(at.wall + t.after)).bind(static_cast<std::int64_t>(at.boot));
        if (auto done = timer_.bind(micros(at.mono + t.after)).run(); !done) return done;
    }
    for (const auto& t : set.ended) {
        if (auto done = end_timer_.bind(gw).bind_blob(alarm).bind(t.epoch).bind(t.mark).run(); !done) return done;
    }
    if (set.receipt_due) {
        due_.bind(gw).bind_blob(alarm).bind(static_cast<std::int64_t>(set.state->change));
        if (auto done = due_.run(); !done) return done;
    }
    if (set.receipt_told) {
        told_.bind(gw).bind_blob(alarm).bind(static_cast<std::int64_t>(*set.receipt_told));
        if (auto done = told_.run(); !done) return done;
    }
    return {};
}

std::expected<void, sqlite_store::writer::fault> sqlite_store::writer::checkpoint(bool idle) {
    if (!dirty_ || (!idle && db_.wal_bytes() < limits::checkpoint_wal_bytes)) return {};
    dirty_ = false;
    const auto done = db_.run("PRAGMA wal_checkpoint(PASSIVE)");
    if (done) return {};
    return std::unexpected(fault{done.error(), db_.file_failed()});
}

// ---- Reading ------------------------------------------------------------------------------------------

std::expected<std::unique_ptr<sqlite_store::reader>, store_fault>
sqlite_store::reader::open(const std::filesystem::path& path, const std::string& vfs) {
    auto db = sqlite::connection::open(path, sqlite::connection::mode::read_only, vfs);
    if (!db) return std::unexpected(db.error());
    auto made = std::make_unique<reader>();
    made->db_ = std::move(*db);
    if (auto done = made->prepare(); !done) return std::unexpected(done.error());
    return made;
}

sqlite::status sqlite_store::reader::prepare() {
    return prepare_all(
        db_,
        {{case_,
          "SELECT change,shadow,progress,epoch,holder,taken_us,on_the_way_us,closed_us,code,seen_start,seen_n,"
          "reopened,escalated,newest_start,newest_n,ring_start,ring_n,lane,received_us,shown_us,stored_us "
          "FROM alarm WHERE gw=? AND alarm=?"},
         {envelope_, "SELECT envelope FROM alarm_rev WHERE gw=? AND alarm=? AND start=? AND n=?"},
         {revisions_, "SELECT start,n,sha256,received_us,stored_us FROM alarm_rev WHERE gw=? AND alarm=? "
                      "ORDER BY start DESC, n DESC LIMIT ?"},
         {revision_count_, "SELECT count(*) FROM alarm_rev WHERE gw=? AND alarm=?"},
         {others_, "SELECT start,n,sha256 FROM alarm_conflict WHERE gw=? AND alarm=? LIMIT 1000"},
         {presses_, "SELECT device,boot,sequence,signal,at_us,quality,repeat,start,n FROM press "
                    "WHERE gw=? AND alarm=? ORDER BY rowid DESC LIMIT ?"},
         {press_count_, "SELECT count(*) FROM press WHERE gw=? AND alarm=?"},
         {actions_, "SELECT what,who,at_us,code,note FROM action WHERE gw=? AND alarm=? ORDER BY at_us DESC, id "
                    "DESC LIMIT ?"},
         {owners_, "SELECT gw FROM alarm WHERE alarm=? LIMIT 100"},
         {revision_,
          "SELECT sha256,received_us,stored_us FROM alarm_rev WHERE gw=? AND alarm=? AND start=? AND n=?"},
         {press_, "SELECT 1 FROM press WHERE gw=? AND device=? AND boot=? AND sequence=?"}});
}

std::expected<saved_state, store_fault> sqlite_store::reader::begin_with() {
    saved_state saved;
    const auto read = [&](const std::string& sql, auto row) -> sqlite::status {
        auto s = db_.prepare(sql, false);
        if (!s) return std::unexpected(s.error());
        return each(*s, [&] { row(*s); });
    };
    const auto key_at = [](const sqlite::statement& s) {
        return case_key{gateway_id(s.text(0)), alarm_id::from_bytes(s.blob(1)).value_or(alarm_id{})};
    };
    std::set<case_key> keys;
    const auto want = [&](const sqlite::statement& s) { keys.insert(key_at(s)); };
    sqlite::status done = read("SELECT gw,alarm FROM alarm WHERE progress<>4", want);
    if (done) {
        done = read(fmt::format("SELECT gw,alarm FROM alarm WHERE progress=4 ORDER BY closed_us DESC LIMIT {}",
                                limits::closed_kept),
                    want);
    }
    if (done) {
        done =
            read("SELECT gw,alarm,epoch,mark,due_us,boot,due_boot_us FROM timer", [&](const sqlite::statement& s) {
                const moment due{from_micros(s.number(4)), mono_time(microseconds(s.number(6))),
                                 static_cast<std::uint64_t>(s.number(5))};
                saved.timers.push_back({key_at(s), static_cast<std::uint32_t>(s.number(2)),
                                        static_cast<std::uint8_t>(s.number(3)), due});
            });
    }
    if (done) {
        done = read("SELECT gw,alarm,change FROM receipt_due", [&](const sqlite::statement& s) {
            saved.receipts_due[key_at(s)] = static_cast<std::uint64_t>(s.number(2));
        });
    }
    if (done) {
        done = read("SELECT gw,at_us FROM seen", [&](const sqlite::statement& s) {
            saved.seen[gateway_id(s.text(0))] = from_micros(s.number(1));
        });
    }
    if (!done) return std::unexpected(done.error());
    for (const auto& key : keys) {
        auto file = load(key);
        if (!file) return std::unexpected(file.error());
        if (*file) saved.cases.push_back(std::move(**file));
    }
    return saved;
}

std::expected<std::optional<case_file>, store_fault> sqlite_store::reader::load(const case_key& key) {
    case_file file;
    file.key = key;
    bool found = false;
    revision_number newest;
    auto& s = case_;
    s.bind(key.gateway.str()).bind_blob(key.alarm.bytes());
    auto done = each(s, [&] {
        found = true;
        file.change = file.kept_change = static_cast<std::uint64_t>(s.number(0));
        file.shadow = s.number(1) != 0;
        auto& now = file.now;
        now.at = static_cast<alarm_progress>(s.number(2));
        now.epoch = static_cast<std::uint32_t>(s.number(3));
        now.holder = s.text(4);
        now.taken_at = time_or_none(s, 5);
        now.on_the_way_at = time_or_none(s, 6);
        now.closed_at = time_or_none(s, 7);
        now.closing_code = s.text(8);
        now.seen = number_at(s, 9);
        now.reopened = s.number(11) != 0;
        now.escalated = static_cast<std::uint8_t>(s.number(12));
        newest = number_at(s, 13);
        file.ring = number_at(s, 15);
        file.via = static_cast<lane>(s.number(17));
        file.received = from_micros(s.number(18));
        file.shown = time_or_none(s, 19);
        file.stored = from_micros(s.number(20));
    });
    if (!done) return std::unexpected(done.error());
    if (!found) return std::nullopt;
    file.kept = file.now;
    if (done = read_newest(file, newest); !done) return std::unexpected(done.error());
    if (done = read_notes(file); !done) return std::unexpected(done.error());
    return file;
}

sqlite::status sqlite_store::reader::read_newest(case_file& file, revision_number number) {
    std::string bytes;
    envelope_.bind(file.key.gateway.str()).bind_blob(file.key.alarm.bytes()).bind(number.start).bind(number.n);
    auto done = each(envelope_, [&] { bytes = envelope_.blob(0); });
    if (!done) return done;
    // A damaged row must not hide its alarm: it is shown with what the key says.
    file.newest.id = file.key.alarm;
    file.newest.number = number;
    file.newest.because = "the stored revision can't be read";
    auto envelope = wire::decode(bytes);
    if (envelope && std::holds_alternative<alarm_revision>(envelope->what)) {
        file.newest = std::get<alarm_revision>(std::move(envelope->what));
    }
    return {};
}

sqlite::status sqlite_store::reader::read_notes(case_file& file) {
    const auto& gw = file.key.gateway.str();
    const auto alarm = file.key.alarm.bytes();
    const auto count = [&](sqlite::statement& s, std::uint64_t& into) {
        s.bind(gw).bind_blob(alarm);
        return each(s, [&] { into = static_cast<std::uint64_t>(s.number(0)); });
    };
    auto& r = revisions_;
    r.bind(gw).bind_blob(alarm).bind(static_cast<std::int64_t>(limits::revisions_kept));
    auto done = each(r, [&] {
        const auto number = number_at(r, 0);
        file.revisions.emplace(
            number,
            revision_note{number, digest_from(r.blob(2)), from_micros(r.number(3)), from_micros(r.number(4)), {}});
    });
    if (!done) return done;
    auto& o = others_;
    o.bind(gw).bind_blob(alarm);
    done = each(o, [&] {
        ++file.conflicts;
        const auto found = file.revisions.find(number_at(o, 0));
        if (found != file.revisions.end()) found->second.others.push_back(digest_from(o.blob(2)));
    });
    if (!done) return done;
    auto& p = presses_;
    p.bind(gw).bind_blob(alarm).bind(static_cast<std::int64_t>(limits::presses_kept));
    done = each(p, [&] {
        const frame_key key{static_cast<std::uint64_t>(p.number(1)), static_cast<std::uint32_t>(p.number(2))};
        const stamp at{from_micros(p.number(4)), static_cast<clock_quality>(p.number(5))};
        file.presses.push_front(
            {press{{device_id(p.text(0)), key}, static_cast<signal>(p.number(3)), at, p.number(6) != 0},
             number_at(p, 7)});
    });
    if (!done) return done;
    auto& a = actions_;
    a.bind(gw).bind_blob(alarm).bind(static_cast<std::int64_t>(limits::actions_kept));
    done = each(a, [&] {
        file.actions.push_front({a.text(0), a.text(1), from_micros(a.number(2)), a.text(3), a.text(4)});
    });
    if (!done) return done;
    if (done = count(revision_count_, file.revisions_total); !done) return done;
    return count(press_count_, file.presses_total);
}

std::expected<std::vector<gateway_id>, store_fault> sqlite_store::reader::owners(const alarm_id& id) {
    std::vector<gateway_id> found;
    owners_.bind_blob(id.bytes());
    auto done = each(owners_, [&] { found.emplace_back(owners_.text(0)); });
    if (!done) return std::unexpected(done.error());
    return found;
}

std::expected<std::optional<revision_note>, store_fault>
sqlite_store::reader::find_revision(const case_key& key, revision_number number) {
    std::optional<revision_note> found;
    auto& s = revision_;
    s.bind(key.gateway.str()).bind_blob(key.alarm.bytes()).bind(number.start).bind(number.n);
    auto done = each(s, [&] {
        found =
            revision_note{number, digest_from(s.blob(0)), from_micros(s.number(1)), from_micros(s.number(2)), {}};
    });
    if (!done) return std::unexpected(done.error());
    return found;
}

std::expected<bool, store_fault> sqlite_store::reader::has_press(const gateway_id& gateway, const cause& from) {
    bool found = false;
    press_.bind(gateway.str()).bind(from.device.str()).bind(static_cast<std::int64_t>(from.key.boot));
    press_.bind(from.key.sequence);
    auto done = each(press_, [&] { found = true; });
    if (!done) return std::unexpected(done.error());
    return found;
}

} // namespace anban::dispatch

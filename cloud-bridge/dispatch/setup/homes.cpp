#include "cloud-bridge/dispatch/setup/homes.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "cloud-bridge/dispatch/setup/ca.hpp"
#include "cloud-bridge/dispatch/setup/files.hpp"

namespace anban::dispatch {
namespace {

constexpr auto schema = R"(
PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY; PRAGMA synchronous=FULL;
CREATE TABLE IF NOT EXISTS home(gw TEXT PRIMARY KEY, name TEXT NOT NULL, address TEXT NOT NULL,
  phone TEXT NOT NULL, added_us INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS home_part(gw TEXT NOT NULL REFERENCES home ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK(kind IN ('resident','room')), id TEXT NOT NULL, name TEXT NOT NULL,
  place INTEGER NOT NULL, PRIMARY KEY(gw, kind, id)) STRICT;
CREATE TABLE IF NOT EXISTS change(name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS operator(name TEXT PRIMARY KEY, password TEXT, added_us INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS token(hash BLOB PRIMARY KEY, operator TEXT NOT NULL REFERENCES operator ON DELETE CASCADE,
  expires_us INTEGER NOT NULL, used_us INTEGER) STRICT;
CREATE TABLE IF NOT EXISTS session(hash BLOB PRIMARY KEY, operator TEXT NOT NULL REFERENCES operator ON DELETE CASCADE,
  csrf TEXT NOT NULL, expires_us INTEGER NOT NULL) STRICT;
)";

std::unexpected<words> registry_failed(const sqlite::fault& why) {
    return std::unexpected(words{fmt::format("登记库出错：{}", why), fmt::format("the registry failed: {}", why)});
}

sqlite::status put_parts(sqlite::connection& db, const home_card& card, std::string_view kind,
                         const std::vector<named>& parts) {
    auto insert = db.prepare("INSERT INTO home_part VALUES(?,?,?,?,?)", false);
    if (!insert) return std::unexpected(insert.error());
    std::int64_t place = 0;
    for (const auto& part : parts) {
        insert->bind(card.gateway.str()).bind(kind).bind(part.id).bind(part.name).bind(place++);
        if (auto done = insert->run(); !done) return done;
    }
    return {};
}

sqlite::status put_card(sqlite::connection& db, const home_card& card, utc_time now) {
    auto drop = db.prepare("DELETE FROM home WHERE gw=?", false);
    auto insert = db.prepare("INSERT INTO home VALUES(?,?,?,?,?)", false);
    if (!drop) return std::unexpected(drop.error());
    if (!insert) return std::unexpected(insert.error());
    if (auto done = drop->bind(card.gateway.str()).run(); !done) return done;
    insert->bind(card.gateway.str()).bind(card.name).bind(card.address).bind(card.phone);
    if (auto done = insert->bind(now.time_since_epoch().count()).run(); !done) return done;
    if (auto done = db.run("INSERT INTO change VALUES('home', 1) ON CONFLICT(name) DO UPDATE SET n=n+1"); !done) {
        return done;
    }
    if (auto done = put_parts(db, card, "resident", card.residents); !done) return done;
    return put_parts(db, card, "room", card.rooms);
}

outcome<void> check(const home_card& card) {
    if (!well_formed_id(card.gateway.str()) || card.gateway.str() == broker_user) {
        return std::unexpected(words{
            fmt::format("“{}”不能作网关编号：须为 1 到 64 个字母、数字、_ . -", card.gateway.str()),
            fmt::format("'{}' can't be a gateway's id: 1 to 64 letters, digits, _ . -", card.gateway.str())});
    }
    for (const auto* parts : {&card.residents, &card.rooms}) {
        for (const auto& part : *parts) {
            if (well_formed_id(part.id)) continue;
            return std::unexpected(
                words{fmt::format("“{}”不能作编号", part.id),
                      fmt::format("'{}' can't be an id: 1 to 64 letters, digits, _ . -", part.id)});
        }
    }
    return {};
}

} // namespace

outcome<sqlite::connection> open_registry(const std::filesystem::path& data) {
    if (auto made = make_folder(data, 0700); !made) return std::unexpected(made.error());
    const auto path = data / "registry.db";
    auto db = sqlite::connection::open(path, sqlite::connection::mode::read_write);
    if (!db) return registry_failed(db.error());
    ::chmod(path.c_str(), 0600);
    if (auto done = db->run(schema); !done) return registry_failed(done.error());
    return std::move(*db);
}

outcome<homes> homes::open(const std::filesystem::path& data) {
    auto db = open_registry(data);
    if (!db) return std::unexpected(db.error());
    homes made;
    made.db_ = std::move(*db);
    auto version = made.db_.prepare("SELECT n FROM change WHERE name='home'");
    if (!version) return registry_failed(version.error());
    made.version_ = std::move(*version);
    return made;
}

outcome<void> homes::add(const home_card& card, utc_time now, bool replace) {
    if (auto fine = check(card); !fine) return fine;
    auto known = db_.prepare("SELECT 1 FROM home WHERE gw=?", false);
    if (!known) return registry_failed(known.error());
    if (auto done = db_.run("BEGIN IMMEDIATE"); !done) return registry_failed(done.error());
    const auto row = known->bind(card.gateway.str()).step();
    known->reset();
    if (row && *row && !replace) {
        (void)db_.run("ROLLBACK");
        return std::unexpected(words{fmt::format("{} 已有登记卡；要换卡和证书请加 --replace", card.gateway.str()),
                                     fmt::format("{} has a card already; --replace gives it a new card and a new "
                                                 "certificate",
                                                 card.gateway.str())});
    }
    if (auto done = put_card(db_, card, now); !done) {
        (void)db_.run("ROLLBACK");
        return registry_failed(done.error());
    }
    if (auto done = db_.run("COMMIT"); !done) return registry_failed(done.error());
    return {};
}

outcome<std::vector<home_card>> homes::all() {
    auto cards = db_.prepare("SELECT gw,name,address,phone FROM home ORDER BY gw", false);
    auto parts = db_.prepare("SELECT gw,kind,id,name FROM home_part ORDER BY gw,kind,place", false);
    if (!cards) return registry_failed(cards.error());
    if (!parts) return registry_failed(parts.error());
    std::vector<home_card> found;
    std::map<std::string, std::size_t> place;
    for (;;) {
        const auto row = cards->step();
        if (!row) return registry_failed(row.error());
        if (!*row) break;
        place.emplace(cards->text(0), found.size());
        found.push_back({gateway_id(cards->text(0)), cards->text(1), cards->text(2), cards->text(3), {}, {}});
    }
    for (;;) {
        const auto row = parts->step();
        if (!row) return registry_failed(row.error());
        if (!*row) break;
        const auto at = place.find(parts->text(0));
        if (at == place.end()) continue;
        auto& card = found[at->second];
        auto& list = parts->text(1) == "room" ? card.rooms : card.residents;
        list.push_back({parts->text(2), parts->text(3)});
    }
    return found;
}

std::int64_t homes::version() {
    const auto row = version_.step();
    const auto number = row && *row ? version_.number(0) : 0;
    version_.reset();
    return number;
}

} // namespace anban::dispatch

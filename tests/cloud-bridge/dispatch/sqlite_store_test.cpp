// The real store: what a desk leaves in it is what the next desk finds. Its own thread commits, so a test
// waits for tickets, never for time.
#include "cloud-bridge/dispatch/store/sqlite_store.hpp"

#include <condition_variable>
#include <fstream>
#include <mutex>

#include <doctest/doctest.h>

#include "tests/cloud-bridge/dispatch/desk_world.hpp"
#include "tests/cloud-bridge/dispatch/failing_disk.hpp"
#include "tests/cloud-bridge/dispatch/temp_data.hpp"

using namespace anban;
using namespace anban::dispatch;
using namespace anban::dispatch::testing;

namespace {

// A desk on the real store.
struct real {
    std::filesystem::path path;
    std::unique_ptr<sqlite_store> kept;
    std::unique_ptr<desk> d;
    std::string set_aside;
    utc_time now{1'000s};
    std::uint64_t boot = 0xfedcba9876543210;
    std::uint64_t token = 0;
    std::size_t written = 0;
    std::size_t groups = 0;
    std::vector<publish> published;

    std::mutex mutex;
    std::condition_variable done;
    std::vector<std::uint64_t> tickets;
    std::string failed_file;
    std::vector<std::string> troubles; // as told, "" for well again

    explicit real(std::filesystem::path p) : path(std::move(p)) { open(true); }

    // Not started, the store commits nothing: what is submitted waits.
    void open(bool start) {
        d.reset();
        kept.reset();
        written = 0;
        tickets.clear();
        auto opened = sqlite_store::open(path);
        REQUIRE(opened);
        kept = std::move(opened->kept);
        set_aside = opened->set_aside;
        d = std::make_unique<desk>(*kept, std::move(opened->saved), at());
        if (start) begin();
    }
    [[nodiscard]] moment at() const { return {now, mono_time(now.time_since_epoch()), boot}; }
    void begin() {
        kept->start({[this] { return at(); },
                     [this](std::vector<std::uint64_t> list, const moment&) {
                         const std::scoped_lock lock(mutex);
                         ++groups;
                         tickets.insert(tickets.end(), list.begin(), list.end());
                         done.notify_one();
                     },
                     [this](std::string why) {
                         const std::scoped_lock lock(mutex);
                         troubles.push_back(std::move(why));
                     },
                     [this](std::string aside) {
                         const std::scoped_lock lock(mutex);
                         failed_file = std::move(aside);
                     }});
    }
    void step(const input& in) {
        for (auto& o : d->step(at(), in)) {
            if (auto* w = std::get_if<dispatch::write>(&o)) {
                ++written;
                kept->submit(std::move(w->set));
            }
            if (auto* p = std::get_if<publish>(&o)) published.push_back(std::move(*p));
        }
    }
    void settle() { settle_all_but(0); }
    void settle_all_but(std::size_t stuck) {
        for (;;) {
            std::vector<std::uint64_t> list;
            {
                std::unique_lock lock(mutex);
                done.wait(lock, [this, stuck] { return !tickets.empty() || written <= stuck; });
                list.swap(tickets);
            }
            written -= list.size();
            step(committed{std::move(list), at()});
            if (written <= stuck) return;
        }
    }
    void hear(const alarm_revision& r) {
        step(arrival{gw1, bytes_of(gw1, r), now});
        settle();
    }
    void deed_on(std::uint8_t alarm, request r) {
        step(asked_deed{++token, alarm_number(alarm).hex(), std::move(r)});
        settle();
    }
    const case_file& file(std::uint8_t alarm) { return *d->find(case_key{gw1, alarm_number(alarm)}); }
};

} // namespace

TEST_CASE("what is committed is found again, whole [dispatch-1]") {
    const temp_data data;
    real r(data.path);
    r.hear(sos(1, 1));
    auto second = sos(1, 2);
    second.seen = {{device_id("mat-1"), signal::heart_rate, 38.0, {utc_time(9s), clock_quality::restored}}};
    second.because = "红键";
    r.hear(second);
    auto other = sos(1, 1);
    other.because = "other";
    other.news.reset();
    r.hear(other);
    r.deed_on(1, take(0));
    auto going = go(1);
    going.note = "小李 \"两\" 人";
    r.deed_on(1, going);
    const auto before = r.file(1);
    r.open(true);
    const auto& after = r.file(1);
    CHECK(after.now == before.now);
    CHECK(after.newest.seen == before.newest.seen);
    CHECK(after.newest.because == "红键");
    CHECK(after.ring == before.ring);
    CHECK(after.received == before.received);
    CHECK(after.stored == before.stored);
    CHECK(after.presses.size() == 2);
    CHECK(after.presses.front().what == before.presses.front().what);
    CHECK(after.actions == before.actions);
    CHECK(after.conflicts == 1);
    CHECK(after.revisions.size() == 2);
    for (const auto& [number, note] : before.revisions) CHECK(after.revisions.at(number).content == note.content);
    r.hear(sos(1, 1));
    CHECK(r.file(1).revisions_total == 2);
    CHECK(r.file(1).presses_total == 2);
}

TEST_CASE("timers, due receipts, signs of life and the start outlive a restart [dispatch-9]") {
    const temp_data data;
    real r(data.path);
    const auto start = r.d->start();
    r.hear(sos(1, 1));
    r.hear(sos(2, 1));
    r.deed_on(2, take(0));
    r.open(true);
    CHECK(r.d->start() == start + 1);
    CHECK(r.d->next_deadline() == r.at().mono + 60s);
    CHECK(r.d->gateways().at(gw1).last_seen == r.now);
    r.published.clear();
    r.step(link_up{});
    REQUIRE(r.published.size() == 1);
    r.step(receipt_told{r.published[0].key, r.published[0].change.value()});
    r.settle();
    r.now += 60s;
    r.step(tick{});
    r.settle();
    CHECK(r.file(1).now.escalated == 1);
    r.open(true);
    r.published.clear();
    r.step(link_up{});
    CHECK(r.published.empty());
    CHECK(r.file(1).now.escalated == 1);
    CHECK(r.d->next_deadline() == mono_time(1'180s));
}

TEST_CASE("what waits is committed in few groups [dispatch-1]") {
    const temp_data data;
    real r(data.path);
    r.open(false);
    for (std::uint32_t n = 1; n <= 1'000; ++n) r.step(arrival{gw1, bytes_of(gw1, sos(1, n)), r.now});
    r.groups = 0;
    r.begin();
    r.settle();
    CHECK(r.groups <= 3);
    CHECK(r.file(1).presses_total == 1'000);
}

TEST_CASE("a write set that can't be committed does not hold up the others [dispatch-1]") {
    const temp_data data;
    real r(data.path);
    r.open(false);
    {
        auto other = sqlite::connection::open(data.path / "alarms.db", sqlite::connection::mode::read_write);
        REQUIRE(other);
        REQUIRE(other->run("CREATE TRIGGER poison BEFORE INSERT ON press WHEN NEW.sequence=1001 "
                           "BEGIN SELECT RAISE(ABORT, 'poison'); END"));
    }
    r.step(arrival{gw1, bytes_of(gw1, sos(1, 1)), r.now});
    r.step(arrival{gw1, bytes_of(gw1, sos(2, 1)), r.now});
    r.begin();
    r.settle_all_but(1);
    CHECK(r.file(2).newest_is_stored());
    CHECK_FALSE(r.file(1).newest_is_stored());
    CHECK_FALSE(r.kept->load({gw1, alarm_number(1)}).value().has_value()); // not even a part of it
}

TEST_CASE("what overtook an older write set is not undone by it [dispatch-1]") {
    const temp_data data;
    real r(data.path);
    r.open(false);
    auto suspected = sos(1, 1);
    suspected.phase = alarm_phase::suspected;
    r.step(arrival{gw1, bytes_of(gw1, suspected, lane::p1), r.now});
    r.step(asked_deed{++r.token, alarm_number(1).hex(), take(0)});
    r.now += 1s;
    r.step(arrival{gw1, bytes_of(gw1, sos(1, 2, false), lane::p0), r.now});
    r.step(asked_deed{++r.token, alarm_number(1).hex(), go(1)});
    r.begin();
    r.settle();
    r.open(true);
    CHECK(r.file(1).newest.number == revision_number{1, 2});
    CHECK(r.file(1).now.at == alarm_progress::on_the_way);
    CHECK(r.file(1).revisions.size() == 2);
    REQUIRE(r.file(1).actions.size() == 2);
    CHECK(r.file(1).actions[0].what == "take");
    r.published.clear();
    r.step(link_up{});
    REQUIRE(r.published.size() == 1);
    const auto sent = wire::decode_downlink(r.published[0].bytes).value();
    CHECK(std::get<wire::receipt>(sent.what).progress == alarm_progress::on_the_way);
    r.step(receipt_told{r.published[0].key, r.published[0].change.value()});
    r.settle();
    r.open(true);
    r.published.clear();
    r.step(link_up{});
    CHECK(r.published.empty());
}

TEST_CASE("closed alarms and presses that are not in memory are found in the store [dispatch-2]") {
    const temp_data data;
    real r(data.path);
    r.hear(sos(1, 1));
    CHECK(r.kept->has_press(gw1, sos(1, 1).news->from).value());
    CHECK_FALSE(r.kept->has_press(gw2, sos(1, 1).news->from).value());
    CHECK_FALSE(r.kept->has_press(gw1, press_number(4).from).value());
    CHECK(r.kept->owners(alarm_number(1)).value() == std::vector{gw1});
    CHECK(r.kept->owners(alarm_number(2)).value().empty());
    CHECK(r.kept->find_revision({gw1, alarm_number(1)}, {1, 1}).value().has_value());
    CHECK_FALSE(r.kept->find_revision({gw1, alarm_number(1)}, {1, 2}).value().has_value());
    CHECK_FALSE(r.kept->load({gw2, alarm_number(1)}).value().has_value());
}

TEST_CASE("a damaged database is set aside and the centre hears again [dispatch-10]") {
    const temp_data data;
    {
        real r(data.path);
        r.hear(sos(1, 1));
    }
    SUBCASE("no database at all") {
        std::ofstream(data.path / "alarms.db") << "this is no database, it is a text\n";
    }
    SUBCASE("garbage in its first pages") {
        std::fstream file(data.path / "alarms.db", std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(100);
        for (int i = 0; i < 8'000; ++i) file.put(static_cast<char>(i * 31));
    }
    real r(data.path);
    CHECK_FALSE(r.set_aside.empty());
    CHECK(std::filesystem::exists(r.set_aside));
    r.hear(sos(1, 1));
    CHECK(r.file(1).newest_is_stored());
}

TEST_CASE("after a failed sync the file is never committed to again, and nothing is lost [dispatch-10]") {
    const temp_data data;
    failing_disk disk;
    real r(data.path);
    r.hear(sos(1, 1));
    r.deed_on(1, take(0));
    disk.fail_next(SQLITE_OPEN_WAL);
    r.hear(sos(1, 2)); // acknowledged in the end: by the new file
    CHECK(disk.has_failed());
    CHECK(disk.touched_later() == 0);
    r.hear(sos(2, 1));
    CHECK(std::filesystem::exists(r.failed_file));
    CHECK(r.failed_file.find("alarms.db.failed-1") != std::string::npos);
    REQUIRE(r.troubles.size() == 2);
    CHECK(r.troubles[0].find("disk failed") != std::string::npos);
    CHECK(r.troubles[1].empty());
    CHECK(r.kept->has_press(gw1, sos(1, 2).news->from).value()); // the desk reads the new file

    r.open(true);
    CHECK(r.set_aside.empty());
    CHECK(r.file(1).revisions.size() == 2);
    CHECK(r.file(1).presses.size() == 2);
    CHECK(r.file(1).now.at == alarm_progress::taken);
    CHECK(r.file(1).actions.size() == 1);
    CHECK(r.file(2).newest_is_stored());
    CHECK(disk.touched_later() == 0);
}

TEST_CASE("a checkpoint that fails ends its file as well [dispatch-10]") {
    const temp_data data;
    failing_disk disk;
    real r(data.path);
    r.open(false);
    for (std::uint32_t n = 1; n <= 2'000; ++n) r.step(arrival{gw1, bytes_of(gw1, sos(1, n)), r.now});
    disk.fail_next(SQLITE_OPEN_MAIN_DB);
    r.begin();
    r.settle();
    r.hear(sos(2, 1));
    CHECK(disk.has_failed());
    CHECK(std::filesystem::exists(r.failed_file));
    CHECK(disk.touched_later() == 0);
    r.open(true);
    CHECK(r.file(1).presses_total == 2'000);
    CHECK(r.file(2).newest_is_stored());
}

TEST_CASE("while no copy can be made nothing is acknowledged [dispatch-10]") {
    const temp_data data;
    failing_disk disk;
    real r(data.path);
    r.hear(sos(1, 1));
    // A folder in the way, with something in it: the copy can't take its place.
    std::filesystem::create_directories(data.path / "alarms.db.fresh" / "x");
    disk.fail_next(SQLITE_OPEN_WAL);
    r.step(arrival{gw1, bytes_of(gw1, sos(1, 2)), r.now});
    r.kept.reset(); // ends; what waits is not committed
    CHECK(disk.has_failed());
    CHECK(disk.touched_later() == 0);
    CHECK(r.tickets.empty());
    CHECK(r.failed_file.empty());
    std::filesystem::remove_all(data.path / "alarms.db.fresh");
    r.d.reset();
    r.open(true);
    r.hear(sos(1, 2)); // its gateway repeats it
    CHECK(r.file(1).revisions.size() == 2);
    CHECK(r.file(1).presses.size() == 2);
}

TEST_CASE("an empty database file is a new one [dispatch-10]") {
    const temp_data data;
    std::ofstream(data.path / "alarms.db").close();
    real r(data.path);
    CHECK(r.set_aside.empty());
    r.hear(sos(1, 1));
    CHECK(r.file(1).newest_is_stored());
}

#include "gateway/daemon/daemon.hpp"

#include <systemd/sd-daemon.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <optional>
#include <random>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "device-drivers/driver.hpp"
#include "gateway/config/credentials/broker_files.hpp"
#include "gateway/config/credentials/secrets.hpp"
#include "gateway/config/credentials/spares.hpp"
#include "gateway/config/files.hpp"
#include "gateway/config/load.hpp"
#include "gateway/config/zone.hpp"
#include "gateway/control/server.hpp"
#include "gateway/daemon/alarm_clock.hpp"
#include "gateway/daemon/chronicle.hpp"
#include "gateway/daemon/clocks.hpp"
#include "gateway/daemon/disk_faults.hpp"
#include "gateway/daemon/downlinks.hpp"
#include "gateway/daemon/health/box_faults.hpp"
#include "gateway/daemon/health/limits.hpp"
#include "gateway/daemon/health/self_watch.hpp"
#include "gateway/daemon/health/start_log.hpp"
#include "gateway/daemon/inbox.hpp"
#include "gateway/daemon/log.hpp"
#include "gateway/daemon/rule_files.hpp"
#include "gateway/daemon/shedding.hpp"
#include "gateway/daemon/uplink_port.hpp"
#include "gateway/home/home.hpp"
#include "gateway/ingest/ingest.hpp"
#include "gateway/journal/journal.hpp"
#include "rules/ensure.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto longest_sleep = 1s; // CLOCK_BOOTTIME may run on while the timers' clock stands still
// Until the next broker has it: on a box of two cores the commit would take the one that it needs. A device hears
// that much later that it was heard.
constexpr auto head_start_of_the_wire = 500us;
constexpr std::size_t most_waiting = 64; // frames judged where they were heard; more go through the inbox

} // namespace

class daemon::parts {
public:
    explicit parts(std::filesystem::path dir)
        : dir_(std::move(dir)), inbox_(io_, [this](const input& in) { feed(in); }),
          uplink_(io_, {.attached = [this] { feed(uplink_attached{}); },
                        .detached =
                            [this] {
                                feed(link_changed{.up = false,
                                                  .host = {},
                                                  .why = {"anban-uplink 没有运行", "anban-uplink isn't running"}});
                            },
                        .said = [this](uplink::from_uplink m) { take(std::move(m)); }}),
          behind_the_wire_(io_,
                           [this] {
                               const std::lock_guard turn{turn_};
                               perform_waiting();
                               sleep_until_due();
                           }),
          timer_(io_), watchdog_(io_), signals_(io_, SIGTERM, SIGINT) {}

    int run() {
        if (!open_journal_and_core() || !open_sockets()) return 1;
        start_ingest();
        signals_.async_wait([this](const boost::system::error_code& error, int) {
            if (!error) io_.stop();
        });
        feed(tick{});
        feed(link_changed{
            .up = false, .host = {}, .why = {"anban-uplink 还没有连接", "anban-uplink has not connected yet"}});
        watch_over_ourselves();
        ::sd_notify(0, "READY=1");
        log::say(log::level::notice, "ready", "gateway={} start={} devices={}",
                 core_->as_installed().gateway.str(), core_->state().start, core_->as_installed().devices.size());
        io_.run();
        ::sd_notify(0, "STOPPING=1");
        {
            const std::lock_guard turn{turn_};
            stopping_ = true;
            perform_waiting();
        }
        control_->close();
        journal_.reset(); // writes what waits
        chronicle_.close();
        starts_.end();
        return 0;
    }

private:
    [[nodiscard]] bool open_journal_and_core() {
        const auto names = drivers::names_of_all();
        auto mended = mend_credentials(dir_); // before anything reads them
        if (!mended.empty()) (void)reload_broker(dir_);
        auto loaded = load_house_at_start(dir_, names);
        for (config_fault& f : mended) loaded.faults.push_back(std::move(f));
        auto opened = journal::open(dir_ / "journal", clocks::now().wall);
        journal_found found;
        std::string journal_why;
        if (opened) {
            journal_ = std::move(opened->first);
            found = std::move(opened->second);
        } else if (opened.error().in_use) {
            log::say(log::level::critical, "journal-in-use", "why=\"{}\"", opened.error().why);
            return false;
        } else {
            journal_why = opened.error().why;
            found = std::move(opened.error().found); // what could be read is lived on, in memory alone
            journal_ = journal::mending(std::move(opened.error().file));
            found.start = apart_from_committed(found.start, std::random_device{}());
        }
        const starts_before before = starts_.before(clocks::boot_id(), now().mono);
        floor_ = std::max(found.state.wall.at, before.newest);
        const bool went_back = before.highest >= found.start;
        if (went_back) found.start = before.highest + 1;
        using last_end = quarantine::last_end;
        const auto how = before.crashed ? last_end::crashed : before.unclean ? last_end::killed : last_end::clean;
        shut_in_ = std::make_unique<quarantine>(dir_ / "crashes", how, now().mono);
        sos_alone_ = before.crashes_lately >= limits::crashes_to_set_rules_aside;
        if (sos_alone_) starts_.set_aside(std::exchange(found.state.rules, {}).snapshot);
        (void)starts_.begin(found.start, clocks::boot_id(), now()); // else not known at the next start
        auto rules = rules_now();
        core_ = std::make_unique<home>(std::move(loaded.now), std::move(rules.set), std::move(found.state),
                                       found.start, clocks::boot_id(), now());
        if (!journal_why.empty()) feed(commit_failed{journal_why});
        journal_->run({.committed = [this](std::uint64_t record) { inbox_.put(committed{record}); },
                       .failed = [this](std::string why) { inbox_.put(commit_failed{std::move(why)}); },
                       .renewed =
                           [this](std::string why, std::string aside) {
                               inbox_.put(journal_renewed{std::move(why), std::move(aside)});
                           },
                       .room = [this](bool full) { asio::post(io_, [this, full] { room_changed(full); }); },
                       .passed = [this](std::uint64_t n) { asio::post(io_, [this, n] { self_.passed(n); }); }});
        for (const config_fault& f : loaded.faults) {
            feed(shell_fault{.key = f.key,
                             .present = true,
                             .what_zh = f.what.zh,
                             .what_en = f.what.en,
                             .cure_zh = f.cure.zh,
                             .cure_en = f.cure.en,
                             .urgency = priority::high});
        }
        for (const shell_fault& f : rules.faults) feed(f);
        if (went_back) feed(box_faults::journal_went_back());
        if (sos_alone_) feed(box_faults::rules_set_aside());
        for (const raw_frame& frame : shut_in_->held()) {
            if (auto told = judge_shut_in(frame)) feed(*told);
        }
        open_readings(before.highest > 0);
        if (!found.damage.empty()) feed(journal_damaged_fault(found));
        log::say(log::level::notice, "journal", "start={} audit_head={}", found.start, found.head);
        return true;
    }

    // Packs are files and the zone is the system's: both as they are now.
    [[nodiscard]] loaded_rules rules_now() const {
        auto rules = sos_alone_ ? loaded_rules{} : load_rule_files(dir_ / "rules");
        rules.set.zone = zone_of_box(std::chrono::floor<std::chrono::seconds>(now().wall.at));
        return rules;
    }

    // What was heard is kept for back-tests; that it can't be kept is a fault, and nothing waits for it.
    void open_readings(bool ran_before) {
        const auto path = dir_ / "journal/readings.db";
        std::error_code bad;
        const bool gone = ran_before && !std::filesystem::exists(path, bad);
        const auto why = chronicle_.open(dir_ / "journal", [this](std::string said) {
            asio::post(io_, [this, said = std::move(said)] { feed(readings_lost_fault(said)); });
        });
        if (!why.empty()) feed(readings_lost_fault(why));
        if (gone) feed(box_faults::readings_damaged(path.string(), false));
        if (const auto aside = path.string() + ".damaged"; std::filesystem::exists(aside, bad))
            feed(box_faults::readings_damaged(aside, true));
    }

    // Telemetry makes way: what the home hears isn't kept until there is room again.
    void room_changed(bool full) {
        const std::lock_guard turn{turn_};
        if (stopping_) return;
        feed(disk_full_fault(full, dir_));
        chronicle_.close();
        if (full) return;
        feed(shell_fault{.key = "readings.lost", .present = false});
        open_readings(false);
    }

    [[nodiscard]] bool open_sockets() {
        const auto run = dir_ / "run";
        std::error_code ignored;
        for (const char* name : {"control.sock", "uplink.sock"}) std::filesystem::remove_all(run / name, ignored);
        control_side_ = std::make_unique<control::daemon_side>(control::daemon_side{
            .core = *core_,
            .dir = dir_,
            .drivers = drivers::names_of_all(),
            .feed = [this](const input& in) { feed(in); },
            .rules_for = [this](const house&) { return rules_now().set; },
            .shell =
                [this] {
                    return control::shell_facts{broker_up_, broker_up_ && ingest_ && ingest_->listening(),
                                                link_host_, ANBAN_VERSION};
                },
            .now = [this] { return now(); }});
        control_ = std::make_unique<control::server>(
            io_,
            [this](std::string_view line) {
                const std::lock_guard turn{turn_};
                return control::handle(*control_side_, line);
            },
            [this] { return now(); });
        if (const auto listening = control_->listen(run); !listening) {
            log::say(log::level::critical, "control-socket", "why=\"{}\"", listening.error());
            return false;
        }
        if (const auto listening = uplink_.listen(run); !listening) {
            log::say(log::level::critical, "uplink-socket", "why=\"{}\"", listening.error());
            return false;
        }
        return true;
    }

    void start_ingest() {
        std::string id;
        if (auto kept = alarm_client_id(dir_)) {
            id = *kept;
        } else {
            id = random_hex(16);
            feed(box_faults::client_id_not_kept(kept.error().what.zh, kept.error().what.en, kept.error().cure.zh,
                                                kept.error().cure.en));
        }
        const auto& broker = core_->as_installed().broker;
        const std::string session = fmt::format("{} {}:{}", id, broker.host, broker.port);
        session_made_ = alarm_session_was_made(dir_, session);
        ingest_ = std::make_unique<ingest>(
            core_->as_installed().broker, id,
            ingest_sink{
                .heard = [this](input in, bool alarm) { return hear(std::move(in), alarm); },
                .broker =
                    [this](bool up, bool kept, std::string why) {
                        asio::post(io_, [this, up, kept, why = std::move(why)] { broker_changed(up, kept, why); });
                    },
                .subscribed =
                    [this, session](std::vector<std::string> refused) {
                        // On the keeper's thread: a file is written once in the life of a box and a broker.
                        (void)keep_alarm_session_made(dir_, session);
                        asio::post(io_, [this, refused = std::move(refused)] {
                            feed(box_faults::subscriptions_refused(refused));
                        });
                    },
                .commit_overdue = [this](std::string topic) { inbox_.put(commit_overdue{std::move(topic)}); },
                .canary =
                    [this](std::uint64_t n) {
                        asio::post(io_, [this, n, at = now().mono] { self_.heard(n, at); });
                    }},
            gate_, *shut_in_, [this] { return now(); });
        ingest_->watch(core_->as_installed().devices);
        ingest_->start();
    }

    void broker_changed(bool up, bool kept, const std::string& why) {
        if (up != broker_up_ || !why.empty()) {
            if (up || broker_up_)
                log::say(log::level::notice, up ? "broker-up" : "broker-lost", "session_kept={} why=\"{}\"", kept,
                         why);
        }
        broker_up_ = up;
        feed(box_faults::broker_lost(!up, why));
        if (!up) return;
        self_.broker_connected();
        // Only a broker that was told to keep the session can have lost it.
        const bool lost = !kept && session_made_;
        session_made_ = true;
        feed(box_faults::session_lost(lost));
    }

    // ---- Inputs ---------------------------------------------------------------------------------

    [[nodiscard]] instant now() const { return clocks::now(floor_); }

    // Paho's thread. An alarm that finds the core idle is judged here and handed to the uplink: to wake the core's
    // thread costs more than to judge. Whatever else follows from it is that thread's to perform.
    [[nodiscard]] bool hear(input in, bool alarm) {
        if (alarm && inbox_.empty()) {
            const std::unique_lock turn{turn_, std::try_to_lock};
            if (turn && !stopping_ && waiting_.size() < most_waiting) {
                waiting_.push_back(step(in));
                if (deliver_first(waiting_.back()))
                    behind_the_wire_.ring_in(head_start_of_the_wire);
                else
                    behind_the_wire_.ring_in(0us);
                return true;
            }
        }
        return inbox_.put_heard(std::move(in), alarm);
    }

    [[nodiscard]] outputs step(const input& in) {
        instant at = now();
        if (at.mono < last_.mono) at.mono = last_.mono;
        last_ = at;
        return core_->step(at, in);
    }

    void feed(const input& in) {
        const std::lock_guard turn{turn_};
        perform_waiting();
        outputs all = step(in);
        deliver_first(all);
        perform(all);
        chronicle_.pass(last_.mono);
        if (const auto* changed = std::get_if<house_changed>(&in); changed != nullptr && ingest_) {
            ingest_->use(changed->now.broker);
            ingest_->watch(changed->now.devices);
        }
        sleep_until_due();
    }

    void sleep_until_due() {
        const auto due = core_->next_deadline();
        const auto wait = due ? std::clamp<std::chrono::nanoseconds>(*due - now().mono, 0ns, longest_sleep)
                              : std::chrono::nanoseconds{longest_sleep};
        timer_.expires_after(wait);
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            const std::lock_guard turn{turn_};
            feed(tick{});
            if (auto news = shedding_.judge(inbox_.shed(), last_.mono)) feed(*news);
        });
    }

    void take(uplink::from_uplink m) {
        if (const auto* link = std::get_if<uplink::link_report>(&m)) {
            link_host_ = link->up ? link->host : std::string{};
            feed(link_changed{link->up, link->host, {link->why, link->why}});
        } else if (const auto* handed = std::get_if<uplink::sent_report>(&m)) {
            feed(sent{handed->alarm, handed->revision, handed->handed, handed->at});
        } else if (const auto* down = std::get_if<uplink::downlink_bytes>(&m)) {
            take_downlink(down->bytes);
        }
    }

    void take_downlink(const std::string& bytes) {
        const auto in = judge_downlink(bytes, core_->as_installed().gateway);
        if (in)
            feed(*in);
        else if (!in.error().empty())
            log::say(log::level::warning, "downlink-refused", "why=\"{}\"", in.error());
    }

    // ---- Outputs --------------------------------------------------------------------------------

    // What goes to the wire goes first; the log and whoever watches can wait. False: nothing does.
    bool deliver_first(outputs& all) {
        bool any = false;
        for (output& o : all) {
            if (auto* urgent = std::get_if<deliver>(&o)) {
                perform_one(*urgent);
                any = true;
            }
        }
        return any;
    }

    // In the order of their steps.
    void perform_waiting() {
        while (!waiting_.empty()) {
            outputs all = std::move(waiting_.front());
            waiting_.pop_front();
            perform(all);
        }
    }

    void perform(outputs& all) {
        const log::page one; // a line a hop would be a write each
        for (output& o : all) {
            if (!std::holds_alternative<deliver>(o)) std::visit([this](auto& what) { perform_one(what); }, o);
        }
    }

    void perform_one(write_record& what) {
        last_record_ = what.record;
        if (journal_) journal_->append(what.record, std::move(what.delta), what.lazy);
    }
    void perform_one(deliver& what) {
        uplink_.send(uplink::deliver_request{what.alarm, what.revision, what.via, std::move(what.envelope),
                                             what.comes_again});
    }
    void perform_one(const forget& what) { uplink_.send(uplink::forget_request{what.alarm, what.revision}); }
    void perform_one(const release& what) { gate_.release(what.token); }
    void perform_one(announce_open& what) {
        uplink_.send(uplink::hello{std::move(what.birth_envelope), std::move(what.heartbeat_envelope)});
    }

    void perform_one(const answer_device& what) {
        const drivers::driver* family = drivers::find_driver(what.driver);
        if (family == nullptr || !ingest_) return;
        if (auto reply = family->answer_to(what.address, what.key, what.what)) {
            (void)ingest_->publish(std::move(*reply));
        }
    }

    void perform_one(const indicate& what) {
        const device* d = core_->as_installed().find_device(what.device);
        const drivers::driver* family = d == nullptr ? nullptr : drivers::find_driver(d->driver);
        if (family == nullptr || !ingest_) return;
        if (auto shown = family->indicate(d->address, what.what)) (void)ingest_->publish(std::move(*shown));
    }

    void perform_one(const notice& what) {
        if (control_) control_->publish(what);
        chronicle_.tell(what, last_.mono);
    }

    // ---- Ourselves ------------------------------------------------------------------------------

    // Behind all that has been given to the journal.
    void pass_journal(std::uint64_t canary, bool commit) {
        const std::lock_guard turn{turn_};
        if (commit) journal_->append(last_record_, home_delta{.wall = now().wall}, false);
        journal_->pass(canary);
    }

    void watch_over_ourselves() {
        std::uint64_t every_us = 0;
        const bool wanted = ::sd_watchdog_enabled(0, &every_us) > 0;
        watchdog_.expires_after(wanted ? std::chrono::microseconds{every_us / 3} : std::chrono::microseconds{5s});
        watchdog_.async_wait([this, wanted](const boost::system::error_code& error) {
            if (error) return;
            const bool well = self_.look({.broker_up = broker_up_,
                                          .listens = broker_up_ && ingest_->listening(),
                                          .ear_waits = gate_.occupied(),
                                          .since_beat = ingest_->since_beat()});
            if (well && wanted) ::sd_notify(0, "WATCHDOG=1");
            watch_over_ourselves();
        });
    }

    std::filesystem::path dir_;
    asio::io_context io_{1};
    inbox inbox_;
    shedding shedding_;
    commit_gate gate_;
    uplink_port uplink_;
    alarm_clock behind_the_wire_;
    asio::steady_timer timer_;
    asio::steady_timer watchdog_;
    asio::signal_set signals_;
    start_log starts_{dir_ / "crashes"};
    std::unique_ptr<quarantine> shut_in_;
    bool sos_alone_ = false; // the program has crashed again and again
    std::uint64_t last_record_ = 0;
    self_watch self_{io_,
                     {.feed = [this](const input& in) { feed(in); },
                      .now = [this] { return now().mono; },
                      .sing = [this](std::uint64_t n) { ingest_->sing(n); },
                      .pass = [this](std::uint64_t n, bool commit) { pass_journal(n, commit); },
                      .broker = [this] { return core_->as_installed().broker; }}};
    std::unique_ptr<journal> journal_;
    chronicle chronicle_;
    std::unique_ptr<home> core_;
    std::unique_ptr<control::daemon_side> control_side_;
    std::unique_ptr<control::server> control_;
    std::unique_ptr<ingest> ingest_;
    utc_time floor_{};

    // The core and the order of what follows from its steps: one thread at a time. The core's own may come back to
    // it from what it performs.
    std::recursive_mutex turn_;
    instant last_{};
    std::deque<outputs> waiting_; // of frames judged on Paho's thread; delivered, not yet performed
    bool stopping_ = false;

    bool broker_up_ = false;
    bool session_made_ = false; // this broker has had our durable session
    std::string link_host_;
};

daemon::daemon(std::filesystem::path dir) : parts_(std::make_unique<parts>(std::move(dir))) {}
daemon::~daemon() = default;
int daemon::run() {
    return parts_->run();
}

} // namespace anban

#include "tests/simulation/world/world.hpp"

#include <algorithm>

#include "tests/simulation/world/drawn_id.hpp"

namespace anban::simulation {
namespace {

constexpr link::manner loopback{.delay = 20us, .spread = 60us};
constexpr link::manner wifi{.delay = 1ms, .spread = 8ms};
constexpr link::manner internet{.delay = 8ms, .spread = 40ms};

class world {
public:
    world(const script& story, const run_options& options)
        : story_(story), trace_(time_, options.aloud), witness_(trace_),
          box_clock_(time_, story.clock_with_battery), centre_clock_(time_, true), disk_luck_(luck("disks")),
          inside_(time_, luck("inside"), loopback), lan_(time_, luck("lan"), wifi),
          way_(time_, luck("way"), internet), centre_inside_(time_, luck("centre-inside"), loopback),
          home_broker_(time_, trace_, "broker", luck("home-broker"), {}),
          door_(time_, trace_, "door", luck("door"), {}),
          box_{box_clock_, box_disk_, home_broker_, inside_, trace_, witness_, options.wrong},
          around_{home_broker_, lan_, trace_, witness_}, anband_(time_, box_, simulated_house(), luck("anband")),
          uplink_(time_, box_, anband_, way_, door_, simulated_house().gateway, luck("uplink")),
          centre_(time_, {centre_clock_, centre_disk_, door_, centre_inside_, trace_, witness_}, luck("centre")),
          button_(time_, around_, native_device::kind::call_button, "button-1", luck("button")),
          detector_(time_, around_, native_device::kind::fall_detector, "fall-1", luck("detector")),
          bridge_(time_, around_, luck("bridge")), fate_(luck("fate")) {
        anband_.on_disk_stopped = [this] { cut_box(); };
        centre_.on_disk_stopped = [this] { cut_centre(); };
        centre_.on_no_start = [this] { bring_back(centre_, centre_dark_); };
    }

    run_result live(const run_options& options) {
        draw_ids(options.wrong == defect::drawn_id);
        begin();
        for (const deed& d : story_.deeds) {
            time_.at(d.at, [this, &d] { befall(d); });
        }
        time_.at(story_.trouble_ends, [this] { mend_all(); });
        while (!witness_.broken() && time_.steps() < options.steps && time_.step(story_.ends)) {
        }
        if (!witness_.broken() && time_.now() >= story_.ends) judge_end();
        return result();
    }

private:
    [[nodiscard]] chance luck(std::string_view name) const { return chance{story_.seed, name}; }

    void begin() {
        box_clock_.boot(++boots_);
        box_clock_.discipline();
        centre_clock_.boot(1'000'000);
        home_broker_.start();
        door_.start();
        centre_.start();
        anband_.start();
        uplink_.start();
        button_.start();
        detector_.start();
        bridge_.start();
    }

    void judge_end() {
        witness_.require(button_.waiting() + detector_.waiting() == 0, invariant::well_again,
                         "a device still waits for its answer");
        witness_.judge_end(anband_.core(), anband_.is_volatile(), centre_.desk(), uplink_.queued());
    }

    // ---- Programs and power --------------------------------------------------------------------------------

    // A service manager brings a program back.
    template <class Program>
    void bring_back(Program& program, const bool& dark) {
        time_.in(fate_.between(100ms, 3s), [&program, &dark] {
            if (!dark) program.start();
        });
    }
    template <class Program>
    void kill(Program& program, const bool& dark) {
        program.kill();
        bring_back(program, dark);
    }

    void cut_box() {
        if (box_dark_) return;
        trace_.say("box", "loses its power");
        box_dark_ = true;
        anband_.kill();
        uplink_.kill();
        home_broker_.kill();
        box_disk_.cut_power(disk_luck_);
        time_.in(fate_.between(2s, 90s), [this] {
            box_dark_ = false;
            trace_.say("box", "starts");
            box_clock_.boot(++boots_);
            home_broker_.start();
            anband_.start();
            uplink_.start();
            // A time server answers in its own time, once there is a way to it.
            time_.in(fate_.between(5s, 10min), [this, boot = boots_] {
                if (boot == boots_) box_clock_.discipline();
            });
        });
    }

    void cut_centre() {
        if (centre_dark_) return;
        trace_.say("centre", "loses its power");
        centre_dark_ = true;
        centre_.kill();
        door_.kill();
        centre_disk_.cut_power(disk_luck_);
        time_.in(fate_.between(2s, 90s), [this] {
            centre_dark_ = false;
            trace_.say("centre", "starts");
            centre_clock_.boot(1'000'000 + ++centre_boots_);
            door_.start();
            centre_.start();
        });
    }

    // ---- What befalls it -----------------------------------------------------------------------------------

    // For a while; where several overlap the last end ends it.
    void hold(deed_kind kind, sim_time lasts, const std::function<void(bool)>& set) {
        const std::uint64_t number = ++holds_[kind];
        set(true);
        time_.in(lasts, [this, kind, number, set] {
            if (holds_[kind] != number) return;
            trace_.say("world", "{} ends", name_of(kind));
            set(false);
        });
    }

    void befall(const deed& d) {
        ++deeds_[static_cast<std::size_t>(d.what)];
        trace_.say("world", "{} for {} ms", name_of(d.what), d.lasts / 1ms);
        switch (d.what) {
        case deed_kind::press: return button_.press(CALL_BUTTON_RED);
        case deed_kind::service: return button_.press(CALL_BUTTON_GREEN);
        case deed_kind::fall: return detector_.fall();
        case deed_kind::fall_cancelled:
            detector_.fall();
            return detector_.cancel_soon(std::chrono::milliseconds{500 + d.amount % 19'000});
        case deed_kind::zigbee_press: return bridge_.press();
        case deed_kind::standing_press: return bridge_.standing_press();
        case deed_kind::test_window:
            if (anband_.alive()) anband_.feed(open_test{device_id{"button-1"}});
            return;
        case deed_kind::kill_anband: return kill(anband_, box_dark_);
        case deed_kind::kill_uplink: return kill(uplink_, box_dark_);
        case deed_kind::kill_home_broker: return kill(home_broker_, box_dark_);
        case deed_kind::kill_district_broker: return kill(door_, centre_dark_);
        case deed_kind::kill_dispatch: return kill(centre_, centre_dark_);
        case deed_kind::cut_box: return cut_box();
        case deed_kind::cut_box_in_write: return box_disk_.stop_after(d.amount % 40);
        case deed_kind::cut_centre: return cut_centre();
        case deed_kind::cut_centre_in_write: return centre_disk_.stop_after(d.amount % 40);
        case deed_kind::device_restarts: return (d.amount % 2 == 0 ? button_ : detector_).restart();
        case deed_kind::bridge_restarts: return bridge_.restart();
        case deed_kind::session_lost: return home_broker_.lose_session(anband::alarm_session);
        case deed_kind::wall_step:
            box_clock_.step(std::chrono::minutes{static_cast<int>(d.amount % 40'320) - 20'160}); // ±14 days
            time_.in(d.lasts, [this] { box_clock_.discipline(); });
            return;
        case deed_kind::wall_unset:
            box_clock_.undiscipline();
            time_.in(d.lasts, [this] { box_clock_.discipline(); });
            return;
        default: return befall_for_a_while(d);
        }
    }

    void befall_for_a_while(const deed& d) {
        const double share = 0.05 + static_cast<double>(d.amount % 1000) / 1500.0;
        switch (d.what) {
        case deed_kind::link_down: return hold(d.what, d.lasts, [this](bool on) { way_.set_down(on); });
        case deed_kind::link_black_hole:
            return hold(d.what, d.lasts, [this](bool on) { way_.set_black_hole(on); });
        case deed_kind::link_flaps:
            return hold(d.what, std::min<sim_time>(d.lasts, 5min), [this, n = ++flaps_](bool on) {
                flapping_ = on;
                flap(n);
            });
        case deed_kind::link_loss:
            return hold(d.what, d.lasts, [this, share](bool on) { way_.set_loss(on ? share : 0); });
        case deed_kind::link_slow:
            return hold(d.what, d.lasts, [this](bool on) { way_.set_delay(on ? sim_time{2s} : sim_time{0}); });
        case deed_kind::lan_down: return hold(d.what, d.lasts, [this](bool on) { lan_.set_down(on); });
        case deed_kind::home_duplicates:
            return hold(d.what, d.lasts, [this, share](bool on) { home_broker_.set_duplicates(on ? share : 0); });
        case deed_kind::district_duplicates:
            return hold(d.what, d.lasts, [this, share](bool on) { door_.set_duplicates(on ? share : 0); });
        case deed_kind::queue_overflow:
            return hold(d.what, d.lasts, [this](bool on) {
                home_broker_.set_queue(on ? 2 : 10'000);
                door_.set_queue(on ? 2 : 10'000);
            });
        case deed_kind::disk_full: return hold(d.what, d.lasts, [this](bool on) { box_disk_.faults.full = on; });
        case deed_kind::disk_errors:
            return hold(d.what, d.lasts, [this](bool on) { box_disk_.faults.write_fails = on; });
        case deed_kind::sync_errors:
            return hold(d.what, d.lasts, [this](bool on) { box_disk_.faults.sync_fails = on; });
        case deed_kind::read_only:
            return hold(d.what, d.lasts, [this](bool on) { box_disk_.faults.read_only = on; });
        case deed_kind::slow_disk:
            return hold(d.what, d.lasts, [this](bool on) {
                anband_.set_commit_time(on ? sim_time{50ms} : sim_time{200us}, on ? sim_time{35s} : sim_time{6ms});
            });
        case deed_kind::centre_slow_disk:
            return hold(d.what, d.lasts, [this](bool on) {
                centre_.set_commit_time(on ? sim_time{50ms} : sim_time{300us}, on ? sim_time{5s} : sim_time{8ms});
            });
        case deed_kind::centre_disk_full:
            return hold(d.what, d.lasts, [this](bool on) { centre_disk_.faults.full = on; });
        default: return;
        }
    }

    void flap(std::uint64_t number) {
        if (number != flaps_) return;
        way_.set_down(flapping_ && !way_.down());
        if (flapping_) time_.in(5s, [this, number] { flap(number); });
    }

    // The last fault is over.
    void mend_all() {
        trace_.say("world", "the troubles end");
        box_disk_.stop_never();
        centre_disk_.stop_never();
        box_clock_.discipline();
    }

    [[nodiscard]] run_result result() const {
        run_result r;
        r.broken = witness_.broken();
        r.steps = time_.steps();
        r.lived = time_.now();
        r.digest = trace_.digest();
        r.deeds = deeds_;
        r.checked = witness_.checked();
        r.alarms = witness_.alarms();
        r.presses = witness_.presses();
        r.answered = witness_.answered_presses();
        r.syncs = box_disk_.syncs() + centre_disk_.syncs();
        return r;
    }

    const script& story_;
    timeline time_;
    trace trace_;
    ledger witness_;
    machine_clock box_clock_;
    machine_clock centre_clock_;
    chance disk_luck_;
    memory_disk box_disk_;
    memory_disk centre_disk_;
    link inside_;
    link lan_;
    link way_;
    link centre_inside_;
    broker home_broker_;
    broker door_;
    box box_;
    surroundings around_;
    anband anband_;
    uplink_shell uplink_;
    centre_shell centre_;
    native_device button_;
    native_device detector_;
    zigbee_bridge bridge_;
    chance fate_;
    std::uint64_t boots_ = 0;
    std::uint64_t centre_boots_ = 0;
    bool box_dark_ = false;
    bool centre_dark_ = false;
    bool flapping_ = false;
    std::uint64_t flaps_ = 0;
    std::map<deed_kind, std::uint64_t> holds_;
    std::array<std::uint64_t, deed_kinds> deeds_{};
};

} // namespace

run_result live(const script& story, const run_options& options) {
    world w{story, options};
    return w.live(options);
}

} // namespace anban::simulation

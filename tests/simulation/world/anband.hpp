// The daemon of the home: the real core (home), the real journal file on a disk in memory, the real reading of
// messages and answers. What stands here is the daemon's shell in virtual time: Paho's one receive thread and the
// callback that waits for the commit, the thread that writes the journal in groups, the Unix socket of the uplink.
//
// Threads: one.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "cloud-bridge/uplink/local_frames.hpp"
#include "device-drivers/driver.hpp"
#include "gateway/home/home.hpp"
#include "gateway/journal/journal_file.hpp"
#include "tests/simulation/checks/ledger.hpp"
#include "tests/simulation/clockwork/machine_clock.hpp"
#include "tests/simulation/disk/memory_disk.hpp"
#include "tests/simulation/network/broker.hpp"
#include "tests/simulation/world/defect.hpp"

namespace anban::simulation {

// What the box of a home is made of, beside its programs.
struct box {
    machine_clock& clock;
    memory_disk& disk;
    broker& home_broker;
    link& inside; // loopback: programs of the box among themselves
    trace& story;
    ledger& witness;
    defect wrong = defect::none;
    std::map<std::string, std::string> small_files = {}; // on the disk, each written whole or not at all
    bool has_reserve = false;
};

class anband final : public process {
public:
    anband(timeline& when, box& of, house h, chance luck);

    void start();
    void kill();
    // The disk stopped in the middle of a write: the machine is to lose its power now.
    std::function<void()> on_disk_stopped;

    void feed(const input& in);
    void set_commit_time(sim_time least, sim_time most) { commit_least_ = least, commit_most_ = most; }
    [[nodiscard]] const home* core() const noexcept { return core_.get(); }
    [[nodiscard]] bool is_volatile() const noexcept { return broken_; }

    // The uplink's connection to the socket; the stream's server side is ours.
    struct socket_events {
        std::function<void(uplink::to_uplink)> said;
    };
    void attach(std::shared_ptr<stream> s, socket_events to);
    void said_by_uplink(std::string_view message); // one frame of the socket, as it arrives

    static constexpr const char* alarm_session = "anband-alarms";

private:
    struct row {
        std::uint64_t record = 0;
        home_delta delta;
        bool lazy = false;
    };
    struct frame {
        packet what;
        std::uint64_t id = 0;
        bool alarm = false;
    };

    [[nodiscard]] instant now() const { return box_.clock.now(floor_); }
    void open_journal();
    void stop_with_disk();
    void perform(outputs all);
    void perform_one(write_record& what);
    void perform_one(deliver& what);
    void perform_one(const forget& what) { to_uplink(uplink::forget_request{what.alarm, what.revision}); }
    void perform_one(const release& what);
    void perform_one(announce_open& what) {
        to_uplink(uplink::hello{std::move(what.birth_envelope), std::move(what.heartbeat_envelope)});
    }
    void perform_one(const answer_device& what);
    void perform_one(const indicate& what);
    void perform_one(const notice& what);
    void sleep_until_due();
    void check_bounds();

    [[nodiscard]] journal_place place();
    void begin_anew(bool tell_failure);
    void look_after_the_file();
    void give_up(const std::string& why);
    void write_soon();
    void write_group();

    void connect_ear();
    void connect_mouth();
    void hear(const packet& what, std::uint64_t id, bool alarm);
    void hear_next();
    void hear_one(frame f);
    void finish_hearing(bool durable);
    [[nodiscard]] std::string device_of(const std::string& topic) const;
    void speak();

    void to_uplink(const uplink::to_uplink& m);

    box& box_;
    house house_;
    chance luck_;
    std::unique_ptr<journal_file> file_;
    std::unique_ptr<home> core_;
    utc_time floor_{};
    std::optional<mono_time> armed_;
    std::uint64_t alarms_armed_ = 0;

    std::deque<row> rows_;
    bool writing_ = false;
    bool lazy_due_ = false;
    bool mends_ = false;  // the file failed and can't be replaced yet
    bool broken_ = false; // the core was told so: it lives in memory alone
    sim_time commit_least_ = 200us;
    sim_time commit_most_ = 6ms;

    std::shared_ptr<stream> ear_;
    std::shared_ptr<stream> mouth_;
    bool ear_up_ = false;
    bool mouth_up_ = false;
    std::deque<frame> heard_;
    std::optional<frame> waiting_; // its callback waits for the commit
    wait_token waiting_for_ = 0;
    wait_token tokens_ = 0;
    bool hearing_ = false;
    std::deque<drivers::publication> to_say_;

    std::shared_ptr<stream> uplink_;
    socket_events uplink_events_;
};

} // namespace anban::simulation

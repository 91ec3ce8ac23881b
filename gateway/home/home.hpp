// The core of the gateway: one deterministic machine that hears frames and receipts and says what must be
// done. It performs nothing itself: the daemon's shell (gateway/daemon) journals, publishes and sends, and
// a test can put a simulated world in the shell's place.
//
// Order of duties for one frame: judge → journal record and (for a stable cause) send at the same time →
// once the record is committed: answer, release the waiting callback, send what had to wait.
//
// Threads: one. Nothing in it blocks, reads a clock or draws a number.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gateway/config/error.hpp"
#include "gateway/config/house.hpp"
#include "gateway/home/faults.hpp"
#include "gateway/home/state.hpp"
#include "rules/alarm.hpp"
#include "rules/answer.hpp"
#include "rules/engine/engine.hpp"
#include "rules/language/alarm_rule.hpp"
#include "rules/reading.hpp"

namespace anban {

// ---- Inputs ---------------------------------------------------------------------------------------

// Names a callback that waits for the commit; 0: nobody waits.
using wait_token = std::uint64_t;

// One decoded frame of a device.
struct heard {
    std::string driver;
    std::string address;
    std::optional<frame_key> key; // for families that number their frames
    bool wants_answer = false;
    bool history = false; // retained: its events are no news
    int qos = 1;
    std::uint64_t content = 0; // digest of the payload; tells a repeat from a new press
    std::vector<observation> observations;
    std::vector<standing_event> standing; // only their beginnings are events
    std::vector<observation> impossible;  // outside the physical range: no readings, but a fault of the device
    wording note;
    wait_token token = 0;
    std::optional<instant> arrived; // in the callback, before any queue; `now` where it isn't given
};

// A frame that no driver could read. It is a fault that a person sees. Nothing is raised from it, unless it is in
// quarantine (the program crashed on it) and came where a press would have come.
struct unreadable {
    std::string driver;
    std::string address;
    std::string topic;
    wording why;
    bool wrong_speaker = false;
    std::uint64_t shut_in = 0; // digest of a frame in quarantine; 0: it is in none
    wait_token token = 0;
};

// The centre's store has a revision.
struct centre_ack {
    alarm_id alarm;
    revision_number revision;
    std::uint64_t hash_prefix = 0; // first 8 bytes of SHA-256 of the envelope, big-endian
};

struct centre_nack {
    alarm_id alarm;
    revision_number revision;
    bool unknown_alarm = false; // send the whole again
    bool unknown_gateway = false;
    bool other_gateway = false; // it was made under an id that is no longer ours
    std::string why;
};

// A person at the centre did something.
struct centre_receipt {
    alarm_id alarm;
    alarm_progress progress = alarm_progress::taken;
    revision_number seen;
    std::string code;
    stamp at;
    bool test = false;
};

struct link_changed {
    bool up = false;
    std::string host;
    wording why;
};

// The uplink has given a revision to its network. It tells when, on the clock that both processes share; its
// word comes later than that. Nothing: it doesn't know.
struct sent {
    alarm_id alarm;
    revision_number revision;
    std::optional<mono_time> handed; // it read it from us
    std::optional<mono_time> at;
};

struct committed {
    std::uint64_t record = 0; // all records up to and with this one are on the disk
};

// A commit takes longer than the broker is patient: what waits for it goes to the wire now.
struct commit_overdue {
    std::string topic;
};

// Nothing is on the disk of what follows the last `committed`, and nothing can be written.
struct commit_failed {
    std::string why;
};

// The journal can be written again, in a new file where the old one lies set aside, and has lost rows: the next
// record must be the whole state.
struct journal_renewed {
    std::string why;       // what had gone wrong
    std::string set_aside; // path of the failed file; empty where it could stay
};

// A person at the CLI announces a test press of one device.
struct open_test {
    device_id device;
    std::string by = {}; // who announced it
};

// A person takes a rule out of the operators' sight for a while (ISA-18.2: with an owner, a reason, an end). The
// one who asks has looked at `refuses` before; what is refused all the same changes nothing.
struct shelve_rule {
    shelf what;
};

struct unshelve_rule {
    rule_id rule;
    subject who;
    std::string by = {};
};

// What rules are made of, beside the house: the packs as they are on disk, and the zone of the box.
struct rule_packs {
    std::vector<language::pack> packs;
    zone_table zone = china_zone();
};

struct house_changed {
    house now;
    rule_packs rules;
    std::string by = {}; // who asked for it, and with what
    std::string what = {};
};

// A condition of the box itself, told by the shell: broker gone, disk full, rule file bad.
struct shell_fault {
    std::string key; // stable, e.g. "broker.lost"
    bool present = true;
    std::string what_zh;
    std::string what_en;
    std::string cure_zh;
    std::string cure_en;
    priority urgency = priority::medium;
};

// The uplink process has connected: hand over what has no Ack.
struct uplink_attached {};

struct tick {};

using input = std::variant<heard, unreadable, centre_ack, centre_nack, centre_receipt, link_changed, sent,
                           committed, commit_overdue, commit_failed, journal_renewed, open_test, shelve_rule,
                           unshelve_rule, house_changed, shell_fault, uplink_attached, tick>;

// ---- Outputs --------------------------------------------------------------------------------------

// Append to the journal; `committed` with this number must follow.
struct write_record {
    std::uint64_t record = 0;
    home_delta delta;
    bool lazy = false; // may wait for the next record that isn't (an Ack costs no sync)
};

// Hand to the uplink now; it repeats until acknowledged.
struct deliver {
    alarm_id alarm;
    revision_number revision;
    lane via = lane::p0;
    std::string envelope;
    bool comes_again = false; // goes before its commit: its device says it again if that fails
};

// A revision needs no more delivery.
struct forget {
    alarm_id alarm;
    revision_number revision;
};

// Publish a device's answer.
struct answer_device {
    device_id device;
    std::string driver; // where it is reached, entered or not
    std::string address;
    frame_key key;
    answer what = answer::received;
    alarm_id alarm;
};

// Show the answer on an indicator.
struct indicate {
    device_id device;
    answer what = answer::received;
};

// The callback that waits may return.
struct release {
    wait_token token = 0;
};

// What the shell must tell the uplink at its next session: which alarms are open.
struct announce_open {
    std::string birth_envelope;
    std::string heartbeat_envelope;
};

// For logs, `anban watch` and `alarm show`: one step of the way of an alarm, or a reading, or a fault.
struct notice {
    enum class kind : std::uint8_t { hop, reading, fault_begins, fault_ends, refused };
    kind of = kind::hop;
    std::string name; // hop: heard, judged, handed, sent, committed, received, stored, taken, …
    alarm_id alarm;
    device_id device;
    std::string text;
    instant at;
    std::optional<reading> seen;
    revision_number revision;          // of a hop that is one revision's; 0.0: of the whole alarm
    std::optional<frame_key> key = {}; // hops heard and received: the device's own number of its frame
};

using output =
    std::variant<write_record, deliver, forget, answer_device, indicate, release, announce_open, notice>;
using outputs = std::vector<output>;

// ---- What the CLI may see -------------------------------------------------------------------------

struct device_view {
    device_id id;
    bool registered = false; // false: heard, but not in devices.toml
    std::string driver;
    std::string address;
    std::optional<stamp> last_heard;
    std::optional<mono_time> last_heard_mono;
    std::optional<double> battery;
    std::optional<double> link_quality;
    std::optional<int> last_qos;
    bool test_open = false;
    wording last_note;
};

struct hop {
    std::string name;
    instant at;
};

class home {
public:
    // `saved` is what the journal replayed; `start` was committed before this is called and is higher than
    // any before. Whatever `saved` has unacknowledged is delivered again by the first step.
    home(house h, rule_packs rules, home_state saved, std::uint32_t start, std::uint64_t boot_id, instant now);
    ~home();
    home(const home&) = delete;
    home& operator=(const home&) = delete;

    [[nodiscard]] outputs step(instant now, const input& in);
    [[nodiscard]] std::optional<mono_time> next_deadline() const;

    [[nodiscard]] const house& as_installed() const noexcept;
    [[nodiscard]] const home_state& state() const noexcept;
    [[nodiscard]] std::vector<fault> faults() const;        // worst first
    [[nodiscard]] std::vector<device_view> devices() const; // registered first, in the file's order
    [[nodiscard]] std::vector<alarm_state> alarms() const;  // open first, newest first
    [[nodiscard]] std::vector<hop> hops_of(const alarm_id& id) const;
    [[nodiscard]] std::vector<shelf> shelves() const;
    [[nodiscard]] std::vector<subject> subjects_of(const rule_id& rule) const; // for whom it runs
    // How it stands for each of them at the last step's moment, and the rule itself.
    [[nodiscard]] std::vector<std::pair<rule_view, language::alarm_rule>> standing_of(const rule_id& rule) const;
    [[nodiscard]] std::optional<shelf_refusal> refuses(const shelf& s) const; // at the last step's moment
    [[nodiscard]] bool link_up() const noexcept;
    [[nodiscard]] std::size_t undelivered() const noexcept;

private:
    std::unique_ptr<class home_machine> machine_;
};

} // namespace anban

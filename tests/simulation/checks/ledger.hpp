// The witness: it sees every press, every committed row and every word to a device, and knows what must hold. Each
// invariant has a number, see README.md. The first that breaks ends the run.
//
// It believes nobody: what is on a disk it learns from the commit itself, what a revision says from its bytes.
//
// Threads: one.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cloud-bridge/dispatch/desk/desk.hpp"
#include "gateway/home/home.hpp"
#include "tests/simulation/clockwork/trace.hpp"

namespace anban::simulation {

enum class invariant : std::uint8_t {
    exactly_once = 1,   // an answered press is at the centre exactly once when the faults end
    honest,             // nobody is told more than is true
    nothing_disappears, // raised = open + closed
    revisions,          // none goes back, none stands for two contents
    no_eaten_press,     // a close never ends a press that its closer had not seen
    deadlines,          // neither forgotten nor early
    bounds,             // what is bounded stays bounded
    life_safety_first,  // a p0 waits behind nothing else
    well_again,         // after the last fault all is well within the stated time
    nothing_invented,   // no record without a press
};
inline constexpr std::size_t invariants = 10;
[[nodiscard]] std::string_view name_of(invariant i) noexcept;

struct breach {
    invariant of = invariant::exactly_once;
    std::string what;
};

class ledger {
public:
    explicit ledger(trace& story) : story_(story) {}

    // ---- What happened at devices -------------------------------------------------------------------
    void pressed(const cause& by, bool cancel);
    void answered(const cause& by);                       // the device forgets it
    void heard_keyless(const std::string& device);        // a live copy reached the daemon
    void acknowledged_keyless(const std::string& device); // its PUBACK went out
    void never_pressed(const std::string& device) { silent_.insert(device); }

    // ---- The gateway ---------------------------------------------------------------------------------
    void gateway_began(const home_state& found, bool counted); // a commit that nobody was told of may be there
    void gateway_committed(const home_delta& row);
    void gateway_in_doubt(const home_delta& row); // its commit failed, and may be there after a start
    void told(const answer_device& what, bool volatile_now);
    void lamp_shows(answer what, const alarm_state* newest); // the newest open call
    void handed_over(const deliver& what, const instant& now, std::uint64_t boot);
    void closed_at_gateway(const alarm_state& alarm, revision_number seen);

    // ---- The uplink ----------------------------------------------------------------------------------
    void uplink_begins() { p0_waiting_.clear(), p0_sent_.clear(); }
    void uplink_got(lane via, const alarm_id& id, revision_number number);
    void uplink_forgot(const alarm_id& id, revision_number number);
    void uplink_sent(lane via, const alarm_id& id, revision_number number);

    // ---- The centre ----------------------------------------------------------------------------------
    void centre_committed(const dispatch::write_set& set, sim_time at);
    void centre_in_doubt(std::vector<dispatch::write_set> sets) { in_doubt_ = std::move(sets); }
    void centre_began(const dispatch::desk& desk, sim_time at);
    void centre_says_stored(const alarm_id& id, revision_number number);
    void looked_at(const dispatch::case_file& file, sim_time now, sim_time up_for);

    // ---- Any time ------------------------------------------------------------------------------------
    void require(bool holds, invariant which, std::string_view what);
    // At the end, when all must be well again.
    void judge_end(const home* gateway, bool gateway_volatile, const dispatch::desk* centre,
                   std::size_t uplink_queue);

    [[nodiscard]] const std::optional<breach>& broken() const noexcept { return broken_; }
    [[nodiscard]] const std::array<std::uint64_t, invariants + 1>& checked() const noexcept { return checked_; }
    [[nodiscard]] std::size_t alarms() const noexcept { return cases_.size(); }
    [[nodiscard]] std::size_t presses() const noexcept { return presses_.size() + keyless_presses_; }
    [[nodiscard]] std::size_t answered_presses() const noexcept { return answered_.size(); }

private:
    struct known_case {
        revision_number newest;
        alarm_phase phase = alarm_phase::active;
        std::string rule;
        std::uint64_t change = 0;
        dispatch::standing now;
        std::map<revision_number, cause> calls;   // the presses that rang, by the revision that first had them
        std::map<std::uint32_t, sim_time> epochs; // when its marks began to run
        bool marks = false;
        bool test = false;
    };
    struct seen_fall {
        std::uint64_t boot = 0;
        mono_time at{};
        cause by;
    };
    struct withdrawal {
        seen_fall fall;
        revision_number told_as;
        bool forgotten = false; // a start did not find it
    };

    [[nodiscard]] mono_time since(const alarm_id& id, const seen_fall& last) const;

    trace& story_;
    std::optional<breach> broken_;
    std::array<std::uint64_t, invariants + 1> checked_{};

    std::map<cause, bool> presses_; // true: a cancellation, which is no press of an alarm
    std::set<cause> answered_;
    std::map<std::string, std::uint64_t> keyless_heard_;
    std::map<std::string, std::uint64_t> keyless_acknowledged_;
    std::map<std::string, std::uint64_t> keyless_stored_;
    std::size_t keyless_presses_ = 0;
    std::set<std::string> silent_;

    // A press that a gateway lived with in memory alone, and forgot when it died.
    [[nodiscard]] bool may_be_forgotten(const cause& by) const;
    void note_forgotten();

    std::set<cause> on_disk_;
    home_state kept_;                                        // as committed
    std::set<std::pair<alarm_id, revision_number>> doubted_; // acknowledged by a row that may be there
    std::set<cause> forgotten_;
    std::map<cause, revision_number> first_told_; // the revision in which the gateway first told of a press
    std::map<std::pair<alarm_id, revision_number>, std::uint64_t> contents_; // → hash
    std::map<alarm_id, seen_fall> falls_;
    std::map<alarm_id, std::vector<withdrawal>> withdrawn_; // oldest first
    std::set<std::pair<alarm_id, revision_number>> p0_waiting_;
    std::set<std::pair<alarm_id, revision_number>> p0_sent_;

    std::set<cause> at_centre_;
    std::set<std::pair<alarm_id, revision_number>> at_centre_revisions_;
    std::map<cause, std::set<alarm_id>> alarms_of_;
    std::vector<dispatch::write_set> in_doubt_; // the disk stopped while they were committed
    std::map<alarm_id, known_case> cases_;
};

} // namespace anban::simulation

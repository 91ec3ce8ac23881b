// The inside of `home`: state and the steps on it, split over files by subject.
//   machine.cpp    what is done with every record: journal, outbox, answers, faults, hops
//   judging.cpp    the engine: its rules, its changes, its state in the journal
//   hearing.cpp    frames of devices: who speaks, repeats, tests, readings, rules
//   shelving.cpp   rules that a person has put away for a while
//   judged_again.cpp  a past that is judged again when its length is known
//   shut_in.cpp    frames that the program crashes on
//   standing.cpp   events that a device tells as a state
//   reissue.cpp    the outbox of a box that has joined anew
//   centre.cpp     what comes back: acknowledgements, receipts, the link
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cloud-bridge/protocol/codec.hpp"
#include "gateway/home/home.hpp"
#include "rules/limits.hpp"

namespace anban {

class home_machine {
public:
    home_machine(house h, rule_packs rules, home_state saved, std::uint32_t start, std::uint64_t boot_id,
                 instant now);

    [[nodiscard]] outputs step(instant now, const input& in);
    [[nodiscard]] std::optional<mono_time> next_deadline() const;

    [[nodiscard]] const house& as_installed() const noexcept { return house_; }
    [[nodiscard]] const home_state& state() const noexcept { return state_; }
    [[nodiscard]] std::vector<fault> faults() const { return faults_.worst_first(); }
    [[nodiscard]] std::vector<device_view> devices() const;
    [[nodiscard]] std::vector<alarm_state> alarms() const;
    [[nodiscard]] std::vector<hop> hops_of(const alarm_id& id) const;
    [[nodiscard]] std::vector<shelf> shelves() const { return engine_.shelves(); }
    [[nodiscard]] std::vector<subject> subjects_of(const rule_id& rule) const;
    [[nodiscard]] std::vector<std::pair<rule_view, language::alarm_rule>> standing_of(const rule_id& rule) const;
    [[nodiscard]] std::optional<shelf_refusal> refuses(const shelf& s) const { return engine_.refuses(now_, s); }
    [[nodiscard]] bool link_up() const noexcept { return link_up_; }

private:
    // What waits for a record to be on the disk.
    struct waiting {
        std::uint64_t record = 0;
        std::vector<wait_token> tokens;
        std::vector<std::pair<asker, std::optional<alarm_id>>> answers;
        std::vector<outbox_entry> deliveries;
        std::vector<alarm_id> alarms;
    };

    // What one step has changed so far; becomes at most one record.
    struct draft {
        home_delta delta;
        waiting after;
        bool durable = false; // there is something that a device or the centre relies on
        bool stable = true;   // the cause can be told from a new press after a crash: the wire needn't wait
        bool repeat = false;
        bool unregistered = false;
        std::optional<asker> answer_to;
        std::optional<cause> frame;     // whose readings are judged
        std::optional<alarm_id> became; // what that frame made
        bool rules_told = false;        // a change of a condition, which a restart must not forget
        std::optional<instant> arrived;
        std::set<alarm_id> touched;
        std::map<alarm_id, std::size_t> presses; // how many of them are new
    };

    // hearing.cpp
    void on(const heard& in);
    void take(const heard& in);
    void on(const unreadable& in);
    void on(const open_test& in);
    void on(const house_changed& in);
    [[nodiscard]] const remembered_frame* repeated(const device_id& id, const heard& in) const;
    void answer_repeat(const device_id& id, const remembered_frame& before, const heard& in);
    [[nodiscard]] bool is_test(const remembered_frame& before) const;
    [[nodiscard]] bool take_test(const device_id& id, const heard& in);
    [[nodiscard]] std::vector<reading> readings_of(const device_id& id, const device* entered,
                                                   const frame_key& key, const heard& in, bool test) const;
    void watch(const device_id& id, const device* entered, const heard& in);
    void report_stranger(const device_id& id, const heard& in);
    void keep_address(const device_id& id, const heard& in);
    [[nodiscard]] subject subject_of(const device* entered) const;

    // judged_again.cpp
    struct closed_by_hand {
        rule_id rule;
        subject who;
    };
    // A start after an off time that no clock could tell: what was before it and what came since.
    struct unsure_time {
        saved_rules before;
        instant since;
        std::vector<std::pair<instant, std::variant<reading, closed_by_hand>>> heard; // at most `most`
        std::set<std::string> told;
        static constexpr std::size_t most = 1'024; // minutes of a whole home; a time server answers within one
    };
    void begin_unsure();
    void remember_unsure(std::variant<reading, closed_by_hand> what);
    void remember_told(const condition_change& change);
    void judge_again();
    [[nodiscard]] bool was_told(const condition_change& change);

    // shut_in.cpp
    void hear_shut_in(const unreadable& in, const device_id& id, const device* entered);

    // standing.cpp
    [[nodiscard]] heard with_what_began(const device_id& id, const heard& in) const;
    void keep_standing(const device_id& id, const heard& in);
    void watch_standing(const device_id& id, const standing_event& told, std::optional<std::uint8_t> was);
    void forget_standing(const device_id& id);
    void forget_standing_of_others(const house& next);
    void rename_standing(const device_id& before, const device_id& now);

    // implausible.cpp
    void watch_values(const device_id& id, const heard& in);
    void forget_values_of_others(const house& next);

    // chatter.cpp
    [[nodiscard]] bool watch_calls(const device_id& id);
    void forget_quiet_keys();
    void forget_calls_of_others(const house& next);

    // centre.cpp
    void on(const centre_ack& in);
    void on(const centre_nack& in);
    void on(const centre_receipt& in);
    void on(const link_changed& in);
    void on(const sent& in);
    void on(const uplink_attached& in);
    void tell_devices(const alarm_state& alarm);
    void tell_news_to_devices(const alarm_state& alarm);
    void tell_who_pressed(const alarm_state& alarm, const std::optional<cause>& press);
    void tell_if_true(const asker& who, answer what, const alarm_state& alarm);
    [[nodiscard]] bool lives_in_memory() const; // the disk is dead, or its new file holds nothing yet
    [[nodiscard]] bool is_on_disk(const alarm_id& alarm) const; // as it stands
    [[nodiscard]] bool waits_for_centre(const asker& who) const;
    [[nodiscard]] bool waits_for_disk(const outbox_entry& entry) const;
    void show_on_indicators();
    void judge_undelivered();

    // reissue.cpp
    [[nodiscard]] bool holds_entries_of_another() const;
    void reissue_outbox();

    // judging.cpp
    [[nodiscard]] engine make_engine(const rule_packs& rules, instant now);
    void restore_rules();
    void replace_rules(const rule_packs& rules);
    void tell_plan_problems();
    void run_rules(mono_time until);
    void judge(const reading& r);
    void take_changes(const condition_changes& changes);
    void tell_held_down(const condition_change& change);
    [[nodiscard]] bool of_this_frame(const condition_change& change) const;
    void keep_rules();
    void watch_blind();
    [[nodiscard]] mono_time first_event(const heard& in) const;

    // shelving.cpp
    void on(const shelve_rule& in);
    void on(const unshelve_rule& in);
    void show_shelves();

    // machine.cpp
    void on(const committed& in);
    void on(const commit_overdue& in);
    void on(const commit_failed& in);
    void on(const journal_renewed& in);
    void note(audit_event what) { draft_.delta.events.push_back(std::move(what)); }
    void note(audit_event::kind what, const alarm_state& alarm, std::string_view more = {});
    void on(const shell_fault& in);
    void on(const tick& in);
    void revise(alarm_state& alarm, bool stable);
    void queue(outbox_entry entry, bool stable);
    void make_room_in_outbox(const alarm_id& for_alarm);
    void finish();
    void perform(waiting& done);
    [[nodiscard]] bool waits_for_commit(const asker& who) const;
    void say_answer(const asker& who, answer what, const alarm_id& id);
    void answer_asker(const asker& who, const std::optional<alarm_id>& id);
    void announce();
    [[nodiscard]] wire::sender sender_now();
    void say(output o) { out_.push_back(std::move(o)); }
    void add_hop(const alarm_id& id, std::string_view name, instant at, const device_id& device,
                 revision_number revision = {}, std::optional<frame_key> key = std::nullopt);
    void begin_fault(fault what);
    void end_fault(const std::string& key);
    [[nodiscard]] answer answer_of(const alarm_state& alarm) const;
    [[nodiscard]] answer answer_to(const asker& who, const alarm_state& alarm) const;
    [[nodiscard]] static answer progress_of(const alarm_state& alarm);
    void note_in_outbox(revision_number revision, const std::optional<press>& news);
    [[nodiscard]] std::optional<cause> note_out_of_outbox(revision_number revision);
    void count_apart();
    [[nodiscard]] revision_number next_revision() { return {start_, ++revisions_}; }

    house house_;
    home_state state_;
    std::uint32_t start_;
    std::uint64_t boot_id_;
    std::vector<language::plan_problem> plan_problems_;
    engine engine_;
    rule_packs rules_as_loaded_;
    std::optional<unsure_time> unsure_;
    std::set<std::string> told_already_; // of such a time
    std::uint64_t engine_changes_saved_ = 0;
    mono_time judged_until_{};
    mono_time rules_kept_at_{};
    std::size_t rule_saves_left_ = limits::rule_saves;
    mono_time rule_saves_counted_{};
    mono_time blind_check_at_{};
    std::map<subject, mono_time> blind_since_;
    std::set<std::string> plan_faults_;
    std::set<std::string> shelf_faults_;
    std::uint64_t shelves_shown_at_ = 0; // the engine's count of changes
    alarm_book book_;
    fault_list faults_;

    instant now_;
    outputs out_;
    draft draft_;

    std::uint32_t revisions_ = 0;
    std::uint32_t keyless_frames_ = 0;
    std::uint64_t envelopes_ = 0;
    std::uint64_t records_ = 0;
    std::uint64_t records_since_snapshot_ = 0;
    std::deque<waiting> waiting_;
    std::set<std::pair<device_id, frame_key>> uncommitted_;  // whose answers wait in it
    std::map<device_id, std::pair<frame_key, answer>> told_; // the last answer of each, in this start
    bool volatile_ = false;                                  // the journal can't commit: alarms go on without it
    std::uint64_t renewed_by_ = 0; // the record with which the journal begins anew; 0: it is well
    bool link_up_ = false;
    bool announce_due_ = true;
    bool reissue_due_ = false; // the outbox holds what was made under another gateway's id
    mono_time announce_at_{};

    std::map<revision_number, cause> press_in_;      // of what is in the outbox
    std::map<cause, std::uint32_t> waiting_presses_; // in how many of its revisions
    std::map<alarm_id, mono_time> undelivered_;      // a call without an Ack → when that becomes an answer
    std::set<alarm_id> told_undelivered_;
    std::map<device_id, mono_time> tests_;                            // open windows and their end
    std::map<device_id, std::map<signal, mono_time>> standing_since_; // heard standing, in this start
    // Who told an impossible value last, and of what; in this start.
    struct impossible_value {
        signal what = signal::battery;
        mono_time last{};
    };
    std::map<device_id, impossible_value> impossible_; // of registered devices
    // Calls of a device's key, until it is quiet; in this start.
    struct calls_lately {
        std::vector<mono_time> newest; // at most limits::chatter_presses
        std::size_t count = 0;
        mono_time last{};
        bool suspect = false;
    };
    std::map<device_id, calls_lately> calls_;
    std::map<device_id, device_view> views_;
    std::map<alarm_id, std::vector<hop>> hops_;
    std::deque<alarm_id> hops_order_;
};

} // namespace anban

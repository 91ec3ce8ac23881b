// The inside of the engine, split over files by subject:
//   load.cpp       rules and devices become instances, channels and cells
//   engine.cpp     the order of things: steps, deadlines, judgements
//   world.cpp      readings and silences change cells and channels
//   calendar.cpp   wall clock, `during`, baselines' days; NEWS2
//   evaluate.cpp   a rule's nodes
//   conditions.cpp what a rule makes of them, and what is told
//   shelves.cpp    shelves and closing
//   snapshot.cpp   state as text; restore.cpp and rebuild.cpp back
//   explain.cpp    how rules stand
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rules/engine/baseline.hpp"
#include "rules/engine/engine.hpp"
#include "rules/engine/state.hpp"
#include "rules/engine/timers.hpp"

namespace anban {

struct engine::impl {
    using index = judging::index;
    using own_ns = judging::own_ns;

    impl(language::effective_rules rules, installation where, const instant& loaded);

    // ---- engine.cpp
    [[nodiscard]] own_ns own(mono_time t) const noexcept { return t.time_since_epoch().count() + to_own_; }
    [[nodiscard]] mono_time mono(own_ns t) const noexcept {
        return mono_time{std::chrono::nanoseconds{t - to_own_}};
    }
    void step(const instant& now, const reading& r, condition_changes& out);
    void advance(const instant& now, condition_changes& out);
    void begin_watch(condition_changes& out);
    void run_deadlines(own_ns until, condition_changes& out);
    void run_entry(index entry);
    void judge_reading(const reading& r, own_ns e, condition_changes& out);
    void begin_judgement(own_ns t, condition_changes& out) noexcept;
    void judge_woken();
    void wake(index i) noexcept;

    // ---- world.cpp
    [[nodiscard]] std::uint16_t find_device(const device_id& id) const noexcept;
    void hear(const reading& r, own_ns e);
    void hear_stranger(const reading& r);
    void note_heard(std::uint16_t d, own_ns e);
    void fall_silent(std::uint16_t d);
    void take(judging::cell& c, const reading& r, own_ns e);
    void take_event(judging::cell& c, own_ns e);
    void take_boolean(judging::cell& c, bool known, bool value, own_ns e, bool reported);
    void take_quantity(judging::cell& c, bool known, double value, own_ns e, bool reported);
    void feed_windows(judging::channel& ch, double value, own_ns e);
    void happen(judging::channel& ch);
    void active_again(judging::channel& ch);
    void good(judging::channel& ch, index cell, own_ns e);
    void acted(judging::channel& ch, index cell, own_ns e);
    void true_report(judging::channel& ch, const judging::cell& c, own_ns e);
    void set_number(judging::channel& ch, bool known, double value);
    void set_truth(judging::channel& ch);
    void find_newest(judging::channel& ch);
    void cover(judging::channel& ch, own_ns since);
    void uncover(judging::channel& ch, own_ns at);
    void set_leaf(index i, std::uint8_t node, truth is);
    void wake_leaves(const std::vector<judging::leaf>& leaves);
    void wake_who_waits(const judging::cell& c);
    [[nodiscard]] judging::origin origin_of(const reading& r, std::uint16_t device) const noexcept;

    // ---- calendar.cpp
    [[nodiscard]] std::int64_t wall_us(own_ns t) const noexcept;
    void look_at_clock(const instant& now, condition_changes& out);
    void set_clock(const instant& now) noexcept;
    void run_calendar(own_ns t);
    void reckon_span(judging::span_state& s, std::int64_t wall);
    void reckon_day(std::int64_t wall);
    void set_calendar_timer();
    void set_limit(const judging::baseline_limit& b);
    void take_score(index score, std::uint8_t part, double value, own_ns e);
    void reckon_score(index score, bool by_reading, own_ns e);

    // ---- evaluate.cpp
    void evaluate(index i, bool quiet);
    void evaluate_node(index i, std::uint8_t n, bool quiet);
    void note_timer(judging::node_state& s, own_ns due) noexcept;
    void set_state(index i, std::uint8_t n, truth is);
    void set_state(index i, std::uint8_t n, truth is, own_ns moment);
    [[nodiscard]] truth absent_now(const judging::instance& it, const judging::compiled_node& c) const noexcept;
    [[nodiscard]] std::optional<double> window_value(const judging::compiled_node& c);
    [[nodiscard]] truth window_now(const judging::compiled_node& c);
    void judge_event_node(index i, std::uint8_t n);
    [[nodiscard]] own_ns due_of(const judging::instance& it, std::uint8_t n) const noexcept;
    void set_deadline(index i);

    // ---- conditions.cpp
    void judge_rule(index i);
    void judge_as_event(index i);
    void judge_as_state(index i);
    void end_holds_due(index i);
    void cancel_holds(index i);
    [[nodiscard]] bool is_over(const judging::instance& it) const noexcept;
    [[nodiscard]] own_ns over_since(const judging::instance& it) const noexcept;
    void begin(index i, own_ns at);
    void rest(index i);
    void set_active(index i, bool active);
    void wake_dependents(index i) noexcept;
    [[nodiscard]] bool is_active(index i) const noexcept; // also while its hold runs
    struct obstacle {
        held_reason why = held_reason::none;
        std::string_view inhibitor; // or
        const shelf* by = nullptr;
    };
    [[nodiscard]] obstacle held_down(index i) const;
    [[nodiscard]] static std::string in_words(const obstacle& o); // the rule, or who and why
    [[nodiscard]] bool chatters(judging::instance& it, own_ns at) noexcept;
    [[nodiscard]] judging::origin arming(index i) const noexcept;
    condition_change& tell(index i, condition_change::kind what, own_ns at, const judging::origin& why);
    void tell_held(index i, own_ns at, const judging::origin& why, const obstacle& o);
    void tell_built_in(const reading& r, own_ns e);
    void add_evidence(condition_change& change, index i, std::uint8_t from, std::uint8_t to) const;
    [[nodiscard]] evidence evidence_of(index i, const judging::origin& o) const;
    [[nodiscard]] device_id name_of_device(index i, std::uint16_t device) const;

    // ---- shelves.cpp
    void close(const instant& now, const rule_id& by, const subject& who);
    [[nodiscard]] std::optional<shelf_refusal> refuses(const instant& now, const shelf& s) const;
    [[nodiscard]] std::expected<void, shelf_refusal> put_on_shelf(const instant& now, const shelf& s);
    void take_off_shelf(const instant& now, const rule_id& by, const subject& who, condition_changes& out);
    void end_shelves(own_ns t);
    void end_shelf(std::size_t at);
    void set_shelf_timer();
    [[nodiscard]] index find_instance(const rule_id& by, const subject& who) const noexcept;

    // ---- snapshot.cpp, restore.cpp, rebuild.cpp
    [[nodiscard]] std::string snapshot(const instant& now) const;
    [[nodiscard]] std::expected<void, std::string> restore(std::string_view text, const instant& now,
                                                           std::optional<std::chrono::nanoseconds> away);
    void rebuild_channels();
    void refresh_leaves();

    // ---- explain.cpp
    [[nodiscard]] rule_view view(index i) const;
    void add_lacks(node_view& to, const judging::compiled_node& c, index i) const;
    [[nodiscard]] bool is_blind(index i) const;
    [[nodiscard]] std::size_t bytes_of(index i) const noexcept;

    [[nodiscard]] judging::compiled_node* nodes_of(const judging::instance& it) noexcept {
        return nodes_.data() + it.first_node;
    }
    [[nodiscard]] judging::node_state* states_of(const judging::instance& it) noexcept {
        return states_.data() + it.first_node;
    }
    [[nodiscard]] const judging::compiled_node* nodes_of(const judging::instance& it) const noexcept {
        return nodes_.data() + it.first_node;
    }
    [[nodiscard]] const judging::node_state* states_of(const judging::instance& it) const noexcept {
        return states_.data() + it.first_node;
    }

    // The entries of the deadlines, in the order in which they are run at one moment.
    [[nodiscard]] index calendar_entry() const noexcept { return static_cast<index>(devices_.size()); }
    [[nodiscard]] index score_entry(index score) const noexcept { return calendar_entry() + 1 + score; }
    [[nodiscard]] index shelf_entry() const noexcept { return score_entry(static_cast<index>(scores_.size())); }
    [[nodiscard]] index rule_entry(index i) const noexcept { return shelf_entry() + 1 + i; }

    language::effective_rules rules_;
    installation where_;
    std::vector<language::alarm_rule> built_in_; // sos, service: without memory

    std::vector<judging::device_state> devices_;
    std::vector<std::uint16_t> by_name_; // open addressing over ids; no_device: free
    std::vector<room_id> rooms_;
    std::vector<judging::cell> cells_;
    std::vector<index> cell_of_; // device × signal
    std::vector<judging::channel> channels_;
    std::vector<index> for_strangers_; // channels
    std::vector<judging::score_source> scores_;
    std::vector<judging::span_state> spans_;
    std::vector<judging::baseline> baselines_;
    std::vector<subject> baseline_of_; // whose
    std::vector<judging::baseline_limit> baseline_limits_;

    std::vector<judging::instance> instances_;
    std::vector<judging::compiled_node> nodes_;
    std::vector<judging::node_state> states_;
    std::vector<judging::panes<judging::value_pane>> windows_;
    std::vector<judging::panes<judging::slope_pane>> slopes_;
    std::vector<judging::panes<judging::count_pane>> counts_;
    std::vector<judging::origin> waits_; // of `alone`
    std::vector<judging::hold_pair> holds_;
    std::vector<std::string> strangers_;
    std::vector<index> inhibitors_;
    std::vector<index> dependents_;
    std::vector<judging::shelved> shelves_;

    judging::timers timers_{0};
    std::vector<index> woken_;   // a heap: the lowest first
    std::vector<index> waiting_; // closed while true
    std::uint32_t orders_ = 0;
    std::uint64_t changes_ = 0;
    bool watch_begins_ = true;

    // Time.
    own_ns to_own_ = 0;
    own_ns t_ = 0;
    own_ns resumed_ = judging::long_ago;
    std::int64_t wall_minus_own_us_ = 0;
    bool synchronised_ = false;
    std::int64_t today_ = judging::baseline::no_day;
    std::int64_t day_since_us_ = 0;
    std::int64_t day_next_us_ = 0;

    // The judgement in hand.
    own_ns as_of_ = 0;
    const reading* by_ = nullptr;
    judging::origin by_origin_;
    condition_changes* out_ = nullptr;
    std::array<own_ns, 64> event_at_{};
    std::array<judging::origin, 64> event_by_{};
    std::uint64_t event_now_ = 0;
    std::uint64_t turned_ = 0; // nodes whose truth changed
};

} // namespace anban

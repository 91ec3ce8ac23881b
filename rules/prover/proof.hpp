// What the prover finds out about the rules of one home: plain values, worded by whoever shows them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/alarm_class.hpp"
#include "rules/ids.hpp"
#include "rules/wording.hpp"

namespace anban::prover {

// One part of a worst case.
struct term {
    enum class kind : std::uint8_t {
        report,     // until the slowest device that could carry it reports
        radio,      // until what was lost over the air has been repeated
        pane,       // a window's readings leave it by whole panes
        window,     // until nothing older is in the window
        lasting,    // `for`
        absence,    // `no … for`, `unheard for`
        waiting,    // `without … within`
        hold,       // until what is suspected is confirmed
        evaluation, // judging
        commit,     // the journal
        delivery,   // to the centre, at the second try
    };
    kind what = kind::report;
    std::chrono::nanoseconds amount{0};
    std::string of;   // what is waited for, in the language's words: "heart_rate", "motion in bathroom"
    device_id device; // report and radio: which one is the slowest
    friend bool operator==(const term&, const term&) = default;
};

[[nodiscard]] constexpr std::string_view name_of(term::kind k) noexcept {
    switch (k) {
    case term::kind::report: return "report";
    case term::kind::radio: return "radio";
    case term::kind::pane: return "pane";
    case term::kind::window: return "window";
    case term::kind::lasting: return "for";
    case term::kind::absence: return "absence";
    case term::kind::waiting: return "without";
    case term::kind::hold: return "hold";
    case term::kind::evaluation: return "evaluation";
    case term::kind::commit: return "commit";
    case term::kind::delivery: break;
    }
    return "delivery";
}

// The longest way through a rule; its terms add up to the whole.
struct delay {
    std::vector<term> terms;
    [[nodiscard]] std::chrono::nanoseconds total() const noexcept {
        std::chrono::nanoseconds sum{0};
        for (const auto& t : terms) sum += t.amount;
        return sum;
    }
    friend bool operator==(const delay&, const delay&) = default;
};

// Which devices give one signal of a rule.
struct feed {
    std::string signal; // in the language's words
    std::vector<device_id> devices;
    bool needed = true; // false: only `clear` or `unless` asks for it
};

struct finding {
    enum class kind : std::uint8_t {
        never,          // contradicts itself, or a limit outside the physical range
        missing,        // no device gives what it needs
        unbounded,      // no finite worst case
        too_slow,       // `detect within` can't be met
        shared_absence, // absence in rooms that several residents share
        always_held,    // the rule that holds it down is always active before it
        hidden,         // another rule always tells it first
        partly_blind,   // one side of an `or` can't happen here
        always,         // true of whatever is reported
        unsampled,      // a duration shorter than the report interval of what it is about
        never_clears,   // `clear` can't become true
    };
    kind what = kind::never;
    bool refused = false; // the proof fails
    wording says;
    wording cure;
};

[[nodiscard]] constexpr std::string_view name_of(finding::kind k) noexcept {
    switch (k) {
    case finding::kind::never: return "never";
    case finding::kind::missing: return "missing";
    case finding::kind::unbounded: return "unbounded";
    case finding::kind::too_slow: return "too_slow";
    case finding::kind::shared_absence: return "shared_absence";
    case finding::kind::always_held: return "always_held";
    case finding::kind::hidden: return "hidden";
    case finding::kind::partly_blind: return "partly_blind";
    case finding::kind::always: return "always";
    case finding::kind::unsampled: return "unsampled";
    case finding::kind::never_clears: break;
    }
    return "never_clears";
}

struct rule_proof {
    rule_id rule;
    std::string pack; // empty: built in
    std::string title_zh;
    std::string title_en;
    subject who;
    alarm_class of = alarm_class::suspected;
    std::vector<feed> feeds;
    std::optional<delay> told;      // until `began`, `pressed` or `suspected` is at the centre; nothing: unbounded
    std::optional<delay> confirmed; // of an event with a hold
    std::optional<std::chrono::nanoseconds> detect_within;
    std::size_t memory_bytes = 0; // of the engine's state, at most
    std::vector<finding> findings;

    [[nodiscard]] bool proven() const noexcept {
        for (const auto& f : findings)
            if (f.refused) return false;
        return true;
    }
};

struct proof {
    std::vector<rule_proof> rules; // in the order of the effective rules

    [[nodiscard]] bool proven() const noexcept {
        for (const auto& r : rules)
            if (!r.proven()) return false;
        return true;
    }
};

} // namespace anban::prover

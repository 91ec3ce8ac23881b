// One alarm as the centre has it: the newest revision, where it stands with people, and the notes of what
// came and what was done. Lives in the desk's memory; its rows are in store.hpp.
//
// Threads: plain values of the desk's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cloud-bridge/dispatch/desk/case_life.hpp"
#include "rules/alarm.hpp"
#include "rules/sha256.hpp"
#include "rules/time.hpp"

namespace anban::dispatch {

// The gateway belongs to the key: it comes from the certificate, the alarm's id from the payload.
struct case_key {
    gateway_id gateway;
    alarm_id alarm;
    friend auto operator<=>(const case_key&, const case_key&) = default;
};

struct revision_note {
    revision_number number;
    sha256_digest content{};
    utc_time received{};
    std::optional<utc_time> stored;
    std::vector<sha256_digest> others; // different contents that came under the same number
};

struct press_note {
    press what;
    revision_number in;
};

struct action_note {
    std::string what; // take, take_over, on_the_way, close, reopen, escalate
    std::string who;  // empty: the centre itself
    utc_time at{};
    std::string code;
    std::string note;
    friend bool operator==(const action_note&, const action_note&) = default;
};

struct case_file {
    case_key key;
    bool shadow = false; // another gateway has an alarm of this id; this one is named with its gateway
    alarm_revision newest;
    lane via = lane::p2;  // the most urgent lane it came by
    revision_number ring; // newest revision that rings
    standing now;         // as decided
    standing kept;        // as committed: what gateways are told
    utc_time received{};  // of the first revision
    std::optional<utc_time> shown;
    std::optional<utc_time> stored; // of the first revision
    std::uint32_t conflicts = 0;
    std::uint64_t change = 0;      // rises with each write; the newest row wins
    std::uint64_t kept_change = 0; // the change that `kept` came with, as receipts name it
    std::uint32_t pending = 0;     // writes under way

    std::map<revision_number, revision_note> revisions; // the newest limits::revisions_kept
    std::deque<press_note> presses;                     // the newest limits::presses_kept
    std::deque<action_note> actions;                    // the newest limits::actions_kept
    std::uint64_t revisions_total = 0;
    std::uint64_t presses_total = 0;

    // As operators and the API name it: the alarm's id, for a shadow with '@' and the gateway behind it.
    [[nodiscard]] std::string public_id() const {
        return shadow ? key.alarm.hex() + "@" + key.gateway.str() : key.alarm.hex();
    }
    [[nodiscard]] bool newest_is_stored() const {
        const auto found = revisions.find(newest.number);
        return found == revisions.end() || found->second.stored.has_value();
    }
    [[nodiscard]] bool open() const { return now.at != alarm_progress::closed; }
};

} // namespace anban::dispatch

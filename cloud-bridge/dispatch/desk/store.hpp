// The centre's store as the desk sees it: write sets go in and are committed whole, in groups; what is not
// in memory is read back. Real: sqlite_store; in tests: fake_store.
//
// A write set is done when `committed` names its ticket, and never otherwise. Sets of different lanes may be
// committed in another order than they were given: a case row with a lower `change` never replaces a higher.
//
// Threads: the desk's. Implementations have their own thread behind `submit`.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cloud-bridge/dispatch/desk/case_file.hpp"
#include "cloud-bridge/dispatch/desk/escalation.hpp"
#include "rules/alarm_class.hpp"

namespace anban::dispatch {

struct revision_row {
    revision_number number;
    sha256_digest content{};
    lane via = lane::p2;
    utc_time received{};
    std::string envelope;  // as received; the alarm itself is read back from it
    bool conflict = false; // another content is stored under this number: kept beside it
};

// Everything of a case that is not in its revisions.
struct case_row {
    std::uint64_t change = 0;
    bool shadow = false;
    standing now;
    revision_number newest;
    revision_number ring;
    lane via = lane::p2;
    utc_time received{};
    std::optional<utc_time> shown;
};

struct wanted_timer {
    std::uint32_t epoch = 0;
    std::uint8_t mark = 0;
    std::chrono::seconds after{}; // from the commit
};

struct ended_timer {
    std::uint32_t epoch = 0;
    std::uint8_t mark = 0;
};

struct write_set {
    std::uint64_t ticket = 0;
    lane via = lane::p2;
    case_key key;
    std::optional<revision_row> revision;
    std::optional<press_note> press;
    std::optional<case_row> state;
    std::vector<action_note> actions;
    std::vector<wanted_timer> timers;
    std::vector<ended_timer> ended;
    bool receipt_due = false;                  // the gateway must hear of `state->change`
    std::optional<std::uint64_t> receipt_told; // it has heard of changes up to this one
    std::optional<utc_time> seen;              // last sign of life of key.gateway; nothing else is set then
};

// What the desk begins with.
struct saved_state {
    std::uint32_t start = 0;      // rises with each start; committed before anything is sent
    std::vector<case_file> cases; // every open one and the newest limits::closed_kept closed
    std::vector<timer_row> timers;
    std::map<case_key, std::uint64_t> receipts_due; // case → change
    std::map<gateway_id, utc_time> seen;
};

// An operating error of the store, for the log.
using store_fault = std::string;

class store {
public:
    virtual ~store() = default;

    // How many write sets it would still take.
    [[nodiscard]] virtual std::size_t room() const = 0;
    // Only with room.
    virtual void submit(write_set set) = 0;

    [[nodiscard]] virtual std::expected<std::optional<case_file>, store_fault> load(const case_key& key) = 0;
    // Gateways that have an alarm of this id.
    [[nodiscard]] virtual std::expected<std::vector<gateway_id>, store_fault> owners(const alarm_id& id) = 0;
    [[nodiscard]] virtual std::expected<std::optional<revision_note>, store_fault>
    find_revision(const case_key& key, revision_number number) = 0;
    [[nodiscard]] virtual std::expected<bool, store_fault> has_press(const gateway_id& gateway,
                                                                     const cause& from) = 0;
};

} // namespace anban::dispatch

// The dispatch desk: the centre's deterministic machine. It hears what gateways send, what operators do and
// what the store has committed, and says what is to be shown, written, published and answered. It performs
// nothing itself and reads no clock.
//
// The order of one revision: judged in memory → shown ("not yet stored") → written → committed → acknowledged
// to the gateway and shown as stored. Outputs are performed in the order given, so nothing waits for the disk
// before it is on the screen, and nothing is acknowledged before it is on the disk.
//
// A deed of an operator holds at once against other operators; it is answered, and the gateway is told, after
// its own commit.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cloud-bridge/dispatch/desk/case_file.hpp"
#include "cloud-bridge/dispatch/desk/escalation.hpp"
#include "cloud-bridge/dispatch/desk/intake.hpp"
#include "cloud-bridge/dispatch/desk/store.hpp"
#include "cloud-bridge/protocol/codec.hpp"

namespace anban::dispatch {

// ---- Inputs -------------------------------------------------------------------------------------------

// A message of a gateway; `speaker` is whom the broker's ACL (the certificate's CN) lets speak there.
struct arrival {
    gateway_id speaker;
    std::string bytes;
    utc_time received{};
};

// `token` names who waits for the answer.
struct asked_deed {
    std::uint64_t token = 0;
    std::string alarm; // public id
    request what;
};

// The store has these write sets; timers in them run from `at`.
struct committed {
    std::vector<std::uint64_t> tickets;
    moment at;
};

// The centre's own link to the broker stands (again).
struct link_up {};

// The broker has handed the receipt for this change to a session of the gateway.
struct receipt_told {
    case_key key;
    std::uint64_t change = 0;
};

struct tick {};

using input = std::variant<arrival, asked_deed, committed, link_up, receipt_told, tick>;

// ---- Outputs ------------------------------------------------------------------------------------------

// The case has changed; whoever looks must see it now. `instead`: the store takes nothing at the moment; this
// is what came, shown though it is not kept. The gateway goes on repeating it.
struct show {
    case_key key;
    std::optional<case_file> instead;
};

struct write {
    write_set set;
};

// QoS 1. Where `change` is set, its delivery is reported back as receipt_told.
struct publish {
    std::string topic;
    std::string bytes;
    case_key key;
    std::optional<std::uint64_t> change;
};

enum class lookup : std::uint8_t { no_such_alarm, store_busy };

// For the one who asked: granted and committed, refused, or not possible.
struct answer_deed {
    std::uint64_t token = 0;
    case_key key;
    std::optional<refusal> refused;
    std::optional<lookup> failed;
};

// For the log.
struct remark {
    std::string text;
};

using output = std::variant<show, write, publish, answer_deed, remark>;
using outputs = std::vector<output>;

// ---- What can be seen ---------------------------------------------------------------------------------

struct gateway_facts {
    std::optional<utc_time> last_seen;
    std::optional<mono_time> seen_saved; // by this centre
    bool met = false;                    // its birth was answered since this centre started
    bool online = false;                 // a hint by birth and death; the verdict is last_seen
    std::uint64_t session = 0;
    std::string version;
    std::uint32_t outbox = 0; // as its last heartbeat said
    std::uint32_t faults = 0;
    std::uint64_t refused = 0; // messages that could not be read or were not its own
    std::string last_refusal;
};

enum class which : std::uint8_t { open, closed, all };

class desk {
public:
    desk(store& kept, saved_state saved, const moment& now);

    // Stamps are wall time; what is waited for goes by the boot clock, which never goes back.
    [[nodiscard]] outputs step(const moment& now, const input& in);
    [[nodiscard]] std::optional<mono_time> next_deadline() const;

    // A case has gone to a console; the first time is kept, and written with the case's next change.
    void was_shown(const case_key& key, utc_time at);
    void was_shown(const std::string& public_id, utc_time at);

    // Nothing if there is none; a closed one that is not in memory is read from the store. The view ends with
    // the next step.
    [[nodiscard]] const case_file* find(const std::string& public_id);
    [[nodiscard]] const case_file* find(const case_key& key) const;
    // Open ones: by priority, then age, oldest first. Closed ones: newest first. At most `most`.
    [[nodiscard]] std::vector<const case_file*> list(which w, std::size_t most) const;
    [[nodiscard]] const std::map<gateway_id, gateway_facts>& gateways() const noexcept { return gateways_; }
    [[nodiscard]] std::uint32_t start() const noexcept { return start_; }
    [[nodiscard]] std::size_t uncommitted() const noexcept { return pending_.size(); }

private:
    // What is due when a write set is committed.
    struct pending {
        case_key key;
        std::optional<revision_number> revision; // stamps its note
        std::optional<wire::ack> ack;
        std::optional<standing> kept;
        std::optional<std::uint64_t> receipt; // tell the gateway of this change
        std::optional<alarm_progress> says;   // how far its gateway knows it to be
        std::uint64_t token = 0;              // answer this deed
        std::vector<wanted_timer> timers;
        bool quiet = false; // nothing to show
    };

    void take_in(utc_time now, const arrival& a, outputs& out);
    void take_revision(utc_time now, const arrival& a, const wire::envelope& e, const alarm_revision& r,
                       outputs& out);
    void meet(utc_time now, const gateway_id& gateway, const wire::birth& b, outputs& out);
    void act(utc_time now, const asked_deed& asked, outputs& out);
    void settle(utc_time now, const committed& done, outputs& out);
    void settle_one(utc_time now, const moment& at, pending& p, outputs& out);
    void repair_receipts(utc_time now, outputs& out);
    void note_told(utc_time now, const receipt_told& told, outputs& out);
    void run_timers(utc_time now, outputs& out);
    void note_sign_of_life(utc_time now, const gateway_id& gateway, outputs& out);

    [[nodiscard]] const case_file* in_memory(const std::string& public_id) const;
    [[nodiscard]] case_file* open_case(const case_key& key, bool& failed);
    [[nodiscard]] std::expected<case_file, store_fault> new_case(const case_key& key);
    void enqueue(write_set set, pending p, outputs& out);
    void refuse(const gateway_id& gateway, const std::string& why, outputs& out);
    [[nodiscard]] publish downlink(utc_time now, const gateway_id& gateway, bool on_ack_topic,
                                   decltype(wire::downlink::what) what);
    [[nodiscard]] publish receipt_for(utc_time now, const case_file& file);
    void retire(const case_key& key);

    store& kept_;
    mono_time mono_; // of this step
    std::uint32_t start_ = 0;
    std::uint32_t downlinks_ = 0;
    std::uint64_t next_ticket_ = 1;
    std::map<case_key, case_file> cases_;
    std::multimap<alarm_id, gateway_id> owners_;
    std::deque<case_key> closed_; // in memory, in the order they closed
    std::map<std::uint64_t, pending> pending_;
    std::map<case_key, std::uint64_t> receipts_due_;
    std::map<gateway_id, gateway_facts> gateways_;
    timers timers_;
    std::optional<case_file> guest_; // read for find()
};

} // namespace anban::dispatch

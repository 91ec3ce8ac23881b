// A box that has joined anew goes by another id, and the centre takes nothing that another id made. What still
// waits in the outbox is said again under the new one: nothing that was pressed is lost by a new card.
#include "cloud-bridge/protocol/codec.hpp"
#include "gateway/home/machine.hpp"

#include <algorithm>

namespace anban {
namespace {

// As the envelope names its maker; nothing where it can't be read.
[[nodiscard]] std::optional<wire::envelope> of_another(const outbox_entry& entry, const gateway_id& us) {
    auto made = wire::decode(entry.envelope);
    if (!made || made->from.gateway == us || !std::holds_alternative<alarm_revision>(made->what)) return {};
    return std::move(*made);
}

} // namespace

bool home_machine::holds_entries_of_another() const {
    return std::ranges::any_of(state_.outbox, [this](const outbox_entry& entry) {
        return of_another(entry, house_.gateway).has_value();
    });
}

// In the outbox's order, so that the revisions of an alarm stay in theirs. Each gets a number of its own: one
// number never stands for two contents.
void home_machine::reissue_outbox() {
    reissue_due_ = false;
    std::deque<outbox_entry> all;
    all.swap(state_.outbox);
    for (outbox_entry& entry : all) {
        auto made = of_another(entry, house_.gateway);
        if (!made) {
            state_.outbox.push_back(std::move(entry));
            continue;
        }
        auto& revision = std::get<alarm_revision>(made->what);
        const revision_number before = std::exchange(revision.number, next_revision());
        made->from = sender_now();
        if (alarm_state* alarm = book_.find(entry.alarm)) {
            if (alarm->newest.number == before) alarm->newest.number = revision.number;
            if (alarm->last_call == before) alarm->last_call = revision.number;
            draft_.touched.insert(entry.alarm);
        }
        (void)note_out_of_outbox(before);
        note_in_outbox(revision.number, revision.news);
        draft_.delta.acknowledged.emplace_back(entry.alarm, before);
        say(forget{entry.alarm, before});
        outbox_entry fresh{entry.alarm, revision.number, entry.via, wire::encode(*made)};
        draft_.delta.queued.push_back(fresh);
        draft_.after.deliveries.push_back(fresh);
        state_.outbox.push_back(std::move(fresh));
        add_hop(entry.alarm, "reissued", now_, revision.device);
    }
    draft_.durable = true;
    announce_due_ = true;
}

} // namespace anban

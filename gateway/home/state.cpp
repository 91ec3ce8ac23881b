#include "gateway/home/state.hpp"

#include <algorithm>

#include "rules/limits.hpp"

namespace anban {

std::string_view name_of(audit_event::kind k) noexcept {
    using kind = audit_event::kind;
    switch (k) {
    case kind::started: return "started";
    case kind::raised: return "raised";
    case kind::pressed: return "pressed";
    case kind::judged: return "judged";
    case kind::taken: return "taken";
    case kind::on_the_way: return "on_the_way";
    case kind::closed: return "closed";
    case kind::close_refused: return "close_refused";
    case kind::test_opened: return "test_opened";
    case kind::shelved: return "shelved";
    case kind::unshelved: return "unshelved";
    case kind::house_changed: return "house_changed";
    case kind::restored: return "restored";
    case kind::journal_replaced: return "journal_replaced";
    case kind::journal_mended: return "journal_mended";
    }
    return "";
}

void home_state::remember(const device_id& device, const remembered_frame& frame) {
    auto& kept = frames[device];
    std::erase_if(kept, [&](const remembered_frame& f) {
        return f.key == frame.key && (f.key || f.content == frame.content);
    });
    kept.push_back(frame);
    if (kept.size() > limits::remembered_frames_per_device) kept.pop_front();
}

std::optional<std::uint8_t> home_state::stands(const device_id& device, signal what) const {
    const auto of = standing.find(device);
    if (of == standing.end()) return std::nullopt;
    const auto one = of->second.find(what);
    return one == of->second.end() ? std::nullopt : std::optional{one->second};
}

void home_state::keep(const known_standing& one) {
    if (one.degree) {
        standing[one.device][one.what] = *one.degree;
        return;
    }
    const auto of = standing.find(one.device);
    if (of == standing.end()) return;
    of->second.erase(one.what);
    if (of->second.empty()) standing.erase(of);
}

bool home_state::drop_from_outbox(const alarm_id& alarm, revision_number revision) {
    const auto found = std::ranges::find_if(
        outbox, [&](const outbox_entry& e) { return e.alarm == alarm && e.revision == revision; });
    if (found == outbox.end()) return false;
    outbox.erase(found);
    return true;
}

// What the newer presses begin with may be what the older ones end with: then that was applied before.
void home_state::keep(const alarm_state& changed) {
    alarm_state& kept = alarms[changed.newest.id];
    std::vector<press> presses = std::move(kept.presses);
    kept = changed;
    std::size_t known = std::min(presses.size(), changed.presses.size());
    while (!std::equal(presses.end() - static_cast<std::ptrdiff_t>(known), presses.end(), changed.presses.begin(),
                       changed.presses.begin() + static_cast<std::ptrdiff_t>(known))) {
        --known;
    }
    presses.insert(presses.end(), changed.presses.begin() + static_cast<std::ptrdiff_t>(known),
                   changed.presses.end());
    if (presses.size() > limits::presses_kept) {
        presses.erase(presses.begin(), presses.end() - static_cast<std::ptrdiff_t>(limits::presses_kept));
    }
    kept.presses = std::move(presses);
}

void home_state::apply(const home_delta& delta) {
    if (delta.complete) *this = home_state{};
    if (delta.start) start = *delta.start;
    for (const alarm_state& alarm : delta.alarms) keep(alarm);
    for (const alarm_id& id : delta.forgotten) alarms.erase(id);
    for (const outbox_entry& entry : delta.queued) {
        drop_from_outbox(entry.alarm, entry.revision);
        outbox.push_back(entry);
    }
    for (const auto& [alarm, revision] : delta.acknowledged) drop_from_outbox(alarm, revision);
    for (const auto& [device, frame] : delta.frames) remember(device, frame);
    for (const stranger_address& one : delta.strangers) strangers[one.device] = one;
    for (const known_standing& one : delta.standing) keep(one);
    if (delta.rules) rules = *delta.rules;
    if (delta.restored) restored = delta.restored;
    if (delta.restore_settled) restored.reset();
    wall = delta.wall;
}

home_delta home_state::whole() const {
    home_delta all;
    all.complete = true;
    all.start = start;
    for (const auto& [id, alarm] : alarms) all.alarms.push_back(alarm);
    all.queued.assign(outbox.begin(), outbox.end());
    for (const auto& [device, kept] : frames) {
        for (const auto& frame : kept) all.frames.emplace_back(device, frame);
    }
    for (const auto& [device, one] : strangers) all.strangers.push_back(one);
    for (const auto& [device, by_signal] : standing) {
        for (const auto& [what, degree] : by_signal) all.standing.push_back({device, what, degree});
    }
    all.rules = rules;
    all.restored = restored;
    all.wall = wall;
    return all;
}

} // namespace anban

// Events that a device tells as a state and its bridge repeats: what is a beginning, and what is known of it.
#include <algorithm>

#include <fmt/format.h>

#include "gateway/home/machine.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

void add_event(heard& in, const standing_event& what) {
    const bool told =
        std::ranges::any_of(in.observations, [&](const observation& o) { return o.what == what.what; });
    if (!told) in.observations.push_back({what.what, 1, what.how, std::nullopt});
}

} // namespace

// An event that its family repeats as a state until it is over: its beginning becomes an event of this frame,
// what stood before is no news, whoever restarted meanwhile. Where nothing is known it is a press.
heard home_machine::with_what_began(const device_id& id, const heard& in) const {
    heard whole = in;
    for (const standing_event& told : in.standing) {
        if (told.degree > 0) add_event(whole, told);
    }
    if (in.history || repeated(id, whole) != nullptr) return whole; // told as what it is, it raises nothing
    heard judged = in;
    for (const standing_event& told : in.standing) {
        if (told.degree > 0 && state_.stands(id, told.what) != told.degree) add_event(judged, told);
    }
    return judged;
}

void home_machine::keep_standing(const device_id& id, const heard& in) {
    for (const standing_event& told : in.standing) {
        const auto was = state_.stands(id, told.what);
        // The broker's copy is older than what we heard: it tells only where nothing is known.
        if (in.history && was) continue;
        if (!in.history) watch_standing(id, told, was);
        if (was == told.degree) continue;
        const known_standing now{id, told.what, told.degree};
        state_.keep(now);
        draft_.delta.standing.push_back(now);
        draft_.durable = true; // a press that comes after a crash must not meet what stood before this
    }
}

// Whoever presses while the last press still stands can't be told from a cache: that is a fault of the device.
void home_machine::watch_standing(const device_id& id, const standing_event& told,
                                  std::optional<std::uint8_t> was) {
    const std::string key = "device.stuck." + id.str();
    const bool goes_on = told.degree > 0 && was == told.degree;
    if (!goes_on) {
        standing_since_[id].erase(told.what);
        if (standing_since_[id].empty()) standing_since_.erase(id);
        if (!standing_since_.contains(id)) end_fault(key);
    }
    if (told.degree == 0) return;
    const auto since = standing_since_[id].try_emplace(told.what, now_.mono).first->second;
    if (now_.mono - since < limits::standing_patience) return;
    begin_fault(
        {.key = key,
         .what_zh = fmt::format("{} 一直在重复同一次“{}”：再次触发无法分辨", id.str(), name_of(told.what)),
         .what_en = fmt::format("{} goes on telling one and the same {}: another one could not be told from it",
                                id.str(), name_of(told.what)),
         .cure_zh = "在设备上解除报警；若仍如此，换用以 action 上报的按钮",
         .cure_en = "Reset it at the device; if it stays so, use a button that tells its presses as `action`",
         .urgency = priority::medium});
}

void home_machine::forget_standing_of_others(const house& next) {
    for (const device& d : house_.devices) {
        const device* kept = next.find_device(d.id);
        if (kept == nullptr || kept->driver != d.driver || kept->address != d.address) forget_standing(d.id);
    }
}

// A stranger that has been entered: its newest press was heard under the old name.
void home_machine::rename_standing(const device_id& before, const device_id& now) {
    const auto of = state_.standing.find(before);
    if (of == state_.standing.end()) return;
    const auto known = of->second;
    forget_standing(before);
    for (const auto& [what, degree] : known) {
        state_.keep({now, what, degree});
        draft_.delta.standing.push_back({now, what, degree});
    }
}

// A device that was removed, or stands for another one now, begins with nothing known.
void home_machine::forget_standing(const device_id& id) {
    const auto of = state_.standing.find(id);
    if (of == state_.standing.end()) return;
    for (const auto& [what, degree] : of->second) draft_.delta.standing.push_back({id, what, std::nullopt});
    draft_.durable = true;
    state_.standing.erase(of);
    standing_since_.erase(id);
    end_fault("device.stuck." + id.str());
}

} // namespace anban

#include "cloud-bridge/dispatch/desk/intake.hpp"

#include <algorithm>

#include "cloud-bridge/dispatch/limits.hpp"

namespace anban::dispatch {
namespace {

// The note of this number: in memory, or, for one that was trimmed, from the store.
std::expected<revision_note*, store_fault> find_note(case_file& file, revision_number number, store& kept) {
    if (const auto found = file.revisions.find(number); found != file.revisions.end()) return &found->second;
    if (file.revisions_total <= file.revisions.size()) return nullptr;
    auto read = kept.find_revision(file.key, number);
    if (!read) return std::unexpected(read.error());
    if (!*read) return nullptr;
    return &file.revisions.emplace(number, std::move(**read)).first->second;
}

// Press records are unique by gateway, device, boot and sequence, whatever alarm they came with.
std::expected<bool, store_fault> is_new_press(const case_file& file, const cause& from, store& kept) {
    const auto same = [&](const press_note& p) { return p.what.from == from; };
    if (std::any_of(file.presses.rbegin(), file.presses.rend(), same)) return false;
    const auto known = kept.has_press(file.key.gateway, from);
    if (!known) return std::unexpected(known.error());
    return !*known;
}

void note_press(case_file& file, press_note note) {
    file.presses.push_back(std::move(note));
    ++file.presses_total;
    if (file.presses.size() > limits::presses_kept) file.presses.pop_front();
}

// Only committed notes may go: the others are in no store yet.
void trim(case_file& file) {
    while (file.revisions.size() > limits::revisions_kept && file.revisions.begin()->second.stored) {
        file.revisions.erase(file.revisions.begin());
    }
}

void put_timers(const case_file& file, write_set& rows) {
    std::uint8_t mark = 0;
    for (const auto after : marks_of(file.newest.of, file.newest.test)) {
        rows.timers.push_back({file.now.epoch, ++mark, after});
    }
}

} // namespace

case_row next_row(case_file& file) {
    return {++file.change, file.shadow, file.now,      file.newest.number,
            file.ring,     file.via,    file.received, file.shown};
}

void note_action(case_file& file, write_set& rows, action_note note) {
    rows.actions.push_back(note);
    file.actions.push_back(std::move(note));
    if (file.actions.size() > limits::actions_kept) file.actions.pop_front();
}

std::expected<filed, store_fault> file_revision(case_file& file, bool fresh, const incoming& in, store& kept) {
    const alarm_revision& revision = in.revision;
    auto known = find_note(file, revision.number, kept);
    if (!known) return std::unexpected(known.error());
    filed done;
    if (*known != nullptr && (*known)->content == in.content) {
        done.what = meaning::again;
        done.stored_before = (*known)->stored;
        return done;
    }
    bool new_press = false;
    if (revision.news) {
        const auto is_new = is_new_press(file, revision.news->from, kept);
        if (!is_new) return std::unexpected(is_new.error());
        new_press = *is_new;
    }

    if (*known != nullptr) {
        done.what = meaning::conflict;
        auto& others = (*known)->others;
        if (std::find(others.begin(), others.end(), in.content) == others.end()) {
            ++file.conflicts;
            if (others.size() < 16) others.push_back(in.content);
        }
    } else {
        done.what = fresh                                  ? meaning::fresh
                    : revision.number > file.newest.number ? meaning::newer
                                                           : meaning::older;
        file.revisions.emplace(revision.number,
                               revision_note{revision.number, in.content, in.received, std::nullopt, {}});
        ++file.revisions_total;
    }
    // A suspicion that is confirmed, and a condition that comes back after it had cleared, call anew.
    const bool active_again = done.what == meaning::newer && file.newest.phase != alarm_phase::active &&
                              revision.phase == alarm_phase::active;
    // What the gateway calls a newer call may look like none from here (a press that came before under another
    // number, say): where it refuses a close, either side must go on from the same.
    done.rings = fresh || active_again || (new_press && !revision.news->repeat) || revision.close_refused;
    if (done.what == meaning::fresh || done.what == meaning::newer) file.newest = revision;
    if (fresh) file.received = in.received;
    file.via = fresh ? in.via : std::min(file.via, in.via);

    write_set& rows = done.rows;
    rows.via = in.via;
    rows.key = file.key;
    rows.revision = revision_row{revision.number, in.content,  in.via,
                                 in.received,     in.envelope, done.what == meaning::conflict};
    if (new_press) {
        rows.press = press_note{*revision.news, revision.number};
        note_press(file, *rows.press);
    }
    if (done.rings) {
        // A conflict's press came after what its number stands for: it must not pass as seen.
        const auto number = done.what == meaning::conflict ? file.newest.number : revision.number;
        file.ring = std::max(file.ring, number);
        const bool unseen_conflict = done.what == meaning::conflict && new_press;
        const auto news = unseen_conflict ? revision_number{UINT32_MAX, UINT32_MAX} : number;
        if (auto after = after_ring(file.now, news)) {
            file.now = std::move(*after);
            done.reopened = true;
            note_action(file, rows, {"reopen", "", in.received, "", ""});
        }
    }
    if (fresh || done.reopened) put_timers(file, rows);
    rows.state = next_row(file);
    trim(file);
    return done;
}

} // namespace anban::dispatch

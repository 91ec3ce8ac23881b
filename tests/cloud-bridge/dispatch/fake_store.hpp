// A store in memory that commits when it is told to, can refuse to be read, and can lose what it has not
// committed: a crash of the centre at any moment.
#pragma once

#include <algorithm>
#include <deque>
#include <set>
#include <tuple>

#include "cloud-bridge/dispatch/desk/store.hpp"
#include "cloud-bridge/dispatch/limits.hpp"
#include "cloud-bridge/protocol/codec.hpp"

namespace anban::dispatch::testing {

class fake_store final : public store {
public:
    std::size_t capacity = limits::writes_waiting;
    bool unreadable = false;

    std::size_t room() const override { return capacity > waiting.size() ? capacity - waiting.size() : 0; }
    void submit(write_set set) override { waiting.push_back(std::move(set)); }

    // Commits at most `most` of what waits.
    std::vector<std::uint64_t> commit(const moment& at, std::size_t most = SIZE_MAX) {
        std::vector<std::uint64_t> tickets;
        while (!waiting.empty() && tickets.size() < most) {
            apply(waiting.front(), at);
            tickets.push_back(waiting.front().ticket);
            waiting.pop_front();
        }
        return tickets;
    }

    // What a new centre finds after a crash.
    saved_state crash() {
        waiting.clear();
        saved_state saved{.start = ++starts, .receipts_due = receipts, .seen = signs};
        for (const auto& [key, row] : rows) saved.cases.push_back(*load(key).value());
        for (const auto& [id, due] : timer_rows) {
            saved.timers.push_back({std::get<0>(id), std::get<1>(id), std::get<2>(id), due});
        }
        return saved;
    }

    std::expected<std::optional<case_file>, store_fault> load(const case_key& key) override {
        if (unreadable) return std::unexpected("unreadable");
        const auto found = rows.find(key);
        if (found == rows.end()) return std::nullopt;
        const auto& row = found->second;
        case_file file;
        file.key = key;
        file.change = file.kept_change = row.change;
        file.shadow = row.shadow;
        file.now = file.kept = row.now;
        file.ring = row.ring;
        file.via = row.via;
        file.received = row.received;
        file.shown = row.shown;
        file.stored = first_stored.at(key);
        for (const auto& [id, r] : revisions) {
            if (id.first != key) continue;
            file.revisions[id.second] = {id.second, r.first.content, r.first.received, r.second, {}};
            if (id.second == row.newest) {
                file.newest = std::get<alarm_revision>(wire::decode(r.first.envelope)->what);
            }
        }
        file.revisions_total = file.revisions.size();
        for (const auto& [id, content] : conflicts) {
            if (id.first == key) ++file.conflicts;
        }
        for (const auto& [id, note] : presses) {
            if (note.first == key) file.presses.push_back(note.second);
        }
        file.presses_total = file.presses.size();
        for (const auto& [of, note] : actions) {
            if (of == key) file.actions.push_back(note);
        }
        return file;
    }
    std::expected<std::vector<gateway_id>, store_fault> owners(const alarm_id& id) override {
        if (unreadable) return std::unexpected("unreadable");
        std::vector<gateway_id> found;
        for (const auto& [key, row] : rows) {
            if (key.alarm == id) found.push_back(key.gateway);
        }
        return found;
    }
    std::expected<std::optional<revision_note>, store_fault> find_revision(const case_key& key,
                                                                           revision_number number) override {
        if (unreadable) return std::unexpected("unreadable");
        const auto found = revisions.find({key, number});
        if (found == revisions.end()) return std::nullopt;
        return revision_note{
            number, found->second.first.content, found->second.first.received, found->second.second, {}};
    }
    std::expected<bool, store_fault> has_press(const gateway_id& gateway, const cause& from) override {
        if (unreadable) return std::unexpected("unreadable");
        return presses.contains({gateway, from});
    }

    std::deque<write_set> waiting;
    std::map<case_key, case_row> rows;
    std::map<case_key, utc_time> first_stored;
    std::map<std::pair<case_key, revision_number>, std::pair<revision_row, utc_time>> revisions;
    std::map<std::pair<gateway_id, cause>, std::pair<case_key, press_note>> presses;
    std::vector<std::pair<case_key, action_note>> actions;
    std::map<std::tuple<case_key, std::uint32_t, std::uint8_t>, moment> timer_rows;
    std::map<case_key, std::uint64_t> receipts;
    std::map<gateway_id, utc_time> signs;
    std::uint32_t starts = 1;

private:
    void apply(const write_set& set, const moment& clocks) {
        const auto at = clocks.wall;
        if (set.seen) signs[set.key.gateway] = *set.seen;
        if (set.revision && set.revision->conflict) {
            conflicts.insert({{set.key, set.revision->number}, set.revision->content});
        } else if (set.revision) {
            revisions.try_emplace({set.key, set.revision->number}, *set.revision, at);
        }
        if (set.press) presses.try_emplace({set.key.gateway, set.press->what.from}, set.key, *set.press);
        if (set.state) {
            first_stored.try_emplace(set.key, at);
            auto& row = rows[set.key];
            if (set.state->change > row.change) row = *set.state;
        }
        for (const auto& a : set.actions) actions.emplace_back(set.key, a);
        for (const auto& t : set.timers) {
            timer_rows.try_emplace({set.key, t.epoch, t.mark},
                                   moment{at + t.after, clocks.mono + t.after, clocks.boot});
        }
        for (const auto& t : set.ended) timer_rows.erase({set.key, t.epoch, t.mark});
        if (set.receipt_due) {
            auto& due = receipts[set.key];
            due = std::max(due, set.state->change);
        }
        if (set.receipt_told && receipts.contains(set.key) && receipts[set.key] <= *set.receipt_told) {
            receipts.erase(set.key);
        }
    }

    std::set<std::pair<std::pair<case_key, revision_number>, sha256_digest>> conflicts;
};

} // namespace anban::dispatch::testing

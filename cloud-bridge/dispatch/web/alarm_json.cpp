#include "cloud-bridge/dispatch/web/alarm_json.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "rules/signal.hpp"

namespace anban::dispatch {
namespace {

namespace json = boost::json;

json::value iso_or_null(const std::optional<utc_time>& at) {
    return at ? json::value(iso(*at)) : json::value(nullptr);
}

json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object number_json(revision_number number) {
    return {{"start", number.start}, {"n", number.n}};
}

// Ids become names by the card; a name that is missing stays its id.
json::value part_json(const std::string& id, const std::vector<named>& parts) {
    if (id.empty()) return nullptr;
    const auto found = std::find_if(parts.begin(), parts.end(), [&](const named& p) { return p.id == id; });
    return json::object{{"id", id}, {"name", found == parts.end() ? id : found->name}};
}

json::object home_json(const home_card* card) {
    if (card == nullptr) {
        return {{"known", false}, {"name", nullptr}, {"address", nullptr}, {"phone", nullptr}};
    }
    return {{"known", true}, {"name", card->name}, {"address", card->address}, {"phone", card->phone}};
}

std::string queue_of(const alarm_revision& r) {
    if (r.test) return "test";
    return r.of == alarm_class::service ? "service" : "alarm";
}

std::string subject_text(const subject& who) {
    return who.of == subject::kind::home ? "home" : fmt::format("{}/{}", name_of(who.of), who.id);
}

json::array evidence_json(const alarm_revision& r) {
    json::array list;
    for (const auto& one : r.seen) {
        const auto& facts = facts_of(one.what);
        list.push_back(json::object{{"device", one.device.str()},
                                    {"signal", facts.name},
                                    {"value", one.value},
                                    {"unit", facts.unit},
                                    {"at", iso(one.at.at)}});
    }
    return list;
}

void put_hop(json::array& hops, const char* name, const std::optional<utc_time>& at) {
    if (at) hops.push_back(json::object{{"name", name}, {"at_us", at->time_since_epoch().count()}});
}

} // namespace

std::string iso(utc_time at) {
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(at);
    const auto s = std::chrono::floor<std::chrono::seconds>(ms);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(s)),
                       (ms - s).count());
}

json::object beat_json(const std::string& server_time, const std::string& trouble) {
    json::object beat{{"server_time", server_time}};
    if (!trouble.empty()) beat["trouble"] = trouble;
    return beat;
}

json::object alarm_json(const case_file& file, const home_cards& cards) {
    static const std::vector<named> nobody;
    const auto& r = file.newest;
    const auto& s = file.now;
    const auto found = cards.find(file.key.gateway);
    const home_card* card = found == cards.end() ? nullptr : &found->second;
    const auto note = file.revisions.find(r.number);
    const auto stored_at = note == file.revisions.end() ? file.stored : note->second.stored;
    const auto resident = r.who.of == subject::kind::resident ? r.who.id : std::string{};
    return {
        {"id", file.public_id()},
        {"gateway", file.key.gateway.str()},
        {"home", home_json(card)},
        {"resident", part_json(resident, card ? card->residents : nobody)},
        {"room", part_json(r.room.str(), card ? card->rooms : nobody)},
        {"subject", subject_text(r.who)},
        {"rule", r.rule.str()},
        {"title", {{"zh", r.title_zh}, {"en", r.title_en}}},
        {"class", name_of(r.of)},
        {"priority", name_of(r.urgency)},
        {"lane", name_of(file.via)},
        {"queue", queue_of(r)},
        {"phase", name_of(r.phase)},
        {"state", name_of(s.at)},
        {"test", r.test},
        {"unregistered_device", r.unregistered},
        {"raised_at", iso(r.raised.at)},
        {"raised_clock", name_of(r.raised.quality)},
        {"received_at", iso(file.received)},
        {"stored", stored_at.has_value()},
        {"stored_at", iso_or_null(stored_at)},
        {"pending", file.pending > 0},
        {"press_count", r.press_count},
        {"device", r.device.str()},
        {"revision", number_json(r.number)},
        {"last_press_revision", number_json(file.ring)},
        {"epoch", s.epoch},
        {"taken_by", text_or_null(s.holder)},
        {"taken_at", iso_or_null(s.taken_at)},
        {"on_the_way_at", iso_or_null(s.on_the_way_at)},
        {"closed_at", iso_or_null(s.closed_at)},
        {"closing_code", text_or_null(s.closing_code)},
        {"reopened", s.reopened},
        {"escalated", s.escalated},
        {"conflicts", file.conflicts},
        {"because", r.because},
        {"evidence", evidence_json(r)},
    };
}

json::object alarm_detail_json(const case_file& file, const home_cards& cards) {
    auto all = alarm_json(file, cards);
    json::array presses;
    for (const auto& p : file.presses) {
        presses.push_back(json::object{{"device", p.what.from.device.str()},
                                       {"boot", fmt::format("{:016x}", p.what.from.key.boot)},
                                       {"sequence", p.what.from.key.sequence},
                                       {"signal", name_of(p.what.what)},
                                       {"at", iso(p.what.at.at)},
                                       {"repeat", p.what.repeat}});
    }
    json::array actions;
    for (const auto& a : file.actions) {
        actions.push_back(json::object{{"what", a.what},
                                       {"who", text_or_null(a.who)},
                                       {"at", iso(a.at)},
                                       {"code", text_or_null(a.code)},
                                       {"note", text_or_null(a.note)}});
    }
    json::array revisions;
    for (const auto& [number, note] : file.revisions) {
        revisions.push_back(json::object{{"start", number.start},
                                         {"n", number.n},
                                         {"received_at", iso(note.received)},
                                         {"stored_at", iso_or_null(note.stored)},
                                         {"conflicts", note.others.size()}});
    }
    json::array hops;
    put_hop(hops, "received", file.received);
    put_hop(hops, "shown", file.shown);
    put_hop(hops, "stored", file.stored);
    put_hop(hops, "taken", file.now.taken_at);
    put_hop(hops, "on_the_way", file.now.on_the_way_at);
    put_hop(hops, "closed", file.now.closed_at);
    all["presses"] = std::move(presses);
    all["presses_total"] = file.presses_total;
    all["actions"] = std::move(actions);
    all["revisions"] = std::move(revisions);
    all["revisions_total"] = file.revisions_total;
    all["hops"] = std::move(hops);
    return all;
}

} // namespace anban::dispatch

#include "gateway/control/as_json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "rules/wall_text.hpp"

namespace anban::control {
namespace json = boost::json;

namespace {

[[nodiscard]] std::int64_t microseconds(utc_time t) {
    return t.time_since_epoch().count();
}

[[nodiscard]] json::object text(const std::string& zh, const std::string& en) {
    return {{"zh", zh}, {"en", en}};
}

[[nodiscard]] std::string in_words(const subject& who) {
    return who.id.empty() ? std::string{name_of(who.of)} : fmt::format("{}/{}", name_of(who.of), who.id);
}

[[nodiscard]] std::string in_words(const revision_number& n) {
    return fmt::format("{}.{}", n.start, n.n);
}

[[nodiscard]] json::object as_json(const reading& r) {
    json::object o{{"device", r.from.device.str()},
                   {"signal", name_of(r.what)},
                   {"value", r.value},
                   {"unit", facts_of(r.what).unit},
                   {"subject", in_words(r.who)},
                   {"room", r.room.str()},
                   {"test", r.test}};
    if (r.how == quality::suspect) o["quality"] = "suspect";
    if (r.how == quality::unknown) {
        o["quality"] = "unknown";
        o["value"] = nullptr;
    }
    return o;
}

[[nodiscard]] std::string_view name_of(notice::kind k) {
    switch (k) {
    case notice::kind::hop: return "hop";
    case notice::kind::reading: return "reading";
    case notice::kind::fault_begins: return "fault_begins";
    case notice::kind::fault_ends: return "fault_ends";
    case notice::kind::refused: break;
    }
    return "refused";
}

} // namespace

json::value as_json(const stamp& s) {
    if (s.quality == clock_quality::unset) return nullptr;
    return json::value(iso_text(s.at));
}

json::object as_json(const config_error& e) {
    return {{"file", e.file},       {"line", e.line},       {"column", e.column},  {"what_zh", e.what.zh},
            {"what_en", e.what.en}, {"cure_zh", e.cure.zh}, {"cure_en", e.cure.en}};
}

json::object as_json(const fault& f) {
    return {{"key", f.key},
            {"urgency", name_of(f.urgency)},
            {"what_zh", f.what_zh},
            {"what_en", f.what_en},
            {"cure_zh", f.cure_zh},
            {"cure_en", f.cure_en},
            {"since", as_json(f.since)}};
}

json::object as_json(const device& d) {
    json::object o{{"id", d.id.str()},        {"driver", d.driver},        {"address", d.address},
                   {"role", name_of(d.role)}, {"room", d.room.str()},      {"owner", d.owner.str()},
                   {"bed", d.bed.str()},      {"reports_every_s", nullptr}};
    if (d.reports_every) o["reports_every_s"] = d.reports_every->count();
    json::array provides;
    for (const auto s : d.provides) provides.emplace_back(name_of(s));
    o["provides"] = std::move(provides);
    return o;
}

json::object as_json(const resident& r) {
    json::array packs;
    for (const auto& pack : r.packs) packs.emplace_back(pack);
    return {{"id", r.id.str()}, {"packs", std::move(packs)}};
}

json::object as_json(const device_view& seen, const device* installed, instant now) {
    json::object o = installed != nullptr
                         ? as_json(*installed)
                         : json::object{{"id", seen.id.str()}, {"driver", seen.driver}, {"address", seen.address}};
    o["registered"] = seen.registered;
    o["last_heard"] = seen.last_heard ? as_json(*seen.last_heard) : json::value(nullptr);
    o["heard_s_ago"] = nullptr;
    if (seen.last_heard_mono && now.mono >= *seen.last_heard_mono) {
        o["heard_s_ago"] =
            std::chrono::duration_cast<std::chrono::seconds>(now.mono - *seen.last_heard_mono).count();
    }
    o["battery"] = seen.battery ? json::value(*seen.battery) : json::value(nullptr);
    o["link_quality"] = seen.link_quality ? json::value(*seen.link_quality) : json::value(nullptr);
    o["qos"] = seen.last_qos ? json::value(*seen.last_qos) : json::value(nullptr);
    o["test_open"] = seen.test_open;
    o["note_zh"] = seen.last_note.zh;
    o["note_en"] = seen.last_note.en;
    return o;
}

json::object as_json(const alarm_state& a, const house& h) {
    const auto& r = a.newest;
    const room* where = h.find_room(r.room);
    return {{"id", r.id.hex()},
            {"rule", r.rule.str()},
            {"title", text(r.title_zh, r.title_en)},
            {"class", name_of(r.of)},
            {"priority", name_of(r.urgency)},
            {"phase", name_of(r.phase)},
            {"state", name_of(r.progress)},
            {"subject", in_words(r.who)},
            {"room", r.room.str()},
            {"room_name", where != nullptr ? where->name : r.room.str()},
            {"device", r.device.str()},
            {"test", r.test},
            {"unregistered_device", r.unregistered},
            {"raised_at", as_json(r.raised)},
            {"raised_clock", name_of(r.raised.quality)},
            {"press_count", r.press_count},
            {"revision", in_words(r.number)},
            {"stored_revision", in_words(a.acked)},
            {"stored", a.acked >= r.number},
            {"adopted", a.adopted},
            {"closing_code", a.closing_code},
            {"because", r.because}};
}

json::object with_details(const alarm_state& a, const house& h, const std::vector<hop>& hops) {
    json::object o = as_json(a, h);
    json::array presses;
    for (const auto& p : a.presses) {
        presses.push_back(json::object{{"device", p.from.device.str()},
                                       {"boot", fmt::format("{:016x}", p.from.key.boot)},
                                       {"sequence", p.from.key.sequence},
                                       {"signal", name_of(p.what)},
                                       {"at", as_json(p.at)},
                                       {"repeat", p.repeat}});
    }
    json::array seen;
    for (const auto& e : a.newest.seen) {
        seen.push_back(json::object{{"device", e.device.str()},
                                    {"signal", name_of(e.what)},
                                    {"value", e.value},
                                    {"unit", facts_of(e.what).unit},
                                    {"at", as_json(e.at)}});
    }
    json::array way;
    for (const auto& step : hops) {
        way.push_back(json::object{{"name", step.name},
                                   {"at_us", microseconds(step.at.wall.at)},
                                   {"clock", name_of(step.at.wall.quality)},
                                   {"mono_ns", step.at.mono.time_since_epoch().count()}});
    }
    o["presses"] = std::move(presses);
    o["evidence"] = std::move(seen);
    o["hops"] = std::move(way);
    return o;
}

json::object as_json(const notice& n) {
    json::object o{{"event", name_of(n.of)},
                   {"at_us", microseconds(n.at.wall.at)},
                   {"clock", name_of(n.at.wall.quality)},
                   {"mono_ns", n.at.mono.time_since_epoch().count()}};
    if (!n.name.empty()) o["name"] = n.name;
    if (n.alarm != alarm_id{}) o["alarm"] = n.alarm.hex();
    if (n.revision != revision_number{}) o["revision"] = in_words(n.revision);
    if (!n.device.empty()) o["device"] = n.device.str();
    if (!n.text.empty()) o["text"] = n.text;
    if (n.key) {
        o["boot"] = fmt::format("{:016x}", n.key->boot);
        o["seq"] = n.key->sequence;
    }
    if (n.seen) o["reading"] = as_json(*n.seen);
    return o;
}

} // namespace anban::control

#include "gateway/recordings/recording_file.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <istream>
#include <map>
#include <optional>
#include <ostream>
#include <vector>

#include <fmt/format.h>

#include "rules/limits.hpp"
#include "rules/wall_text.hpp"

namespace anban {
namespace {

constexpr std::string_view own_header = "time,device,subject,room,signal,value,quality";
constexpr std::string_view events_header = "start,end,sensor_id,name,kind,place";

// Cuts a CSV row; quoted fields may hold commas and doubled quotes.
[[nodiscard]] std::vector<std::string> cut(std::string_view line) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
            fields.back() += '"';
            ++i;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            fields.emplace_back();
        } else {
            fields.back() += c;
        }
    }
    return fields;
}

template <class Number>
[[nodiscard]] std::optional<Number> number(std::string_view text) {
    Number n{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return n;
}

[[nodiscard]] std::optional<subject> subject_from(std::string_view text) {
    if (text == "home") return subject{};
    for (const auto k : {subject::kind::resident, subject::kind::bed, subject::kind::room}) {
        const std::string head = fmt::format("{}:", name_of(k));
        if (text.starts_with(head) && well_formed_id(text.substr(head.size()))) {
            return subject{k, std::string{text.substr(head.size())}};
        }
    }
    return std::nullopt;
}

[[nodiscard]] std::optional<quality> quality_from(std::string_view text) {
    if (text.empty() || text == "good") return quality::good;
    if (text == "suspect") return quality::suspect;
    if (text == "unknown") return quality::unknown;
    return std::nullopt;
}

[[nodiscard]] std::string_view name_of(quality q) {
    return q == quality::good ? "good" : q == quality::suspect ? "suspect" : "unknown";
}

class reader {
public:
    reader(std::istream& from, std::string_view name) : from_(from) { made_.name = name; }

    [[nodiscard]] std::expected<recording, recording_error> read() {
        std::string line;
        bool events = false, headed = false;
        while (wrong_.empty() && std::getline(from_, line)) {
            ++line_number_;
            if (line.ends_with('\r')) line.pop_back();
            if (line_number_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
            if (line.empty()) continue;
            if (line.starts_with('#')) {
                describe(line);
            } else if (!headed) {
                headed = true;
                events = line == events_header;
                if (!events && line != own_header) {
                    complain(fmt::format("neither '{}' nor '{}'", own_header, events_header));
                }
            } else if (events) {
                take_event(cut(line));
            } else {
                take_reading(cut(line));
            }
        }
        if (!headed && wrong_.empty()) complain("there is no header");
        if (!wrong_.empty()) return std::unexpected(wrong_);
        if (made_.where.plans.empty() && events) made_.where.plans.emplace_back().who = resident_id{"resident"};
        sort_by_time(made_);
        return std::move(made_);
    }

private:
    void complain(std::string what) { wrong_ = fmt::format("{}:{}: {}", made_.name, line_number_, what); }

    // "# zone +08:00", "# device ID reports_every N s"
    void describe(std::string_view line) {
        std::vector<std::string_view> words;
        for (std::size_t at = 1; at < line.size();) {
            const auto end = std::min(line.find(' ', at), line.size());
            if (end > at) words.push_back(line.substr(at, end - at));
            at = end + 1;
        }
        if (words.size() == 2 && words[0] == "zone" && words[1].size() == 6) {
            const auto h = number<int>(words[1].substr(1, 2)), m = number<int>(words[1].substr(4, 2));
            if (!h || !m) return complain("a zone looks like +08:00");
            const auto offset = std::chrono::seconds{*h * 3600 + *m * 60};
            made_.where.zone = {{{}, words[1][0] == '-' ? -offset : offset}};
        } else if (words.size() == 5 && words[0] == "device" && words[2] == "reports_every" && words[4] == "s") {
            const auto seconds = number<double>(words[3]);
            constexpr auto most = std::chrono::seconds{limits::longest_duration}.count();
            if (!seconds || !(*seconds > 0 && *seconds <= static_cast<double>(most))) {
                return complain("reports_every takes seconds, at most 31 days");
            }
            reports_every_[std::string{words[1]}] =
                std::chrono::nanoseconds{static_cast<std::int64_t>(*seconds * 1e9)};
        }
    }

    // The device of that name, made where it is new. Nothing where there are too many.
    [[nodiscard]] std::optional<std::uint16_t> device_of(const std::string& id, const subject& who,
                                                         const std::string& room, std::chrono::nanoseconds every) {
        const auto known = devices_.find(id);
        if (known != devices_.end()) return known->second;
        if (made_.where.devices.size() >= limits::recorded_devices) {
            complain(fmt::format("more than {} devices", limits::recorded_devices));
            return std::nullopt;
        }
        installed_device d;
        d.id = device_id{id};
        d.who = who;
        d.room = room_id{room};
        const auto declared = reports_every_.find(id);
        d.reports_every = declared == reports_every_.end() ? every : declared->second;
        const auto index = static_cast<std::uint16_t>(made_.where.devices.size());
        made_.where.devices.push_back(std::move(d));
        devices_.emplace(id, index);
        if (who.of == subject::kind::resident &&
            std::ranges::find(made_.where.plans, who.id, [](const care_plan& p) { return p.who.str(); }) ==
                made_.where.plans.end()) {
            made_.where.plans.emplace_back().who = resident_id{who.id};
        }
        if (!room.empty() && std::ranges::find(made_.where.rooms, room_id{room}) == made_.where.rooms.end()) {
            made_.where.rooms.emplace_back(room);
        }
        return index;
    }

    void add(sample s) {
        if (made_.samples.size() >= limits::recording_samples) {
            return complain(fmt::format("more than {} readings", limits::recording_samples));
        }
        made_.samples.push_back(s);
    }

    void take_reading(const std::vector<std::string>& f) {
        if (f.size() != 7) return complain(fmt::format("7 columns are expected, not {}", f.size()));
        const auto at = utc_from_text(f[0]);
        const auto who = subject_from(f[2]);
        const auto what = signal_from_name(f[4]);
        const auto value = number<double>(f[5]);
        const auto how = quality_from(f[6]);
        if (!at) return complain(fmt::format("'{}' is no time", f[0]));
        if (!well_formed_id(f[1])) return complain(fmt::format("'{}' is no device's id", f[1]));
        if (!who) return complain(fmt::format("'{}' is no subject: home, resident:ID or bed:ID", f[2]));
        if (!f[3].empty() && !well_formed_id(f[3])) return complain(fmt::format("'{}' is no room's id", f[3]));
        if (!what) return complain(fmt::format("there is no signal '{}'", f[4]));
        if (!value || !std::isfinite(*value)) return complain(fmt::format("'{}' is no number", f[5]));
        if (!how) return complain(fmt::format("'{}' is no quality: good, suspect or unknown", f[6]));
        const auto device = device_of(f[1], *who, f[3], installed_device{}.reports_every);
        if (device) add({*at, *device, *what, *how, *value});
    }

    void take_event(const std::vector<std::string>& f) {
        if (f.size() != 6) return complain(fmt::format("6 columns are expected, not {}", f.size()));
        const auto from = utc_from_text(f[0]), to = utc_from_text(f[1]);
        if (!from || !to) return complain(fmt::format("'{}' or '{}' is no time", f[0], f[1]));
        const std::string room = general_room(f[5]);
        signal what = signal::motion;
        if (f[4] == "contact" || f[4] == "mercury_contact") {
            what = signal::door_open;
        } else if (f[4] == "pressure") {
            what = room == "bedroom" ? signal::bed_occupied : signal::seat_occupied;
        } else if (f[4] != "motion" && f[4] != "flow" && f[4] != "power") {
            return complain(fmt::format("there is no kind '{}' of sensor", f[4]));
        }
        // They speak only when something changes: none is ever silent.
        const auto device = device_of(fmt::format("sensor-{}-{}", made_.where.devices.size(), f[2]), {}, room,
                                      limits::longest_duration, f[2] + "/" + f[3] + "/" + f[5]);
        if (!device) return;
        add({*from, *device, what, quality::good, 1});
        if (*to > *from)
            add({*to, *device, what, quality::good, 0});
        else
            add({*from + std::chrono::seconds{1}, *device, what, quality::good, 0});
    }

    // As above, for a sensor whose name is no id: `key` tells it apart.
    [[nodiscard]] std::optional<std::uint16_t> device_of(const std::string& id, const subject& who,
                                                         const std::string& room, std::chrono::nanoseconds every,
                                                         const std::string& key) {
        if (const auto known = devices_.find(key); known != devices_.end()) return known->second;
        std::string safe = id.substr(0, limits::id_bytes);
        std::ranges::replace_if(safe, [](char c) { return !well_formed_id(std::string{'x', c}); }, '-');
        const auto made = device_of(safe, who, room, every);
        if (made) devices_.emplace(key, *made);
        return made;
    }

    std::istream& from_;
    recording made_;
    std::string wrong_;
    std::size_t line_number_ = 0;
    std::map<std::string, std::uint16_t> devices_;
    std::map<std::string, std::chrono::nanoseconds> reports_every_;
};

} // namespace

std::string general_room(std::string_view place) {
    static constexpr std::pair<std::string_view, std::string_view> known[]{
        {"Bathroom", "bathroom"},  {"BathroomDoor", "bathroom"},   {"Toilet", "bathroom"},
        {"Sleep", "bedroom"},      {"Bedroom", "bedroom"},         {"SleepDoor", "bedroom"},
        {"Kitchen", "kitchen"},    {"KitchStor", "kitchen"},       {"KitchHeat", "kitchen"},
        {"Living", "living-room"}, {"Living room", "living-room"}, {"Other", "living-room"},
        {"Outside", "entrance"},   {"Entrance", "entrance"},       {"Foyer", "entrance"}};
    for (const auto& [name, room] : known) {
        if (name == place) return std::string{room};
    }
    std::string safe{place.substr(0, limits::id_bytes)};
    for (char& c : safe) {
        if (!well_formed_id(std::string{'x', c})) c = '-';
    }
    return well_formed_id(safe) ? safe : "somewhere";
}

std::expected<recording, recording_error> read_recording(std::istream& from, std::string_view name) {
    return reader{from, name}.read();
}

void write_recording(std::ostream& to, const recording& r) {
    if (!r.where.zone.empty()) {
        const auto offset = r.where.zone.back().offset;
        const auto minutes = std::chrono::abs(std::chrono::duration_cast<std::chrono::minutes>(offset)).count();
        to << fmt::format("# zone {}{:02}:{:02}\n", offset.count() < 0 ? '-' : '+', minutes / 60, minutes % 60);
    }
    for (const installed_device& d : r.where.devices) {
        to << fmt::format("# device {} reports_every {} s\n", d.id.str(),
                          static_cast<double>(d.reports_every.count()) / 1e9);
    }
    to << own_header << '\n';
    for (const sample& s : r.samples) {
        const installed_device& d = r.where.devices[s.device];
        const std::string who = d.who.of == subject::kind::home
                                    ? std::string{"home"}
                                    : fmt::format("{}:{}", anban::name_of(d.who.of), d.who.id);
        to << fmt::format("{},{},{},{},{},{},{}\n", iso_text(s.at, true), d.id.str(), who, d.room.str(),
                          anban::name_of(s.what), s.value, name_of(s.how));
    }
}

} // namespace anban

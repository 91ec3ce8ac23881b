#include "device-drivers/zigbee2mqtt/properties.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "rules/limits.hpp"
#include "rules/signal.hpp"

namespace anban::drivers {
namespace {

// How a property's value becomes a signal's.
enum class shape : std::uint8_t {
    yes_no, // true/false; some converters say "ON"/"OFF"
    no_yes, // the same, turned round: `contact` is true when a door is closed
    number,
    event,       // true: it happened, and is told again from the cache until it is false
    action,      // the name of what a button did
    fall_status, // none, maybe_fall, fall: told again as well
    word,        // "none" or anything else
    ignored,     // known, and nothing for a home: kept out of the notes
};

struct property {
    std::string_view name;
    shape how;
    signal what;
};

constexpr std::array table{
    property{"action", shape::action, signal::sos},
    property{"sos", shape::event, signal::sos},
    property{"fall_down_status", shape::fall_status, signal::fall},
    property{"occupancy", shape::yes_no, signal::motion},
    property{"presence", shape::yes_no, signal::presence},
    property{"presence_state", shape::word, signal::presence},
    property{"contact", shape::no_yes, signal::door_open},
    property{"vibration", shape::yes_no, signal::vibration},
    property{"smoke", shape::yes_no, signal::smoke},
    property{"gas", shape::yes_no, signal::gas},
    property{"carbon_monoxide", shape::yes_no, signal::carbon_monoxide},
    property{"water_leak", shape::yes_no, signal::water},
    property{"tamper", shape::yes_no, signal::tamper},
    property{"battery", shape::number, signal::battery},
    property{"battery_low", shape::yes_no, signal::battery_low},
    property{"linkquality", shape::number, signal::link_quality},
    property{"last_seen", shape::ignored, signal::online},
    property{"update", shape::ignored, signal::online},
    property{"update_available", shape::ignored, signal::online},
    property{"device", shape::ignored, signal::online},
    property{"voltage", shape::ignored, signal::online},
    property{"elapsed", shape::ignored, signal::online},
};
static_assert(table.size() < limits::observations_per_frame);

constexpr std::array help_words{std::string_view{"emergency"}, std::string_view{"sos"}, std::string_view{"panic"},
                                std::string_view{"help"}};

[[nodiscard]] char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] bool same_word(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, {}, lower, lower);
}

[[nodiscard]] std::optional<bool> truth_of(const json_value& value) noexcept {
    if (const bool* b = std::get_if<bool>(&value)) return *b;
    if (const std::string* s = std::get_if<std::string>(&value)) {
        if (*s == "ON") return true;
        if (*s == "OFF") return false;
    }
    return std::nullopt;
}

struct reader {
    decoded& into;

    void tell(signal what, double value, quality how = quality::good) const {
        into.observations.push_back({what, value, how, std::nullopt});
    }

    void not_understood(const json_member& m) const {
        std::string said = "…"; // an object or a list
        if (const double* d = std::get_if<double>(&m.value)) said = fmt::format("{}", *d);
        if (const bool* b = std::get_if<bool>(&m.value)) said = *b ? "true" : "false";
        if (const std::string* s = std::get_if<std::string>(&m.value))
            said = fmt::format("\"{}\"", s->substr(0, 32));
        const std::string name = m.name.substr(0, 64);
        into.remark(
            {fmt::format("无法理解 {} = {}", name, said), fmt::format("{} = {} is not understood", name, said)});
    }

    void yes_no(const property& p, const json_member& m, bool turned) const {
        if (const auto truth = truth_of(m.value)) return tell(p.what, *truth != turned ? 1 : 0);
        not_understood(m);
    }

    void number(const property& p, const json_member& m) const {
        const double* value = std::get_if<double>(&m.value);
        if (value == nullptr) return not_understood(m);
        const signal_facts& facts = facts_of(p.what);
        if (*value >= facts.least && *value <= facts.most) return tell(p.what, *value);
        into.impossible.push_back({p.what, *value, quality::good, std::nullopt});
    }

    void event(const property& p, const json_member& m) const {
        const auto truth = truth_of(m.value);
        if (!truth) return not_understood(m);
        into.standing.push_back({p.what, static_cast<std::uint8_t>(*truth ? 1 : 0), quality::good});
    }

    void action(const json_member& m) const {
        const std::string* said = std::get_if<std::string>(&m.value);
        if (said == nullptr) return not_understood(m);
        // Published right after a press to take its word back: neither a release nor a second press.
        if (said->empty() || *said == "none") return;
        if (calls_for_help(*said)) return tell(signal::sos, 1);
        if (same_word(*said, "fall")) return tell(signal::fall, 1);
        not_understood(m);
    }

    void fall_status(const json_member& m) const {
        const std::string* said = std::get_if<std::string>(&m.value);
        if (said == nullptr) return not_understood(m);
        if (*said == "none") return into.standing.push_back({signal::fall, 0, quality::good});
        if (*said == "maybe_fall") return into.standing.push_back({signal::fall, 1, quality::suspect});
        if (*said == "fall") return into.standing.push_back({signal::fall, 2, quality::good});
        not_understood(m);
    }

    void word(const property& p, const json_member& m) const {
        const std::string* said = std::get_if<std::string>(&m.value);
        if (said == nullptr) return not_understood(m);
        tell(p.what, said->empty() || *said == "none" ? 0 : 1);
    }

    void read(const property& p, const json_member& m) const {
        switch (p.how) {
        case shape::yes_no: return yes_no(p, m, false);
        case shape::no_yes: return yes_no(p, m, true);
        case shape::number: return number(p, m);
        case shape::event: return event(p, m);
        case shape::action: return action(m);
        case shape::fall_status: return fall_status(m);
        case shape::word: return word(p, m);
        case shape::ignored: return;
        }
    }
};

} // namespace

bool calls_for_help(std::string_view action) noexcept {
    // An endpoint's number at the end: "sos_2".
    const std::size_t last = action.find_last_not_of("0123456789");
    if (last != std::string_view::npos && last + 1 < action.size() && action[last] == '_')
        action = action.substr(0, last);
    return std::ranges::any_of(help_words, [action](std::string_view word) { return same_word(action, word); });
}

void read_properties(const flat_object& object, decoded& into) {
    const reader r{into};
    std::string others;
    for (const json_member& m : object) {
        if (std::holds_alternative<json_null>(m.value)) continue;
        const auto known = std::ranges::find(table, std::string_view{m.name}, &property::name);
        if (known != table.end()) {
            r.read(*known, m);
        } else if (others.size() + m.name.size() < limits::evidence_bytes / 4) {
            others += others.empty() ? m.name : ", " + m.name;
        }
    }
    if (!others.empty()) into.remark({"未使用：" + others, "not used: " + others});
}

} // namespace anban::drivers

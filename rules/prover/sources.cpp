#include "rules/prover/sources.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "rules/prover/delays.hpp"

namespace anban::prover {
namespace {

using language::selector;

// Worn by another resident, or of their bed.
[[nodiscard]] bool of_another_resident(const installed_device& device, const subject& who) {
    return device.who.of == subject::kind::resident && who.of != subject::kind::home && device.who != who;
}

[[nodiscard]] bool gives(const installed_device& device, signal what) {
    return std::ranges::find(device.provides, what) != device.provides.end();
}

} // namespace

std::chrono::nanoseconds source::wait() const noexcept {
    const auto kind = facts_of(what).kind;
    const bool at_once =
        kind == signal_kind::momentary || (kind == signal_kind::boolean && tells_changes(device->family));
    return at_once ? std::chrono::nanoseconds{0} : interval();
}

std::chrono::nanoseconds source::radio() const noexcept {
    return radio_retries(device->family, facts_of(what).kind == signal_kind::momentary);
}

bool admitted(const installed_device& device, const selector& from, const subject& who,
              const installation& where) {
    switch (from.where) {
    case selector::scope::own: return device.who == who;
    case selector::scope::in_room: return device.room == from.room && !of_another_resident(device, who);
    case selector::scope::elsewhere:
        return !device.room.empty() && device.room != from.room && !of_another_resident(device, who);
    case selector::scope::anywhere: return !of_another_resident(device, who);
    case selector::scope::plain: break;
    }
    if (who.of == subject::kind::home) return true;
    return (who.of == subject::kind::resident && !where.shared()) || device.who == who;
}

const std::vector<score_input>& score_inputs() {
    using namespace std::chrono_literals;
    static const std::vector<score_input> inputs{
        {signal::respiration, 4h}, {signal::spo2, 4h},       {signal::systolic, 4h}, {signal::heart_rate, 4h},
        {signal::temperature, 8h}, {signal::on_oxygen, 24h}, {signal::alert, 8h}};
    return inputs;
}

std::vector<source> sources_of(const language::watched& what, const subject& who, const installation& where) {
    std::vector<source> found;
    for (const auto& device : where.devices) {
        if (!admitted(device, what.from, who, where)) continue;
        const auto add = [&](signal s) {
            if (gives(device, s)) found.push_back({&device, s});
        };
        if (what.what == signal::activity) {
            for (const auto& facts : all_signals())
                if (facts.shows != activity_kind::none) add(facts.what);
        } else if (what.what == signal::news2 || what.what == signal::news2_single) {
            for (const auto& input : score_inputs()) add(input.what);
        } else {
            add(what.what);
        }
    }
    return found;
}

std::string in_words(std::chrono::nanoseconds duration) {
    using namespace std::chrono_literals;
    std::string text;
    const auto part = [&](std::chrono::nanoseconds of, const char* name) {
        if (duration < of) return;
        text += fmt::format("{}{} {}", text.empty() ? "" : " ", duration / of, name);
        duration %= of;
    };
    if (duration >= 48h) part(24h, "d");
    part(1h, "h");
    part(1min, "min");
    if (duration == 0ns) return text.empty() ? "0 s" : text;
    const bool below = text.empty() && duration < 1s;
    auto number = fmt::format("{:.3f}", static_cast<double>(duration.count()) / (below ? 1e6 : 1e9));
    number.erase(number.find_last_not_of('0') + 1);
    if (number.ends_with('.')) number.pop_back();
    return fmt::format("{}{}{} {}", text, text.empty() ? "" : " ", number, below ? "ms" : "s");
}

} // namespace anban::prover

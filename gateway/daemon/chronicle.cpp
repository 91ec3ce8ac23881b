#include "gateway/daemon/chronicle.hpp"

#include "gateway/daemon/log.hpp"

namespace anban {
namespace {

using namespace std::chrono_literals;

constexpr auto readings_written_every = 60s; // a card wears by the number of its writes
constexpr auto readings_of_alarm_after = 1s; // `anban why` asks for them; behind the wire and the commit

} // namespace

std::string chronicle::open(const std::filesystem::path& folder, std::function<void(std::string)> failed) {
    auto opened = readings_file::open(folder, readings_written_every, std::move(failed));
    if (!opened) return opened.error();
    readings_ = std::move(*opened);
    return {};
}

void chronicle::close() {
    readings_.reset();
}

void chronicle::pass(mono_time now) {
    if (!due_ || now < *due_) return;
    due_.reset();
    if (readings_) readings_->write_now();
}

void chronicle::tell(const notice& what, mono_time now) {
    switch (what.of) {
    case notice::kind::reading: // `anban watch` shows them; the log would wear the card
        if (readings_ && what.seen) readings_->append(*what.seen);
        return;
    case notice::kind::hop:
        if (what.name == "judged" && !due_) due_ = now + readings_of_alarm_after;
        log::say(log::level::info, what.name, "alarm={} device={}", what.alarm.hex(), what.device.str());
        return;
    case notice::kind::fault_begins:
        log::say(log::level::warning, "fault", "key={} what=\"{}\"", what.name, what.text);
        return;
    case notice::kind::fault_ends: log::say(log::level::notice, "fault-over", "key={}", what.name); return;
    case notice::kind::refused:
        log::say(log::level::warning, "refused", "what={} device={} why=\"{}\"", what.name, what.device.str(),
                 what.text);
        return;
    }
}

} // namespace anban

#include "tests/stage/demo/ways.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tests/stage/home.hpp"

namespace anban::stage::demo {

const std::vector<station>& stations() {
    static const std::vector<station> all = {
        {"device.pressed", "设备发出", "pressed"},
        {"gateway.heard", "网关收到", "heard"},
        {"gateway.judged", "判定", "judged"},
        {"gateway.sent", "发往中心", "sent"},
        {"gateway.committed", "落盘", "on disk"},
        {"device.received", "设备得知已收", "dev:received"},
        {"centre.shown", "页面显示", "shown"},
        {"centre.stored", "中心入库", "stored"},
        {"device.stored", "设备得知入库", "dev:stored"},
        {"centre.taken", "接警", "taken"},
        {"device.taken", "设备得知接警", "dev:taken"},
        {"centre.on_the_way", "出发", "on the way"},
        {"device.on_the_way", "设备得知出发", "dev:coming"},
        {"centre.closed", "结案", "closed"},
        {"device.closed", "设备得知结案", "dev:closed"},
        {"device.not_delivered", "设备得知未送达", "dev:undelivered"},
    };
    return all;
}

namespace {

// Hops that both ends tell are drawn once, as the centre and the device saw them.
constexpr std::array<std::string_view, 4> gateway_hops = {"heard", "judged", "sent", "committed"};

const station* find_station(std::string_view name) {
    const auto found = std::ranges::find(stations(), name, &station::name);
    return found == stations().end() ? nullptr : &*found;
}

// Columns a terminal gives to a text: a Chinese character takes two.
std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80)
            ++width;
        else if (byte >= 0xE0)
            width += 2;
        else if (byte >= 0xC0)
            ++width;
    }
    return width;
}

std::string padded(std::string text, std::size_t width, bool left = false) {
    const auto has = width_of(text);
    const std::string space(has < width ? width - has : 0, ' ');
    return left ? text + space : space + text;
}

} // namespace

ways::frame ways::frame_of(const boost::json::value& event) {
    return {text_of(event, "device"), text_of(event, "boot"), number_of(event, "seq")};
}

way* ways::newest(std::string_view alarm) {
    const auto found = std::find_if(all_.rbegin(), all_.rend(), [&](const way& w) { return w.alarm == alarm; });
    return found == all_.rend() ? nullptr : &*found;
}

way* ways::way_of(const frame& f) {
    if (f.boot.empty()) return nullptr;
    const auto found = std::ranges::find_if(
        all_, [&](const way& w) { return w.device == f.device && w.boot == f.boot && w.seq == f.seq; });
    return found == all_.end() ? nullptr : &*found;
}

const way* ways::find(std::string_view alarm) const {
    return const_cast<ways*>(this)->newest(alarm);
}

way& ways::add(std::string_view alarm, const frame& f, std::int64_t at_us) {
    way made;
    made.alarm = alarm;
    made.device = f.device;
    made.boot = f.boot;
    made.seq = f.seq;
    made.began_us = at_us;
    if (const auto* before = newest(alarm)) {
        made.number = before->number + 1;
        made.state = made.state_before = before->state;
        made.phase = before->phase;
        made.queue = before->queue;
    }
    // A press that was published at most a minute ago is what this is about.
    if (const auto p = pressed_.find(f); p != pressed_.end()) {
        if (!f.boot.empty() || at_us - p->second.at_us < 60'000'000) {
            made.began_us = p->second.at_us;
            made.signal = p->second.signal;
        }
        pressed_.erase(p);
    }
    all_.push_back(std::move(made));
    pass(all_.back(), "device.pressed", all_.back().began_us);
    return all_.back();
}

void ways::pass(way& w, std::string_view name, std::int64_t at_us) {
    const auto* known = find_station(name);
    if (known == nullptr || !w.at_us.emplace(name, at_us).second) return;
    if (on_step_) on_step_({&w, known->name, static_cast<double>(at_us - w.began_us) / 1000.0});
}

void ways::hear_device(const boost::json::value& event) {
    const auto kind = text_of(event, "event");
    const auto at_us = number_of(event, "at_us");
    if (kind == "published") {
        const auto signal = text_of(event, "signal");
        if (signal == "sos" || signal == "service" || signal == "fall" || signal == "cancel")
            pressed_[frame_of(event)] = {at_us, signal};
    } else if (kind == "answer") {
        if (auto* w = way_of(frame_of(event))) pass(*w, "device." + text_of(event, "answer"), at_us);
    } else if (kind == "lamp") {
        // A lamp shows the home's newest open alarm; only a press that gets no answer of its own needs it.
        for (auto w = all_.rbegin(); w != all_.rend(); ++w) {
            if (w->state == "closed" && (w->at_us.contains("device.closed") || !w->boot.empty())) continue;
            if (w->boot.empty()) pass(*w, "device." + text_of(event, "shows"), at_us);
            return;
        }
    }
}

// Each press that the gateway hears is told once with its number, also where its alarm is open already.
void ways::heard(const boost::json::value& event, const std::string& alarm, std::int64_t at_us) {
    const auto f = frame_of(event);
    auto* w = way_of(f);
    if (w == nullptr) {
        if (const auto p = pressed_.find(f); p != pressed_.end() && p->second.signal == "cancel") {
            pressed_.erase(p); // withdrawn, not pressed
            return;
        }
        auto* began = newest(alarm);
        // The centre may have told of it before.
        const bool known = began != nullptr && f.boot.empty() && !began->at_us.contains("gateway.heard");
        w = known ? began : &add(alarm, f, at_us);
    }
    pass(*w, "gateway.heard", at_us);
}

void ways::hear_gateway(const boost::json::value& event) {
    if (text_of(event, "event") != "hop") return;
    const auto name = text_of(event, "name");
    if (std::ranges::find(gateway_hops, name) == gateway_hops.end()) return;
    const auto alarm = text_of(event, "alarm");
    if (alarm.empty()) return;
    const auto at_us = number_of(event, "at_us");
    if (name == "heard") return heard(event, alarm, at_us);
    auto* w = newest(alarm);
    if (w == nullptr) w = &add(alarm, {text_of(event, "device"), {}, 0}, at_us);
    pass(*w, "gateway." + name, at_us);
}

void ways::hear_centre(const boost::json::value& alarm, std::int64_t at_us) {
    const auto id = text_of(alarm, "id");
    if (id.empty()) return;
    if (newest(id) == nullptr) add(id, {text_of(alarm, "device"), {}, 0}, at_us);
    const auto presses = number_of(alarm, "press_count");
    way* about = nullptr; // the newest press that the centre speaks of
    for (auto& w : all_) {
        if (w.alarm != id) continue;
        w.phase = text_of(alarm, "phase");
        w.state = text_of(alarm, "state");
        w.queue = text_of(alarm, "queue");
        w.closing_code = text_of(alarm, "closing_code");
        w.presses = presses;
        if (about == nullptr || w.number <= presses) about = &w;
    }
    pass(*about, "centre.shown", at_us);
    const auto* fields = alarm.if_object();
    const auto* stored = fields == nullptr ? nullptr : fields->if_contains("stored");
    if (stored == nullptr || !stored->is_bool() || !stored->as_bool()) return;
    pass(*about, "centre.stored", at_us);
    if (about->state != "open" && about->state != about->state_before) {
        pass(*about, "centre." + about->state, at_us);
    }
}

std::string table_of(const std::vector<way>& all, bool chinese) {
    std::vector<const station*> columns;
    for (const auto& s : stations())
        if (std::ranges::any_of(all, [&](const way& w) { return w.at_us.contains(std::string(s.name)); }))
            columns.push_back(&s);
    std::vector<std::size_t> widths;
    std::string text = padded(chinese ? "按键（毫秒）" : "press (ms)", 26, true);
    for (const auto* s : columns) {
        const auto title = std::string(chinese ? s->zh : s->en);
        widths.push_back(std::max<std::size_t>(width_of(title), 8));
        text += "  " + padded(title, widths.back());
    }
    text += '\n';
    for (const auto& w : all) {
        const auto again = w.number > 1 ? fmt::format(" #{}", w.number) : std::string();
        text += padded(fmt::format("{} {}{}", w.device, w.signal, again), 26, true);
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const auto at = w.at_us.find(std::string(columns[i]->name));
            const auto cell = at == w.at_us.end()
                                  ? std::string("-")
                                  : fmt::format("{:.1f}", static_cast<double>(at->second - w.began_us) / 1000.0);
            text += "  " + padded(cell, widths[i]);
        }
        text += '\n';
    }
    return text;
}

} // namespace anban::stage::demo

#include "firmware-stubs/home/native_device.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <pb_decode.h>

#include "firmware-stubs/home/event.hpp"
#include "native.nanopb.h"

namespace anban::played {
namespace {

constexpr std::uint64_t key_held_ms = 60;               // a quick finger
constexpr std::uint64_t between_recordings_ms = 60'000; // in device time, so that none judges another's samples

std::string topic_of(const std::string& device, const char* leaf) {
    char topic[OUTBOX_TOPIC_BYTES];
    outbox_topic(topic, device.c_str(), leaf);
    return topic;
}

template <class... Ts>
struct overloaded : Ts... {
    using Ts::operator()...;
};
template <class... Ts>
overloaded(Ts...) -> overloaded<Ts...>;

} // namespace

native_device::native_device(const config& home, const played_device& device)
    : device_(device),
      link_({.host = home.host,
             .port = home.port,
             .username = device.username,
             .password = device.password,
             .subscriptions = {topic_of(device.id, "answer")},
             .will = std::nullopt},
            {.connected = [this] { came_online(); },
             .disconnected =
                 [this](std::string_view why) {
                     board_.forget_tags();
                     tell("disconnected", {{"device", id()}, {"why", why}});
                 },
             .message = [this](std::string_view topic, std::span<const std::uint8_t> p) { heard(topic, p); },
             .acknowledged =
                 [this](int message, std::uint8_t reason) {
                     const auto sequence = board_.tag_of(message);
                     outbox_acknowledged(&box(), sequence, reason);
                     if (reason != 0) tell("unheard", {{"device", id()}, {"seq", sequence}, {"reason", reason}});
                 }}),
      board_(device.id, home.state / (device.id + ".boot"), link_) {
    const char* name = device_.id.c_str();
    const auto slot_count = static_cast<std::uint16_t>(device_.slots);
    switch (device_.what) {
    case kind::vitals_band:
        vitals_band_init(&firmware_.emplace<vitals_band>(), &board_.seam(), name, device_.every_ms);
        break;
    case kind::bed_mat: bed_mat_init(&firmware_.emplace<bed_mat>(), &board_.seam(), name, device_.every_ms); break;
    case kind::fall_detector:
        slots_.resize(slot_count);
        fall_detector_init(&firmware_.emplace<fall_detector>(), &board_.seam(), name, slots_.data(), slot_count);
        break;
    default:
        slots_.resize(slot_count);
        call_button_init(&firmware_.emplace<call_button>(), &board_.seam(), name, slots_.data(), slot_count);
        break;
    }
}

outbox& native_device::box() {
    return *std::visit([](auto& f) { return &f.outbox; }, firmware_);
}

std::uint64_t native_device::uptime() const {
    return board_.seam().monotonic_ms(board_.seam().context);
}

void native_device::came_online() {
    tell("connected", {{"device", id()}, {"boot", fmt::format("{:016x}", box().boot)}});
    outbox_online(&box());
    check_in_ms_ = 0;
}

void native_device::heard(std::string_view topic, std::span<const std::uint8_t> payload) {
    const auto at_us = wall_us();
    const auto length = static_cast<std::uint16_t>(std::min<std::size_t>(payload.size(), UINT16_MAX));
    const auto status = outbox_answered(&box(), payload.data(), length);
    if (status == OUTBOX_MALFORMED) {
        tell(at_us, "malformed", {{"device", id()}, {"topic", topic}});
        return;
    }
    anban_native_Answer answer = anban_native_Answer_init_zero;
    pb_istream_t stream = pb_istream_from_buffer(payload.data(), length);
    if (!pb_decode(&stream, anban_native_Answer_fields, &answer)) return;
    tell(at_us, status == OUTBOX_OK ? "answer" : "answer_not_ours",
         {{"device", id()},
          {"boot", fmt::format("{:016x}", answer.boot)},
          {"seq", answer.sequence},
          {"answer", shown_name(static_cast<shown>(answer.kind))}});
    step(); // the light changes with the answer, not with the next tick
}

refusal native_device::told(outbox_status status) {
    switch (status) {
    case OUTBOX_OK: return {};
    case OUTBOX_FULL: tell("refused", {{"device", id()}, {"waiting", outbox_waiting(&box())}}); return {};
    case OUTBOX_UNSENT: return std::unexpected(fmt::format("{} is offline: the reading is gone", id()));
    case OUTBOX_TOO_LATE: return std::unexpected(fmt::format("{} has nothing to cancel", id()));
    default: return std::unexpected(fmt::format("{} has nothing to say about that", id()));
    }
}

refusal native_device::press_now(call_button_which key) {
    auto* button = std::get_if<call_button>(&firmware_);
    if (button == nullptr) return std::unexpected(fmt::format("{} has no keys", id()));
    return told(call_button_press(button, key, nullptr));
}

refusal native_device::press(call_button_which key) {
    auto* button = std::get_if<call_button>(&firmware_);
    if (button == nullptr || button->keys[key].level || button->keys[key].settled) return press_now(key);
    for (const bool down : {true, false, true}) call_button_key(button, key, down);
    key_up_ms_[key] = monotonic_ms() + key_held_ms;
    return {};
}

refusal native_device::cancel() {
    auto* detector = std::get_if<fall_detector>(&firmware_);
    if (detector == nullptr) return std::unexpected(fmt::format("{} is no fall detector", id()));
    return told(fall_detector_cancel(detector, nullptr));
}

refusal native_device::play(recording what, bool real_time) {
    auto* detector = std::get_if<fall_detector>(&firmware_);
    if (detector == nullptr) return std::unexpected(fmt::format("{} is no fall detector", id()));
    if (felt_) return std::unexpected(fmt::format("{} still plays {}", id(), felt_->what.name));
    sensor_ms_ += between_recordings_ms;
    felt_.emplace(std::move(what), 0, monotonic_ms(), detector->falls);
    feel_due(real_time ? felt_->started_ms : UINT64_MAX);
    step();
    return {};
}

// Samples whose time has come since the recording was started.
void native_device::feel_due(std::uint64_t now_ms) {
    auto* detector = std::get_if<fall_detector>(&firmware_);
    if (detector == nullptr || !felt_) return;
    while (felt_->next < felt_->what.samples.size() &&
           (now_ms - felt_->started_ms) / FALL_SAMPLE_MS >= felt_->next) {
        fall_detector_sample(detector, sensor_ms_, felt_->what.samples[felt_->next++]);
        sensor_ms_ += FALL_SAMPLE_MS;
    }
    if (felt_->next == felt_->what.samples.size()) end_play();
}

void native_device::end_play() {
    const auto falls = std::get<fall_detector>(firmware_).falls - felt_->falls_before;
    tell(
        "played",
        {{"device", id()}, {"what", felt_->what.name}, {"samples", felt_->what.samples.size()}, {"falls", falls}});
    felt_.reset();
}

refusal native_device::measured(anban_native_Signal what, double value, anban_native_Quality how) {
    if (!(std::abs(value) < 1e6)) return std::unexpected("a value is a number below a million");
    const auto milli = static_cast<std::int32_t>(std::lround(value * 1000));
    return told(std::visit(overloaded{[&](vitals_band& b) { return vitals_band_measured(&b, what, milli, how); },
                                      [&](bed_mat& m) { return bed_mat_measured(&m, what, milli, how); },
                                      [](auto&) { return OUTBOX_BAD_INPUT; }},
                           firmware_));
}

refusal native_device::occupied(bool yes) {
    auto* mat = std::get_if<bed_mat>(&firmware_);
    if (mat == nullptr) return std::unexpected(fmt::format("{} is no bed mat", id()));
    return told(bed_mat_occupied(mat, yes));
}

refusal native_device::report() {
    return told(std::visit(overloaded{[](vitals_band& b) { return vitals_band_report(&b); },
                                      [](bed_mat& m) { return bed_mat_report(&m); },
                                      [](call_button& b) { return call_button_check_in(&b); },
                                      [](fall_detector& d) { return fall_detector_check_in(&d); }},
                           firmware_));
}

void native_device::step() {
    const auto now = monotonic_ms();
    if (auto* button = std::get_if<call_button>(&firmware_)) {
        for (int k = 0; k < CALL_BUTTON_KEYS; ++k) {
            if (key_up_ms_[k] == 0 || now < key_up_ms_[k]) continue;
            // A device has its key in view all the time; we may not have run since it went down.
            call_button_step(button);
            call_button_key(button, static_cast<call_button_which>(k), false);
            key_up_ms_[k] = 0;
        }
    }
    feel_due(now);
    if (checks_in() && link_.connected() && now >= check_in_ms_) {
        check_in_ms_ = device_.every_ms == 0 ? UINT64_MAX : now + device_.every_ms;
        (void)report();
    }
    std::visit(overloaded{[](vitals_band& b) { vitals_band_step(&b); }, [](bed_mat& m) { bed_mat_step(&m); },
                          [](call_button& b) { call_button_step(&b); },
                          [](fall_detector& d) { fall_detector_step(&d); }},
               firmware_);
}

bool native_device::checks_in() const {
    return device_.what == kind::call_button || device_.what == kind::fall_detector;
}

std::uint64_t native_device::next_ms() const {
    const auto firmware = std::visit(overloaded{[](const vitals_band& b) { return vitals_band_next_ms(&b); },
                                                [](const bed_mat& m) { return bed_mat_next_ms(&m); },
                                                [](const call_button& b) { return call_button_next_ms(&b); },
                                                [](const fall_detector& d) { return fall_detector_next_ms(&d); }},
                                     firmware_);
    const auto started = monotonic_ms() - uptime();
    auto next = firmware == UINT64_MAX ? UINT64_MAX : firmware + started;
    for (const auto up : key_up_ms_) {
        if (up != 0) next = std::min(next, up);
    }
    if (felt_) next = std::min(next, felt_->started_ms + felt_->next * FALL_SAMPLE_MS);
    if (checks_in() && link_.connected()) next = std::min(next, check_in_ms_);
    return next;
}

} // namespace anban::played

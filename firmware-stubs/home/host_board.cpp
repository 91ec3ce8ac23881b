#include "firmware-stubs/home/host_board.hpp"

#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>
#include <pb_decode.h>

#include "firmware-stubs/home/event.hpp"
#include "firmware-stubs/home/signals.hpp"
#include "firmware-stubs/light.h"
#include "native.nanopb.h"

namespace anban::played {
namespace {

constexpr std::size_t most_tags = 65'536; // packet ids have 16 bits

host_board& self(void* context) {
    return *static_cast<host_board*>(context);
}

} // namespace

host_board::host_board(std::string device, std::filesystem::path counter, connection& link)
    : device_(std::move(device)), counter_(std::move(counter)), link_(link), started_ms_(monotonic_ms()) {
    seam_.context = this;
    seam_.monotonic_ms = [](void* c) { return monotonic_ms() - self(c).started_ms_; };
    seam_.read_counter = [](void* c, std::uint32_t* value) { return self(c).read_counter(*value); };
    seam_.write_counter = [](void* c, std::uint32_t value) { return self(c).write_counter(value); };
    seam_.random_bits = [](void* c) { return static_cast<std::uint32_t>(self(c).random_()); };
    seam_.publish = [](void* c, const char* topic, const std::uint8_t* bytes, std::uint16_t length,
                       std::uint8_t qos,
                       std::uint32_t tag) { return self(c).publish(topic, {bytes, length}, qos, tag); };
    seam_.show = [](void* c, const board_light* light) { self(c).show(*light); };
}

board_status host_board::read_counter(std::uint32_t& value) const {
    std::ifstream in(counter_);
    value = 0;
    if (!in) return std::filesystem::exists(counter_) ? BOARD_FAILED : BOARD_OK; // none yet: a new device
    return in >> value ? BOARD_OK : BOARD_FAILED;
}

// Written beside and renamed, so that a kill leaves the old or the new value.
board_status host_board::write_counter(std::uint32_t value) const {
    const auto beside = counter_.string() + ".new";
    const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return BOARD_FAILED;
    const auto text = fmt::format("{}\n", value);
    bool good = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    good = ::fdatasync(fd) == 0 && good;
    good = ::close(fd) == 0 && good;
    return good && std::rename(beside.c_str(), counter_.c_str()) == 0 ? BOARD_OK : BOARD_FAILED;
}

board_status host_board::publish(const char* topic, std::span<const std::uint8_t> bytes, int qos,
                                 std::uint32_t tag) {
    const auto at_us = wall_us();
    const auto id = link_.publish(topic, bytes, qos, false);
    if (!id) {
        switch (id.error()) {
        case publish_error::offline: return BOARD_OFFLINE;
        case publish_error::busy: return BOARD_BUSY;
        case publish_error::refused: return BOARD_FAILED;
        }
    }
    if (qos > 0 && tags_.size() < most_tags) tags_[*id] = tag;
    tell_published(at_us, topic, bytes, qos);
    return BOARD_OK;
}

void host_board::tell_published(std::int64_t at_us, std::string_view topic, std::span<const std::uint8_t> bytes,
                                int qos) {
    anban_native_Frame frame = anban_native_Frame_init_zero;
    pb_istream_t stream = pb_istream_from_buffer(bytes.data(), bytes.size());
    if (!pb_decode(&stream, anban_native_Frame_fields, &frame)) return;
    boost::json::object fields{
        {"device", device_}, {"boot", fmt::format("{:016x}", frame.boot)}, {"seq", frame.sequence}};
    if (topic.ends_with("/alarm")) {
        fields["signal"] = frame.observations_count > 0 ? signal_name(frame.observations[0].signal) : "";
        fields["age_ms"] = frame.observations_count > 0 ? frame.observations[0].age_ms : 0;
        const bool again = frame.sequence <= newest_;
        newest_ = std::max(newest_, frame.sequence);
        tell(at_us, again ? "repeated" : "published", fields);
        return;
    }
    boost::json::object values;
    for (pb_size_t i = 0; i < frame.observations_count; ++i) {
        const auto& o = frame.observations[i];
        auto& value = values[signal_name(o.signal)];
        if (o.quality == anban_native_Quality_UNKNOWN)
            value = nullptr;
        else if (o.value_milli % 1000 == 0)
            value = o.value_milli / 1000;
        else
            value = o.value_milli / 1000.0;
    }
    fields["values"] = std::move(values);
    fields["qos"] = qos;
    tell(at_us, "reading", fields);
}

void host_board::show(const board_light& light) const {
    static constexpr const char* colours[] = {"dark", "white", "yellow", "blue", "green", "red"};
    const char* name = "nothing";
    for (int i = 0; i < SHOWN_COUNT; ++i) {
        if (light_of(static_cast<shown>(i)) == &light) name = shown_name(static_cast<shown>(i));
    }
    tell("light", {{"device", device_},
                   {"shows", name},
                   {"colour", light.colour < std::size(colours) ? colours[light.colour] : "?"},
                   {"on_ms", light.on_ms},
                   {"off_ms", light.off_ms},
                   {"beeps", light.beeps}});
}

std::uint32_t host_board::tag_of(int id) {
    const auto found = tags_.find(id);
    if (found == tags_.end()) return 0;
    const auto tag = found->second;
    tags_.erase(found);
    return tag;
}

} // namespace anban::played

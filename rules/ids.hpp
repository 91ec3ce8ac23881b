// Identities. Each is a type of its own, so that a device's name can't be passed where a room's belongs.
//
// Text ids are pseudonyms: 1 to 64 characters of [A-Za-z0-9_.-] (`well_formed_id`). They travel in topics
// and logs and so never hold a person's name or a telephone number.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace anban {

// True for 1..64 characters of [A-Za-z0-9_.-], not starting with '.' or '-'.
[[nodiscard]] bool well_formed_id(std::string_view text) noexcept;

template <class Tag>
class text_id {
public:
    text_id() = default;
    explicit text_id(std::string text) : text_(std::move(text)) {}

    [[nodiscard]] const std::string& str() const noexcept { return text_; }
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
    friend auto operator<=>(const text_id&, const text_id&) = default;

private:
    std::string text_;
};

using gateway_id = text_id<struct gateway_tag>;
using device_id = text_id<struct device_tag>;
using resident_id = text_id<struct resident_tag>;
using room_id = text_id<struct room_tag>;
using bed_id = text_id<struct bed_tag>;
using rule_id = text_id<struct rule_tag>;

// 128 bits, derived from what caused the alarm (see alarm.hpp), never drawn.
class alarm_id {
public:
    static constexpr std::size_t size = 16;

    alarm_id() = default;
    explicit alarm_id(const std::array<std::uint8_t, size>& bytes) : bytes_(bytes) {}

    // 32 lower-case hex digits, or exactly 16 bytes; anything else is nothing.
    [[nodiscard]] static std::optional<alarm_id> from_hex(std::string_view text) noexcept;
    [[nodiscard]] static std::optional<alarm_id> from_bytes(std::string_view bytes) noexcept;

    [[nodiscard]] std::string hex() const;
    [[nodiscard]] std::string bytes() const;
    friend auto operator<=>(const alarm_id&, const alarm_id&) = default;

private:
    std::array<std::uint8_t, size> bytes_{};
};

// (start, n): `start` is committed at each start of the daemon before anything is sent, so no pair ever
// stands for two contents. Ordered: a higher pair is newer.
struct revision_number {
    std::uint32_t start = 0;
    std::uint32_t n = 0;
    friend auto operator<=>(const revision_number&, const revision_number&) = default;
};

// Who is concerned: the whole home (a wall button), a room, a bed or one resident.
struct subject {
    enum class kind : std::uint8_t { home, room, bed, resident };
    kind of = kind::home;
    std::string id; // empty for the home
    friend auto operator<=>(const subject&, const subject&) = default;
};

[[nodiscard]] std::string_view name_of(subject::kind k) noexcept;

// What a device itself says about a frame so that its repeats can be told from news: `boot` is a
// persisted counter with random bits, `sequence` counts frames within it from 1.
struct frame_key {
    std::uint64_t boot = 0;
    std::uint32_t sequence = 0;
    friend auto operator<=>(const frame_key&, const frame_key&) = default;
};

// The one event that began an alarm. A device without a sequence of its own gets the gateway's: `boot` is
// then the start counter and `sequence` counts what was heard since.
struct cause {
    device_id device;
    frame_key key;
    friend auto operator<=>(const cause&, const cause&) = default;
};

} // namespace anban

template <class Tag>
struct std::hash<anban::text_id<Tag>> {
    std::size_t operator()(const anban::text_id<Tag>& id) const noexcept {
        return std::hash<std::string>{}(id.str());
    }
};

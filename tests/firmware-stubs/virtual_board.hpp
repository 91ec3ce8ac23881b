// A board whose time, chance, flash and network are values of the test.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <pb_decode.h>
#include <pb_encode.h>

#include "firmware-stubs/board.h"
#include "firmware-stubs/light.h"
#include "firmware-stubs/outbox.h"
#include "native.nanopb.h"

namespace anban::firmware_test {

struct published {
    std::uint64_t at_ms = 0;
    std::string topic;
    std::vector<std::uint8_t> bytes;
    int qos = 0;
    std::uint32_t tag = 0;

    [[nodiscard]] anban_native_Frame frame() const {
        anban_native_Frame f = anban_native_Frame_init_zero;
        pb_istream_t in = pb_istream_from_buffer(bytes.data(), bytes.size());
        if (!pb_decode(&in, anban_native_Frame_fields, &f)) f.sequence = 0;
        return f;
    }
    [[nodiscard]] std::uint32_t sequence() const { return frame().sequence; }
};

class virtual_board {
public:
    virtual_board() {
        seam.context = this;
        seam.monotonic_ms = [](void* c) { return self(c).now_ms; };
        seam.read_counter = [](void* c, std::uint32_t* value) {
            *value = self(c).counter;
            return self(c).flash_reads;
        };
        seam.write_counter = [](void* c, std::uint32_t value) {
            if (self(c).flash_writes == BOARD_OK) self(c).counter = value;
            return self(c).flash_writes;
        };
        seam.random_bits = [](void* c) {
            auto& state = self(c).chance;
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            return static_cast<std::uint32_t>(state >> 32);
        };
        seam.publish = [](void* c, const char* topic, const std::uint8_t* bytes, std::uint16_t length,
                          std::uint8_t qos, std::uint32_t tag) {
            auto& b = self(c);
            ++b.asked;
            if (b.network == BOARD_OK) b.sent.push_back({b.now_ms, topic, {bytes, bytes + length}, qos, tag});
            return b.network;
        };
        seam.show = [](void* c, const board_light* light) { self(c).lights.push_back(light); };
    }
    virtual_board(const virtual_board&) = delete;
    virtual_board& operator=(const virtual_board&) = delete;

    // What a person sees now.
    [[nodiscard]] std::string_view light() const {
        for (int i = 0; i < SHOWN_COUNT; ++i) {
            if (!lights.empty() && lights.back() == light_of(static_cast<shown>(i)))
                return shown_name(static_cast<shown>(i));
        }
        return "";
    }

    // Lives on until `until_ms`, waking the firmware whenever it asked to be woken.
    template <class Next, class Step>
    void live(std::uint64_t until_ms, Next next, Step step) {
        for (int wakes = 0; next() <= until_ms; ++wakes) {
            REQUIRE(wakes < 100'000); // firmware that asks to be woken and then does nothing
            if (next() > now_ms) now_ms = next();
            step();
        }
        now_ms = until_ms;
        step();
    }

    board seam{};
    std::uint64_t now_ms = 1000;
    std::uint64_t chance = 42;
    std::uint32_t counter = 0;
    board_status flash_reads = BOARD_OK;
    board_status flash_writes = BOARD_OK;
    board_status network = BOARD_OK;
    int asked = 0; // times that the network was asked to publish
    std::vector<published> sent;
    std::vector<const board_light*> lights;

private:
    static virtual_board& self(void* context) { return *static_cast<virtual_board*>(context); }
};

inline outbox_status answer(outbox& o, std::uint64_t boot, std::uint32_t sequence, int kind) {
    anban_native_Answer a = anban_native_Answer_init_zero;
    a.boot = boot;
    a.sequence = sequence;
    a.kind = static_cast<anban_native_AnswerKind>(kind);
    std::uint8_t bytes[anban_native_Answer_size + 8];
    pb_ostream_t out = pb_ostream_from_buffer(bytes, sizeof bytes);
    pb_encode(&out, anban_native_Answer_fields, &a);
    return outbox_answered(&o, bytes, static_cast<std::uint16_t>(out.bytes_written));
}

} // namespace anban::firmware_test

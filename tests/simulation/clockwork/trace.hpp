// The story of a run in lines, for people; nothing of it is made unless somebody reads. Its digest is always made:
// two runs of one seed must tell the same.
//
// Threads: one.
#pragma once

#include <cstdio>
#include <string_view>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "tests/simulation/clockwork/process.hpp"

namespace anban::simulation {

class trace {
public:
    trace(const timeline& when, bool aloud) : when_(when), aloud_(aloud) {}

    template <class... Args>
    void say(std::string_view who, fmt::format_string<Args...> text, Args&&... args) {
        note(who);
        if (!aloud_) return;
        const auto us = std::chrono::duration_cast<std::chrono::microseconds>(when_.now()).count();
        const auto s = us / 1'000'000;
        fmt::print("{:3}d {:02}:{:02}:{:02}.{:06} {:>9}  {}\n", s / 86'400, s / 3'600 % 24, s / 60 % 60, s % 60,
                   us % 1'000'000, who, fmt::format(text, std::forward<Args>(args)...));
    }
    // Adds to the digest alone.
    void note(std::string_view what) {
        for (const char c : what) mix(static_cast<std::uint8_t>(c));
        mix(static_cast<std::uint64_t>(when_.now().count()));
    }
    [[nodiscard]] bool aloud() const noexcept { return aloud_; }
    [[nodiscard]] std::uint64_t digest() const noexcept { return digest_; }

private:
    void mix(std::uint64_t value) { digest_ = (digest_ ^ value) * 0x100000001b3ULL + (digest_ >> 47U); }

    const timeline& when_;
    bool aloud_;
    std::uint64_t digest_ = 0xcbf29ce484222325ULL;
};

} // namespace anban::simulation

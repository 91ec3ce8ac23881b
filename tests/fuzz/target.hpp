// What a fuzzing target is: one input thrown at a reader of foreign bytes, and what must hold of it. Each file of
// targets/ defines both functions; they become a program with libFuzzer (`./dev fuzz`) and one with the driver of
// this folder, which needs no clang.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace anban::fuzz {

// Throws `broken` where what must hold doesn't; any other end than returning is a finding as well.
void try_one(std::string_view input);
// Inputs that say something, from which mutations begin; the same at each call.
[[nodiscard]] std::vector<std::string> seeds();

struct broken : std::logic_error {
    using std::logic_error::logic_error;
};

inline void must(bool holds, const char* what) {
    if (!holds) throw broken{what};
}

// Takes an input apart; at its end numbers are 0 and texts are empty.
class parts {
public:
    explicit parts(std::string_view input) : left_(input) {}

    [[nodiscard]] bool at_end() const noexcept { return left_.empty(); }
    [[nodiscard]] std::uint8_t byte() {
        if (left_.empty()) return 0;
        const auto first = static_cast<std::uint8_t>(left_.front());
        left_.remove_prefix(1);
        return first;
    }
    // Little-endian.
    [[nodiscard]] std::uint16_t two() {
        const unsigned low = byte();
        return static_cast<std::uint16_t>(low | (static_cast<unsigned>(byte()) << 8U));
    }
    [[nodiscard]] std::string_view sized(std::size_t size) {
        const auto piece = left_.substr(0, size);
        left_.remove_prefix(piece.size());
        return piece;
    }
    // Up to `end`, which is taken too.
    [[nodiscard]] std::string_view until(char end) {
        const auto at = left_.find(end);
        const auto piece = left_.substr(0, at);
        left_.remove_prefix(at == std::string_view::npos ? left_.size() : at + 1);
        return piece;
    }
    [[nodiscard]] std::string_view rest() { return sized(left_.size()); }

private:
    std::string_view left_;
};

// Between the texts of one input: no text in UTF-8 has it.
inline constexpr char next_text = '\xff';

} // namespace anban::fuzz

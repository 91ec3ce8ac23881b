// Rules drawn at random from everything that the grammar allows, as trees: what the reader must understand.
//
// Threads: one object a thread.
#pragma once

#include <cstdint>
#include <random>

#include "rules/language/alarm_rule.hpp"

namespace anban::fuzz {

class random_rules {
public:
    explicit random_rules(std::uint64_t seed) : random_(seed) {}

    // A rule that checks: of pack `p`, named `a`.
    [[nodiscard]] language::alarm_rule draw();

private:
    void attempt();
    [[nodiscard]] std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
    [[nodiscard]] bool one_in(std::size_t n) { return below(n) == 0; }

    // Each returns the index of the node that it put last.
    std::uint8_t state(language::expression& e, int depth);
    std::uint8_t leaf_state(language::expression& e);
    std::uint8_t event(language::expression& e, int depth);
    std::uint8_t put(language::expression& e, language::node n);
    language::node leaf_window();

    [[nodiscard]] language::watched source(signal s);
    [[nodiscard]] room_id room();
    [[nodiscard]] signal drawn(signal_kind kind, bool computed);
    [[nodiscard]] double between(double least, double most);
    [[nodiscard]] std::chrono::nanoseconds duration();
    [[nodiscard]] language::comparison sign();
    [[nodiscard]] language::limit limit_for(signal s, bool baseline);

    std::mt19937_64 random_;
    room_id named_room_;       // what `elsewhere` means now
    std::size_t nodes_ = 0;    // of the rule so far
    language::alarm_rule now_; // the rule that is drawn
};

} // namespace anban::fuzz

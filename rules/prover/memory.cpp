#include "rules/prover/memory.hpp"

#include <cstdint>

#include "rules/limits.hpp"

namespace anban::prover {
namespace {

using language::expression;
using language::node_kind;
using language::window_function;

// README.md has the formula in words.
constexpr std::size_t rule_bytes = 144; // where it stands, when it began, and the reading that armed it
constexpr std::size_t node_bytes = 24;  // its truth and its moment
constexpr std::size_t watch_bytes = 16; // of a node that watches a signal
constexpr std::size_t reading_bytes = 40;
constexpr std::size_t hold_bytes = 2 * (2 * sizeof(std::int64_t) + reading_bytes); // an emergency's and a test's
constexpr std::size_t ring_bytes = 8;
constexpr std::size_t count_pane_bytes = 4;
constexpr std::size_t value_pane_bytes = 16;
constexpr std::size_t rate_pane_bytes = 40; // first and last reading of it

[[nodiscard]] std::size_t of(const language::node& n) noexcept {
    const auto panes = [](std::size_t bytes) { return ring_bytes + limits::window_panes * bytes; };
    switch (n.kind) {
    case node_kind::compare:
    case node_kind::is:
    case node_kind::last_in:
    case node_kind::absent:
    case node_kind::unheard:
    case node_kind::occurs: return node_bytes + watch_bytes;
    case node_kind::window:
        return node_bytes + watch_bytes +
               panes(n.over == window_function::rate ? rate_pane_bytes : value_pane_bytes);
    case node_kind::counted: return node_bytes + panes(count_pane_bytes);
    case node_kind::alone: return node_bytes + reading_bytes;
    default: return node_bytes;
    }
}

[[nodiscard]] std::size_t of(const expression& e) noexcept {
    std::size_t bytes = 0;
    for (const auto& n : e.nodes) bytes += of(n);
    return bytes;
}

} // namespace

std::size_t memory_bound(const language::alarm_rule& rule) noexcept {
    std::size_t bytes = rule_bytes + of(rule.when) + of(rule.clear) + (rule.hold.count() > 0 ? hold_bytes : 0);
    for (const auto& u : rule.unless) bytes += of(u);
    return bytes;
}

} // namespace anban::prover

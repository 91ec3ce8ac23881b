#include "rules/prover/memory.hpp"

#include "rules/limits.hpp"

namespace anban::prover {
namespace {

using language::expression;
using language::node_kind;

constexpr std::size_t rule_bytes = 128;
constexpr std::size_t node_bytes = 24;
constexpr std::size_t pane_bytes = 24;

[[nodiscard]] std::size_t of(const expression& e) noexcept {
    std::size_t bytes = 0;
    for (const auto& n : e.nodes) {
        bytes += node_bytes;
        if (n.kind == node_kind::window || n.kind == node_kind::counted)
            bytes += limits::window_panes * pane_bytes;
    }
    return bytes;
}

} // namespace

std::size_t memory_bound(const language::alarm_rule& rule) noexcept {
    std::size_t bytes = rule_bytes + of(rule.when) + of(rule.clear);
    for (const auto& u : rule.unless) bytes += of(u);
    return bytes;
}

} // namespace anban::prover

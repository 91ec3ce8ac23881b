// How rules stand, in data that a person's question (`why`, `why-not`) can be answered from.
#include <algorithm>

#include <fmt/format.h>

#include "rules/engine/engine.hpp"
#include "rules/engine/impl.hpp"
#include "rules/language/pack.hpp"

namespace anban {

std::string_view name_of(held_reason why) noexcept {
    switch (why) {
    case held_reason::inhibited: return "inhibited";
    case held_reason::shelved: return "shelved";
    case held_reason::out_of_service: return "out_of_service";
    case held_reason::none: break;
    }
    return "";
}

std::string_view name_of(truth is) noexcept {
    switch (is) {
    case truth::yes: return "true";
    case truth::no: return "false";
    case truth::unknown: break;
    }
    return "unknown";
}

using namespace judging;
using language::node_kind;

namespace {

constexpr std::size_t built_in_count = 2;

} // namespace

// What an unknown leaf waits for.
void engine::impl::add_lacks(node_view& to, const compiled_node& c, index i) const {
    const language::alarm_rule& r = rules_.rules[instances_[i].rule].rule;
    if (to.node >= r.when.nodes.size()) return;
    const language::node& n = r.when.nodes[to.node];
    if (c.kind == node_kind::during) {
        to.lacks = "synchronised time";
        to.lacks_zh = "同步的时钟";
    } else if (c.channel != none && n.against.of_baseline && channels_[c.channel].known) {
        to.lacks = fmt::format("baseline of {}", name_of(n.what.what));
        to.lacks_zh = fmt::format("{} 的个人基线", name_of(n.what.what));
    } else if (c.channel != none) {
        to.lacks = to.lacks_zh = language::in_words(n.what);
    }
}

rule_view engine::impl::view(index i) const {
    const instance& it = instances_[i];
    rule_view v;
    v.index = it.rule + built_in_count;
    v.rule = rules_.rules[it.rule].rule.id;
    v.who = rules_.rules[it.rule].who;
    v.active = it.active && !it.closed;
    v.holding = is_active(i) && !it.active;
    const obstacle held = held_down(i);
    v.held = held.why;
    v.held_by = in_words(held);
    for (std::uint8_t n = 0; n <= it.when; ++n) {
        const compiled_node& c = nodes_of(it)[n];
        const node_state& s = states_of(it)[n];
        node_view& node = v.nodes.emplace_back();
        node.node = n;
        node.is = s.is;
        if (s.moment != long_ago) node.since = mono(s.moment);
        if (c.kind == node_kind::compare && channels_[c.channel].known) node.value = channels_[c.channel].value;
        if (c.kind == node_kind::window) {
            node.value = c.over == language::window_function::rate
                             ? value_of(slopes_[c.slot], c.from_readings)
                             : value_of(windows_[c.slot], c.over, c.from_readings);
        }
        if (c.kind == node_kind::counted) node.value = value_of(counts_[c.slot]);
        own_ns due = due_of(it, n);
        if (c.kind == node_kind::during && synchronised_)
            due = (spans_[c.slot].next_us - wall_minus_own_us_) * 1000;
        if (due != never) node.deadline = mono(due);
        const bool leaf_unknown = s.is == truth::unknown && !language::is_event(c.kind);
        if (leaf_unknown) add_lacks(node, c, i);
    }
    return v;
}

// A state that is unknown, or an event that waits for an unknown state.
bool engine::impl::is_blind(index i) const {
    const instance& it = instances_[i];
    const node_state* const states = states_of(it);
    if (!it.is_event) return states[it.when].is == truth::unknown;
    for (std::uint8_t n = 0; n <= it.when; ++n) {
        const compiled_node& c = nodes_of(it)[n];
        if (c.kind == node_kind::becomes && states[c.a].is == truth::unknown) return true;
        if (c.kind == node_kind::at_time_of && states[c.b].is == truth::unknown) return true;
    }
    return false;
}

std::size_t engine::impl::bytes_of(index i) const noexcept {
    const instance& it = instances_[i];
    std::size_t bytes = sizeof(instance) + it.nodes * sizeof(node_state);
    if (it.holds != none) bytes += sizeof(hold_pair);
    for (std::uint8_t n = 0; n < it.nodes; ++n) {
        const compiled_node& c = nodes_of(it)[n];
        if (c.channel != none) bytes += sizeof(compare_leaf);
        if (c.kind == node_kind::counted) bytes += sizeof(panes<count_pane>);
        if (c.kind == node_kind::alone) bytes += sizeof(origin);
        if (c.kind == node_kind::window) {
            const bool slope = c.over == language::window_function::rate;
            bytes += slope ? sizeof(panes<slope_pane>) : sizeof(panes<value_pane>);
        }
    }
    return bytes;
}

std::size_t engine::rule_count() const noexcept {
    return built_in_count + impl_->rules_.rules.size();
}

const language::alarm_rule& engine::rule(std::size_t index) const {
    return index < built_in_count ? impl_->built_in_[index] : impl_->rules_.rules[index - built_in_count].rule;
}

std::vector<rule_view> engine::explain(const instant&, const rule_id& rule) const {
    std::vector<rule_view> all;
    for (index i = 0; i < impl_->instances_.size(); ++i) {
        if (impl_->rules_.rules[impl_->instances_[i].rule].rule.id == rule) all.push_back(impl_->view(i));
    }
    return all;
}

std::vector<rule_view> engine::blind(const instant&) const {
    std::vector<rule_view> all;
    for (index i = 0; i < impl_->instances_.size(); ++i) {
        if (impl_->is_blind(i)) all.push_back(impl_->view(i));
    }
    return all;
}

std::size_t engine::state_bytes() const noexcept {
    std::size_t bytes = impl_->cells_.size() * sizeof(cell) + impl_->channels_.size() * sizeof(channel) +
                        impl_->devices_.size() * sizeof(device_state) +
                        impl_->baselines_.size() * sizeof(baseline) + impl_->scores_.size() * sizeof(score_source);
    for (index i = 0; i < impl_->instances_.size(); ++i) bytes += impl_->bytes_of(i);
    return bytes;
}

std::size_t engine::largest_state_bytes() const noexcept {
    std::size_t most = 0;
    for (index i = 0; i < impl_->instances_.size(); ++i) most = std::max(most, impl_->bytes_of(i));
    return most;
}

} // namespace anban

#include "rules/engine/content.hpp"

#include <bit>

#include "rules/sha256.hpp"

namespace anban::judging {
namespace {

void add(sha256& sum, double value) {
    sum.update_u64(std::bit_cast<std::uint64_t>(value));
}

void add(sha256& sum, const language::node& n) {
    sum.update_u64(static_cast<std::uint64_t>(n.kind));
    sum.update_u64(n.a);
    sum.update_u64(n.b);
    sum.update_u64(static_cast<std::uint64_t>(n.what.what));
    sum.update_u64(static_cast<std::uint64_t>(n.what.from.where));
    sum.update_field(n.what.from.room.str());
    sum.update_u64(static_cast<std::uint64_t>(n.how));
    add(sum, n.against.value);
    sum.update_u64(n.against.of_baseline ? 1 : 0);
    add(sum, n.against.spreads);
    sum.update_u64(n.against.baseline_days);
    sum.update_u64(n.wanted ? 1 : 0);
    sum.update_u64(static_cast<std::uint64_t>(n.over));
    sum.update_u64(n.from_readings);
    sum.update_u64(static_cast<std::uint64_t>(n.lasting.count()));
    sum.update_u64(n.span.from);
    sum.update_u64(n.span.to);
    sum.update_field(n.other.str());
}

void add(sha256& sum, const language::expression& e) {
    sum.update_u64(e.nodes.size());
    for (const language::node& n : e.nodes) add(sum, n);
}

} // namespace

std::uint64_t content_key(const language::effective_rule& rule) {
    sha256 sum;
    sum.update_field(rule.rule.id.str());
    sum.update_u64(static_cast<std::uint64_t>(rule.who.of));
    sum.update_field(rule.who.id);
    sum.update_u64(static_cast<std::uint64_t>(rule.rule.of));
    add(sum, rule.rule.when);
    sum.update_u64(static_cast<std::uint64_t>(rule.rule.hold.count()));
    sum.update_u64(rule.rule.unless.size());
    for (const auto& u : rule.rule.unless) add(sum, u);
    add(sum, rule.rule.clear);
    for (const rule_id& id : rule.rule.inhibited_by) sum.update_field(id.str());
    const sha256_digest digest = sum.finish();
    std::uint64_t key = 0;
    for (std::size_t i = 0; i < sizeof key; ++i) key = (key << 8U) | digest[i];
    return key;
}

std::size_t name_hash(std::string_view text) noexcept {
    // FNV-1a: device names are short and come from our own configuration.
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return static_cast<std::size_t>(hash ^ (hash >> 32U));
}

} // namespace anban::judging

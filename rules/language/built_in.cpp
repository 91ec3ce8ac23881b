#include "rules/language/plan.hpp"

namespace anban::language {
namespace {

using namespace std::chrono_literals;

[[nodiscard]] expression happens(signal what, selector::scope where = selector::scope::plain) {
    expression e;
    e.nodes.emplace_back();
    e.nodes.back().what = {what, {where, {}}};
    return e;
}

[[nodiscard]] alarm_rule rule_named(const char* id, const char* zh, const char* en, alarm_class of, signal when) {
    alarm_rule r;
    r.id = rule_id{id};
    r.title_zh = zh;
    r.title_en = en;
    r.of = of;
    r.urgency = default_priority(of);
    r.when = happens(when);
    return r;
}

// 20 s: long enough to press cancel, short against the 60 s in which an operator must answer, and the
// suspicion is told at once.
[[nodiscard]] alarm_rule fall_rule() {
    alarm_rule fall = rule_named("fall", "跌倒", "Fall", alarm_class::life_safety, signal::fall);
    fall.when = happens(signal::fall, selector::scope::own);
    fall.hold = 20s;
    expression back_in_bed;
    node occupied;
    occupied.kind = node_kind::is;
    occupied.what = {signal::bed_occupied, {selector::scope::own, {}}};
    node becomes;
    becomes.kind = node_kind::becomes;
    becomes.a = 0;
    back_in_bed.nodes = {std::move(occupied), std::move(becomes)};
    fall.unless = {happens(signal::cancel, selector::scope::own), std::move(back_in_bed)};
    return fall;
}

} // namespace

bool is_call(std::string_view rule) noexcept {
    return rule == "sos" || rule == "service";
}

const std::vector<alarm_rule>& built_in_rules() {
    static const std::vector<alarm_rule> rules{
        rule_named("sos", "呼救", "SOS", alarm_class::life_safety, signal::sos),
        rule_named("service", "服务请求", "Service request", alarm_class::service, signal::service), fall_rule()};
    return rules;
}

} // namespace anban::language

#include "rules/language/checker.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace anban::language {
namespace {

void check_priority(cursor& c, const alarm_rule& r, std::size_t at) {
    bool allowed = r.urgency == default_priority(r.of);
    if (r.of == alarm_class::suspected) allowed = r.urgency != priority::low;
    if (allowed) return;
    const std::string_view may = r.of == alarm_class::life_safety ? "high"
                                 : r.of == alarm_class::suspected ? "high or medium"
                                                                  : "low";
    c.complain(
        at,
        {fmt::format("class {} doesn't have priority {}", name_of(r.of), name_of(r.urgency)),
         fmt::format("{} 类的优先级不能是 {}", name_of(r.of), name_of(r.urgency))},
        {fmt::format("{}; leave the line out for the usual one", may),
         fmt::format("可用：{}；省略此行则取默认值", r.of == alarm_class::suspected ? "high、medium" : may)});
}

// The first `alarm … is active` that stands below a `not`.
[[nodiscard]] const node* held_by_another(const expression& e) {
    std::vector<bool> below_not(e.nodes.size(), false);
    for (std::size_t i = e.nodes.size(); i-- > 0;) {
        const node& n = e.nodes[i];
        const bool passes_on = below_not[i] || n.kind == node_kind::negate;
        for (const std::uint8_t child : {n.a, n.b}) {
            if (child != no_child) below_not[child] = below_not[child] || passes_on;
        }
        if (n.kind == node_kind::condition && below_not[i]) return &n;
    }
    return nullptr;
}

void check_life_safety(cursor& c, const alarm_in_work& alarm, const clauses_seen& seen) {
    const said never{"life safety is never inhibited, overridden or shelved",
                     "生命安全类报警不得被抑制、改参数或搁置"};
    if (seen.inhibited != clauses_seen::nowhere)
        c.complain(seen.inhibited, {"life safety can't be inhibited", "生命安全类报警不能被抑制"}, never);
    for (const auto& p : alarm.params) {
        c.complain(p.at, {"life safety has no parameters", "生命安全类报警没有参数"},
                   {"write the number where it is used: a care plan may not change it",
                    "把数字直接写在条件里：护理计划不能修改它"});
    }
    if (const node* held = held_by_another(alarm.rule.when)) {
        c.complain(held->at.offset,
                   {"life safety can't be held down by another alarm", "生命安全类报警不能被其他报警压下"}, never);
    }
}

} // namespace

void check_whole(cursor& c, const alarm_in_work& alarm, const clauses_seen& seen) {
    const alarm_rule& r = alarm.rule;
    const bool event = is_event(r.when.root().kind);
    if (!event && seen.hold != clauses_seen::nowhere)
        c.complain(seen.hold, {"a hold goes with an event", "hold 只用于事件"},
                   {"a state takes 'for': when … for 60 s", "状态用 for：when … for 60 s"});
    if (event && seen.clear != clauses_seen::nowhere)
        c.complain(seen.clear, {"an event doesn't clear", "事件不会自行解除"},
                   {"only a person ends it; leave the line out", "只能由人结束；去掉此行"});
    if (seen.priority != clauses_seen::nowhere) check_priority(c, r, seen.priority);
    for (const auto& p : alarm.params) {
        if (!p.used)
            c.complain(p.at,
                       {fmt::format("nothing uses the parameter '{}'", p.what.name),
                        fmt::format("参数“{}”没有被使用", p.what.name)},
                       {"use it, or leave it out", "使用它，或去掉它"});
    }
    if (r.of == alarm_class::life_safety) check_life_safety(c, alarm, seen);
    if (r.id.str() == "fall" && r.of != alarm_class::life_safety)
        c.complain(seen.of, {"an alarm called 'fall' is life safety", "名为 fall 的报警属于生命安全类"},
                   {"class life-safety, or another name", "写 class life-safety，或换个名字"});
}

} // namespace anban::language

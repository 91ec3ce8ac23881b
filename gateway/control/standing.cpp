#include "gateway/control/standing.hpp"

#include <boost/json.hpp>

#include "gateway/config/fields.hpp"
#include "gateway/control/changes.hpp"
#include "rules/language/pack.hpp"

namespace anban::control {
namespace json = boost::json;

namespace {

[[nodiscard]] json::object as_json(const rule_view& view, const language::alarm_rule& rule) {
    json::array nodes;
    for (const node_view& n : view.nodes) {
        json::object o{
            {"node", n.node}, {"truth", name_of(n.is)}, {"since_ns", n.since.time_since_epoch().count()}};
        if (n.value) o["value"] = *n.value;
        if (n.deadline) o["deadline_ns"] = n.deadline->time_since_epoch().count();
        if (!n.lacks.empty()) o["lacks_en"] = n.lacks;
        if (!n.lacks_zh.empty()) o["lacks_zh"] = n.lacks_zh;
        nodes.push_back(std::move(o));
    }
    return {{"rule", view.rule.str()},
            {"who", view.who.id.empty() ? std::string{"home"} : view.who.id},
            {"active", view.active},
            {"holding", view.holding},
            {"held", name_of(view.held)},
            {"held_by", view.held_by},
            {"when", language::in_words(rule.when)},
            {"nodes", std::move(nodes)}};
}

} // namespace

json::object rule_standing(const daemon_side& daemon, const json::object& request) {
    daemon.feed(tick{}); // what is due by now has been judged
    const instant now = daemon.now();
    json::array all;
    for (const auto& [view, rule] : daemon.core.standing_of(rule_id{text_of(request, "rule")})) {
        all.push_back(as_json(view, rule));
    }
    return {{"ok", true},
            {"now_us", now.wall.at.time_since_epoch().count()},
            {"clock", name_of(now.wall.quality)},
            {"now_ns", now.mono.time_since_epoch().count()},
            {"rules", std::move(all)}};
}

} // namespace anban::control

// Rules that a person has put on a shelf or out of service: kept with the rules' state, seen by everybody as long
// as they lie there, and told as alarms where they are still true at the end.
#include <fmt/format.h>

#include "gateway/home/machine.hpp"

namespace anban {
namespace {

[[nodiscard]] std::string whom(const subject& who) {
    return who.id.empty() ? std::string{"home"} : who.id;
}

} // namespace

void home_machine::on(const shelve_rule& in) {
    unsure_.reset(); // what a person has judged by stands
    if (!engine_.put_on_shelf(now_, in.what)) return;
    draft_.rules_told = true; // a restart must not forget it
    note({.what = audit_event::kind::shelved,
          .who = in.what.owner,
          .text = fmt::format("{} of {}: {}", in.what.rule.str(), whom(in.what.who), in.what.reason)});
}

void home_machine::on(const unshelve_rule& in) {
    unsure_.reset();
    condition_changes still_true;
    engine_.take_off_shelf(now_, in.rule, in.who, still_true);
    draft_.rules_told = true;
    note({.what = audit_event::kind::unshelved,
          .who = in.by,
          .text = fmt::format("{} of {}", in.rule.str(), whom(in.who))});
    take_changes(still_true);
}

std::vector<subject> home_machine::subjects_of(const rule_id& rule) const {
    std::vector<subject> all;
    for (const rule_view& view : engine_.explain(now_, rule)) all.push_back(view.who);
    return all;
}

// What lies on a shelf is a fault of the lowest priority: nobody should learn of it by an alarm that didn't come.
void home_machine::show_shelves() {
    if (std::exchange(shelves_shown_at_, engine_.changes()) == engine_.changes()) return;
    std::set<std::string> there;
    for (const shelf& s : engine_.shelves()) {
        const bool out = s.how == held_reason::out_of_service;
        const std::string key = fmt::format("rules.shelved.{}.{}", s.rule.str(), whom(s.who));
        const std::string cure = fmt::format("anban rules unshelve {} {}", s.rule.str(), whom(s.who));
        begin_fault({.key = key,
                     .what_zh = fmt::format("规则 {}（{}）{}，{}：{}", s.rule.str(), whom(s.who),
                                            out ? "已停用" : "已搁置", s.owner, s.reason),
                     .what_en = fmt::format("Rule {} of {} is {} by {}: {}", s.rule.str(), whom(s.who),
                                            out ? "taken out of service" : "shelved", s.owner, s.reason),
                     .cure_zh = fmt::format("到期自动恢复；提前恢复：{}", cure),
                     .cure_en = fmt::format("It ends by itself; sooner with {}", cure),
                     .urgency = priority::low});
        there.insert(key);
    }
    for (const std::string& key : std::exchange(shelf_faults_, there)) {
        if (!there.contains(key)) end_fault(key);
    }
}

} // namespace anban

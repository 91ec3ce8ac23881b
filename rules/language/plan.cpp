#include "rules/language/plan.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "rules/language/units.hpp"
#include "rules/limits.hpp"

namespace anban::language {
namespace {

// One rule of one pack and everybody whom it concerns. Two packs may bring the same rule: it is then one.
struct group {
    alarm_rule rule;
    std::vector<effective_rule> instances;
};

// Equal but for the pack and the words of its titles: what a resident gets is the same.
[[nodiscard]] bool same_rule(alarm_rule a, const alarm_rule& b) {
    a.pack = b.pack;
    a.title_zh = b.title_zh;
    a.title_en = b.title_en;
    return a == b;
}

[[nodiscard]] subject resident_of(const care_plan& p) {
    return {subject::kind::resident, p.who.str()};
}

[[nodiscard]] bool means(const plan_override& o, const alarm_rule& r) {
    std::string_view rule = o.rule;
    std::string_view pack = o.pack;
    if (const auto dot = rule.find('.'); dot != std::string_view::npos) {
        pack = rule.substr(0, dot);
        rule = rule.substr(dot + 1);
    }
    return rule == r.id.str() && (pack.empty() || pack == r.pack);
}

class layer {
public:
    layer(const std::vector<pack>& packs, const installation& where) : packs_(packs), where_(where) {}

    [[nodiscard]] effective_rules lay() {
        built_in_falls();
        known_packs();
        for (const care_plan& plan : where_.plans) choose(plan);
        // Packs as given, rules as written.
        for (const pack* p : known_) {
            for (const alarm_rule& r : p->rules) instances_of(r);
        }
        drop_covered_falls();
        for (const care_plan& plan : where_.plans) unused_overrides(plan);
        in_order();
        return std::move(result_);
    }

private:
    struct choice {
        const alarm_rule* rule;
        const care_plan* plan;
    };

    void tell(const resident_id& who, std::string en, std::string zh, std::string cure_en, std::string cure_zh) {
        result_.problems.push_back({who, std::move(en), std::move(zh), std::move(cure_en), std::move(cure_zh)});
    }

    // ---- what there is ----

    void built_in_falls() {
        group g{built_in_rules().back(), {}};
        for (const care_plan& plan : where_.plans) g.instances.push_back({g.rule, resident_of(plan), {}});
        for (const bed_id& bed : where_.free_beds)
            g.instances.push_back({g.rule, {subject::kind::bed, bed.str()}, {}});
        g.instances.push_back({g.rule, {}, {}});
        groups_.push_back(std::move(g));
    }

    void known_packs() {
        for (const pack& p : packs_) {
            const bool twice = std::ranges::any_of(known_, [&](const pack* k) { return k->name == p.name; });
            if (!twice) {
                known_.push_back(&p);
                continue;
            }
            tell({}, fmt::format("two files are the pack '{}'; the first one holds", p.name),
                 fmt::format("两个文件都是规则包“{}”；以第一个为准", p.name), "rename or remove one of them",
                 "改名或删除其中一个");
        }
    }

    [[nodiscard]] const pack* find_pack(std::string_view name) const {
        const auto found = std::ranges::find_if(known_, [&](const pack* p) { return p->name == name; });
        return found == known_.end() ? nullptr : *found;
    }

    // ---- what a plan chooses ----

    void choose(const care_plan& plan) {
        std::set<std::string> seen;
        std::map<std::string, const alarm_rule*> chosen;
        for (const std::string& name : plan.packs) {
            if (!seen.insert(name).second) continue;
            const pack* p = find_pack(name);
            if (p == nullptr) {
                tell(plan.who, fmt::format("the pack '{}' isn't there", name), fmt::format("没有规则包“{}”", name),
                     "put the pack into rules/, or take it out of packs",
                     "把规则包放进 rules/，或从 packs 中删除");
                continue;
            }
            for (const alarm_rule& r : p->rules) {
                const auto [there, fresh] = chosen.emplace(r.id.str(), &r);
                if (!fresh && !same_rule(*there->second, r)) {
                    tell(plan.who,
                         fmt::format(
                             "the alarm '{}' is in the packs '{}' and '{}' with two contents; that of '{}' holds",
                             r.id.str(), there->second->pack, r.pack, there->second->pack),
                         fmt::format("报警“{}”在规则包“{}”和“{}”中内容不同；以“{}”为准", r.id.str(),
                                     there->second->pack, r.pack, there->second->pack),
                         "rename one of them, or take one pack out of the plan",
                         "改名其中一个，或从计划中去掉一个包");
                }
            }
        }
        if (chosen.size() > limits::rules_per_resident) {
            tell(plan.who,
                 fmt::format("the plan has {} alarms, at most {} run", chosen.size(), limits::rules_per_resident),
                 fmt::format("计划共有 {} 个报警，最多运行 {} 个", chosen.size(), limits::rules_per_resident),
                 "take a pack out of the plan", "从计划中去掉一个规则包");
        }
        std::size_t left = limits::rules_per_resident;
        for (const pack* p : known_) {
            for (const alarm_rule& r : p->rules) {
                const auto found = chosen.find(r.id.str());
                if (found == chosen.end() || found->second != &r || left == 0) continue;
                --left;
                choices_.push_back({&r, &plan});
            }
        }
    }

    void instances_of(const alarm_rule& r) {
        group g{r, {}};
        if (r.about_home && std::ranges::any_of(choices_, [&](const choice& c) { return c.rule == &r; })) {
            if (!home_has(r)) groups_.push_back({r, {about_home(r)}});
            return;
        }
        for (const choice& c : choices_) {
            if (c.rule == &r) g.instances.push_back(with_overrides(r, *c.plan));
        }
        if (!g.instances.empty()) groups_.push_back(std::move(g));
    }

    // Whether the home has a rule of this name already: the same one, or another (then that is told).
    [[nodiscard]] bool home_has(const alarm_rule& r) {
        for (const group& g : groups_) {
            if (!g.rule.about_home || g.rule.id != r.id) continue;
            if (!same_rule(g.rule, r)) {
                tell({},
                     fmt::format("the alarm '{0}' of the home is in the packs '{1}' and '{2}' with two contents; "
                                 "that of '{1}' holds",
                                 r.id.str(), g.rule.pack, r.pack),
                     fmt::format("关于全家的报警“{0}”在规则包“{1}”和“{2}”中内容不同；以“{1}”为准", r.id.str(),
                                 g.rule.pack, r.pack),
                     "rename one of them", "改名其中一个");
            }
            return true;
        }
        return false;
    }

    // One for the home: the plans that choose it must not want two numbers.
    [[nodiscard]] effective_rule about_home(const alarm_rule& r) {
        std::optional<effective_rule> first;
        for (const choice& c : choices_) {
            if (!c.rule->about_home || c.rule->id != r.id || !same_rule(*c.rule, r)) continue;
            effective_rule laid = with_overrides(*c.rule, *c.plan);
            const bool sets = std::ranges::any_of(laid.origins, &origin::overridden);
            if (!first || (sets && std::ranges::none_of(first->origins, &origin::overridden))) {
                first = std::move(laid);
            } else if (sets && !same_rule(laid.rule, first->rule)) {
                tell(c.plan->who,
                     fmt::format("'{}' is about the home, and two plans set it in two ways", r.id.str()),
                     fmt::format("“{}”关于全家，两个计划设置的值不同", r.id.str()), "set it in one plan only",
                     "只在一个计划中设置");
            }
        }
        first->who = {};
        return std::move(*first);
    }

    // ---- numbers ----

    [[nodiscard]] effective_rule with_overrides(const alarm_rule& r, const care_plan& plan) {
        effective_rule laid{r, resident_of(plan), {}};
        for (parameter& p : laid.rule.parameters) {
            origin from{p.name, p.value, p.unit, false, r.pack};
            for (const plan_override& o : plan.overrides) {
                if (!means(o, r) || o.name != p.name) continue;
                const auto said = measured(o.value, o.unit);
                if (!said || said->unit != p.unit) {
                    refuse(plan, o, fmt::format("'{}' is measured in '{}', not in '{}'", p.name, p.unit, o.unit),
                           fmt::format("“{}”的单位是 {}，不是 {}", p.name, p.unit, o.unit), p);
                } else if (said->value < p.least || said->value > p.most) {
                    refuse(plan, o,
                           fmt::format("{} = {} lies outside its bounds", p.name,
                                       measure_in_words(said->value, p.unit)),
                           fmt::format("{} = {} 超出范围", p.name, measure_in_words(said->value, p.unit)), p);
                } else if (r.of == alarm_class::life_safety) {
                    refuse(plan, o, "life safety can't be overridden", "生命安全类报警不能改参数", p);
                } else {
                    p.value = said->value;
                    from = {p.name, p.value, p.unit, true, o.where};
                }
            }
            laid.origins.push_back(std::move(from));
        }
        lay_in(laid.rule);
        return laid;
    }

    void refuse(const care_plan& plan, const plan_override& o, std::string en, std::string zh,
                const parameter& p) {
        const std::string bounds =
            fmt::format("{} .. {}", measure_in_words(p.least, p.unit), measure_in_words(p.most, p.unit));
        const std::string place = o.where.empty() ? std::string{} : o.where + ": ";
        tell(plan.who, fmt::format("{}{}; the pack's {} holds", place, en, measure_in_words(p.value, p.unit)),
             fmt::format("{}{}；仍用规则包的 {}", place, zh, measure_in_words(p.value, p.unit)),
             fmt::format("allowed: {}", bounds), fmt::format("允许范围：{}", bounds));
    }

    static void lay_in(alarm_rule& r) {
        std::vector<expression*> all{&r.when, &r.clear};
        for (expression& e : r.unless) all.push_back(&e);
        for (const parameter& p : r.parameters) {
            for (expression* e : all) {
                for (node& n : e->nodes) {
                    if (n.against.param == p.name) n.against.value = rounded(p.value + n.against.offset);
                    if (n.lasting_param == p.name) n.lasting = from_seconds(p.value);
                }
            }
            if (r.hold_param == p.name) r.hold = from_seconds(p.value);
        }
    }

    // An override that fits no rule of the plan, or no parameter of its rule.
    void unused_overrides(const care_plan& plan) {
        for (const plan_override& o : plan.overrides) {
            const alarm_rule* rule = nullptr;
            bool fits = false;
            for (const choice& c : choices_) {
                if (c.plan != &plan || !means(o, *c.rule)) continue;
                rule = c.rule;
                fits = fits ||
                       std::ranges::find(rule->parameters, o.name, &parameter::name) != rule->parameters.end();
            }
            if (fits) continue;
            const std::string place = o.where.empty() ? std::string{} : o.where + ": ";
            if (rule == nullptr) {
                tell(plan.who, fmt::format("{}no alarm '{}' in the packs of this plan", place, o.rule),
                     fmt::format("{}本计划的规则包中没有报警“{}”", place, o.rule),
                     "write PACK.ALARM, e.g. cardiac.bradycardia", "写 规则包.报警，例如 cardiac.bradycardia");
                continue;
            }
            std::string names;
            for (const parameter& p : rule->parameters) names += (names.empty() ? "" : ", ") + p.name;
            tell(plan.who, fmt::format("{}'{}' has no parameter '{}'", place, o.rule, o.name),
                 fmt::format("{}“{}”没有参数“{}”", place, o.rule, o.name),
                 names.empty() ? "it has none" : "it has: " + names,
                 names.empty() ? "它没有参数" : "它有：" + names);
        }
    }

    // ---- order ----

    // A pack's `fall` stands for the built-in one, for whom it concerns.
    void drop_covered_falls() {
        std::set<subject> covered;
        for (std::size_t i = 1; i < groups_.size(); ++i) {
            if (groups_[i].rule.id != groups_[0].rule.id) continue;
            for (const effective_rule& e : groups_[i].instances) covered.insert(e.who);
        }
        std::erase_if(groups_[0].instances, [&](const effective_rule& e) { return covered.contains(e.who); });
    }

    // Whether a rule of this name is there for the same subject or the home.
    [[nodiscard]] bool there(const rule_id& id, const subject& who) const {
        return std::ranges::any_of(groups_, [&](const group& g) {
            return g.rule.id == id && std::ranges::any_of(g.instances, [&](const effective_rule& e) {
                       return e.who == who || e.who.of == subject::kind::home;
                   });
        });
    }

    [[nodiscard]] static std::vector<rule_id> needs(const alarm_rule& r) {
        std::vector<rule_id> ids;
        const auto collect = [&](const expression& e) {
            for (const node& n : e.nodes) {
                if (n.kind == node_kind::condition) ids.push_back(n.other);
            }
        };
        collect(r.when);
        collect(r.clear);
        for (const expression& e : r.unless) collect(e);
        return ids;
    }

    [[nodiscard]] static resident_id resident_in(const subject& s) {
        return s.of == subject::kind::resident ? resident_id{s.id} : resident_id{};
    }

    // What needs a rule that isn't there can't be judged and goes, until nothing more does.
    void drop_dependants() {
        bool changed = true;
        while (changed) {
            changed = false;
            for (group& g : groups_) {
                for (const rule_id& id : needs(g.rule)) {
                    std::erase_if(g.instances, [&](const effective_rule& e) {
                        if (there(id, e.who)) return false;
                        changed = true;
                        tell(
                            resident_in(e.who),
                            fmt::format("'{}' asks for the alarm '{}', which isn't in the plan: it is left out",
                                        e.rule.id.str(), id.str()),
                            fmt::format("“{}”要查询的报警“{}”不在计划中：该报警已停用", e.rule.id.str(), id.str()),
                            "add the pack that has it", "加上包含它的规则包");
                        return true;
                    });
                }
            }
            std::erase_if(groups_, [](const group& g) { return g.instances.empty(); });
        }
    }

    void drop_missing_inhibitors() {
        for (group& g : groups_) {
            for (effective_rule& e : g.instances) {
                std::erase_if(e.rule.inhibited_by, [&](const rule_id& id) {
                    if (there(id, e.who)) return false;
                    tell(resident_in(e.who),
                         fmt::format("'{}' is inhibited by '{}', which isn't in the plan: it runs uninhibited",
                                     e.rule.id.str(), id.str()),
                         fmt::format("抑制“{}”的“{}”不在计划中：该报警不受抑制地运行", e.rule.id.str(), id.str()),
                         "add the pack that has it", "加上包含它的规则包");
                    return true;
                });
            }
        }
    }

    // Which groups each group waits for, by index.
    [[nodiscard]] std::vector<std::vector<std::size_t>> waits_for() const {
        std::map<rule_id, std::vector<std::size_t>> by_name;
        for (std::size_t i = 0; i < groups_.size(); ++i) by_name[groups_[i].rule.id].push_back(i);
        std::vector<std::vector<std::size_t>> all(groups_.size());
        for (std::size_t i = 0; i < groups_.size(); ++i) {
            std::vector<rule_id> ids = needs(groups_[i].rule);
            ids.insert(ids.end(), groups_[i].rule.inhibited_by.begin(), groups_[i].rule.inhibited_by.end());
            for (const rule_id& id : ids) {
                const auto named = by_name.find(id);
                if (named == by_name.end()) continue;
                for (const std::size_t k : named->second) {
                    if (k != i) all[i].push_back(k);
                }
            }
        }
        return all;
    }

    // Again and again the first group that waits for none of those left. What then remains, and is waited for by
    // what remains, goes round in a circle.
    void in_order() {
        while (true) {
            drop_dependants();
            const auto needed = waits_for();
            std::vector<bool> done(groups_.size(), false);
            std::vector<std::size_t> order;
            const auto free = [&](std::size_t i) {
                return !done[i] && std::ranges::all_of(needed[i], [&](std::size_t k) { return done[k]; });
            };
            for (std::size_t i = 0; i < groups_.size();) {
                if (!free(i)) {
                    ++i;
                    continue;
                }
                done[i] = true;
                order.push_back(i);
                i = 0;
            }
            if (order.size() < groups_.size()) {
                drop_circle(needed, done);
                continue;
            }
            std::vector<group> sorted;
            for (const std::size_t i : order) sorted.push_back(std::move(groups_[i]));
            groups_ = std::move(sorted);
            break;
        }
        drop_missing_inhibitors();
        for (group& g : groups_) {
            for (effective_rule& e : g.instances) result_.rules.push_back(std::move(e));
        }
    }

    void drop_circle(const std::vector<std::vector<std::size_t>>& needed, const std::vector<bool>& done) {
        std::vector<bool> in(groups_.size());
        for (std::size_t i = 0; i < groups_.size(); ++i) in[i] = !done[i];
        for (bool changed = true; changed;) {
            changed = false;
            std::vector<bool> waited_for(groups_.size(), false);
            for (std::size_t i = 0; i < groups_.size(); ++i) {
                if (!in[i]) continue;
                for (const std::size_t k : needed[i]) waited_for[k] = true;
            }
            for (std::size_t i = 0; i < groups_.size(); ++i) {
                if (!in[i] || waited_for[i]) continue;
                in[i] = false;
                changed = true;
            }
        }
        std::string names;
        for (std::size_t i = 0; i < groups_.size(); ++i) {
            if (!in[i]) continue;
            names += fmt::format("{}'{}'", names.empty() ? "" : ", ", groups_[i].rule.id.str());
            groups_[i].instances.clear();
        }
        tell({}, fmt::format("these alarms wait for each other and are left out: {}", names),
             fmt::format("这些报警互相依赖，已停用：{}", names),
             "take one 'is active' or 'inhibited by' out of the circle", "去掉其中一处 is active 或 inhibited by");
        std::erase_if(groups_, [](const group& g) { return g.instances.empty(); });
    }

    const std::vector<pack>& packs_;
    const installation& where_;
    std::vector<const pack*> known_;
    std::vector<choice> choices_;
    std::vector<group> groups_;
    effective_rules result_;
};

} // namespace

effective_rules lay_plans(const std::vector<pack>& packs, const installation& where) {
    return layer{packs, where}.lay();
}

} // namespace anban::language

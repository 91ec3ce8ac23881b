// From effective rules and an installation to instances, channels and cells. All memory is taken here.
#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "rules/engine/content.hpp"
#include "rules/engine/impl.hpp"
#include "rules/ensure.hpp"

namespace anban {
namespace {

using namespace judging;
using language::node_kind;
using language::selector;

[[nodiscard]] bool of_another_resident(const device_state& d, const subject& who) noexcept {
    return d.who.of == subject::kind::resident && who.of != subject::kind::home && d.who != who;
}

[[nodiscard]] bool has_own_channel(node_kind k) noexcept {
    using enum node_kind;
    return k == compare || k == is || k == last_in || k == absent || k == unheard || k == window || k == occurs;
}

// NEWS2's inputs, by news2_part.
constexpr std::array score_inputs{signal::respiration, signal::spo2,  signal::on_oxygen,  signal::systolic,
                                  signal::heart_rate,  signal::alert, signal::temperature};
static_assert(score_inputs.size() == news2_parts);

[[nodiscard]] std::vector<language::alarm_rule> built_in_without_memory() {
    std::vector<language::alarm_rule> rules;
    for (const language::alarm_rule& rule : language::built_in_rules()) {
        if (language::is_call(rule.id.str())) rules.push_back(rule);
    }
    return rules;
}

class loader {
public:
    explicit loader(engine::impl& e) : e_(e) {}
    void run();

private:
    void add_devices();
    void add_instance(index rule);
    void add_expression(index i, const language::expression& what);
    void add_leaf(index i, std::uint8_t n, const language::node& from);
    void add_baseline(index i, std::uint8_t n, const language::node& from, const subject& who);
    void link_rules();
    void add_coverage();
    [[nodiscard]] index channel_for(const language::watched& w, const subject& who);
    [[nodiscard]] index score_for(const subject& who);
    [[nodiscard]] index baseline_for(signal what, const subject& who);
    [[nodiscard]] index span_for(const language::daily_span& span);
    [[nodiscard]] index cell_for(std::uint16_t device, signal what);
    [[nodiscard]] bool admits(const selector& s, const subject& who, const device_state& d) const;
    [[nodiscard]] std::vector<std::uint16_t> admitted(const selector& s, const subject& who) const;
    [[nodiscard]] std::uint16_t room_number(const room_id& room);
    void feed(index channel, signal what, const std::vector<std::uint16_t>& from, link::how as);

    engine::impl& e_;
    std::map<std::tuple<signal, std::vector<std::uint16_t>, bool>, index> channels_;
    std::map<subject, index> scores_;
    std::map<std::pair<subject, signal>, index> baselines_;
};

void loader::run() {
    add_devices();
    const auto count = static_cast<index>(e_.rules_.rules.size());
    e_.instances_.reserve(count);
    for (index r = 0; r < count; ++r) add_instance(r);
    link_rules();
    add_coverage();
    for (index ch = 0; ch < e_.channels_.size(); ++ch) {
        if (e_.channels_[ch].strangers) e_.for_strangers_.push_back(ch);
    }
    e_.woken_.reserve(count + 1);
    e_.waiting_.reserve(count);
    e_.shelves_.reserve(limits::shelves);
    e_.timers_ = timers{e_.rule_entry(count)};
}

std::uint16_t loader::room_number(const room_id& room) {
    if (room.empty()) return no_device;
    const auto found = std::ranges::find(e_.rooms_, room);
    if (found == e_.rooms_.end()) {
        e_.rooms_.push_back(room);
        return static_cast<std::uint16_t>(e_.rooms_.size() - 1);
    }
    return static_cast<std::uint16_t>(found - e_.rooms_.begin());
}

void loader::add_devices() {
    ensure(e_.where_.devices.size() < a_stranger);
    for (const installed_device& d : e_.where_.devices) {
        device_state s;
        s.id = d.id;
        s.who = d.who;
        s.room = room_number(d.room);
        s.reports_every = d.reports_every.count();
        e_.devices_.push_back(std::move(s));
    }
    e_.cell_of_.assign(e_.devices_.size() * (all_signals().size() + 1), none);
    std::size_t places = 16;
    while (places < 2 * e_.devices_.size()) places *= 2;
    e_.by_name_.assign(places, no_device);
    for (std::uint16_t d = 0; d < e_.devices_.size(); ++d) {
        std::size_t at = name_hash(e_.devices_[d].id.str()) & (places - 1);
        while (e_.by_name_[at] != no_device) at = (at + 1) & (places - 1);
        e_.by_name_[at] = d;
    }
}

bool loader::admits(const selector& s, const subject& who, const device_state& d) const {
    const bool others = of_another_resident(d, who);
    switch (s.where) {
    case selector::scope::own: return d.who == who;
    case selector::scope::in_room: return !others && d.room != no_device && e_.rooms_[d.room] == s.room;
    case selector::scope::elsewhere: return !others && d.room != no_device && e_.rooms_[d.room] != s.room;
    case selector::scope::anywhere: return !others;
    case selector::scope::plain: break;
    }
    const bool all_of_home =
        who.of == subject::kind::home || (who.of == subject::kind::resident && !e_.where_.shared());
    return all_of_home || d.who == who;
}

std::vector<std::uint16_t> loader::admitted(const selector& s, const subject& who) const {
    std::vector<std::uint16_t> all;
    for (std::uint16_t d = 0; d < e_.devices_.size(); ++d) {
        if (admits(s, who, e_.devices_[d])) all.push_back(d);
    }
    return all;
}

index loader::cell_for(std::uint16_t device, signal what) {
    index& at = e_.cell_of_[device * (all_signals().size() + 1) + static_cast<std::size_t>(what)];
    if (at == none) {
        at = static_cast<index>(e_.cells_.size());
        cell c;
        c.device = device;
        c.what = what;
        e_.cells_.push_back(std::move(c));
    }
    return at;
}

void loader::feed(index channel, signal what, const std::vector<std::uint16_t>& from, link::how as) {
    for (const std::uint16_t d : from) {
        const index c = cell_for(d, what);
        e_.cells_[c].links.push_back({.target = channel, .as = as});
        e_.channels_[channel].cells.push_back(c);
    }
}

index loader::channel_for(const language::watched& w, const subject& who) {
    if (w.what == signal::news2) return e_.scores_[score_for(who)].total;
    if (w.what == signal::news2_single) return e_.scores_[score_for(who)].largest;
    auto from = admitted(w.from, who);
    const bool strangers = w.from.where == selector::scope::own && who.of == subject::kind::home &&
                           facts_of(w.what).kind == signal_kind::momentary && !facts_of(w.what).computed;
    const auto [entry, fresh] =
        channels_.try_emplace({w.what, from, strangers}, static_cast<index>(e_.channels_.size()));
    if (!fresh) return entry->second;
    channel ch;
    ch.what = w.what;
    ch.strangers = strangers;
    e_.channels_.push_back(std::move(ch));
    if (w.what != signal::activity) {
        feed(entry->second, w.what, from, link::how::value);
        return entry->second;
    }
    for (const signal_facts& f : all_signals()) {
        if (f.shows == activity_kind::while_true) feed(entry->second, f.what, from, link::how::active_while_true);
        if (f.shows == activity_kind::each_change) feed(entry->second, f.what, from, link::how::active_on_change);
    }
    return entry->second;
}

index loader::score_for(const subject& who) {
    const auto [entry, fresh] = scores_.try_emplace(who, static_cast<index>(e_.scores_.size()));
    if (!fresh) return entry->second;
    score_source s;
    const auto plan = std::ranges::find_if(e_.where_.plans, [&](const care_plan& p) {
        return who.of == subject::kind::resident && p.who.str() == who.id;
    });
    s.scale_2 = plan != e_.where_.plans.end() && plan->spo2_scale_2;
    for (const auto& [what, into] :
         {std::pair{signal::news2, &s.total}, std::pair{signal::news2_single, &s.largest}}) {
        *into = static_cast<index>(e_.channels_.size());
        channel ch;
        ch.what = what;
        e_.channels_.push_back(std::move(ch));
    }
    e_.scores_.push_back(s);
    const auto from = admitted({}, who);
    for (std::size_t part = 0; part < news2_parts; ++part) {
        for (const std::uint16_t d : from) {
            e_.cells_[cell_for(d, score_inputs[part])].links.push_back(
                {.target = entry->second, .as = link::how::score, .part = static_cast<std::uint8_t>(part)});
        }
    }
    return entry->second;
}

index loader::baseline_for(signal what, const subject& who) {
    const auto [entry, fresh] = baselines_.try_emplace({who, what}, static_cast<index>(e_.baselines_.size()));
    if (!fresh) return entry->second;
    e_.baselines_.emplace_back(what);
    e_.baseline_of_.push_back(who);
    for (const std::uint16_t d : admitted({}, who)) {
        e_.cells_[cell_for(d, what)].links.push_back({.target = entry->second, .as = link::how::baseline});
    }
    return entry->second;
}

index loader::span_for(const language::daily_span& span) {
    const auto found = std::ranges::find(e_.spans_, span, &span_state::span);
    if (found != e_.spans_.end()) return static_cast<index>(found - e_.spans_.begin());
    e_.spans_.push_back({.span = span});
    return static_cast<index>(e_.spans_.size() - 1);
}

void loader::add_instance(index rule) {
    const auto& effective = e_.rules_.rules[rule];
    const language::alarm_rule& r = effective.rule;
    ensure(!r.when.empty() && r.unless.size() <= limits::unless_terms);
    const auto i = static_cast<index>(e_.instances_.size());
    instance it;
    it.rule = rule;
    it.first_node = static_cast<index>(e_.nodes_.size());
    it.is_event = language::is_event(r.when.root().kind);
    it.life_safety = r.of == alarm_class::life_safety;
    it.key = content_key(effective);
    if (it.is_event && r.hold.count() > 0) {
        it.holds = static_cast<index>(e_.holds_.size());
        e_.holds_.emplace_back();
    }
    e_.instances_.push_back(it);
    const auto add = [&](const language::expression& what) {
        add_expression(i, what);
        return static_cast<std::uint8_t>(e_.instances_[i].nodes - 1);
    };
    e_.instances_[i].when = add(r.when);
    for (const auto& u : r.unless) {
        const std::uint8_t root = add(u);
        e_.instances_[i].unless[e_.instances_[i].unless_count++] = root;
    }
    if (!r.clear.empty()) e_.instances_[i].clear = add(r.clear);
    // Where it is: what the rule itself says, before where the device hangs that spoke.
    for (const auto kind : {node_kind::last_in, node_kind::absent}) {
        for (const language::node& n : r.when.nodes) {
            const bool says = n.kind == kind && !n.what.from.room.empty() &&
                              (kind == node_kind::last_in || n.what.from.where == selector::scope::in_room);
            if (says && e_.instances_[i].room_hint == no_device)
                e_.instances_[i].room_hint = room_number(n.what.from.room);
        }
    }
}

void loader::add_expression(index i, const language::expression& what) {
    const std::uint8_t before = e_.instances_[i].nodes;
    ensure(before + what.nodes.size() <= 64);
    for (const language::node& from : what.nodes) {
        const auto shifted = [before](std::uint8_t child) {
            return child == language::no_child ? child : static_cast<std::uint8_t>(child + before);
        };
        compiled_node c;
        c.kind = from.kind;
        c.a = shifted(from.a);
        c.b = shifted(from.b);
        c.wanted = from.wanted;
        c.how = from.how;
        c.over = from.over;
        c.from_readings = from.from_readings;
        c.lasting = from.lasting.count();
        c.limit = from.against.value;
        const std::uint8_t n = e_.instances_[i].nodes++;
        e_.nodes_.push_back(c);
        e_.states_.emplace_back();
        add_leaf(i, n, from);
    }
}

void loader::add_leaf(index i, std::uint8_t n, const language::node& from) {
    const subject who = e_.rules_.rules[e_.instances_[i].rule].who;
    compiled_node& c = e_.nodes_[e_.instances_[i].first_node + n];
    if (from.kind == node_kind::during) {
        c.slot = span_for(from.span);
        e_.spans_[c.slot].leaves.push_back({i, n});
    } else if (from.kind == node_kind::counted) {
        c.slot = static_cast<index>(e_.counts_.size());
        e_.counts_.emplace_back();
    } else if (from.kind == node_kind::alone) {
        c.slot = static_cast<index>(e_.waits_.size());
        e_.waits_.emplace_back();
    }
    if (!has_own_channel(from.kind)) return;
    language::watched what = from.what;
    if (from.kind == node_kind::last_in) what.from = {};
    c.channel = channel_for(what, who);
    channel& ch = e_.channels_[c.channel];
    if (ch.strangers && e_.instances_[i].stranger == none) {
        e_.instances_[i].stranger = static_cast<index>(e_.strangers_.size());
        e_.strangers_.emplace_back().reserve(limits::id_bytes);
    }
    using enum language::comparison;
    switch (from.kind) {
    case node_kind::compare: {
        const bool or_equal = from.how == less_equal || from.how == greater;
        const double above = std::numeric_limits<double>::infinity();
        ch.compares.push_back({.limit = or_equal ? std::nextafter(c.limit, above) : c.limit,
                               .instance = i,
                               .node = n,
                               .not_less = from.how == greater || from.how == greater_equal});
        break;
    }
    case node_kind::is: ch.booleans.push_back({i, n, from.wanted}); break;
    case node_kind::last_in: ch.lasts.push_back({i, n, room_number(from.what.from.room)}); break;
    case node_kind::absent: ch.absents.push_back({i, n}); break;
    case node_kind::unheard: ch.unheards.push_back({i, n}); break;
    case node_kind::window:
        ch.windows.push_back({i, n});
        if (from.over == language::window_function::rate) {
            c.slot = static_cast<index>(e_.slopes_.size());
            e_.slopes_.emplace_back();
        } else {
            c.slot = static_cast<index>(e_.windows_.size());
            e_.windows_.emplace_back();
        }
        break;
    default: ch.events.push_back({i, n}); break;
    }
    if (from.against.of_baseline) add_baseline(i, n, from, who);
}

void loader::add_baseline(index i, std::uint8_t n, const language::node& from, const subject& who) {
    compiled_node& c = e_.nodes_[e_.instances_[i].first_node + n];
    baseline_limit b;
    b.baseline = baseline_for(from.what.what, who);
    b.days = from.against.baseline_days;
    b.value = from.against.value;
    b.spreads = from.against.spreads;
    if (from.kind == node_kind::compare) {
        channel& ch = e_.channels_[c.channel];
        b.or_equal = from.how == language::comparison::less_equal || from.how == language::comparison::greater;
        b.channel = c.channel;
        b.at = static_cast<index>(ch.compares.size() - 1);
        ch.compares.back().known_limit = false;
    } else {
        b.node = e_.instances_[i].first_node + n;
        c.known_limit = false;
        b.at = i;
    }
    e_.baseline_limits_.push_back(b);
}

// `alarm … is active` and `inhibited by`: the rule of the same subject, else that of the home.
void loader::link_rules() {
    std::map<std::pair<rule_id, subject>, index> known;
    for (index i = 0; i < e_.instances_.size(); ++i) {
        const auto& r = e_.rules_.rules[e_.instances_[i].rule];
        known.emplace(std::pair{r.rule.id, r.who}, i);
    }
    const auto named = [&](const rule_id& id, const subject& who) {
        auto found = known.find({id, who});
        if (found == known.end()) found = known.find({id, subject{}});
        return found == known.end() ? none : found->second;
    };
    std::vector<std::vector<index>> dependents(e_.instances_.size());
    for (index i = 0; i < e_.instances_.size(); ++i) {
        instance& it = e_.instances_[i];
        const auto& r = e_.rules_.rules[it.rule];
        const auto depend_on = [&](index other) {
            if (std::ranges::find(dependents[other], i) == dependents[other].end()) dependents[other].push_back(i);
        };
        it.first_inhibitor = static_cast<index>(e_.inhibitors_.size());
        for (const rule_id& id : r.rule.inhibited_by) {
            const index other = named(id, r.who);
            if (other == none || it.life_safety) continue;
            e_.inhibitors_.push_back(other);
            ++it.inhibitors;
            depend_on(other);
        }
        std::uint8_t n = 0;
        const auto look = [&](const language::expression& what) {
            for (const language::node& from : what.nodes) {
                compiled_node& c = e_.nodes_[it.first_node + n++];
                if (from.kind != node_kind::condition) continue;
                c.slot = named(from.other, r.who);
                if (c.slot != none) depend_on(c.slot);
            }
        };
        look(r.rule.when);
        for (const auto& u : r.rule.unless) look(u);
        look(r.rule.clear);
    }
    for (index i = 0; i < e_.instances_.size(); ++i) {
        e_.instances_[i].first_dependent = static_cast<index>(e_.dependents_.size());
        e_.instances_[i].dependents = static_cast<index>(dependents[i].size());
        e_.dependents_.insert(e_.dependents_.end(), dependents[i].begin(), dependents[i].end());
    }
}

// Which devices keep a `no … for` informed.
void loader::add_coverage() {
    for (index ch = 0; ch < e_.channels_.size(); ++ch) {
        if (e_.channels_[ch].absents.empty()) continue;
        for (const index c : e_.channels_[ch].cells) {
            const cell& source = e_.cells_[c];
            device_state& d = e_.devices_[source.device];
            const auto& provides = e_.where_.devices[source.device].provides;
            const bool counts = std::ranges::find(provides, source.what) != provides.end();
            const auto known = std::ranges::find(d.covers, ch, &coverage::channel);
            if (known == d.covers.end()) {
                d.covers.push_back({ch, counts});
            } else {
                known->counts = known->counts || counts;
            }
        }
    }
}

} // namespace

engine::impl::impl(language::effective_rules rules, installation where, const instant& loaded)
    : rules_(std::move(rules)), where_(std::move(where)), built_in_(built_in_without_memory()) {
    loader{*this}.run();
    t_ = own(loaded.mono);
    set_clock(loaded);
    refresh_leaves();
}

} // namespace anban

// Stories as a person can read them, from nothing but their structs.
#include <fmt/format.h>

#include "tests/rules/reference/coverage.hpp"
#include "tests/rules/reference/story.hpp"

namespace anban::reference {
namespace {

using language::node;
using language::node_kind;
using std::chrono::seconds;

std::string name_of_subject(const subject& who) {
    return who.of == subject::kind::home ? "home" : who.id;
}

std::string place(const language::selector& s) {
    using enum language::selector::scope;
    switch (s.where) {
    case plain: return "";
    case own: return " own";
    case in_room: return " in " + s.room.str();
    case elsewhere: return " not in " + s.room.str();
    case anywhere: return " anywhere";
    }
    return "";
}

const char* sign(language::comparison c) {
    static constexpr std::array signs{"<", "<=", ">", ">="};
    return signs[static_cast<std::size_t>(c)];
}

const char* name_of(language::window_function f) {
    static constexpr std::array names{"count", "sum", "mean", "min", "max", "rate"};
    return names[static_cast<std::size_t>(f)];
}

std::string limit_words(const language::limit& l) {
    if (!l.of_baseline) return fmt::format("{}", l.value);
    return fmt::format("baseline over {} d {:+} spread {:+}", l.baseline_days, l.spreads, l.value);
}

std::string node_words(const std::vector<node>& nodes, std::size_t index) {
    const auto& n = nodes[index];
    const auto what = std::string{name_of(n.what.what)} + place(n.what.from);
    const auto lasting = fmt::format("{} s", n.lasting / seconds{1});
    const auto a = n.a != language::no_child ? node_words(nodes, n.a) : "";
    const auto b = n.b != language::no_child ? node_words(nodes, n.b) : "";
    switch (n.kind) {
    case node_kind::compare: return fmt::format("{} {} {}", what, sign(n.how), limit_words(n.against));
    case node_kind::is: return fmt::format("{} is {}", what, n.wanted);
    case node_kind::last_in: return "last " + what;
    case node_kind::absent: return fmt::format("no {} for {}", what, lasting);
    case node_kind::unheard: return fmt::format("{} unheard for {}", what, lasting);
    case node_kind::window:
        return fmt::format("{} of {} over {} from {} readings {} {}", name_of(n.over), what, lasting,
                           n.from_readings, sign(n.how), limit_words(n.against));
    case node_kind::during:
        return fmt::format("during {:02}:{:02}..{:02}:{:02}", n.span.from / 60, n.span.from % 60, n.span.to / 60,
                           n.span.to % 60);
    case node_kind::condition: return fmt::format("alarm {} is active", n.other.str());
    case node_kind::both: return fmt::format("({} and {})", a, b);
    case node_kind::either: return fmt::format("({} or {})", a, b);
    case node_kind::negate: return fmt::format("not ({})", a);
    case node_kind::lasts: return fmt::format("({}) for {}", a, lasting);
    case node_kind::counted:
        return fmt::format("count of ({}) over {} {} {} times", a, lasting, sign(n.how), n.against.value);
    case node_kind::occurs: return what;
    case node_kind::becomes: return fmt::format("({}) becomes {}", a, n.wanted);
    case node_kind::one_of: return fmt::format("({} or else {})", a, b);
    case node_kind::followed: return fmt::format("({} then {} within {})", a, b, lasting);
    case node_kind::alone: return fmt::format("({} without {} within {})", a, b, lasting);
    case node_kind::at_time_of: return fmt::format("({} while {})", a, b);
    }
    return "?";
}

std::string words_of(const happening& h, const story& s) {
    const auto at = fmt::format("{:>7} s  ", h.at / seconds{1});
    const auto rule = h.instance < s.rules.rules.size() ? s.rules.rules[h.instance].rule.id.str() + " of " +
                                                              name_of_subject(s.rules.rules[h.instance].who)
                                                        : "?";
    switch (h.what) {
    case happening::kind::said: {
        static constexpr std::array qualities{"", " (suspect)", " (unknown)"};
        return fmt::format("{}{} says {} {}{}{}{}", at, h.said.from.device.str(), name_of(h.said.what),
                           h.said.value, qualities[static_cast<std::size_t>(h.said.how)],
                           h.said.test ? " (test)" : "",
                           h.age > seconds{0} ? fmt::format(", {} s late", h.age / seconds{1}) : "");
    }
    case happening::kind::waited: return at + "nothing";
    case happening::kind::closed: return at + "a person closes " + rule;
    case happening::kind::shelved:
        return fmt::format("{}a person shelves {} for {} s{}", at, rule, h.for_ / seconds{1},
                           h.out_of_service ? " (out of service)" : "");
    case happening::kind::unshelved: return at + "a person takes off the shelf " + rule;
    case happening::kind::clock_step:
        return fmt::format("{}the wall clock jumps by {} s and is {}", at, h.step / seconds{1},
                           name_of(h.quality));
    case happening::kind::restarted:
        return fmt::format("{}back after a restart, time away {}", at, h.away_known ? "known" : "unknown");
    }
    return at;
}

} // namespace

std::string in_words(const language::expression& e) {
    return e.empty() ? "-" : node_words(e.nodes, e.nodes.size() - 1);
}

std::string in_words(const condition_change& c) {
    static constexpr std::array kinds{"pressed",   "suspected", "began",    "confirmed",
                                      "cancelled", "cleared",   "held_down"};
    static constexpr std::array reasons{"", " inhibited", " shelved", " out of service"};
    const auto since_load = c.at - mono_time{seconds{1'000'003}};
    return fmt::format(
        "{} {} {} @{}{}{}{}{}", kinds[static_cast<std::size_t>(c.what)], c.rule.str(), name_of_subject(c.who),
        std::chrono::duration<double>(since_load).count(),
        c.why.device.empty() ? "" : fmt::format(" by {}/{}", c.why.device.str(), c.why.key.sequence),
        c.test ? " test" : "", reasons[static_cast<std::size_t>(c.held)], c.chatter ? " chatter" : "");
}

std::string in_words(const story& s) {
    std::string text = fmt::format("story {}, {}the wall shows {} at the load\n", s.seed,
                                   s.in_small_steps ? "in small steps, " : "",
                                   s.wall_at_load.time_since_epoch().count() / 1'000'000);
    for (const auto& p : s.where.plans)
        text += fmt::format("  resident {}{}\n", p.who.str(), p.spo2_scale_2 ? ", SpO2 scale 2" : "");
    for (const auto& d : s.where.devices) {
        text +=
            fmt::format("  device {} of {} in {}, reports every {} s, provides", d.id.str(),
                        name_of_subject(d.who), d.room.empty() ? "-" : d.room.str(), d.reports_every / seconds{1});
        for (const auto p : d.provides) text += fmt::format(" {}", name_of(p));
        text += "\n";
    }
    for (const auto& c : s.where.zone)
        text += fmt::format("  zone from {}: {} s\n", c.from.time_since_epoch().count(), c.offset.count());
    for (const auto& r : s.rules.rules) {
        text += fmt::format("  rule {} for {} ({})\n    when {}\n", r.rule.id.str(), name_of_subject(r.who),
                            name_of(r.rule.of), in_words(r.rule.when));
        if (r.rule.hold.count() != 0) text += fmt::format("    hold {} s\n", r.rule.hold / seconds{1});
        for (const auto& e : r.rule.unless) text += fmt::format("    unless {}\n", in_words(e));
        if (!r.rule.clear.empty()) text += fmt::format("    clear {}\n", in_words(r.rule.clear));
        for (const auto& o : r.rule.inhibited_by) text += fmt::format("    inhibited by {}\n", o.str());
    }
    for (std::size_t n = 0; n < s.happenings.size(); ++n)
        text += fmt::format("  {:>3} {}\n", n, words_of(s.happenings[n], s));
    return text;
}

} // namespace anban::reference

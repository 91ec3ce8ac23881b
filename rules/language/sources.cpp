// Who and where: a signal of a source, and the states and events that are made of one alone.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "rules/language/conditions.hpp"
#include "rules/limits.hpp"

namespace anban::language {
namespace {

constexpr std::array general_rooms{std::string_view{"bathroom"}, std::string_view{"bedroom"},
                                   std::string_view{"kitchen"},  std::string_view{"living-room"},
                                   std::string_view{"hall"},     std::string_view{"entrance"}};

[[nodiscard]] bool room_like(const token& t) {
    if (t.what != token::kind::word && t.what != token::kind::number) return false;
    return well_formed_id(t.as);
}

} // namespace

condition_reader::maybe condition_reader::about_signal() {
    const std::size_t from = c_.peek().at;
    const auto what = source();
    if (!what) return std::nullopt;
    const signal_facts& f = facts_of(what->what);
    node n;
    n.what = *what;
    if (c_.accept("unheard")) {
        if (f.computed) {
            c_.complain(from, {fmt::format("'{}' is computed: no device is heard with it", f.name),
                               fmt::format("“{}”由计算得出，没有设备上报它", f.name)});
            return std::nullopt;
        }
        if (!c_.demand("for", {"write: heart_rate unheard for 1 h", "写法：heart_rate unheard for 1 h"}))
            return std::nullopt;
        const auto lasting = duration(std::chrono::milliseconds{1});
        if (!lasting) return std::nullopt;
        n.kind = node_kind::unheard;
        n.lasting = lasting->lasting;
        n.lasting_param = lasting->param;
        return put(std::move(n), from);
    }
    if (f.kind == signal_kind::boolean) return about_boolean(std::move(n), f, from);
    const token& how = c_.peek();
    if (f.kind == signal_kind::momentary) {
        if (how.is("is") || how.is("<") || how.is(">") || how.is("<=") || how.is(">=")) {
            c_.complain(how.at,
                        {fmt::format("'{}' is an event and has no value", f.name),
                         fmt::format("“{}”是事件，没有值", f.name)},
                        {fmt::format("write: {}", f.name), fmt::format("写法：{}", f.name)});
            return std::nullopt;
        }
        n.kind = node_kind::occurs;
        return put(std::move(n), from);
    }
    if (how.is("is") || how.is("becomes")) {
        c_.complain(how.at,
                    {fmt::format("'{}' is a quantity and neither true nor false", f.name),
                     fmt::format("“{}”是数值，没有真假", f.name)},
                    {fmt::format("compare it: {} < … {}", f.name, f.unit),
                     fmt::format("应比较大小：{} < … {}", f.name, f.unit)});
        return std::nullopt;
    }
    const auto sign = comparison_sign();
    if (!sign) return std::nullopt;
    const std::size_t at = c_.peek().at;
    const auto against = limit_of(f.unit, f.name, !f.computed);
    if (!against) return std::nullopt;
    n.kind = node_kind::compare;
    n.how = *sign;
    n.against = *against;
    if (!within_reach(n, f.least, f.most, at)) return std::nullopt;
    return put(std::move(n), from);
}

condition_reader::maybe condition_reader::about_boolean(node n, const signal_facts& f, std::size_t from) {
    n.kind = node_kind::is;
    if (c_.accept("is")) {
        const auto wanted = truth_word();
        if (!wanted) return std::nullopt;
        n.wanted = *wanted;
        return put(std::move(n), from);
    }
    if (c_.accept("becomes")) {
        const auto wanted = truth_word();
        if (!wanted) return std::nullopt;
        const maybe state = put(std::move(n), from);
        if (!state) return std::nullopt;
        node change;
        change.wanted = *wanted;
        return wrap(node_kind::becomes, *state, std::move(change));
    }
    c_.complain(
        c_.here(),
        {fmt::format("'{}' is true or false; say which", f.name), fmt::format("“{}”有真假，请说明", f.name)},
        {fmt::format("write: {0} is true, or: {0} becomes true", f.name),
         fmt::format("写法：{0} is true，或 {0} becomes true", f.name)});
    return std::nullopt;
}

const signal_facts* condition_reader::signal_word() {
    const token& t = c_.peek();
    const auto found = t.what == token::kind::word ? signal_from_name(t.as) : std::nullopt;
    if (found) {
        c_.next();
        return &facts_of(*found);
    }
    const said name = language::name_of(t);
    if (t.what != token::kind::word) {
        c_.complain(c_.here(),
                    {fmt::format("a condition is expected here, not {}", name.en),
                     fmt::format("此处应为条件，而不是{}", name.zh)},
                    {"e.g. heart_rate < 40 bpm for 60 s", "例如 heart_rate < 40 bpm for 60 s"});
        return nullptr;
    }
    std::vector<std::string_view> names;
    for (const auto& f : all_signals()) names.push_back(f.name);
    for (const std::string_view w : {"no", "last", "alarm", "during", "own", "not"}) names.push_back(w);
    for (const std::string_view w : {"sum", "mean", "min", "max", "rate", "count"}) {
        if (c_.peek(1).is("of")) names.push_back(w);
    }
    c_.complain(t.at, {fmt::format("there is no signal {}", name.en), fmt::format("没有信号{}", name.zh)},
                did_you_mean(t.as, names));
    return nullptr;
}

std::optional<watched> condition_reader::source(bool place_allowed) {
    const bool own = c_.accept("own");
    const std::size_t at = c_.peek().at;
    const signal_facts* f = signal_word();
    if (f == nullptr) return std::nullopt;
    watched w{f->what, {own ? selector::scope::own : selector::scope::plain, {}}};
    const token place = c_.peek();
    const bool placed = place.is("in") || place.is("elsewhere") || place.is("anywhere");
    if (!placed && !own) return w;
    if (f->computed && f->kind == signal_kind::quantity) {
        c_.complain(placed ? place.at : at,
                    {fmt::format("'{}' is computed for the resident, without 'own' or a place", f->name),
                     fmt::format("“{}”按住户计算，不能加 own 或地点", f->name)});
        return std::nullopt;
    }
    if (!placed) return w;
    if (own || !place_allowed) {
        c_.complain(place.at,
                    {fmt::format("'own' and '{}' can't stand together", place.as),
                     fmt::format("own 与 {} 不能同时使用", place.as)},
                    {"leave one of them out", "去掉其中一个"});
        return std::nullopt;
    }
    c_.next();
    if (place.is("anywhere")) {
        w.from.where = selector::scope::anywhere;
    } else if (place.is("elsewhere")) {
        if (alarm_.named_room.empty()) {
            c_.complain(place.at, {"'elsewhere' needs a room named before it", "elsewhere 之前要先提到一个房间"},
                        {"write: last motion in bathroom and no motion elsewhere for 4 h",
                         "写法：last motion in bathroom and no motion elsewhere for 4 h"});
            return std::nullopt;
        }
        w.from = {selector::scope::elsewhere, alarm_.named_room};
    } else {
        const auto where = room();
        if (!where) return std::nullopt;
        w.from = {selector::scope::in_room, *where};
    }
    return w;
}

// `in` has been taken.
std::optional<room_id> condition_reader::room() {
    const token t = c_.peek();
    const std::vector<std::string_view> general{general_rooms.begin(), general_rooms.end()};
    if (!room_like(t)) {
        const said name = language::name_of(t);
        c_.complain(c_.here(),
                    {fmt::format("a room is expected here, not {}", name.en),
                     fmt::format("此处应为房间，而不是{}", name.zh)},
                    {"bathroom, bedroom, kitchen, living-room, hall, entrance, or an id of home.toml",
                     "bathroom、bedroom、kitchen、living-room、hall、entrance，或 home.toml 中的编号"});
        return std::nullopt;
    }
    // A home may have a room of any name; one that is nearly a general word is a slip of the finger. What
    // begins with the word (bedroom-2) is meant.
    const auto nearest = nearest_word(t.as, general);
    const bool extends = !nearest.empty() && t.as.starts_with(nearest);
    if (!nearest.empty() && nearest != t.as && !extends && t.as.size() > 4) {
        c_.complain(t.at, {fmt::format("there is no room '{}'", t.as), fmt::format("没有房间“{}”", t.as)},
                    did_you_mean(t.as, general));
        return std::nullopt;
    }
    c_.next();
    alarm_.named_room = room_id{std::string{t.as}};
    return alarm_.named_room;
}

std::optional<bool> condition_reader::truth_word() {
    if (c_.accept("true")) return true;
    if (c_.accept("false")) return false;
    const said name = language::name_of(c_.peek());
    c_.complain(c_.here(),
                {fmt::format("'true' or 'false' is expected here, not {}", name.en),
                 fmt::format("此处应为 true 或 false，而不是{}", name.zh)},
                did_you_mean(c_.peek().as, {"true", "false"}));
    return std::nullopt;
}

} // namespace anban::language

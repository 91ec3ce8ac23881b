#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "rules/engine/impl.hpp"
#include "rules/engine/snapshot_text.hpp"

namespace anban {

using namespace judging;

namespace judging {

std::string_view snapshot_reader::token() {
    const auto end = std::min(rest_.find_first_of(" :|"), rest_.size());
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (word.empty()) ok_ = false;
    return word;
}

bool snapshot_reader::same() {
    if (rest_.substr(0, rest_.find(' ')) != "=") return false;
    (void)token();
    return true;
}

double snapshot_reader::real() {
    const std::string_view text = token();
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) ok_ = false;
    return value;
}

own_ns snapshot_reader::moment() {
    const std::string_view text = token();
    if (text == "-") return long_ago;
    if (text == "+") return never;
    constexpr own_ns furthest = own_ns{1} << 61U; // seventy years
    own_ns from_now = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), from_now, snapshot_base);
    const bool sound = error == std::errc{} && end == text.data() + text.size() && std::abs(from_now) < furthest &&
                       std::abs(now_) < furthest;
    if (!sound) ok_ = false;
    return sound ? now_ + from_now : now_;
}

std::string snapshot_reader::word() {
    const std::string_view text = token();
    if (text == "-") return {};
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        unsigned code = 0;
        const bool two = i + 2 < text.size();
        if (!two ||
            std::from_chars(text.data() + i + 1, text.data() + i + 3, code, 16).ptr != text.data() + i + 3) {
            ok_ = false;
            return out;
        }
        out += static_cast<char>(code);
        i += 2;
    }
    return out;
}

} // namespace judging

namespace {

template <class Pane>
struct read_pane {
    std::int64_t number = 0;
    Pane what;
};

// One rule's state, before it is known that the whole snapshot reads.
struct read_rule {
    index instance = none; // none: there is no such rule any more
    judging::instance state;
    std::vector<node_state> nodes;
    std::vector<own_ns> covered;
    hold_pair holds;
    std::vector<std::pair<std::uint8_t, origin>> waits;
    std::map<std::uint8_t, std::vector<read_pane<value_pane>>> windows;
    std::map<std::uint8_t, std::vector<read_pane<slope_pane>>> slopes;
    std::map<std::uint8_t, std::vector<read_pane<count_pane>>> counts;
    std::string stranger;
};

class restoring {
public:
    explicit restoring(engine::impl& e) : e_(e) {}
    std::expected<void, std::string> run(std::string_view text, const instant& now,
                                         std::optional<std::chrono::nanoseconds> away);

private:
    [[nodiscard]] bool head(std::string_view line);
    [[nodiscard]] bool line(std::string_view text);
    [[nodiscard]] origin read_origin(snapshot_reader& in) const;
    void device(snapshot_reader& in);
    void cell_line(snapshot_reader& in);
    void rule(snapshot_reader& in);
    void extra(char head, snapshot_reader& in);
    void baseline_line(snapshot_reader& in);
    void shelf_line(snapshot_reader& in);
    void put(read_rule& r, bool holds_are_over);

    engine::impl& e_;
    own_ns now_ = 0;
    own_ns t_ = 0;
    std::vector<std::uint16_t> device_numbers_; // of the snapshot → ours
    std::vector<std::pair<std::uint16_t, device_state>> devices_;
    std::vector<std::pair<index, cell>> cells_;
    std::vector<read_rule> rules_;
    std::vector<std::pair<std::size_t, baseline>> baselines_;
    std::vector<shelved> shelves_;
    std::map<std::uint64_t, index> keys_;
};

origin restoring::read_origin(snapshot_reader& in) const {
    origin o;
    const std::string_view who = in.token();
    if (who == "-") {
        o.sequence = in.number<std::uint32_t>(0, 0xffffffffU);
        return o;
    }
    if (who == "*") {
        o.device = a_stranger;
    } else {
        std::uint16_t number = 0;
        const auto [end, error] = std::from_chars(who.data(), who.data() + who.size(), number, snapshot_base);
        if (error != std::errc{} || end != who.data() + who.size() || number >= device_numbers_.size()) {
            in.refuse();
            return o;
        }
        o.device = device_numbers_[number];
    }
    o.boot = in.number<std::uint64_t>(0, ~std::uint64_t{0});
    o.sequence = in.number<std::uint32_t>(0, 0xffffffffU);
    o.wall_us = in.number<std::int64_t>(long_ago, never);
    o.wall_quality = static_cast<clock_quality>(in.number(0, 2));
    o.what = static_cast<signal>(in.number(1, static_cast<int>(all_signals().size())));
    o.value = in.real();
    o.test = in.number(0, 1) != 0;
    return o;
}

bool restoring::head(std::string_view line) {
    if (!line.starts_with(snapshot_head) || line.size() < snapshot_head.size() + 2) return false;
    line.remove_prefix(snapshot_head.size() + 1);
    snapshot_reader first{line, 0};
    const std::string now = first.word();
    const auto [end, error] = std::from_chars(now.data(), now.data() + now.size(), now_);
    if (!first.ok() || error != std::errc{} || end != now.data() + now.size()) return false;
    snapshot_reader in{line, now_};
    (void)in.token();
    t_ = in.moment();
    return in.ok() && in.at_end() && t_ <= now_ && t_ != long_ago;
}

void restoring::device(snapshot_reader& in) {
    device_state d;
    const device_id id{in.word()};
    d.newest = in.moment();
    d.live = in.number(0, 1) != 0;
    d.live_since = in.moment();
    d.dark_since = in.moment();
    const std::uint16_t ours = e_.find_device(id);
    device_numbers_.push_back(ours);
    if (ours != no_device) devices_.emplace_back(ours, std::move(d));
}

void restoring::cell_line(snapshot_reader& in) {
    cell c;
    const auto number = in.number<std::size_t>(0, 0xffffU);
    c.what = static_cast<signal>(in.number(1, static_cast<int>(all_signals().size())));
    c.is = static_cast<truth>(in.number(0, 2));
    c.value = in.real();
    c.at = in.moment();
    c.order = in.number<std::uint32_t>(0, 0xffffffffU);
    for (own_ns* at : {&c.good_at, &c.active_at, &c.true_at, &c.change_at}) *at = in.same() ? c.at : in.moment();
    c.said = read_origin(in);
    c.acted = in.same() ? c.said : read_origin(in);
    c.changed = read_origin(in);
    c.good_order = c.true_order = c.order;
    if (!in.at_end()) {
        c.spoken_since = in.moment();
        c.good_order = in.number<std::uint32_t>(0, 0xffffffffU);
        c.true_order = in.number<std::uint32_t>(0, 0xffffffffU);
    }
    if (number >= device_numbers_.size()) return in.refuse();
    if (!in.ok() || device_numbers_[number] == no_device) return;
    c.device = device_numbers_[number];
    const index ours = e_.cell_of_[c.device * (all_signals().size() + 1) + static_cast<std::size_t>(c.what)];
    if (ours != none) cells_.emplace_back(ours, std::move(c));
}

void restoring::rule(snapshot_reader& in) {
    read_rule r;
    const auto key = in.number<std::uint64_t>(0, ~std::uint64_t{0});
    const int flags = in.number(0, 7);
    r.state.active = (flags & 1) != 0;
    r.state.closed = (flags & 2) != 0;
    r.state.told_held = (flags & 4) != 0;
    r.state.floor = in.moment();
    r.state.begun[0] = in.moment();
    r.state.begun[1] = in.moment();
    r.state.armed = read_origin(in);
    while (in.ok() && !in.at_end()) {
        node_state s;
        const int both = in.number(0, 8);
        s.is = static_cast<truth>(both % 3);
        s.was = static_cast<truth>(both / 3);
        s.moment = in.moment();
        s.extra = in.moment();
        r.nodes.push_back(s);
        r.covered.push_back(in.moment());
    }
    const auto known = keys_.find(key);
    if (known != keys_.end() && e_.instances_[known->second].nodes == r.nodes.size()) r.instance = known->second;
    rules_.push_back(std::move(r));
}

void restoring::extra(char head, snapshot_reader& in) {
    if (rules_.empty()) return in.refuse();
    read_rule& r = rules_.back();
    if (head == 's') {
        r.stranger = in.word();
        return;
    }
    if (head == 'h') {
        running_hold& hold = in.token() == "t" ? r.holds.test : r.holds.real;
        hold.until = in.moment();
        hold.since = in.moment();
        hold.why = read_origin(in);
        return;
    }
    if (r.nodes.empty()) return in.refuse();
    const auto node = static_cast<std::uint8_t>(in.number(0, static_cast<int>(r.nodes.size()) - 1));
    if (head == 'a') {
        r.waits.emplace_back(node, read_origin(in));
        return;
    }
    constexpr std::int64_t any = std::int64_t{1} << 60U;
    while (in.ok() && !in.at_end()) {
        const auto number = in.number<std::int64_t>(-any, any);
        const auto count = in.number<std::uint32_t>(1, 0xffffffffU);
        if (head == 'n') {
            r.counts[node].push_back({number, {count}});
        } else if (head == 'w') {
            r.windows[node].push_back({number, {in.real(), count}});
        } else {
            slope_pane p;
            p.first_at = in.moment();
            p.first = in.real();
            p.last_at = in.moment();
            p.last = in.real();
            p.count = count;
            r.slopes[node].push_back({number, p});
        }
    }
}

void restoring::baseline_line(snapshot_reader& in) {
    subject who;
    who.of = static_cast<subject::kind>(in.number(0, 3));
    who.id = in.word();
    const auto what = static_cast<signal>(in.number(1, static_cast<int>(all_signals().size())));
    constexpr std::int64_t any_day = 10'000'000;
    baseline read{what};
    const std::string_view rest = in.rest();
    const auto bar = rest.find('|');
    if (bar == std::string_view::npos) return in.refuse();
    snapshot_reader bins{rest.substr(0, bar), now_};
    snapshot_reader days{rest.substr(bar + 1), now_};
    read.restore_day(bins.number<std::int64_t>(-any_day, any_day));
    while (bins.ok() && !bins.at_end()) {
        const auto bin = bins.number<std::size_t>(0, limits::baseline_bins - 1);
        read.restore_bin(bin, bins.number<std::uint32_t>(0, 0xffffffffU));
    }
    while (days.ok() && !days.at_end()) {
        const auto day = days.number<std::int64_t>(-any_day, any_day);
        const int bin = days.number(0, static_cast<int>(limits::baseline_bins) - 1);
        read.restore_closed(day, static_cast<std::int16_t>(bin));
    }
    if (!bins.ok() || !days.ok()) return in.refuse();
    for (std::size_t b = 0; b < e_.baselines_.size(); ++b) {
        if (e_.baseline_of_[b] == who && e_.baselines_[b].what() == what) baselines_.emplace_back(b, read);
    }
}

void restoring::shelf_line(snapshot_reader& in) {
    shelved s;
    s.what.rule = rule_id{in.word()};
    s.what.who.of = static_cast<subject::kind>(in.number(0, 3));
    s.what.who.id = in.word();
    s.what.how = static_cast<held_reason>(in.number(2, 3));
    s.until = in.moment();
    s.what.owner = in.word();
    s.what.reason = in.word();
    if (!in.ok() || shelves_.size() >= limits::shelves) return in.refuse();
    s.instance = e_.find_instance(s.what.rule, s.what.who);
    const bool built_in = std::ranges::any_of(
        e_.built_in_, [&](const auto& r) { return r.id == s.what.rule && r.of != alarm_class::life_safety; });
    const bool may = s.instance == none ? built_in : !e_.instances_[s.instance].life_safety;
    if (may) shelves_.push_back(std::move(s));
}

bool restoring::line(std::string_view text) {
    if (text.size() < 3 || text[1] != ' ') return false;
    snapshot_reader in{text.substr(2), now_};
    switch (text[0]) {
    case 'D': device(in); break;
    case 'C': cell_line(in); break;
    case 'R': rule(in); break;
    case 'B': baseline_line(in); return in.ok();
    case 'S': shelf_line(in); break;
    case 'h':
    case 'w':
    case 'l':
    case 'n':
    case 'a':
    case 's': extra(text[0], in); break;
    default: return false;
    }
    return in.ok() && in.at_end();
}

void restoring::put(read_rule& r, bool holds_are_over) {
    instance& it = e_.instances_[r.instance];
    it.active = r.state.active;
    it.touched = false; // by the load that came before
    it.closed = r.state.closed;
    it.told_held = r.state.told_held;
    it.floor = r.state.floor;
    it.begun = r.state.begun;
    it.armed = r.state.armed;
    if (it.closed) e_.waiting_.push_back(r.instance);
    std::ranges::copy(r.nodes, e_.states_of(it));
    if (it.holds != none) {
        e_.holds_[it.holds] = r.holds;
        for (running_hold* h : {&e_.holds_[it.holds].real, &e_.holds_[it.holds].test}) {
            if (h->until != never && holds_are_over) h->until = std::min(h->until, now_);
        }
    }
    if (it.stranger != none && r.stranger.size() <= limits::id_bytes) e_.strangers_[it.stranger] = r.stranger;
    for (std::uint8_t n = 0; n < it.nodes; ++n) {
        const compiled_node& c = e_.nodes_of(it)[n];
        const std::int64_t width = c.lasting / static_cast<std::int64_t>(limits::window_panes);
        const auto fill = [&](auto& panes_read, auto& into) {
            for (const auto& p : panes_read[n]) {
                if (auto* place = into.at(p.number, pane_of(t_, width))) *place = p.what;
            }
        };
        if (c.kind == language::node_kind::absent) {
            channel& ch = e_.channels_[c.channel];
            if (ch.live > 0 && r.covered[n] != long_ago) ch.live_since = std::min(ch.live_since, r.covered[n]);
        } else if (c.kind == language::node_kind::counted) {
            fill(r.counts, e_.counts_[c.slot]);
        } else if (c.kind == language::node_kind::window && c.over == language::window_function::rate) {
            fill(r.slopes, e_.slopes_[c.slot]);
        } else if (c.kind == language::node_kind::window) {
            fill(r.windows, e_.windows_[c.slot]);
        }
    }
    for (const auto& [n, why] : r.waits) {
        const compiled_node& c = e_.nodes_of(it)[n];
        if (c.kind == language::node_kind::alone) e_.waits_[c.slot] = why;
    }
}

std::expected<void, std::string> restoring::run(std::string_view text, const instant& now,
                                                std::optional<std::chrono::nanoseconds> away) {
    for (index i = 0; i < e_.instances_.size(); ++i) keys_.emplace(e_.instances_[i].key, i);
    std::size_t number = 0;
    bool ended = false;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string_view one = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        if (number == 1 && !head(one)) {
            return std::unexpected(fmt::format("rule state of an unknown kind: '{}'", one.substr(0, 40)));
        }
        if (number == 1) continue;
        if (!ended && one == ".") {
            ended = true;
        } else if (ended || !line(one)) {
            return std::unexpected(fmt::format("rule state is damaged in line {}", number));
        }
    }
    if (!ended) return std::unexpected("rule state is cut off");

    // The engine's own time goes on from the snapshot's.
    e_.t_ = t_;
    e_.resumed_ = now_ + std::max(away.value_or(std::chrono::nanoseconds{0}), std::chrono::nanoseconds{0}).count();
    e_.to_own_ = e_.resumed_ - now.mono.time_since_epoch().count();
    e_.set_clock(now);
    for (auto& [d, read] : devices_) {
        device_state& ours = e_.devices_[d];
        ours.newest = read.newest;
        ours.live = ours.covering = read.live;
        ours.live_since = read.live_since;
        ours.dark_since = read.dark_since;
        e_.timers_.set(d, ours.live ? ours.newest + ours.reports_every : never);
    }
    for (auto& [c, read] : cells_) {
        read.links = std::move(e_.cells_[c].links);
        read.spoken = true;
        e_.orders_ = std::max({e_.orders_, read.order, read.true_order});
        e_.cells_[c] = std::move(read);
    }
    for (const auto& [b, read] : baselines_) e_.baselines_[b] = read;
    e_.rebuild_channels();
    for (read_rule& r : rules_) {
        if (r.instance != none) put(r, !away.has_value());
    }
    e_.shelves_.assign(shelves_.begin(), shelves_.end());
    e_.set_shelf_timer();
    e_.refresh_leaves();
    ++e_.changes_;
    return {};
}

} // namespace

std::expected<void, std::string> engine::impl::restore(std::string_view text, const instant& now,
                                                       std::optional<std::chrono::nanoseconds> away) {
    return restoring{*this}.run(text, now, away);
}

} // namespace anban

// ./dev bench rules: what a reading costs in the rule engine, beside the same rules written by hand in C++,
// as one chunk of LuaJIT and in two rule engines of npm. Rounds are interleaved; the figures are medians over
// the rounds, ratios the medians of the rounds' ratios. All on one core.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "rules/engine/engine.hpp"
#include "tests/bench/rules/lua_chunk.hpp"
#include "tests/bench/rules/table.hpp"

namespace {

using namespace anban;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

[[nodiscard]] language::expression below(signal what, double limit) {
    language::node compare;
    compare.kind = language::node_kind::compare;
    compare.what.what = what;
    compare.how = language::comparison::less;
    compare.against.value = limit;
    language::node lasts;
    lasts.kind = language::node_kind::lasts;
    lasts.a = 0;
    lasts.lasting = 60s;
    return {{compare, lasts}};
}

void add_rule(language::effective_rules& to, const subject& who, signal what, double limit, int number) {
    language::effective_rule r;
    r.rule.id = rule_id{fmt::format("rule-{}", number)};
    r.rule.pack = "bench";
    r.rule.when = below(what, limit);
    r.who = who;
    to.rules.push_back(std::move(r));
}

[[nodiscard]] subject resident(int n) {
    return {subject::kind::resident, fmt::format("r{}", n)};
}

// One person with a band; more people with `residents`.
[[nodiscard]] installation home_of(int residents) {
    installation where;
    for (int n = 0; n < residents; ++n) {
        where.plans.emplace_back().who = resident_id{resident(n).id};
        installed_device& d = where.devices.emplace_back();
        d.id = device_id{fmt::format("band-{}", n)};
        d.who = resident(n);
    }
    return where;
}

// A walk between 30 and 170, the same in engines.mjs.
[[nodiscard]] std::vector<double> walk() {
    std::vector<double> values;
    std::uint64_t state = 12345;
    double value = 80;
    for (int i = 0; i < 4096; ++i) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        value += static_cast<double>((state >> 33U) % 7U) - 3;
        value = std::clamp(value, 30.0, 170.0);
        values.push_back(value);
    }
    return values;
}

[[nodiscard]] instant moment(std::chrono::microseconds since) {
    return {mono_time{since + 1h},
            {utc_time{std::chrono::seconds{1'790'000'000} + since}, clock_quality::synchronised}};
}

struct measured {
    double ns = 0; // a reading
    std::int64_t began = 0;
};

// Readings of people in turn, one a second each.
class engine_run {
public:
    engine_run(language::effective_rules rules, int residents)
        : engine_(std::move(rules), home_of(residents), moment(0s)) {
        for (int n = 0; n < residents; ++n) {
            reading& r = readings_.emplace_back();
            r.what = signal::heart_rate;
            r.from.device = device_id{fmt::format("band-{}", n)};
            r.who = resident(n);
        }
    }

    [[nodiscard]] measured run(const std::vector<double>& values, std::int64_t count) {
        measured m;
        const auto begin = clock_type::now();
        for (std::int64_t i = 0; i < count; ++i, ++at_) {
            const auto people = static_cast<std::int64_t>(readings_.size());
            reading& r = readings_[static_cast<std::size_t>(at_ % people)];
            const instant now = moment(std::chrono::microseconds{at_ * 1'000'000 / people});
            r.value = values[static_cast<std::size_t>(at_ / people) % values.size()];
            r.at = now.mono;
            r.wall = now.wall;
            ++r.from.key.sequence;
            changes_.clear();
            engine_.step(now, r, changes_);
            for (const auto& c : changes_) m.began += c.what == condition_change::kind::began ? 1 : 0;
        }
        m.ns = std::chrono::duration<double, std::nano>(clock_type::now() - begin).count() /
               static_cast<double>(count);
        return m;
    }

    [[nodiscard]] std::size_t largest_state() const { return engine_.largest_state_bytes(); }
    [[nodiscard]] double state_each(std::size_t rules) const {
        return static_cast<double>(engine_.state_bytes()) / static_cast<double>(rules);
    }

private:
    engine engine_;
    std::vector<reading> readings_;
    condition_changes changes_;
    std::int64_t at_ = 0;
};

[[nodiscard]] double median(std::vector<double> v) {
    std::ranges::sort(v);
    return v.empty() ? 0 : v[v.size() / 2];
}

// The npm engines answer in JSON lines of their own; only what is needed is read.
[[nodiscard]] std::map<std::string, double> npm_engines(const std::string& script, const std::string& modules) {
    std::map<std::string, double> ns;
    const std::string command = fmt::format("node '{}' '{}' 3", script, modules);
    FILE* from = ::popen(command.c_str(), "r");
    if (from == nullptr) return ns;
    char line[512];
    while (std::fgets(line, sizeof line, from) != nullptr) {
        const std::string_view text{line};
        const auto name = text.find("\"engine\":\"");
        const auto value = text.find("\"ns_per_reading\":");
        if (name == std::string_view::npos || value == std::string_view::npos) continue;
        const auto begin = name + 10;
        ns[std::string{text.substr(begin, text.find('"', begin) - begin)}] =
            std::strtod(line + value + 17, nullptr);
    }
    ::pclose(from);
    return ns;
}

} // namespace

int main(int argc, char** argv) {
    const std::string script = argc > 1 ? argv[1] : "";
    const std::string modules = argc > 2 ? argv[2] : "";
    constexpr int rounds = 7;
    constexpr std::int64_t count = 400'000;
    const auto values = walk();
    const subject who = resident(0);

    language::effective_rules fifty, crowded, street;
    for (int i = 0; i < bench::thresholds; ++i) add_rule(fifty, who, signal::heart_rate, bench::limit_of(i), i);
    crowded = fifty;
    for (int i = 0; i < 10'000; ++i) add_rule(crowded, who, signal::spo2, 60 + i % 40, 1'000 + i);
    constexpr int people = 10'000;
    for (int n = 0; n < people; ++n) {
        for (int i = 0; i < 20; ++i) add_rule(street, resident(n), signal::heart_rate, 31 + 5 * i, i);
    }

    bench::hand_written table;
    bench::lua_chunk lua;
    engine_run alone{fifty, 1}, beside{crowded, 1}, many{street, people};

    std::vector<double> floor_ns, lua_ns, alone_ns, beside_ns, many_ns, ratio, flat;
    std::int64_t at = 0;
    bool same = true;
    for (int round = 0; round < rounds; ++round) {
        std::int64_t began = 0;
        const auto begin = clock_type::now();
        for (std::int64_t i = 0; i < count; ++i) {
            began +=
                table.step((at + i) * 1'000'000'000, values[static_cast<std::size_t>(at + i) % values.size()]);
        }
        floor_ns.push_back(std::chrono::duration<double, std::nano>(clock_type::now() - begin).count() / count);
        const auto lua_begin = clock_type::now();
        const auto lua_began = lua.step(values.data(), values.size(), at, count);
        lua_ns.push_back(std::chrono::duration<double, std::nano>(clock_type::now() - lua_begin).count() / count);
        const measured a = alone.run(values, count), b = beside.run(values, count), m = many.run(values, count);
        alone_ns.push_back(a.ns);
        beside_ns.push_back(b.ns);
        many_ns.push_back(m.ns);
        ratio.push_back(a.ns / floor_ns.back());
        flat.push_back(b.ns / a.ns);
        same = same && lua_began == began && b.began == a.began && a.began == began;
        at += count;
    }
    const auto npm = npm_engines(script, modules);

    const double floor = median(floor_ns), mine = median(alone_ns);
    fmt::print("one reading against 50 thresholds with `for 60 s`, median of {} rounds of {} readings\n\n", rounds,
               count);
    fmt::print("{:<58}{:>12}{:>12}\n", "", "ns/reading", "× floor");
    const auto row = [&](std::string_view what, double ns) {
        fmt::print("{:<58}{:>12.1f}{:>12.2f}\n", what, ns, ns / floor);
    };
    row("hand-written C++ table (floor)", floor);
    row("LuaJIT, one chunk", median(lua_ns));
    row("anban", mine);
    row("anban beside 10,000 rules that don't watch the signal", median(beside_ns));
    row("anban, 10,000 residents with 20 rules each, in turn", median(many_ns));
    for (const auto& [name, ns] : npm) row(name + " (npm)", ns);
    if (npm.empty()) fmt::print("the npm engines were not run: node or their modules are missing\n");
    fmt::print("\nstate of one rule and resident: {} bytes; all in all {:.0f} bytes a rule in the street\n",
               alone.largest_state(), many.state_each(200'000));
    if (!same) fmt::print("the three don't agree on what began: the figures mean nothing\n");

    double slowest_gain = 0;
    for (const auto& [name, ns] : npm)
        slowest_gain = slowest_gain == 0 ? ns / mine : std::min(slowest_gain, ns / mine);
    fmt::print("{{\"bench\":\"rules\",\"ns_reading_50\":{:.1f},\"ns_floor\":{:.1f},\"ratio_floor\":{:.2f},\"ns_"
               "luajit\":{:.1f},"
               "\"ratio_10000_unrelated\":{:.3f},\"ns_street\":{:.1f},\"times_npm\":{:.0f},\"state_bytes\":{},"
               "\"agree\":{}}}\n",
               mine, floor, median(ratio), median(lua_ns), median(flat), median(many_ns), slowest_gain,
               alone.largest_state(), same);
    return same ? 0 : 1;
}

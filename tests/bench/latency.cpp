// ./dev bench latency: how long an alarm takes from the device's publish to a subscriber of the district's
// broker, and on to the centre's receipt, beside floors that do next to nothing. All contestants run one
// after the other in every round, between the same two brokers; what counts is the ratio within a round.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <thread>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "tests/bench/ground.hpp"
#include "tests/bench/parts.hpp"
#include "tests/stage/fault.hpp"
#include "tests/stage/load.hpp"

namespace {

using namespace anban;
using namespace std::chrono_literals;
namespace json = boost::json;

// One line of the budgets: how fast is pressed, how slow the disk is, against what it is held.
struct setting {
    int rate = 20;
    int slow_sync_us = 0;
    std::string floor;
    double p50_budget = 0;
    double p99_budget = 0;
};

struct options {
    int rounds = 5;
    bool floors_only = false;
    bool parts = true;
    bool pair = false; // only the floor that a setting is held against
    std::vector<setting> settings = {
        {20, 0, "floor_memory", 1.3, 1.5}, {500, 0, "floor_fsync", 1.0, 1.5}, {20, 5000, "floor_fsync", 0.2, 0.2}};
};

options read_options(int argc, char** argv) {
    options o;
    std::optional<int> rate;
    std::optional<int> slow_sync_us;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        const bool more = i + 1 < argc;
        if (word == "--rounds" && more)
            o.rounds = std::max(1, std::atoi(argv[++i]));
        else if (word == "--slow-sync-us" && more)
            slow_sync_us = std::atoi(argv[++i]);
        else if (word == "--rate" && more)
            rate = std::atoi(argv[++i]);
        else if (word == "--no-parts")
            o.parts = false;
        else if (word == "--floors-only")
            o.floors_only = true;
        else if (word == "--pair")
            o.pair = true;
        else
            throw stage::fault("anban-bench-latency [--rounds N] [--rate PER_SECOND] [--slow-sync-us US] "
                               "[--no-parts] [--floors-only] [--pair]");
    }
    if (slow_sync_us) {
        o.settings.pop_back();
        if (rate && *slow_sync_us > 0) o.settings.clear(); // that alone
        if (*slow_sync_us > 0) o.settings.push_back({rate.value_or(20), *slow_sync_us, "floor_fsync", 0.2, 0.2});
    } else if (rate) {
        std::erase_if(o.settings, [&](const setting& s) { return s.rate != *rate || s.slow_sync_us != 0; });
        if (o.settings.empty()) o.settings = {{*rate, 0, "floor_memory", 0, 0}};
    }
    return o;
}

constexpr int device_count = 50;

stage::home_plan plan() {
    stage::home_plan p;
    p.rooms = {{"room-1", "房间"}};
    p.residents = {{"r-wang", ""}};
    for (int i = 0; i < device_count; ++i)
        p.devices.push_back({fmt::format("bench-{:02}", i), "native", "call_button", "", "room-1"});
    return p;
}

class contest {
public:
    explicit contest(options o) : options_(std::move(o)), ground_(plan()) {}

    void run() {
        std::vector<std::string> names = {"floor_memory", "floor_fsync", "floor_sqlite", "anban"};
        if (options_.floors_only) names.pop_back();
        for (int round = 0; round < options_.rounds; ++round) {
            for (std::size_t i = 0; i < options_.settings.size(); ++i)
                for (const auto& name : names)
                    if (!options_.pair || name == "anban" || name == options_.settings[i].floor)
                        measure(name, i, round);
            std::ranges::rotate(names, names.begin() + 1);
        }
        for (std::size_t i = 0; options_.parts && !options_.floors_only && i < options_.settings.size(); ++i)
            take_apart(i);
    }

    void print() const {
        fmt::print("\n{:>6} {:>7} {:<14} {:>9} {:>9} {:>12} {:>12}  {}\n", "rate/s", "sync us", "contestant",
                   "p50 us", "p99 us", "receipt p50", "receipt p99", "arrived");
        for (const auto& [key, rounds] : results_) {
            const auto of = [&](auto pick) { return median(rounds, pick); };
            const auto& at = options_.settings[key.first];
            fmt::print("{:>6} {:>7} {:<14} {:>9.0f} {:>9.0f} {:>12.0f} {:>12.0f}  {}/{}\n", at.rate,
                       at.slow_sync_us, key.second, of(&figures::p50), of(&figures::p99),
                       of(&figures::receipt_p50), of(&figures::receipt_p99), total(rounds, &figures::arrived),
                       total(rounds, &figures::pressed));
        }
        if (options_.floors_only) return;
        for (const auto& [at, parts] : parts_) {
            fmt::print("\nWhere it goes at {}/s, syncs {} us slower (a run of its own, watched):\n",
                       options_.settings[at].rate, options_.settings[at].slow_sync_us);
            for (const auto& one : parts)
                fmt::print("  {:<20} p50 {:>7.0f} us  p99 {:>7.0f} us  ({} presses)\n", one.name,
                           stage::quantile(one.us, 0.5), stage::quantile(one.us, 0.99), one.us.size());
        }
        fmt::print("\nAgainst the budgets (ours / the floor's, median of the rounds):\n");
        for (std::size_t i = 0; i < options_.settings.size(); ++i) print_budget(i);
        fmt::print("\n{}\n", json::serialize(as_json()));
    }

    // Of all contestants in all rounds.
    [[nodiscard]] std::size_t lost() const {
        std::size_t sum = lost_apart_;
        for (const auto& [key, rounds] : results_)
            sum += total(rounds, &figures::pressed) - total(rounds, &figures::arrived) +
                   total(rounds, &figures::unanswered);
        return sum;
    }

private:
    struct figures {
        double p50 = 0;
        double p99 = 0;
        double receipt_p50 = 0;
        double receipt_p99 = 0;
        std::size_t arrived = 0;
        std::size_t pressed = 0;
        std::size_t unanswered = 0; // Anban's, without a receipt of the centre
    };
    using table = std::map<std::pair<std::size_t, std::string>, std::vector<figures>>; // by setting and contestant

    static std::size_t total(const std::vector<figures>& rounds, std::size_t figures::* pick) {
        std::size_t sum = 0;
        for (const auto& r : rounds) sum += r.*pick;
        return sum;
    }

    static double median(const std::vector<figures>& rounds, double figures::* pick) {
        std::vector<double> values;
        for (const auto& r : rounds) values.push_back(r.*pick);
        std::ranges::sort(values);
        return stage::quantile(values, 0.5);
    }

    // Slow syncs are for whoever carries the alarm, not for the brokers and the centre.
    [[nodiscard]] static std::vector<std::string> environment(const setting& at) {
        if (at.slow_sync_us == 0) return {};
        const auto library = stage::program("anban-bench-floor").parent_path() / "libanban_slow_sync.so";
        return {fmt::format("LD_PRELOAD={}", library.string()), fmt::format("ANBAN_SYNC_US={}", at.slow_sync_us)};
    }

    stage::latencies press(const setting& at, bool product) {
        stage::load devices(ground_.devices(), ground_.district.centre.listener());
        return devices.run(at.rate, at.rate < 100 ? 8s : 5s, 1s, 15s, product);
    }

    void measure(const std::string& name, std::size_t which, int round) {
        const auto& at = options_.settings[which];
        const bool product = name == "anban";
        ground_.forget_session();
        std::unique_ptr<stage::process> floor;
        if (product)
            ground_.start_product(environment(at));
        else
            floor = ground_.start_floor(name.substr(name.find('_') + 1), environment(at));
        const auto got = press(at, product);
        if (product) ground_.stop_product();
        const auto arrived = got.to_district_us.size();
        results_[{which, name}].push_back(
            {stage::quantile(got.to_district_us, 0.5), stage::quantile(got.to_district_us, 0.99),
             stage::quantile(got.to_receipt_us, 0.5), stage::quantile(got.to_receipt_us, 0.99), arrived,
             got.pressed, product ? arrived - got.to_receipt_us.size() : 0});
        const auto& r = results_[{which, name}].back();
        fmt::print("round {} {:>4}/s sync +{} us {:<14} p50 {:>7.0f} us  p99 {:>7.0f} us  {}/{}\n", round + 1,
                   at.rate, at.slow_sync_us, name, r.p50, r.p99, r.arrived, r.pressed);
        std::fflush(stdout);
    }

    // Once more with a watcher, whose own cost is why this run counts nowhere else.
    void take_apart(std::size_t which) {
        const auto& at = options_.settings[which];
        ground_.forget_session();
        ground_.start_product(environment(at));
        ground_.district.home.start_watch();
        std::this_thread::sleep_for(300ms);
        const auto told_before = ground_.district.home.told.size();
        const auto got = press(at, true);
        std::this_thread::sleep_for(300ms);
        parts_[which] = bench::parts_of(got.ways, ground_.district.home.told.from(told_before));
        lost_apart_ += got.pressed - got.to_receipt_us.size();
        ground_.stop_product();
    }

    // The median over the rounds of (ours / the floor's) of the same round.
    [[nodiscard]] double ratio(std::size_t which, const std::string& floor, double figures::* pick) const {
        const auto ours = results_.find({which, "anban"});
        const auto theirs = results_.find({which, floor});
        if (ours == results_.end() || theirs == results_.end()) return 0;
        std::vector<double> values;
        for (std::size_t i = 0; i < std::min(ours->second.size(), theirs->second.size()); ++i)
            if (theirs->second[i].*pick > 0) values.push_back(ours->second[i].*pick / (theirs->second[i].*pick));
        std::ranges::sort(values);
        return stage::quantile(values, 0.5);
    }

    void print_budget(std::size_t which) const {
        const auto& at = options_.settings[which];
        const double p50 = ratio(which, at.floor, &figures::p50);
        const double p99 = ratio(which, at.floor, &figures::p99);
        const auto verdict = [](double is, double budget) {
            return budget == 0 ? std::string{"no budget"}
                               : fmt::format("budget {} {}", budget, is <= budget ? "kept" : "MISSED");
        };
        fmt::print("  {:>4}/s sync +{:<5} us / {:<13} p50 {:>5.2f} ({})  p99 {:>5.2f} ({})\n", at.rate,
                   at.slow_sync_us, at.floor, p50, verdict(p50, at.p50_budget), p99, verdict(p99, at.p99_budget));
    }

    [[nodiscard]] json::object as_json() const {
        json::object all{{"bench", "latency"}, {"rounds", options_.rounds}, {"lost", lost()}};
        json::array rows;
        for (const auto& [key, rounds] : results_) {
            const auto& at = options_.settings[key.first];
            rows.push_back(
                json::object{{"rate", at.rate},
                             {"slow_sync_us", at.slow_sync_us},
                             {"contestant", key.second},
                             {"p50_us", median(rounds, &figures::p50)},
                             {"p99_us", median(rounds, &figures::p99)},
                             {"receipt_p50_us", median(rounds, &figures::receipt_p50)},
                             {"receipt_p99_us", median(rounds, &figures::receipt_p99)},
                             {"lost", total(rounds, &figures::pressed) - total(rounds, &figures::arrived)}});
        }
        all["results"] = rows;
        json::array ratios;
        for (std::size_t i = 0; i < options_.settings.size(); ++i) {
            const auto& at = options_.settings[i];
            for (const auto* floor : {"floor_memory", "floor_fsync", "floor_sqlite"})
                ratios.push_back(json::object{{"rate", at.rate},
                                              {"slow_sync_us", at.slow_sync_us},
                                              {"floor", floor},
                                              {"p50", ratio(i, floor, &figures::p50)},
                                              {"p99", ratio(i, floor, &figures::p99)}});
        }
        all["ratios"] = ratios;
        json::array parts;
        for (const auto& [which, list] : parts_) {
            for (const auto& one : list)
                parts.push_back(json::object{{"rate", options_.settings[which].rate},
                                             {"slow_sync_us", options_.settings[which].slow_sync_us},
                                             {"part", one.name},
                                             {"p50_us", stage::quantile(one.us, 0.5)},
                                             {"p99_us", stage::quantile(one.us, 0.99)},
                                             {"presses", one.us.size()}});
        }
        all["parts"] = parts;
        return all;
    }

    options options_;
    bench::ground ground_;
    table results_;
    std::map<std::size_t, std::array<bench::part, bench::part_names.size()>> parts_;
    std::size_t lost_apart_ = 0;
};

} // namespace

int main(int argc, char** argv) {
    stage::end_everything_on_signals();
    try {
        contest c(read_options(argc, argv));
        c.run();
        c.print();
        if (c.lost() == 0) return 0;
        fmt::print(stderr, "anban-bench-latency: {} presses or receipts never came\n", c.lost());
        return 1;
    } catch (const std::exception& e) {
        fmt::print(stderr, "anban-bench-latency: {}\n", e.what());
        return 1;
    }
}

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

#include "tests/bench/load.hpp"
#include "tests/stage/district.hpp"
#include "tests/stage/fault.hpp"

namespace {

using namespace anban;
using namespace std::chrono_literals;
namespace json = boost::json;

struct options {
    int rounds = 5;
    int slow_sync_us = 0;
    bool floors_only = false;
    std::vector<double> rates = {20, 500};
};

options read_options(int argc, char** argv) {
    options o;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        const bool more = i + 1 < argc;
        if (word == "--rounds" && more)
            o.rounds = std::max(1, std::atoi(argv[++i]));
        else if (word == "--slow-sync-us" && more)
            o.slow_sync_us = std::atoi(argv[++i]);
        else if (word == "--rate" && more)
            o.rates = {std::atof(argv[++i])};
        else if (word == "--floors-only")
            o.floors_only = true;
        else
            throw stage::fault("anban-bench-latency [--rounds N] [--rate PER_SECOND] [--slow-sync-us US] "
                               "[--floors-only]");
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
    explicit contest(options o) : options_(std::move(o)), home_(plan()) {
        if (options_.slow_sync_us > 0) ::setenv("ANBAN_SYNC_US", std::to_string(options_.slow_sync_us).c_str(), 1);
        home_.centre.start();
        home_.home.start_broker();
        home_.home.start_daemon();
        home_.home.furnish();
        home_.home.daemon().end();
    }

    void run() {
        std::vector<std::string> names = {"floor_memory", "floor_fsync", "floor_sqlite", "anban"};
        if (options_.floors_only) names.pop_back();
        for (int round = 0; round < options_.rounds; ++round) {
            for (const auto rate : options_.rates)
                for (const auto& name : names) measure(name, rate, round);
            std::ranges::rotate(names, names.begin() + 1);
        }
    }

    void print() const {
        fmt::print("\n{:>6} {:<14} {:>10} {:>10} {:>12} {:>12}  {}\n", "rate/s", "contestant", "p50 us", "p99 us",
                   "receipt p50", "receipt p99", "arrived");
        for (const auto& [key, rounds] : results_) {
            const auto of = [&](auto pick) { return median(rounds, pick); };
            std::size_t arrived = 0;
            std::size_t pressed = 0;
            for (const auto& r : rounds) arrived += r.arrived, pressed += r.pressed;
            fmt::print("{:>6} {:<14} {:>10.0f} {:>10.0f} {:>12.0f} {:>12.0f}  {}/{}\n", key.first, key.second,
                       of(&figures::p50), of(&figures::p99), of(&figures::receipt_p50), of(&figures::receipt_p99),
                       arrived, pressed);
        }
        fmt::print("\n{}\n", json::serialize(as_json()));
    }

private:
    struct figures {
        double p50 = 0;
        double p99 = 0;
        double receipt_p50 = 0;
        double receipt_p99 = 0;
        std::size_t arrived = 0;
        std::size_t pressed = 0;
    };
    using table = std::map<std::pair<int, std::string>, std::vector<figures>>;

    static double median(const std::vector<figures>& rounds, double figures::* pick) {
        std::vector<double> values;
        for (const auto& r : rounds) values.push_back(r.*pick);
        std::ranges::sort(values);
        return bench::quantile(values, 0.5);
    }

    // Slow syncs are for whoever carries the alarm, not for the brokers and the centre.
    [[nodiscard]] std::vector<std::string> environment() const {
        if (options_.slow_sync_us == 0) return {};
        const auto library = stage::program("anban-bench-floor").parent_path() / "libanban_slow_sync.so";
        return {fmt::format("LD_PRELOAD={}", library.string())};
    }

    void measure(const std::string& name, double rate, int round) {
        const bool product = name == "anban";
        forget_session();
        std::unique_ptr<stage::process> floor;
        if (product)
            start_product();
        else
            floor = start_floor(name);
        bench::load devices(logins(), district_login());
        const auto how_long = rate < 100 ? 8s : 5s;
        const auto got = devices.run(rate, how_long, 1s, 5s, product);
        if (product) stop_product();
        results_[{static_cast<int>(rate), name}].push_back(
            {bench::quantile(got.to_district_us, 0.5), bench::quantile(got.to_district_us, 0.99),
             bench::quantile(got.to_receipt_us, 0.5), bench::quantile(got.to_receipt_us, 0.99),
             got.to_district_us.size(), got.pressed});
        const auto& r = results_[{static_cast<int>(rate), name}].back();
        fmt::print("round {} {:>4}/s {:<14} p50 {:>7.0f} us  p99 {:>7.0f} us  {}/{}\n", round + 1, rate, name,
                   r.p50, r.p99, r.arrived, r.pressed);
        std::fflush(stdout);
    }

    void start_product() {
        auto& h = home_.home;
        h.environment = environment();
        h.start_daemon();
        h.start_uplink();
        if (!home_.wait_for_link(true, 20s)) throw stage::fault("the home does not reach the centre");
        std::this_thread::sleep_for(1500ms); // its first connections and snapshots are over
    }

    void stop_product() {
        home_.home.uplink().end();
        home_.home.daemon().end();
    }

    std::unique_ptr<stage::process> start_floor(const std::string& name) {
        auto ready = std::make_shared<stage::mailbox<std::string>>();
        const auto& h = home_.home;
        const auto uplink = h.folder() / "secrets" / "uplink";
        const auto way = name.substr(name.find('_') + 1);
        auto made = std::make_unique<stage::process>(stage::command{
            .argv = {"anban-bench-floor", way, std::to_string(h.daemon_port()), secret("broker.password"),
                     std::to_string(home_.centre.tls_port()), (uplink / "ca.crt").string(),
                     (uplink / "gateway.crt").string(), (uplink / "gateway.key").string(), h.plan().gateway,
                     (h.folder() / fmt::format("floor.{}", way)).string()},
            .log = h.log_of("floor"),
            .on_line = [ready](std::string_view line) { ready->push(std::string(line)); },
            .environment = environment()});
        if (!ready->wait_for([](const auto& line) { return line == "ready"; }, 10s))
            throw stage::fault(fmt::format("the floor does not start: {}", stage::tail_of(h.log_of("floor"))));
        std::this_thread::sleep_for(300ms);
        return made;
    }

    // What the floors carry must not wait in anband's durable session for its next start.
    void forget_session() {
        stage::mqtt_client gone({.port = home_.home.daemon_port(),
                                 .client_id = secret("alarm-client-id"),
                                 .username = "anband",
                                 .password = secret("broker.password")});
        if (gone.connect() != 0) throw stage::fault("the home's broker refuses user anband");
    }

    [[nodiscard]] std::string secret(std::string_view name) const {
        auto text = stage::read_file(home_.home.folder() / "secrets" / name);
        while (text.ends_with('\n')) text.pop_back();
        return text;
    }

    [[nodiscard]] std::vector<stage::mqtt_login> logins() const {
        std::vector<stage::mqtt_login> all;
        for (const auto& d : home_.home.plan().devices) all.push_back(home_.home.login_of(d.id));
        return all;
    }

    [[nodiscard]] stage::mqtt_login district_login() const {
        auto password = stage::read_file(home_.centre.folder() / "broker" / "local.password");
        while (password.ends_with('\n')) password.pop_back();
        return {.port = home_.centre.local_port(),
                .client_id = "bench-subscriber",
                .username = "anban-dispatch",
                .password = password};
    }

    // The median over the rounds of (ours / the floor's) of the same round.
    [[nodiscard]] double ratio(int rate, const std::string& floor, double figures::* pick) const {
        const auto ours = results_.find({rate, "anban"});
        const auto theirs = results_.find({rate, floor});
        if (ours == results_.end() || theirs == results_.end()) return 0;
        std::vector<double> values;
        for (std::size_t i = 0; i < std::min(ours->second.size(), theirs->second.size()); ++i)
            if (theirs->second[i].*pick > 0) values.push_back(ours->second[i].*pick / (theirs->second[i].*pick));
        std::ranges::sort(values);
        return bench::quantile(values, 0.5);
    }

    [[nodiscard]] json::object as_json() const {
        json::object all{
            {"bench", "latency"}, {"rounds", options_.rounds}, {"slow_sync_us", options_.slow_sync_us}};
        json::array rows;
        for (const auto& [key, rounds] : results_) {
            json::object row{{"rate", key.first}, {"contestant", key.second}};
            row["p50_us"] = median(rounds, &figures::p50);
            row["p99_us"] = median(rounds, &figures::p99);
            row["receipt_p50_us"] = median(rounds, &figures::receipt_p50);
            row["receipt_p99_us"] = median(rounds, &figures::receipt_p99);
            std::size_t lost = 0;
            for (const auto& r : rounds) lost += r.pressed - r.arrived;
            row["lost"] = lost;
            rows.push_back(row);
        }
        all["results"] = rows;
        json::object ratios;
        for (const auto rate : options_.rates) {
            const auto n = static_cast<int>(rate);
            for (const auto* floor : {"floor_memory", "floor_fsync", "floor_sqlite"}) {
                ratios[fmt::format("{}/s p50 {}", n, floor)] = ratio(n, floor, &figures::p50);
                ratios[fmt::format("{}/s p99 {}", n, floor)] = ratio(n, floor, &figures::p99);
            }
        }
        if (!options_.floors_only) all["ratios"] = ratios;
        return all;
    }

    options options_;
    stage::district home_;
    table results_;
};

} // namespace

int main(int argc, char** argv) {
    stage::end_everything_on_signals();
    try {
        contest c(read_options(argc, argv));
        c.run();
        c.print();
        return 0;
    } catch (const std::exception& e) {
        fmt::print(stderr, "anban-bench-latency: {}\n", e.what());
        return 1;
    }
}

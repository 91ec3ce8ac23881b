// ./dev bench footprint: what the gateway costs its box: memory, processor, flash, the time until it hears, and
// how much it takes in. Each figure beside its budget; where a figure is a time, beside a floor of the same run.
#include <algorithm>
#include <cstdlib>
#include <thread>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "tests/bench/footprint/meters.hpp"
#include "tests/bench/footprint/old_journal.hpp"
#include "tests/bench/ground.hpp"
#include "tests/stage/fault.hpp"
#include "tests/stage/load.hpp"

namespace {

using namespace anban;
using namespace std::chrono_literals;
namespace json = boost::json;

constexpr int device_count = 50;
constexpr std::size_t readings_of_a_day = 50UL * 24 * 60; // of each device one a minute

struct options {
    int minutes = 3; // of a home at its own pace, for what it writes
};

options read_options(int argc, char** argv) {
    options o;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--minutes" && i + 1 < argc)
            o.minutes = std::max(0, std::atoi(argv[++i]));
        else
            throw stage::fault("anban-bench-footprint [--minutes N]");
    }
    return o;
}

stage::home_plan plan() {
    stage::home_plan p;
    p.rooms = {{"room-1", "房间"}};
    p.beds = {{"bed-1", "room-1"}};
    p.residents = {{"r-wang", "living-alone"}};
    for (const char* pack : {"living-alone.rules", "technical.rules"})
        p.packs.emplace_back(pack, stage::read_file(std::filesystem::path{ANBAN_PACKS} / pack));
    for (int i = 0; i < device_count; ++i)
        p.devices.push_back({fmt::format("bench-{:02}", i), "native", i % 5 == 4 ? "vitals_band" : "call_button",
                             "", "room-1", "r-wang"});
    return p;
}

// A figure and what it is held against; `most` false: a floor rather than a ceiling.
struct line {
    std::string name;
    double is = 0;
    double budget = 0;
    std::string unit;
    bool most = true;
    std::string beside;
    [[nodiscard]] bool kept() const { return most ? is <= budget : is >= budget; }
};

class contest {
public:
    explicit contest(options o) : options_(o), ground_(plan()) {}

    void run() {
        measure_start();
        measure_alarms();
        measure_telemetry();
        measure_day();
        measure_floods();
        if (options_.minutes > 0) measure_flash();
    }

    void print() const {
        fmt::print("\n");
        for (const line& l : lines_)
            fmt::print("{:<34} {:>12.3f} {:<10} budget {}{:g} {:<7} {}\n", l.name, l.is, l.unit,
                       l.most ? "<= " : ">= ", l.budget, l.kept() ? "kept" : "MISSED", l.beside);
        json::object all{{"bench", "footprint"}, {"lost", lost_}};
        json::array rows;
        for (const line& l : lines_)
            rows.push_back(json::object{{"name", l.name},
                                        {"is", l.is},
                                        {"unit", l.unit},
                                        {"budget", l.budget},
                                        {"kept", l.kept()},
                                        {"beside", l.beside}});
        all["figures"] = rows;
        fmt::print("\n{}\n", json::serialize(all));
    }

    [[nodiscard]] std::size_t lost() const { return lost_; }

private:
    void note(line l) {
        fmt::print("{}: {:.3f} {} {}\n", l.name, l.is, l.unit, l.beside);
        std::fflush(stdout);
        lines_.push_back(std::move(l));
    }

    [[nodiscard]] stage::load devices() { return {ground_.devices(), ground_.district.centre.listener()}; }
    [[nodiscard]] stage::home_box& home() { return ground_.district.home; }

    // From the start of the program to the answer to a press that waits for it in the broker.
    void measure_start() {
        ground_.start_product(); // its session is made
        ground_.stop_product();
        constexpr std::size_t records = 101'999; // a start that comes just before the next snapshot
        const auto rows = bench::write_old_journal(home().folder() / "journal", records);
        std::vector<double> took;
        for (std::uint32_t i = 1; i <= 5; ++i) {
            stage::mqtt_client button(home().login_of("bench-00"));
            if (button.connect() != 0) throw stage::fault("the button does not reach the broker");
            (void)button.subscribe("anban/dev/bench-00/answer");
            (void)button.publish("anban/dev/bench-00/alarm", bench::press_of("bench-00", i));
            const auto begin = std::chrono::system_clock::now().time_since_epoch();
            home().environment.clear();
            home().start_daemon();
            const auto answer = button.received.wait_for([](const auto&) { return true; }, 20s);
            if (!answer) throw stage::fault("the press that waited is not answered");
            took.push_back(static_cast<double>(answer->at_us) / 1e3 -
                           std::chrono::duration<double, std::milli>(begin).count());
            home().daemon().end();
        }
        std::ranges::sort(took);
        note({"start to answering a waiting press", took[took.size() / 2], 100, "ms", true,
              fmt::format("median of {}, worst {:.0f} ms; {} records were written before, {} are read",
                          took.size(), took.back(), records, rows)});
    }

    void measure_alarms() {
        bench::write_counter writes(ground_.district.folder() / "alarms.count");
        ground_.start_product(writes.environment());
        auto d = devices();
        d.run(20, 1s, 0ms, 15s, true);
        const auto before = writes.read();
        const auto got = d.run(20, 10s, 0ms, 15s, true);
        std::this_thread::sleep_for(3s); // acknowledgements that wait for company
        const auto after = writes.read();
        ground_.stop_product();
        lost_ += got.pressed - got.to_receipt_us.size();
        const auto presses = static_cast<double>(got.pressed);
        note({"syncs a stored alarm", static_cast<double>(after.syncs - before.syncs) / presses, 1, "", true,
              "20 a second, to the centre's receipt"});
        note({"bytes a stored alarm", static_cast<double>(after.bytes - before.bytes) / presses, 13'000, "B", true,
              "checkpoints and readings with it"});
    }

    void measure_floods() {
        ground_.start_product();
        auto d = devices();
        d.run(20, 1s, 0ms, 15s, true);
        const auto burst = d.pour(5'000, device_count * 32, 30s, stage::awaited::both);
        const auto lost = (burst.pressed - burst.answered) + (burst.pressed - burst.seen);
        lost_ += lost;
        note({"burst of 5,000, answered", burst.answered_s > 0 ? 5'000 / burst.answered_s : 0, 10'000, "/s", false,
              fmt::format("lost {}, said again {}; at the district after {:.2f} s", lost, burst.repeated,
                          burst.seen_s)});
        const auto ours = d.pour(20'000, 500, 60s, stage::awaited::both);
        lost_ += (ours.pressed - ours.answered) + (ours.pressed - ours.seen);
        ground_.stop_product();
        ground_.forget_session();
        auto floor = ground_.start_floor("sqlite");
        const auto theirs = d.pour(20'000, 500, 60s, stage::awaited::sight);
        floor->end();
        const double floor_rate = static_cast<double>(theirs.seen) / std::max(theirs.seen_s, 1e-3);
        const double our_rate = static_cast<double>(ours.seen) / std::max(ours.seen_s, 1e-3);
        note({"sustained alarms", our_rate / floor_rate, 0.5, "x floor", false,
              fmt::format("{:.0f}/s, floor_sqlite {:.0f}/s", our_rate, floor_rate)});
    }

    void measure_telemetry() {
        constexpr std::size_t count = 30'000;
        constexpr double rate = 6'000;
        auto d = devices();
        auto floor =
            bench::start_when_ready({.argv = {"anban-bench-subscriber", std::to_string(home().daemon_port()),
                                              ground_.secret("broker.password"), "anban/dev/+/reading"},
                                     .log = home().log_of("subscriber")});
        const auto idle = bench::cpu_seconds(floor->pid());
        d.tell(count, rate);
        const double theirs = bench::cpu_seconds(floor->pid()) - idle;
        floor->end();
        ground_.start_product();
        const auto before = bench::cpu_seconds(home().daemon().pid());
        d.tell(count, rate);
        std::this_thread::sleep_for(1s);
        const double ours = bench::cpu_seconds(home().daemon().pid()) - before;
        int status = 0;
        const bool shed =
            json::serialize(home().tell({"status"}, &status)).find("ingest.shed") != std::string::npos;
        note({"telemetry a core takes in", theirs / ours, 0.5, "x floor", false,
              fmt::format("{:.1f} us a frame of 3 readings, floor {:.1f} us{}", ours * 1e6 / count,
                          theirs * 1e6 / count, shed ? "; some was shed" : "")});
    }

    // Goes on with the daemon that has taken telemetry in.
    void measure_day() {
        const auto pid = home().daemon().pid();
        {
            auto d = devices();
            d.tell(readings_of_a_day, 6'000);
            d.run(20, 2s, 0ms, 15s, true);
        }
        std::this_thread::sleep_for(2s);
        const auto memory = bench::memory_of(pid);
        note({"memory after a day of 50 devices", memory.rss_mib, 16, "MiB", true,
              fmt::format("its own {:.1f}, of files {:.1f}; {} readings in a hurry", memory.anonymous_mib,
                          memory.file_mib, 3 * readings_of_a_day)});
        const double before = bench::cpu_seconds(pid);
        std::this_thread::sleep_for(10s);
        note({"idle processor", (bench::cpu_seconds(pid) - before) * 10, 0.1, "%", true,
              "10 s with nobody speaking"});
        ground_.stop_product();
    }

    // At its own pace: a mat each second, nine others each minute.
    void measure_flash() {
        bench::write_counter writes(ground_.district.folder() / "day.count");
        ground_.start_product(writes.environment());
        auto d = devices();
        std::this_thread::sleep_for(2s);
        const auto before = writes.read();
        const auto begin = std::chrono::steady_clock::now();
        for (int second = 0; second < options_.minutes * 60; ++second) {
            d.tell_one(4);
            if (second % 6 == 0) d.tell_one(5 + second / 6 % 9);
            std::this_thread::sleep_until(begin + std::chrono::seconds(second + 1));
        }
        const double hours =
            std::chrono::duration<double, std::ratio<3600>>(std::chrono::steady_clock::now() - begin).count();
        const auto after = writes.read();
        ground_.stop_product();
        note({"flash writes a day", static_cast<double>(after.bytes - before.bytes) / 1e6 / hours * 24, 20, "MB",
              true,
              fmt::format("from {} minutes: {:.2f} MB, {} syncs", options_.minutes,
                          static_cast<double>(after.bytes - before.bytes) / 1e6, after.syncs - before.syncs)});
    }

    options options_;
    bench::ground ground_;
    std::vector<line> lines_;
    std::size_t lost_ = 0;
};

} // namespace

int main(int argc, char** argv) {
    try {
        stage::end_everything_on_signals();
        contest c(read_options(argc, argv));
        c.run();
        c.print();
        stage::leave_the_end_to_the_signal();
        return c.lost() == 0 ? 0 : 1;
    } catch (const std::exception& error) {
        stage::leave_the_end_to_the_signal();
        fmt::print(stderr, "anban-bench-footprint: {}\n", error.what());
        return 1;
    }
}

// ./dev sim: many lives in virtual time on all cores; what it found, how to see it again, and a line of JSON.
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "tests/simulation/shrink.hpp"

namespace {

using namespace anban::simulation;

struct settings {
    std::uint64_t first = 1;
    std::uint64_t seeds = 0; // 0: until the years are lived
    double years = 1;
    bool one = false; // --seed: just that one
    bool shrinks = false;
    bool short_ones = false;
    std::vector<std::size_t> keep; // of its deeds, by number; empty: all
    std::array<bool, deed_kinds> without{};
    unsigned jobs = 0;
    run_options run;
};

constexpr double seconds_a_year = 365.25 * 86'400;

struct total {
    std::uint64_t seeds = 0;
    std::uint64_t steps = 0;
    double seconds = 0;
    std::uint64_t alarms = 0, presses = 0, answered = 0, syncs = 0;
    std::uint64_t deeds[deed_kinds] = {};
    std::uint64_t checked[invariants + 1] = {};
    std::uint64_t failed_seed = 0;
    bool failed = false;

    void add(std::uint64_t seed, const run_result& r) {
        ++seeds;
        steps += r.steps;
        seconds += std::chrono::duration<double>(r.lived).count();
        alarms += r.alarms;
        presses += r.presses;
        answered += r.answered;
        syncs += r.syncs;
        for (std::size_t i = 0; i < deed_kinds; ++i) deeds[i] += r.deeds[i];
        for (std::size_t i = 0; i <= invariants; ++i) checked[i] += r.checked[i];
        if (r.broken && !failed) {
            failed = true;
            failed_seed = seed;
        }
    }
    void add(const total& other) {
        seeds += other.seeds;
        steps += other.steps;
        seconds += other.seconds;
        alarms += other.alarms;
        presses += other.presses;
        answered += other.answered;
        syncs += other.syncs;
        for (std::size_t i = 0; i < deed_kinds; ++i) deeds[i] += other.deeds[i];
        for (std::size_t i = 0; i <= invariants; ++i) checked[i] += other.checked[i];
        if (other.failed && !failed) {
            failed = true;
            failed_seed = other.failed_seed;
        }
    }
};
static_assert(std::is_trivially_copyable_v<total>, "it goes through a pipe");

script script_of(const settings& s, std::uint64_t seed) {
    script drawn = draw_script(seed, s.short_ones);
    std::erase_if(drawn.deeds, [&](const deed& d) { return s.without[static_cast<std::size_t>(d.what)]; });
    if (s.keep.empty()) return drawn;
    std::vector<deed> kept;
    for (const std::size_t i : s.keep) {
        if (i < drawn.deeds.size()) kept.push_back(drawn.deeds[i]);
    }
    drawn.deeds = std::move(kept);
    return drawn;
}

std::string command_of(const settings& s, std::uint64_t seed) {
    std::string text = fmt::format("./dev sim --seed {} --trace", seed);
    if (s.short_ones) text += " --short";
    if (s.run.wrong != defect::none) text += fmt::format(" --defect {}", name_of(s.run.wrong));
    return text;
}

// The deeds that are left, by their numbers in the whole story.
std::string numbers_of(const script& whole, const script& part) {
    std::string text;
    std::size_t at = 0;
    for (const deed& d : part.deeds) {
        while (at < whole.deeds.size() && (whole.deeds[at].at != d.at || whole.deeds[at].what != d.what)) ++at;
        text += fmt::format("{}{}", text.empty() ? "" : ",", at++);
    }
    return text;
}

int live_one(const settings& s) {
    const script story = script_of(s, s.first);
    const run_result r = live(story, s.run);
    if (r.broken) {
        fmt::print("seed {}: [sim-{}] {} is broken after {} steps: {}\n", s.first, static_cast<int>(r.broken->of),
                   name_of(r.broken->of), r.steps, r.broken->what);
    }
    if (r.broken && s.shrinks) {
        const shrunk least = shrink(story, s.run);
        const script whole = draw_script(s.first, s.short_ones);
        fmt::print("shrunk from {} to {} deeds in {} runs: [sim-{}] {}\n", story.deeds.size(),
                   least.story.deeds.size(), least.runs, static_cast<int>(least.result.broken->of),
                   least.result.broken->what);
        for (const deed& d : least.story.deeds) {
            fmt::print("  at {:.3f} s {} for {:.3f} s ({})\n", std::chrono::duration<double>(d.at).count(),
                       name_of(d.what), std::chrono::duration<double>(d.lasts).count(), d.amount);
        }
        fmt::print("{} --keep {}\n", command_of(s, s.first), numbers_of(whole, least.story));
    }
    fmt::print("{{\"seed\":{},\"steps\":{},\"seconds\":{:.0f},\"presses\":{},\"alarms\":{},\"digest\":\"{:016x}\","
               "\"broken\":{}}}\n",
               s.first, r.steps, std::chrono::duration<double>(r.lived).count(), r.presses, r.alarms, r.digest,
               r.broken ? static_cast<int>(r.broken->of) : 0);
    return r.broken ? 1 : 0;
}

// One worker lives every `jobs`-th seed. Its share of the years is the same as everybody's.
total work(const settings& s, unsigned mine, unsigned jobs, int progress) {
    total sum;
    for (std::uint64_t i = mine; s.seeds == 0 || i < s.seeds; i += jobs) {
        if (s.seeds == 0 && sum.seconds >= s.years * seconds_a_year / jobs) break;
        const std::uint64_t seed = s.first + i;
        (void)!::write(progress, &seed, sizeof seed); // who reads it knows where a crash was
        sum.add(seed, live(script_of(s, seed), s.run));
        if (sum.failed) break;
    }
    return sum;
}

// A process a core: a failed assertion of the core ends one of them, and the seed is known.
int live_many(const settings& s) {
    const unsigned jobs = s.jobs != 0 ? s.jobs : std::max(1U, std::thread::hardware_concurrency());
    const auto began = std::chrono::steady_clock::now();
    struct worker {
        pid_t pid = 0;
        int out = -1;
    };
    std::vector<worker> workers;
    std::fflush(nullptr);
    for (unsigned i = 0; i < jobs; ++i) {
        int ends[2];
        if (::pipe(ends) != 0) return 2;
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::close(ends[0]);
            const total sum = work(s, i, jobs, ends[1]);
            const std::uint64_t end = 0; // no seed is 0
            (void)!::write(ends[1], &end, sizeof end);
            (void)!::write(ends[1], &sum, sizeof sum);
            ::_exit(0);
        }
        ::close(ends[1]);
        workers.push_back({pid, ends[0]});
    }
    total sum;
    for (const worker& w : workers) {
        std::uint64_t seed = 0;
        std::uint64_t last = 0;
        while (::read(w.out, &seed, sizeof seed) == sizeof seed && seed != 0) last = seed;
        total one;
        std::size_t got = 0;
        for (ssize_t n = 1; seed == 0 && got < sizeof one && n > 0;
             got += static_cast<std::size_t>(std::max<ssize_t>(n, 0))) {
            n = ::read(w.out, reinterpret_cast<char*>(&one) + got, sizeof one - got);
        }
        int status = 0;
        ::waitpid(w.pid, &status, 0);
        if (got != sizeof one) {
            one = {};
            one.failed = true;
            one.failed_seed = last;
            fmt::print("the core ended itself in seed {} (status {})\n", last, status);
        }
        sum.add(one);
    }
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    fmt::print("faults and deeds:\n");
    std::uint64_t faults = 0;
    for (std::size_t i = 0; i < deed_kinds; ++i) {
        fmt::print("  {:22} {}\n", name_of(static_cast<deed_kind>(i)), sum.deeds[i]);
        if (i >= first_fault) faults += sum.deeds[i];
    }
    fmt::print("invariants checked:\n");
    for (std::size_t i = 1; i <= invariants; ++i) {
        fmt::print("  [sim-{:<2}] {:24} {}\n", i, name_of(static_cast<invariant>(i)), sum.checked[i]);
    }
    fmt::print("{} seeds, {} steps, {:.2f} years in {:.1f} s ({:.3f} years/s on {} cores)\n", sum.seeds, sum.steps,
               sum.seconds / seconds_a_year, took, sum.seconds / seconds_a_year / took, jobs);
    fmt::print("{} faults, {} presses ({} of numbered devices answered), {} alarms, {} syncs\n", faults,
               sum.presses, sum.answered, sum.alarms, sum.syncs);
    if (sum.failed) fmt::print("BROKEN; see it again: {} --shrink\n", command_of(s, sum.failed_seed));
    fmt::print("{{\"seeds\":{},\"steps\":{},\"years\":{:.4f},\"wall_s\":{:.1f},\"faults\":{},\"presses\":{},"
               "\"alarms\":{},\"broken_seed\":{}}}\n",
               sum.seeds, sum.steps, sum.seconds / seconds_a_year, took, faults, sum.presses, sum.alarms,
               sum.failed ? std::to_string(sum.failed_seed) : "null");
    return sum.failed ? 1 : 0;
}

template <class Number>
bool read_number(const char* text, Number& into) {
    const char* end = text + std::strlen(text);
    return std::from_chars(text, end, into).ptr == end;
}

bool read_keep(std::string_view text, std::vector<std::size_t>& into) {
    while (!text.empty()) {
        std::size_t n = 0;
        const auto one = text.substr(0, text.find(','));
        if (std::from_chars(one.data(), one.data() + one.size(), n).ptr != one.data() + one.size()) return false;
        into.push_back(n);
        text.remove_prefix(std::min(text.size(), one.size() + 1));
    }
    return true;
}

bool read_without(std::string_view text, std::array<bool, deed_kinds>& into) {
    for (std::size_t i = 0; i < deed_kinds; ++i) {
        if (name_of(static_cast<deed_kind>(i)) == text) return into[i] = true;
    }
    return false;
}

bool read_defect(std::string_view text, defect& into) {
    for (const defect d : all_defects) {
        if (name_of(d) == text) into = d;
    }
    return into != defect::none;
}

bool read_settings(int argc, char** argv, settings& s) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--trace") {
            s.run.aloud = true;
        } else if (name == "--shrink") {
            s.shrinks = true;
        } else if (name == "--short") {
            s.short_ones = true;
        } else if (i + 1 == argc) {
            return false;
        } else {
            const char* value = argv[++i];
            const bool read = name == "--years"     ? read_number(value, s.years)
                              : name == "--seeds"   ? read_number(value, s.seeds)
                              : name == "--seed"    ? (s.one = read_number(value, s.first))
                              : name == "--from"    ? read_number(value, s.first)
                              : name == "--steps"   ? read_number(value, s.run.steps)
                              : name == "--jobs"    ? read_number(value, s.jobs)
                              : name == "--keep"    ? read_keep(value, s.keep)
                              : name == "--without" ? read_without(value, s.without)
                              : name == "--defect"  ? read_defect(value, s.run.wrong)
                                                    : false;
            if (!read) return false;
        }
    }
    return s.first > 0;
}

} // namespace

int main(int argc, char** argv) {
    settings s;
    if (!read_settings(argc, argv, s)) {
        fmt::print(stderr,
                   "sim [--years N | --seeds N] [--from SEED] [--short] [--jobs N] [--steps N] [--defect NAME]\n"
                   "sim --seed SEED [--trace] [--shrink] [--keep N,N…]\n");
        return 2;
    }
    return s.one ? live_one(s) : live_many(s);
}

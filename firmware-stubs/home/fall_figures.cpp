// anban-fall-figures: runs the fall detector's algorithm over recordings whose truth is known and prints how
// often it is right, by subject, with one line of JSON at the end.
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "firmware-stubs/home/recording.hpp"

namespace {

using anban::played::recording;
using anban::played::sisfall;

struct tally {
    int falls = 0, felt = 0; // falls, and those that were suspected
    int others = 0, quiet = 0;

    void add(bool is_fall, bool suspected) {
        (is_fall ? falls : others)++;
        if (is_fall && suspected) ++felt;
        if (!is_fall && !suspected) ++quiet;
    }
    tally& operator+=(const tally& t) {
        falls += t.falls, felt += t.felt, others += t.others, quiet += t.quiet;
        return *this;
    }
};

double ratio(int part, int whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / whole;
}

std::string percent(int part, int whole) {
    return whole == 0 ? std::string("-") : fmt::format("{:.3f}", ratio(part, whole));
}

bool suspected(const recording& r) {
    fall_sense sense;
    fall_sense_init(&sense);
    std::uint64_t t = FALL_SAMPLE_MS;
    bool any = false;
    for (const auto& sample : r.samples) {
        any = fall_sense_sample(&sense, t, sample) || any;
        t += FALL_SAMPLE_MS;
    }
    return any;
}

void print_row(std::string_view name, std::string_view age, const tally& t) {
    fmt::print("{:<8} {:<8} {:>6} {:>12} {:>8} {:>12}\n", name, age, t.falls, percent(t.felt, t.falls), t.others,
               percent(t.quiet, t.others));
}

// "SUBJECT ACTIVITY TRIAL" a line; empty: all trials.
std::expected<std::set<std::string>, std::string> read_list(const std::string& file) {
    std::set<std::string> names;
    if (file.empty()) return names;
    std::ifstream in(file);
    if (!in) return std::unexpected(fmt::format("{} can't be read", file));
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string subject, activity, trial;
        if (line.starts_with('#') || !(words >> subject >> activity >> trial)) continue;
        names.insert(fmt::format("{} {} {}", subject, activity, trial));
    }
    return names;
}

int run(const std::string& data, const std::string& list) {
    const auto only = read_list(list);
    auto set = sisfall::open(std::filesystem::path(data) / "sisfall");
    if (!only || !set) {
        fmt::print(stderr, "anban-fall-figures: {}\n", only ? set.error() : only.error());
        return 1;
    }
    std::map<std::string, tally> by_subject;
    std::map<std::string, bool> is_elderly;
    std::size_t met = 0;
    for (const auto& trial : set->trials()) {
        if (!only->empty() && !only->contains(fmt::format("{} {} {}", trial.subject, trial.activity, trial.trial)))
            continue;
        const auto r = set->read(trial);
        if (!r) {
            fmt::print(stderr, "anban-fall-figures: {}\n", r.error());
            return 1;
        }
        ++met;
        const bool said = suspected(*r);
        if (!only->empty() && said != trial.is_fall) fmt::print("{}: {}\n", said ? "false" : "missed", r->name);
        by_subject[trial.subject].add(trial.is_fall, said);
        is_elderly[trial.subject] = trial.elderly;
    }
    if (met == 0 || (!only->empty() && met != only->size())) {
        fmt::print(stderr, "anban-fall-figures: {} of {} trials are in {}/sisfall\n", met, only->size(), data);
        return 1;
    }
    tally all, elderly;
    fmt::print("{:<8} {:<8} {:>6} {:>12} {:>8} {:>12}\n", "subject", "age", "falls", "sensitivity", "others",
               "specificity");
    for (const auto& [subject, t] : by_subject) {
        print_row(subject, is_elderly[subject] ? "elderly" : "young", t);
        all += t;
        if (is_elderly[subject]) elderly += t;
    }
    print_row("elderly", "", elderly);
    print_row("all", "", all);
    fmt::print(R"({{"figures":"falls","set":"sisfall","falls":{},"falls_felt":{},"others":{},"others_quiet":{},)"
               R"("elderly_others":{},"elderly_quiet":{},"sensitivity":{:.4f},"specificity":{:.4f},)"
               R"("elderly_specificity":{:.4f}}})"
               "\n",
               all.falls, all.felt, all.others, all.quiet, elderly.others, elderly.quiet,
               ratio(all.felt, all.falls), ratio(all.quiet, all.others), ratio(elderly.quiet, elderly.others));
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app{"Runs the fall detector over SisFall and prints how often it is right."};
    std::string data;
    std::string list;
    app.add_option("--data", data, "a folder that holds sisfall/trials.csv and its recordings")->required();
    app.add_option("--list", list, "only these trials: a file of SUBJECT ACTIVITY TRIAL lines");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    return run(data, list);
}

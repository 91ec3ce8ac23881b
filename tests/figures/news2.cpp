#include "rules/engine/news2.hpp"

#include <cmath>
#include <map>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "rules/language/pack.hpp"
#include "tests/figures/figures.hpp"
#include "tests/figures/tables.hpp"

namespace anban::figures {
namespace {

namespace json = boost::json;

struct tally {
    std::size_t right = 0, all = 0;
    void add(bool fine) {
        ++all;
        right += fine ? 1U : 0U;
    }
};

[[nodiscard]] std::vector<json::object> lines_of(const std::filesystem::path& file) {
    std::vector<json::object> lines;
    const auto text = read_text(file);
    if (!text) return lines;
    std::string_view rest{*text};
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        if (end > 0) lines.push_back(json::parse(rest.substr(0, end)).as_object());
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return lines;
}

[[nodiscard]] double number(const json::value& v) {
    return v.to_number<double>();
}

[[nodiscard]] news2_input input_of(const json::object& in) {
    return {.respiration = number(in.at("rr")),
            .spo2 = number(in.at("spo2")),
            .on_oxygen = in.at("o2").as_bool(),
            .systolic = number(in.at("sbp")),
            .pulse = number(in.at("hr")),
            .alert = in.at("acvpu").as_string() == "A",
            .temperature = number(in.at("temp")),
            .spo2_scale_2 = number(in.at("scale")) == 2};
}

[[nodiscard]] std::optional<int> part(const news2_score& s, news2_part p) {
    return s.single[static_cast<std::size_t>(p)];
}

[[nodiscard]] tally cases(const std::filesystem::path& file) {
    tally t;
    for (const json::object& line : lines_of(file)) {
        const news2_score s = score_news2(input_of(line.at("input").as_object()));
        const json::object& want = line.at("expected").as_object();
        bool fine = s.total == static_cast<int>(number(want.at("total")));
        static const std::map<std::string_view, news2_part> singles{{"rr", news2_part::respiration},
                                                                    {"spo2", news2_part::spo2},
                                                                    {"hr", news2_part::pulse},
                                                                    {"sbp", news2_part::systolic},
                                                                    {"temp", news2_part::temperature}};
        for (const auto& [name, p] : singles) {
            if (const json::value* v = want.if_contains(name))
                fine = fine && part(s, p) == static_cast<int>(number(*v));
        }
        if (!fine) fmt::print("  wrong: {}\n", json::serialize(line));
        t.add(fine);
    }
    return t;
}

[[nodiscard]] tally boundaries(const std::filesystem::path& file) {
    tally t;
    for (const json::object& line : lines_of(file)) {
        const std::string_view parameter = line.at("parameter").as_string();
        const double value = number(line.at("value"));
        news2_input in;
        in.on_oxygen = line.at("on_oxygen").as_bool();
        news2_part p = news2_part::respiration;
        if (parameter == "rr") {
            in.respiration = value;
        } else if (parameter.starts_with("spo2")) {
            in.spo2 = value;
            in.spo2_scale_2 = parameter == "spo2_scale2";
            p = news2_part::spo2;
        } else if (parameter == "temp") {
            in.temperature = value;
            p = news2_part::temperature;
        } else if (parameter == "sbp") {
            in.systolic = value;
            p = news2_part::systolic;
        } else {
            in.pulse = value;
            p = news2_part::pulse;
        }
        const bool fine = part(score_news2(in), p) == static_cast<int>(number(line.at("expected_points")));
        if (!fine) fmt::print("  wrong: {}\n", json::serialize(line));
        t.add(fine);
    }
    return t;
}

// The engine of one stay, asked for the score that it computed itself.
class stay_engine {
public:
    stay_engine() {
        installation where;
        where.plans.emplace_back().who = resident_id{"p"};
        where.plans.back().packs = {"p"};
        installed_device& d = where.devices.emplace_back();
        d.id = device_id{"monitor"};
        d.who = {subject::kind::resident, "p"};
        auto pack =
            language::read_pack("pack p\nalarm score {\n class suspected\n when news2 >= 20 points\n}\n", "p");
        engine_.emplace(language::lay_plans({*pack}, where), where, moment(-24 * 60));
    }

    void say(std::int64_t minute, signal what, double value) {
        reading r;
        r.what = what;
        r.value = value;
        r.from.device = device_id{"monitor"};
        r.from.key.sequence = ++sequence_;
        r.who = {subject::kind::resident, "p"};
        r.at = moment(minute).mono;
        r.wall = moment(minute).wall;
        engine_->step(moment(minute), r, changes_);
    }

    [[nodiscard]] std::optional<double> score(std::int64_t minute) const {
        return engine_->explain(moment(minute), rule_id{"score"}).at(0).nodes.at(0).value;
    }

private:
    [[nodiscard]] static instant moment(std::int64_t minute) {
        const auto since = std::chrono::minutes{minute + 24 * 60};
        return {mono_time{since}, {utc_time{since}, clock_quality::synchronised}};
    }
    std::optional<engine> engine_;
    condition_changes changes_;
    std::uint32_t sequence_ = 0;
};

void reference(sheet& s) {
    const auto rows = table::read(s.data / "vitals_mimic_icu_demo" / "reference_news2.csv.gz");
    if (!rows) return fmt::print("{}\n\n", rows.error()), void();
    tally function, through_engine;
    std::string stay;
    std::optional<stay_engine> one;
    for (std::size_t i = 0; i < rows->size(); ++i) {
        const auto n = [&](std::string_view column) { return rows->number(i, column).value_or(NAN); };
        const auto minute = static_cast<std::int64_t>(n("t_min"));
        const int want = static_cast<int>(n("news2"));
        const news2_score score = score_news2({.respiration = n("rr"),
                                               .spo2 = n("spo2"),
                                               .on_oxygen = n("on_oxygen") != 0,
                                               .systolic = n("sbp"),
                                               .pulse = n("hr"),
                                               .alert = n("gcs") == 15,
                                               .temperature = n("temp_c"),
                                               .spo2_scale_2 = false});
        function.add(score.total == want);
        if (score.total != want)
            fmt::print("  wrong: row {}: {} and not {}\n", i + 2, score.total.value_or(-1), want);
        if (!one || stay != rows->at(i, "stay")) one.emplace();
        stay = rows->at(i, "stay");
        one->say(minute, signal::respiration, n("rr"));
        one->say(minute, signal::spo2, n("spo2"));
        one->say(minute, signal::on_oxygen, n("on_oxygen"));
        one->say(minute, signal::systolic, n("sbp"));
        one->say(minute, signal::heart_rate, n("hr"));
        one->say(minute, signal::alert, n("gcs") == 15 ? 1 : 0);
        one->say(minute, signal::temperature, n("temp_c"));
        through_engine.add(one->score(minute) == want);
    }
    fmt::print("{:<44}{:>8} of {}\n", "intensive-care rows, the function", function.right, function.all);
    fmt::print("{:<44}{:>8} of {}\n\n", "intensive-care rows, through the engine", through_engine.right,
               through_engine.all);
    s.add("news2_rows", function.all);
    s.add("news2_rows_right", function.right);
    s.add("news2_rows_right_engine", through_engine.right);
    s.failed = s.failed || function.right != function.all || through_engine.right != through_engine.all;
}

} // namespace

void news2_scores(sheet& s) {
    fmt::print("NEWS2\n\n");
    const tally whole = cases(s.data / "news2" / "cases.jsonl");
    const tally edges = boundaries(s.data / "news2" / "boundaries.jsonl");
    fmt::print("{:<44}{:>8} of {}\n", "cases", whole.right, whole.all);
    fmt::print("{:<44}{:>8} of {}\n", "boundaries", edges.right, edges.all);
    s.add("news2_cases", whole.all);
    s.add("news2_cases_right", whole.right);
    s.add("news2_boundaries", edges.all);
    s.add("news2_boundaries_right", edges.right);
    s.failed = s.failed || whole.right != whole.all || edges.right != edges.all;
    reference(s);
}

} // namespace anban::figures

#include "rules/engine/news2.hpp"

#include <fstream>
#include <map>
#include <string>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "tests/recordings.hpp"
#include "tests/rules/engine/bench.hpp"

using namespace anban;
using namespace anban::testing;

namespace {

news2_input whole(double respiration, double spo2, bool scale_2, bool oxygen, double systolic, double pulse,
                  bool alert, double temperature) {
    return {.respiration = respiration,
            .spo2 = spo2,
            .on_oxygen = oxygen,
            .systolic = systolic,
            .pulse = pulse,
            .alert = alert,
            .temperature = temperature,
            .spo2_scale_2 = scale_2};
}

int single(const news2_score& s, news2_part p) {
    return s.single[static_cast<std::size_t>(p)].value_or(-1);
}

std::vector<boost::json::object> lines_of(const std::filesystem::path& file) {
    std::vector<boost::json::object> all;
    std::ifstream in{file};
    for (std::string line; std::getline(in, line);) {
        if (!line.empty()) all.push_back(boost::json::parse(line).as_object());
    }
    return all;
}

} // namespace

TEST_CASE("the score of the standard's vectors [rules-21]") {
    CHECK(score_news2(whole(16, 97, false, false, 120, 70, true, 37.0)).total == 0);
    CHECK(score_news2(whole(22, 93, false, true, 105, 112, true, 38.5)).total == 10);
    CHECK(score_news2(whole(25, 97, true, true, 90, 131, false, 35.0)).total == 20);
    CHECK(score_news2(whole(18, 93, true, false, 130, 80, true, 36.5)).total == 0);
    CHECK(score_news2(whole(18, 93, true, true, 130, 80, true, 36.5)).total == 3);
}

TEST_CASE("each border of each parameter [rules-21]") {
    const auto points = [](news2_part p, double value, bool scale_2 = false, bool oxygen = false) {
        return single(score_news2(whole(value, value, scale_2, oxygen, value, value, true, value)), p);
    };
    using enum news2_part;
    const std::map<double, int> breaths{{8, 3}, {9, 1}, {11, 1}, {12, 0}, {20, 0}, {21, 2}, {24, 2}, {25, 3}};
    for (const auto& [value, expected] : breaths) CHECK(points(respiration, value) == expected);
    const std::map<double, int> scale_1{{91, 3}, {92, 2}, {93, 2}, {94, 1}, {95, 1}, {96, 0}, {100, 0}};
    for (const auto& [value, expected] : scale_1) CHECK(points(spo2, value, false, true) == expected);
    const std::map<double, int> on_oxygen{{83, 3}, {84, 2}, {85, 2}, {86, 1}, {87, 1}, {88, 0},
                                          {92, 0}, {93, 1}, {94, 1}, {95, 2}, {96, 2}, {97, 3}};
    for (const auto& [value, expected] : on_oxygen) {
        CHECK(points(spo2, value, true, true) == expected);
        CHECK(points(spo2, value, true, false) == (value >= 93 ? 0 : expected));
    }
    const std::map<double, int> pressure{{90, 3},  {91, 2},  {100, 2}, {101, 1},
                                         {110, 1}, {111, 0}, {219, 0}, {220, 3}};
    for (const auto& [value, expected] : pressure) CHECK(points(systolic, value) == expected);
    const std::map<double, int> beats{{40, 3}, {41, 1},  {50, 1},  {51, 0},  {90, 0},
                                      {91, 1}, {110, 1}, {111, 2}, {130, 2}, {131, 3}};
    for (const auto& [value, expected] : beats) CHECK(points(pulse, value) == expected);
    const std::map<double, int> degrees{{35.0, 3}, {35.1, 1}, {36.0, 1}, {36.1, 0},  {38.0, 0},
                                        {38.1, 1}, {39.0, 1}, {39.1, 2}, {36.04, 1}, {36.05, 0}};
    for (const auto& [value, expected] : degrees) CHECK(points(temperature, value) == expected);
}

TEST_CASE("what is missing is never imputed [rules-21]") {
    CHECK(score_news2({}).known == 0);
    CHECK_FALSE(score_news2({}).largest);
    const news2_score two = score_news2({.respiration = 26, .pulse = 80});
    CHECK(two.known == 2);
    CHECK(two.largest == 3);
    CHECK_FALSE(two.total);
    // On scale 2 a high saturation says nothing as long as nobody knows whether oxygen is given.
    CHECK(score_news2({.spo2 = 95, .spo2_scale_2 = true}).known == 0);
    CHECK(score_news2({.spo2 = 90, .spo2_scale_2 = true}).largest == 0);
}

TEST_CASE("published cases and boundary values agree [rules-21]") {
    if (const auto file = tests::recording("news2/cases.jsonl")) {
        for (const auto& row : lines_of(*file)) {
            if (!row.at("agrees_with_rcp_table").as_bool()) continue;
            const auto& in = row.at("input").as_object();
            const auto number = [&](const char* key) { return in.at(key).to_number<double>(); };
            const auto is =
                score_news2(whole(number("rr"), number("spo2"), number("scale") == 2, in.at("o2").as_bool(),
                                  number("sbp"), number("hr"), in.at("acvpu").as_string() == "A", number("temp")));
            INFO(row.at("id").as_string().c_str());
            CHECK(is.total == row.at("expected").as_object().at("total").to_number<int>());
        }
    }
    if (const auto file = tests::recording("news2/boundaries.jsonl")) {
        using enum news2_part;
        const std::map<std::string, news2_part> parts{
            {"rr", respiration}, {"spo2_scale1", spo2}, {"spo2_scale2", spo2},           {"sbp", systolic},
            {"hr", pulse},       {"temp", temperature}, {"consciousness", consciousness}};
        for (const auto& row : lines_of(*file)) {
            const std::string name{row.at("parameter").as_string()};
            if (!row.at("agrees_with_rcp_table").as_bool() || !row.at("value").is_number()) continue;
            const auto value = row.at("value").to_number<double>();
            const auto is = score_news2(whole(value, value, name == "spo2_scale2", row.at("on_oxygen").as_bool(),
                                              value, value, true, value));
            INFO(row.at("id").as_string().c_str());
            REQUIRE(parts.contains(name));
            CHECK(single(is, parts.at(name)) == row.at("expected_points").to_number<int>());
        }
    }
}

TEST_CASE("the computed score knows how old its inputs are [rules-21]") {
    bench b{{rule("urgent", compare(of(signal::news2), language::comparison::greater_equal, 5)),
             rule("single", compare(of(signal::news2_single), language::comparison::greater_equal, 3))}};
    b.hear("band", signal::heart_rate, 80, 1s);
    CHECK(b.is("urgent") == truth::unknown);
    CHECK(b.is("single") == truth::no);
    b.hear("band", signal::respiration, 16, 2s);
    b.hear("band", signal::spo2, 97, 2s);
    b.hear("band", signal::systolic, 120, 2s);
    b.hear("band", signal::temperature, 37, 2s);
    b.hear("band", signal::alert, 1, 2s);
    CHECK(b.is("urgent") == truth::unknown);
    b.hear("band", signal::on_oxygen, 0, 2s);
    CHECK(b.is("urgent") == truth::no);
    CHECK(b.hear("band", signal::alert, 0, 3s) == kinds{kind::began});
    CHECK(b.told.front().rule == rule_id{"single"});
    CHECK(b.hear("band", signal::systolic, 95, 4s) == kinds{kind::began});
    CHECK(b.wait_until(4h + 1s - 1ns).empty());
    CHECK(b.is("urgent") == truth::yes);
    b.wait_until(4h + 1s); // the pulse is four hours old
    CHECK(b.is("urgent") == truth::unknown);
    CHECK(b.is("single") == truth::yes);
    CHECK(b.wait_until(8h + 3s) == kinds{kind::cleared}); // and the consciousness eight
    CHECK(b.is("single") == truth::no);
}

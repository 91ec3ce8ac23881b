#include "gateway/cli/rules/prove.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "rules/prover/prover.hpp"
#include "tests/gateway/config/home_directory.hpp"

using namespace anban;
using anban::test::home_directory;
using cli::exit_code;

namespace {

constexpr std::string_view pack = R"(pack living-alone "独居老人" "Living alone"

alarm bradycardia "心率过低" "Heart rate low" {
  class suspected
  when  heart_rate < 40 bpm for 60 s
  detect within 15 min
}

alarm smoke "烟雾" "Smoke" {
  class suspected
  when  smoke is true
}
)";

constexpr std::string_view devices = R"([[device]]
id = "band-1"
driver = "native"
address = "band-1"
role = "vitals_band"
owner = "r-wang"
reports_every_s = 60
)";

struct written {
    std::string out;
    std::string err;
    exit_code code = exit_code::ok;
};

written prove(const home_directory& dir, const std::string& which, bool chinese, bool as_json) {
    char* out = nullptr;
    char* err = nullptr;
    std::size_t out_size = 0;
    std::size_t err_size = 0;
    cli::terminal t;
    t.chinese = chinese;
    t.json = as_json;
    t.out = ::open_memstream(&out, &out_size);
    t.err = ::open_memstream(&err, &err_size);
    written w;
    w.code = cli::run_rules_prove(t, dir.path(), which);
    std::fclose(t.out);
    std::fclose(t.err);
    w.out.assign(out, out_size);
    w.err.assign(err, err_size);
    std::free(out); // NOLINT(*-no-malloc): open_memstream's
    std::free(err); // NOLINT(*-no-malloc)
    return w;
}

} // namespace

TEST_CASE("`rules prove` tells each rule's worst case with its terms, and what refuses it [cli-11]") {
    const home_directory dir;
    dir.furnish();
    dir.put("devices.toml", devices);
    dir.put("rules/living-alone.rules", pack);
    SUBCASE("for a person") {
        const auto w = prove(dir, "bradycardia", false, false);
        CHECK(w.code == exit_code::ok);
        CHECK(w.out.find("proven   r-wang  bradycardia  Heart rate low") != std::string::npos);
        CHECK(w.out.find("at most 2 min 4.5 s = 1 min report band-1 + 1 min for + 500 ms judging + 1 s journal + "
                         "3 s to the centre, at the second try") != std::string::npos);
        CHECK(w.out.find("1 rules: 1 proven, 0 refused, 0 hints, 0 problems of the plans") != std::string::npos);
    }
    SUBCASE("in Chinese") {
        const auto w = prove(dir, "smoke", true, false);
        CHECK(w.code == exit_code::refused);
        CHECK(w.out.find("被拒绝  r-wang  smoke  烟雾") != std::string::npos);
        CHECK(w.out.find("没有设备提供 smoke") != std::string::npos);
    }
    SUBCASE("for a program") {
        const auto w = prove(dir, "r-wang", false, true);
        CHECK(w.code == exit_code::refused);
        const auto o = boost::json::parse(w.out).as_object();
        CHECK_FALSE(o.at("ok").as_bool());
        const auto& rules = o.at("rules").as_array();
        REQUIRE(rules.size() == 3); // the built-in fall waits for its device
        CHECK(rules[0].at("rule").as_string() == "fall");
        CHECK(rules[0].at("proven").as_bool());
        CHECK(rules[0].at("told_after_at_most").is_null());
        CHECK(rules[1].at("told_after_at_most").at("ms").as_int64() == 124'500);
        CHECK(rules[1].at("told_after_at_most").at("terms").as_array().size() == 5);
        CHECK(rules[1].at("detect_within_ms").as_int64() == 900'000);
        CHECK(rules[2].at("findings").at(0).at("kind").as_string() == "missing");
        CHECK(rules[2].at("findings").at(0).at("refused").as_bool());
    }
    SUBCASE("sos is proven with no rule file") {
        const auto w = prove(dir, "sos", false, false);
        CHECK(w.out.starts_with("idle"));
    }
}

TEST_CASE("`rules prove` refuses a home that doesn't check, and a name that isn't there is wrong use [cli-11]") {
    const home_directory dir;
    dir.furnish();
    dir.put("devices.toml", devices);
    dir.put("rules/living-alone.rules", "pack living-alone\nalarm a {\n  when heart_rate < 40 s\n}\n");
    const auto broken = prove(dir, "", false, false);
    CHECK(broken.code == exit_code::refused);
    CHECK(broken.err.find("rules/living-alone.rules:3:") != std::string::npos);
    dir.put("rules/living-alone.rules", pack);
    CHECK(prove(dir, "r-nobody", false, false).code == exit_code::usage);
}

#include <string>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "gateway/cli/rules/files.hpp"
#include "gateway/cli/rules/plan.hpp"
#include "tests/gateway/cli/rules/paper.hpp"
#include "tests/gateway/config/home_directory.hpp"

using namespace anban;
using namespace anban::cli;
using anban::cli::testing::paper;
using anban::test::home_directory;
namespace json = boost::json;

namespace {

const char* const good_pack = R"(pack living-alone "独居老人" "Living alone"

alarm long_bathroom "卫生间停留过久" "In the bathroom for long" {
  class suspected
  param stay = 4 h in 1 h .. 6 h
  when  last motion in bathroom and no motion elsewhere for stay
}
)";

struct furnished : home_directory {
    furnished() {
        furnish();
        put("rules/living-alone.rules", good_pack);
    }
    [[nodiscard]] std::string file(const char* name) const { return (path() / name).string(); }
};

} // namespace

TEST_CASE("rules check tells every mistake of a home's packs and plans [cli-8]") {
    const furnished home;
    SUBCASE("a good home") {
        const paper p;
        CHECK(run_rules_check(p.t, home.path(), {}) == exit_code::ok);
        CHECK(p.says("✓ rules/living-alone.rules  Living alone  1 alarm"));
    }
    SUBCASE("a pack with a mistake") {
        home.put("rules/b.rules", "pack b\nalarm x { class suspectd when fall }");
        const paper p;
        CHECK(run_rules_check(p.t, home.path(), {}) == exit_code::refused);
        CHECK(p.says("rules/b.rules:2:17: there is no class 'suspectd'\n    alarm x {"));
        CHECK(p.says("did you mean 'suspected'?"));
        CHECK(p.says("✓ rules/living-alone.rules"));
        const paper zh{false, true};
        CHECK(run_rules_check(zh.t, home.path(), {}) == exit_code::refused);
        CHECK(zh.says("没有类别“suspectd”"));
    }
    SUBCASE("a plan that doesn't fit") {
        home.put("residents.toml",
                 std::string{test::residents_text} +
                     "[[resident.override]]\nrule = \"long_bathroom\"\nparam = \"stay\"\nvalue = \"7 h\"\n");
        const paper p;
        CHECK(run_rules_check(p.t, home.path(), {}) == exit_code::refused);
        CHECK(p.says("r-wang: residents.toml:4: stay = 7 h lies outside its bounds"));
        const paper j{true};
        CHECK(run_rules_check(j.t, home.path(), {}) == exit_code::refused);
        CHECK(j.object().at("problems").as_array().size() == 1);
        CHECK_FALSE(j.object().at("ok").as_bool());
    }
    SUBCASE("a room that isn't there is advice") {
        home.put("rules/c.rules", "pack c\nalarm x { class suspected when motion in kitchen is true }");
        home.put("residents.toml", "[[resident]]\nid = \"r-wang\"\npacks = [\"c\"]\n");
        const paper p;
        CHECK(run_rules_check(p.t, home.path(), {}) == exit_code::ok);
        CHECK(p.says("x asks for the room kitchen, which this home hasn't"));
    }
    SUBCASE("a home that doesn't load still has its packs judged") {
        home.put("home.toml", "garbled");
        const paper p;
        CHECK(run_rules_check(p.t, home.path(), {}) == exit_code::refused);
        CHECK(p.says("✓ rules/living-alone.rules"));
        CHECK(p.says("home.toml"));
    }
}

TEST_CASE("rules check reads files and folders that belong to no home [cli-8]") {
    const furnished home;
    const paper one;
    CHECK(run_rules_check(one.t, "/nowhere", {home.file("rules/living-alone.rules")}) == exit_code::ok);
    const paper folder;
    CHECK(run_rules_check(folder.t, "/nowhere", {home.file("rules")}) == exit_code::ok);
    CHECK(folder.says("Living alone"));
    const paper missing;
    CHECK(run_rules_check(missing.t, "/nowhere", {home.file("nothing.rules")}) == exit_code::refused);
    CHECK(missing.says("there is no such file"));
    home.put("big.rules", std::string(70'000, ' '));
    const paper big;
    CHECK(run_rules_check(big.t, "/nowhere", {home.file("big.rules")}) == exit_code::refused);
    CHECK(big.says("larger than 64 KiB"));
    const paper j{true};
    CHECK(run_rules_check(j.t, "/nowhere", {home.file("big.rules"), home.file("rules")}) == exit_code::refused);
    CHECK(j.object().at("files").as_array().size() == 2);
}

TEST_CASE("rules format lays a file out in place, and only a good one [cli-9]") {
    const furnished home;
    home.put("ugly.rules", "# why\npack p alarm a{class suspected when fall}");
    const std::vector<std::string> ugly{home.file("ugly.rules")};
    const paper checked;
    CHECK(run_rules_format(checked.t, ugly, true) == exit_code::refused);
    CHECK(checked.says("needs formatting"));
    CHECK(home.get("ugly.rules").starts_with("# why\npack p alarm a{"));
    const paper done;
    CHECK(run_rules_format(done.t, ugly, false) == exit_code::ok);
    CHECK(home.get("ugly.rules") == "# why\npack p\n\nalarm a {\n  class suspected\n  when  fall\n}\n");
    const paper again;
    CHECK(run_rules_format(again.t, ugly, true) == exit_code::ok);
    home.put("bad.rules", "pack p alarm a{clas suspected}");
    const paper bad;
    CHECK(run_rules_format(bad.t, {home.file("bad.rules")}, false) == exit_code::refused);
    CHECK(bad.says("did you mean 'class'?"));
    CHECK(home.get("bad.rules") == "pack p alarm a{clas suspected}");
}

TEST_CASE("rules list and rules show tell what runs for whom, by which numbers [cli-10]") {
    const furnished home;
    home.put("residents.toml",
             "[[resident]]\nid = \"r-wang\"\npacks = [\"living-alone\"]\n\n[[resident.override]]\nrule = "
             "\"living-alone.long_bathroom\"\nparam = \"stay\"\nvalue = \"90 min\"\n");
    SUBCASE("show") {
        const paper p;
        CHECK(run_rules_show(p.t, home.path(), "r-wang") == exit_code::ok);
        CHECK(p.says("last motion in bathroom and no motion elsewhere for 90 min"));
        CHECK(p.says("stay = 90 min  (1 h .. 6 h)  residents.toml:5"));
        CHECK(p.says("own fall"));
        const paper j{true};
        CHECK(run_rules_show(j.t, home.path(), "r-wang") == exit_code::ok);
        const auto rule = j.object().at("rules").as_array().at(1).as_object();
        CHECK(rule.at("parameters").as_array().at(0).as_object().at("value").as_double() == 5400);
    }
    SUBCASE("show somebody who isn't there") {
        const paper p;
        CHECK(run_rules_show(p.t, home.path(), "r-wan") == exit_code::refused);
        CHECK(p.says("did you mean r-wang?"));
    }
    SUBCASE("show the home alone") {
        const paper p{false, true};
        CHECK(run_rules_show(p.t, home.path(), "home") == exit_code::ok);
        CHECK(p.says("全家"));
        CHECK_FALSE(p.read().contains("r-wang"));
    }
    SUBCASE("list") {
        home.put("rules/unused.rules", "pack unused\nalarm x { class technical when tamper is true }");
        home.put("shipped/copd.rules", "pack copd");
        home.put("shipped/unused.rules", "pack unused");
        const paper p;
        CHECK(run_rules_list(p.t, home.path(), home.path() / "shipped") == exit_code::ok);
        CHECK(p.says("In the bathroom for long"));
        CHECK(p.says("nobody"));
        CHECK(p.says("shipped, and not in this home: copd\n"));
    }
    SUBCASE("list names what is set aside") {
        home.put("rules/broken.rules", "pack broken\nalarm");
        const paper p;
        CHECK(run_rules_list(p.t, home.path(), "/nowhere") == exit_code::refused);
        CHECK(p.says("rules/broken.rules  is set aside"));
    }
}

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "rules/language/plan.hpp"
#include "tests/rules/language/packs.hpp"

using namespace anban;
using namespace anban::language;

namespace {

struct shipped {
    std::string name;
    std::string text;
    std::string page;
    pack read;
};

[[nodiscard]] std::string contents(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

[[nodiscard]] const std::vector<shipped>& all_packs() {
    static const auto all = [] {
        std::vector<shipped> packs;
        for (const auto& entry : std::filesystem::directory_iterator{ANBAN_PACKS}) {
            if (entry.path().extension() != ".rules") continue;
            shipped s{entry.path().stem().string(),
                      contents(entry.path()),
                      contents(std::filesystem::path{entry.path()}.replace_extension(".md")),
                      {}};
            auto read = read_pack(s.text, entry.path().filename().string());
            INFO((read ? std::string{} : read.error().front().in_words()));
            REQUIRE(read);
            s.read = std::move(*read);
            packs.push_back(std::move(s));
        }
        std::ranges::sort(packs, {}, &shipped::name);
        return packs;
    }();
    return all;
}

} // namespace

TEST_CASE("the packs of all care profiles are there, laid out as the house lays out packs [language-14]") {
    std::vector<std::string> names;
    for (const auto& p : all_packs()) {
        names.push_back(p.name);
        CHECK(p.read.name == p.name);
        CHECK(format_pack(p.text, p.name) == p.text);
    }
    CHECK(names == std::vector<std::string>{"bedridden", "cardiac", "copd", "dementia", "home-safety",
                                            "living-alone", "service-visit", "technical"});
}

TEST_CASE("a shipped alarm has a title in Chinese and in English [language-14]") {
    const auto chinese = [](std::string_view t) {
        return std::ranges::any_of(t, [](char c) { return static_cast<unsigned char>(c) >= 0xe4; });
    };
    for (const auto& p : all_packs()) {
        CHECK(chinese(p.read.title_zh));
        for (const auto& r : p.read.rules) {
            INFO(r.id.str());
            CHECK(chinese(r.title_zh));
            CHECK_FALSE(chinese(r.title_en));
        }
    }
}

TEST_CASE("a pack's page names each alarm, and each number that can be set, as the pack has it [language-14]") {
    for (const auto& p : all_packs()) {
        INFO(p.name);
        CHECK(p.page.contains("packs = [\"" + p.name + "\"]"));
        for (const auto& r : p.read.rules) {
            INFO(r.id.str());
            const auto at = p.page.find("| " + r.title_zh + " `" + r.id.str() + "` |");
            REQUIRE(at != std::string::npos);
            const std::string row = p.page.substr(at, p.page.find('\n', at) - at);
            for (const auto& param : r.parameters) {
                INFO(param.name);
                alarm_rule alone = r;
                alone.parameters = {param};
                // "param stay = 12 h in 4 h .. 1 d" holds the number as the page writes it.
                const std::string said = in_words(alone);
                const auto from = said.find(param.name + " = ") + param.name.size() + 3;
                const std::string value = said.substr(from, said.find(" in ", from) - from);
                CHECK(row.contains("`" + param.name + "` " + value));
            }
        }
    }
}

TEST_CASE("all packs together are one plan without a problem [language-14]") {
    installation where;
    care_plan everything{.who = resident_id{"r-wang"}};
    std::vector<pack> packs;
    for (const auto& p : all_packs()) {
        packs.push_back(p.read);
        everything.packs.push_back(p.name);
    }
    where.plans = {everything};
    const auto laid = lay_plans(packs, where);
    for (const auto& p : laid.problems) MESSAGE(p.what_en);
    CHECK(laid.problems.empty());
    // NEWS2 is in two packs and runs once.
    CHECK(std::ranges::count_if(laid.rules, [](const auto& e) { return e.rule.id.str() == "news2_urgent"; }) == 1);
}

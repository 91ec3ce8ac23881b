// ./dev figures rules: how the shipped packs do on recorded homes and people.
#include <algorithm>
#include <fstream>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "rules/language/pack.hpp"
#include "tests/figures/figures.hpp"

namespace anban::figures {

void sheet::add(std::string_view name, double value) {
    json += fmt::format(",\"{}\":{:.4f}", name, value);
}
void sheet::add(std::string_view name, std::size_t value) {
    json += fmt::format(",\"{}\":{}", name, value);
}

std::expected<std::vector<language::pack>, std::string> read_packs(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        if (entry.path().extension() == ".rules") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    std::vector<language::pack> packs;
    for (const auto& file : files) {
        std::ifstream in{file};
        std::ostringstream text;
        text << in.rdbuf();
        auto pack = language::read_pack(text.str(), file.filename().string());
        if (!pack) return std::unexpected(pack.error().front().in_words());
        packs.push_back(std::move(*pack));
    }
    if (packs.empty()) return std::unexpected(fmt::format("{} has no packs", folder.string()));
    return packs;
}

language::effective_rules choose(const sheet& s, installation& where, const std::vector<std::string>& packs) {
    for (care_plan& plan : where.plans) plan.packs = packs;
    auto rules = language::lay_plans(s.packs, where);
    for (const auto& problem : rules.problems) fmt::print("{}: {}\n", problem.who.str(), problem.what_en);
    return rules;
}

} // namespace anban::figures

int main(int argc, char** argv) {
    using namespace anban::figures;
    CLI::App app{
        "Runs the rule packs over recorded homes and people and prints how often they call, and rightly."};
    std::string data, packs;
    app.add_option("--data", data, "a directory laid out like the project's test data")->required();
    app.add_option("--packs", packs, "a folder of .rules files")->required();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    sheet s;
    s.data = data;
    auto read = read_packs(packs);
    if (!read) {
        fmt::print(stderr, "anban-rule-figures: {}\n", read.error());
        return 1;
    }
    s.packs = std::move(*read);
    homes(s);
    blood_pressure(s);
    wearable(s);
    news2_scores(s);
    fmt::print("{{\"figures\":\"rules\",\"failed\":{}{}}}\n", s.failed, s.json);
    return s.failed ? 1 : 0;
}

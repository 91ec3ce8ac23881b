// Random homes, rules and days through the engine and through the reference evaluator: equal lists of changes.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include <cstdlib>

#include "tests/rules/reference/coverage.hpp"
#include "tests/rules/reference/story.hpp"

using namespace anban;
using namespace anban::reference;

namespace {

std::optional<std::uint64_t> number_from(const char* name) {
    const char* text = std::getenv(name);
    if (text == nullptr || *text == '\0') return std::nullopt;
    return std::strtoull(text, nullptr, 10);
}

std::string told_by_both(const story& s) {
    std::string text = "  reference tells:\n";
    for (const auto& line : tell_reference(s)) text += "    " + line + "\n";
    text += "  engine tells:\n";
    for (const auto& line : tell_engine(s)) text += "    " + line + "\n";
    return text;
}

std::string report(const story& s) {
    const auto small = shrink(s);
    return fmt::format("\n{}{}\n{}  replay: ANBAN_REFERENCE_SEED={} test_rules_reference\n", in_words(small),
                       difference(small).value_or("  (no difference any more)"), told_by_both(small), s.seed);
}

} // namespace

TEST_CASE("engine and reference evaluator tell the same of random homes, rules and days [language-1]") {
    if (const auto seed = number_from("ANBAN_REFERENCE_SEED")) {
        const auto s = make_story(*seed);
        if (std::getenv("ANBAN_REFERENCE_WHOLE") != nullptr) MESSAGE(in_words(s) << told_by_both(s));
        if (difference(s)) FAIL_CHECK(report(s));
        return;
    }
    const auto stories = number_from("ANBAN_REFERENCE_STORIES").value_or(2'000);
    const auto first = number_from("ANBAN_REFERENCE_FIRST").value_or(1);
    coverage seen;
    int failures = 0;
    for (std::uint64_t seed = first; seed < first + stories && failures < 3; ++seed) {
        const auto s = make_story(seed);
        if (difference(s)) {
            FAIL_CHECK(report(s));
            ++failures;
        }
        (void)tell_reference(s, &seen);
    }
    MESSAGE(seen.in_words());
}

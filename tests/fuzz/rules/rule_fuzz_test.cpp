#include "tests/fuzz/rules/rule_fuzz.hpp"

#include <doctest/doctest.h>

using namespace anban::fuzz;

namespace {
void fuzz(std::uint64_t seed, std::size_t texts) {
    const auto corpus = packs_below(ANBAN_PACKS);
    REQUIRE(corpus.size() >= 8);
    const outcome o = fuzz_rules(seed, texts, corpus);
    INFO(o.text);
    CHECK(o.wrong == "");
    CHECK(o.texts >= texts);
    CHECK(o.good > texts / 4);
    MESSAGE(o.texts, " texts, ", o.good, " good, ", o.most_bytes_a_byte, " bytes held a byte at most, slowest ",
            std::chrono::duration<double, std::milli>(o.slowest).count(), " ms");
}
} // namespace

TEST_CASE("no text crashes the reader or makes it grow, and whatever reads is laid out and said again "
          "[language-6] [language-8] [language-9]") {
    fuzz(20261122, 4000);
}

TEST_CASE("the same seed throws the same texts [fuzz-1]") {
    const auto corpus = packs_below(ANBAN_PACKS);
    const outcome a = fuzz_rules(7, 50, corpus);
    const outcome b = fuzz_rules(7, 50, corpus);
    CHECK(a.text == b.text);
    CHECK(a.good == b.good);
}

#include "tests/fuzz/driver.hpp"

#include <memory>

#include <doctest/doctest.h>

#include "tests/fuzz/target.hpp"
#include "tests/temp_dir.hpp"

using namespace anban::fuzz;

namespace {

const std::vector<std::string> corpus{"{\"do\":1}", "abcdefgh"};

std::vector<std::string> inputs_of(std::uint64_t seed) {
    std::vector<std::string> all;
    const auto o =
        play([](std::string_view) {}, corpus, 200, seed, [&](const std::string& in) { all.push_back(in); });
    REQUIRE(o.wrong == "");
    return all;
}

} // namespace

TEST_CASE("a seed throws the same inputs at a target, another seed others [fuzz-1]") {
    CHECK(inputs_of(5) == inputs_of(5));
    CHECK(inputs_of(5) != inputs_of(6));
    CHECK(inputs_of(5).size() == 3 * corpus.size() + 200);
}

TEST_CASE("what must hold and doesn't ends the run with the input that did it [fuzz-2]") {
    const auto o = play([](std::string_view in) { must(!in.contains("abd"), "it has abd"); }, corpus, 20'000, 1);
    CHECK(o.wrong == "it has abd");
    CHECK(o.input.contains("abd"));
    const auto first = play([](std::string_view in) { must(in != corpus[1], "it is the second"); }, corpus, 10, 1);
    CHECK(first.inputs == 2);
    CHECK(first.input == corpus[1]);
}

TEST_CASE("any exception that a reader lets out is a finding [fuzz-2]") {
    const auto o = play([](std::string_view) { (void)std::string{}.at(1); }, corpus, 0, 1);
    CHECK(o.wrong != "");
}

TEST_CASE("an input that holds too much, and inputs that leave something behind, are found [fuzz-3]") {
    const auto greedy = play(
        [](std::string_view in) {
            if (in == corpus[1]) std::make_unique<std::vector<char>>(held_at_once + 1)->front() = 1;
        },
        corpus, 0, 1);
    CHECK(greedy.wrong.ends_with("held at once"));
    CHECK(greedy.input == corpus[1]);

    std::vector<std::unique_ptr<std::string>> kept;
    const auto leak =
        play([&](std::string_view in) { kept.push_back(std::make_unique<std::string>(left_behind, in.front())); },
             corpus, 0, 1);
    CHECK(leak.wrong.contains("left"));
    // What is made once is no growth.
    std::unique_ptr<std::string> once;
    const auto table = play(
        [&](std::string_view) {
            if (!once) once = std::make_unique<std::string>(10 * left_behind, 'x');
        },
        corpus, 100, 1);
    CHECK(table.wrong == "");
}

TEST_CASE("a corpus is the files of a folder by name, and none where there is no folder [fuzz-4]") {
    const anban::test::temp_dir dir{"corpus"};
    dir.write("b", "2");
    dir.write("a", std::string_view{"1\0", 2});
    CHECK(read_corpus(dir.path) == std::vector<std::string>{std::string{"1\0", 2}, "2"});
    CHECK(read_corpus(dir.path / "none").empty());
}

// What the tests of the language share: packs of one alarm, and what is said about them.
#pragma once

#include <string>
#include <string_view>

#include "rules/language/pack.hpp"

namespace anban::test {

// A pack `p` with one alarm `a` of class suspected that has these clauses.
[[nodiscard]] inline std::string pack_with(std::string_view clauses) {
    return "pack p\nalarm a {\n  class suspected\n  " + std::string{clauses} + "\n}\n";
}

// The rule; where the text doesn't check, what is wrong stands in its English title.
[[nodiscard]] inline language::alarm_rule only_rule(std::string_view text) {
    auto read = language::read_pack(text, "p.rules");
    if (read && read->rules.size() == 1) return read->rules.front();
    language::alarm_rule wrong;
    wrong.title_en = read ? "not one rule" : read.error().front().in_words();
    wrong.when.nodes.emplace_back();
    return wrong;
}
[[nodiscard]] inline language::alarm_rule rule_with(std::string_view clauses) {
    return only_rule(pack_with(clauses));
}

// `when` in the words of the language.
[[nodiscard]] inline std::string reads_as(std::string_view condition) {
    const auto r = rule_with("when " + std::string{condition});
    return r.id.empty() ? r.title_en : language::in_words(r.when);
}

// Every mistake of a text, in words.
[[nodiscard]] inline std::string mistakes_in(std::string_view text, bool chinese = false) {
    const auto read = language::read_pack(text, "p.rules");
    if (read) return "no mistake";
    std::string all;
    for (const auto& e : read.error()) all += e.in_words(chinese) + "\n";
    return all;
}
[[nodiscard]] inline std::string mistake_with(std::string_view clauses, bool chinese = false) {
    return mistakes_in(pack_with(clauses), chinese);
}
[[nodiscard]] inline std::string mistake_when(std::string_view condition, bool chinese = false) {
    return mistake_with("when " + std::string{condition}, chinese);
}

} // namespace anban::test

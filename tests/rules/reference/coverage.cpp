#include "tests/rules/reference/coverage.hpp"

#include <fmt/format.h>

#include <sstream>

namespace anban::reference {

const char* name_of(language::node_kind k) {
    static constexpr std::array names{
        "compare", "is",  "last in",  "no … for", "unheard for", "window",  "during", "alarm",   "and",  "or",
        "not",     "for", "count of", "occurs",   "becomes",     "or else", "then",   "without", "while"};
    return names[static_cast<std::size_t>(k)];
}

void coverage::add(const evaluator& judge, const reference::told& lines) {
    const auto look = [this](const expression_log& e) {
        for (std::size_t n = 0; n < e.nodes.size(); ++n) {
            const auto kind = e.what->nodes[n].kind;
            for (const auto& t : e.nodes[n].truths) ++truths[kind][static_cast<std::size_t>(t.is)];
            if (language::is_event(kind)) happened[kind] += e.nodes[n].happened.size();
        }
    };
    for (const auto& i : judge.instances()) {
        look(i.when);
        look(i.clear);
        for (const auto& e : i.unless) look(e);
    }
    for (const auto& line : lines) {
        std::istringstream words(line);
        std::string number;
        std::string kind;
        words >> number >> kind;
        ++told[kind];
    }
}

std::string coverage::in_words() const {
    std::string s;
    for (const auto& [kind, n] : truths)
        s += fmt::format("{:12} unknown {:7} false {:7} true {:7}\n", name_of(kind), n[0], n[1], n[2]);
    for (const auto& [kind, n] : happened) s += fmt::format("{:12} happened {:7}\n", name_of(kind), n);
    for (const auto& [kind, n] : told) s += fmt::format("told {:10} {:7}\n", kind, n);
    return s;
}

} // namespace anban::reference

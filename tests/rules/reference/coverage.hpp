// What a run of stories went through: a run in which nothing happens proves nothing.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "tests/rules/reference/evaluator.hpp"
#include "tests/rules/reference/story.hpp"

namespace anban::reference {

struct coverage {
    std::map<language::node_kind, std::array<std::size_t, 3>> truths; // unknown, no, yes; changes to each
    std::map<language::node_kind, std::size_t> happened;
    std::map<std::string, std::size_t> told; // by kind of change

    void add(const evaluator& judge, const reference::told& lines);
    [[nodiscard]] std::string in_words() const;
};

[[nodiscard]] const char* name_of(language::node_kind k);

} // namespace anban::reference

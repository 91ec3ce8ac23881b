#include "gateway/cli/rules/check.hpp"

#include "rules/language/pack.hpp"

namespace anban::cli {

rules_check rules_checker() {
    return [](const std::string& file, const std::string& text) {
        checked_pack checked;
        const auto read = language::read_pack(text, file);
        if (read) {
            checked.name = read->name;
            for (const auto& r : read->rules) checked.rules.push_back(r.id.str());
            return checked;
        }
        for (const auto& e : read.error()) {
            const std::string line = e.source.empty() ? "" : "  │ " + e.source;
            checked.errors.push_back({e.file,
                                      static_cast<std::uint32_t>(e.line),
                                      static_cast<std::uint32_t>(e.column),
                                      {e.what_zh + line, e.what + line},
                                      {e.hint_zh.empty() ? "见 rules/language/README.md" : e.hint_zh,
                                       e.hint.empty() ? "see rules/language/README.md" : e.hint}});
        }
        return checked;
    };
}

} // namespace anban::cli

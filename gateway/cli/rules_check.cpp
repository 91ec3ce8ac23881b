#include "gateway/cli/rules_check.hpp"

#include "rules/pack.hpp"

namespace anban::cli {

rules_check rules_checker() {
    return [](const std::string& file, const std::string& text) {
        checked_pack checked;
        const auto read = read_pack(text, file);
        if (read) {
            checked.name = read->name;
            for (const auto& r : read->rules) checked.rules.push_back(r.id.str());
            return checked;
        }
        for (const auto& e : read.error()) {
            const std::string what = e.source.empty() ? e.what : e.what + "  │ " + e.source;
            const std::string hint = e.hint.empty() ? "see rules/README.md" : e.hint;
            checked.errors.push_back({e.file,
                                      static_cast<std::uint32_t>(e.line),
                                      static_cast<std::uint32_t>(e.column),
                                      {what, what},
                                      {hint, hint}});
        }
        return checked;
    };
}

} // namespace anban::cli

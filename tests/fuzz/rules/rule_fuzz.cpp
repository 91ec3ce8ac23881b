#include "tests/fuzz/rules/rule_fuzz.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include <fmt/format.h>

#include "rules/language/pack.hpp"
#include "rules/limits.hpp"
#include "tests/fuzz/allocations.hpp"
#include "tests/fuzz/rules/random_rules.hpp"

namespace anban::fuzz {
namespace {

constexpr std::array words{"pack ",
                           "alarm ",
                           "class ",
                           "life-safety ",
                           "suspected ",
                           "technical ",
                           "priority ",
                           "high ",
                           "about home ",
                           "param ",
                           "when ",
                           "hold ",
                           "unless ",
                           "clear ",
                           "inhibited by ",
                           "detect within ",
                           "and ",
                           "or ",
                           "not ",
                           "for ",
                           "during ",
                           "becomes ",
                           "then ",
                           "without ",
                           "while ",
                           "within ",
                           "no ",
                           "last ",
                           "in ",
                           "is ",
                           "active ",
                           "count of ",
                           "mean of ",
                           "rate of ",
                           "over ",
                           "from 3 readings ",
                           "times ",
                           "own ",
                           "elsewhere ",
                           "anywhere ",
                           "unheard for ",
                           "baseline ",
                           "spread ",
                           "true ",
                           "false ",
                           "heart_rate ",
                           "motion ",
                           "fall ",
                           "news2 ",
                           "weight ",
                           "bathroom ",
                           "< ",
                           "<= ",
                           "> ",
                           ">= ",
                           "+ ",
                           "- ",
                           "= ",
                           ".. ",
                           ", ",
                           "( ",
                           ") ",
                           "{ ",
                           "} ",
                           "\"",
                           "\"题\" ",
                           "# c\n",
                           "\r\n",
                           "22:00..06:00 ",
                           "24:61 ",
                           "40 bpm ",
                           "60 s ",
                           "4 h ",
                           "1e9 ",
                           "-0 ",
                           "99999999999999999999 ",
                           "0.0000001 ",
                           "0.5 kg/d ",
                           "%",
                           "°C",
                           "\xef\xbb\xbf",
                           "“",
                           "（",
                           "\xff",
                           "\x1b[2J",
                           "\xc2\x85",
                           "a.b..c ",
                           "2f-room "};

class mutator {
public:
    mutator(std::uint64_t seed, const std::vector<std::string>& corpus)
        : random_(seed), corpus_(corpus), rules_(seed + 1) {}

    [[nodiscard]] std::string text() {
        switch (below(8)) {
        case 0: return soup();
        case 1:
        case 2: return mutated("pack p\n" + language::in_words(rules_.draw()));
        default: return mutated(corpus_[below(corpus_.size())]);
        }
    }
    [[nodiscard]] language::alarm_rule rule() { return rules_.draw(); }

private:
    [[nodiscard]] std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

    [[nodiscard]] std::string soup() {
        std::string text = below(2) == 0 ? "pack p alarm a { class suspected when " : "";
        for (std::size_t n = below(200); n > 0; --n) text += words[below(words.size())];
        return text;
    }

    [[nodiscard]] std::string mutated(std::string text) {
        for (std::size_t n = 1 + below(5); n > 0; --n) {
            if (text.empty()) text = "p";
            const std::size_t at = below(text.size());
            const std::size_t size = 1 + below(below(4) == 0 ? 400 : 12);
            switch (below(7)) {
            case 0: text[at] = static_cast<char>(random_()); break;
            case 1: text.erase(at, size); break;
            case 2: text.insert(at, text.substr(below(text.size()), size)); break;
            case 3: text.insert(at, words[below(words.size())]); break;
            case 4: {
                const std::string& other = corpus_[below(corpus_.size())];
                text.insert(at, other.substr(below(other.size()), size));
                break;
            }
            case 5: {
                std::string run;
                const std::string_view word = words[below(words.size())];
                for (std::size_t k = below(40); k > 0; --k) run += word;
                text.insert(at, run);
                break;
            }
            default:
                // Rarely up to the bound and beyond it.
                if (below(20) != 0) break;
                const std::string_view word = words[below(words.size())];
                while (text.size() < limits::pack_bytes - 64 + below(128)) text.insert(at, word);
                break;
            }
        }
        return text;
    }

    std::mt19937_64 random_;
    const std::vector<std::string>& corpus_;
    random_rules rules_;
};

// The control characters of ASCII but tabs and line ends, and those of Latin-1.
[[nodiscard]] bool writes_on_terminals(const std::string& told) {
    for (std::size_t i = 0; i < told.size(); ++i) {
        const auto c = static_cast<unsigned char>(told[i]);
        const auto next = i + 1 < told.size() ? static_cast<unsigned char>(told[i + 1]) : 0U;
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f || (c == 0xc2 && next < 0xa0)) return true;
    }
    return false;
}

[[nodiscard]] std::string wrong_errors(const std::vector<language::pack_error>& errors, const std::string& text) {
    if (errors.empty()) return "refused without a mistake";
    if (errors.size() > limits::pack_errors) return "more mistakes than the bound";
    const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
    std::size_t line = 0;
    for (const auto& e : errors) {
        if (e.line < 1 || e.line > lines || e.column < 1) return "a mistake outside the text";
        if (e.line < line) return "mistakes out of order";
        line = e.line;
        if (e.what.empty() || e.what_zh.empty() || e.hint.empty() != e.hint_zh.empty())
            return "a mistake without words";
        for (const bool chinese : {false, true}) {
            const std::string told = e.in_words(chinese);
            if (told.size() > 4096) return "a mistake of more than a page";
            if (writes_on_terminals(told)) return "a control character in a mistake: " + told;
        }
    }
    return {};
}

[[nodiscard]] std::string wrong_layout(const std::string& text, const language::pack& read) {
    const auto once = language::format_pack(text, "f");
    if (!once) return "reads and can't be laid out";
    const auto again = language::format_pack(*once, "f");
    if (!again) return "laid out it doesn't read: " + *once;
    if (*again != *once) return fmt::format("laid out twice it differs:\n{}\n-- and --\n{}", *once, *again);
    const auto back = language::read_pack(*once, "f");
    if (!back || back->rules != read.rules || back->title_zh != read.title_zh || back->name != read.name)
        return "laid out it has other rules: " + *once;
    if (std::ranges::count(*once, '#') < std::ranges::count(text, '#')) return "a comment is lost: " + *once;
    for (const auto& r : read.rules) {
        const auto said = language::read_pack("pack " + read.name + "\n" + language::in_words(r), "f");
        if (!said || said->rules.size() != 1 || said->rules[0] != r)
            return "said in words it is another rule: " + language::in_words(r);
    }
    return {};
}

} // namespace

std::string judge(const std::string& text, outcome& so_far) {
    ++so_far.texts;
    const auto begun = std::chrono::steady_clock::now();
    watch_allocations();
    const auto read = language::read_pack(text, "f");
    const std::size_t held = most_held();
    so_far.slowest = std::max(so_far.slowest, std::chrono::nanoseconds{std::chrono::steady_clock::now() - begun});
    if (held > fixed_bytes)
        so_far.most_bytes_a_byte = std::max(so_far.most_bytes_a_byte, (held - fixed_bytes) / (text.size() + 1));
    if (held > fixed_bytes + bytes_a_byte * text.size())
        return fmt::format("{} bytes held for a text of {}", held, text.size());
    if (!read) return wrong_errors(read.error(), text);
    ++so_far.good;
    return wrong_layout(text, *read);
}

outcome fuzz_rules(std::uint64_t seed, std::size_t texts, const std::vector<std::string>& corpus) {
    outcome so_far;
    mutator m{seed, corpus};
    while (so_far.texts < texts && so_far.wrong.empty()) {
        so_far.text = m.text();
        so_far.wrong = judge(so_far.text, so_far);
        if (!so_far.wrong.empty()) break;
        // A rule that is drawn from the grammar must be understood, as it is.
        const auto rule = m.rule();
        so_far.text = "pack p\n" + language::in_words(rule);
        const auto read = language::read_pack(so_far.text, "f");
        if (!read)
            so_far.wrong = "a rule of the grammar is refused: " + read.error().front().in_words();
        else if (read->rules.size() != 1 || read->rules[0] != rule)
            so_far.wrong = "a rule reads as another one";
        else
            so_far.wrong = judge(so_far.text, so_far);
    }
    return so_far;
}

std::vector<std::string> packs_below(const std::string& folder) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        if (entry.path().extension() == ".rules") paths.push_back(entry.path());
    }
    std::ranges::sort(paths);
    std::vector<std::string> packs;
    for (const auto& path : paths) {
        std::ifstream in{path, std::ios::binary};
        packs.emplace_back(std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{});
    }
    return packs;
}

} // namespace anban::fuzz

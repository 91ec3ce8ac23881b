#include "tests/fuzz/driver.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "tests/fuzz/allocations.hpp"
#include "tests/simulation/chance.hpp"

namespace anban::fuzz {
namespace {

constexpr std::size_t input_bytes = 64 * 1024;

// Bytes at which readers go wrong: ends of ranges, signs of lengths, quotes and brackets of texts.
constexpr std::array<std::string_view, 20> words{std::string_view{"\0", 1},
                                                 "\xff",
                                                 "\x7f",
                                                 "\x80",
                                                 "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                                                 "\n",
                                                 "\"",
                                                 "\\",
                                                 "{",
                                                 "[",
                                                 "]",
                                                 "}",
                                                 "-1",
                                                 "1e999",
                                                 "9223372036854775808",
                                                 "null",
                                                 "\xef\xbf\xbd",
                                                 "\xed\xa0\x80",
                                                 "\xf0\x9f\x9a\xa8",
                                                 "\x1b[2J"};

class mutator {
public:
    mutator(std::uint64_t seed, const std::vector<std::string>& corpus)
        : chance_(seed, "inputs"), corpus_(corpus) {}

    [[nodiscard]] std::string next() {
        std::string text = corpus_.empty() ? std::string{} : corpus_[below(corpus_.size())];
        for (std::size_t n = 1 + below(4); n > 0; --n) mutate(text);
        text.resize(std::min(text.size(), input_bytes));
        return text;
    }

private:
    [[nodiscard]] std::size_t below(std::size_t n) { return static_cast<std::size_t>(chance_.below(n)); }

    void mutate(std::string& text) {
        const std::size_t at = below(text.size() + 1);
        const std::size_t size = 1 + below(below(4) == 0 ? 256 : 8);
        switch (below(8)) {
        case 0:
            if (at < text.size()) text[at] = static_cast<char>(chance_.bits());
            break;
        case 1:
            if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
            break;
        case 2: text.erase(at, size); break;
        case 3: text.insert(at, words[below(words.size())]); break;
        case 4: text.insert(at, text.substr(below(text.size() + 1), size)); break;
        case 5: {
            if (corpus_.empty()) break;
            const std::string& other = corpus_[below(corpus_.size())];
            text.insert(at, other.substr(below(other.size() + 1), size));
            break;
        }
        case 6: text.resize(at); break;
        default:
            // Rarely as long as may be.
            if (below(100) == 0)
                text.insert(at, std::string(below(input_bytes), static_cast<char>(chance_.bits())));
            break;
        }
    }

    simulation::chance chance_;
    const std::vector<std::string>& corpus_;
};

} // namespace

std::vector<std::string> read_corpus(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> paths;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator{folder, none}) paths.push_back(entry.path());
    std::ranges::sort(paths);
    std::vector<std::string> corpus;
    for (const auto& path : paths) {
        std::ifstream in{path, std::ios::binary};
        corpus.emplace_back(std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{});
    }
    return corpus;
}

played play(const target& one, const std::vector<std::string>& corpus, std::size_t mutations, std::uint64_t seed,
            const witness& before) {
    played so_far;
    const auto fits = [&](const std::string& input) {
        ++so_far.inputs;
        if (before) before(input);
        watch_allocations();
        try {
            one(input);
        } catch (const std::exception& e) {
            so_far.wrong = e.what();
        }
        so_far.most_held = std::max(so_far.most_held, most_held());
        if (so_far.wrong.empty() && most_held() > held_at_once)
            so_far.wrong = fmt::format("{} bytes held at once", most_held());
        if (!so_far.wrong.empty()) so_far.input = input;
        return so_far.wrong.empty();
    };
    std::size_t before_last = 0;
    for (int round = 0; round < 3; ++round) {
        before_last = held_now();
        if (!std::ranges::all_of(corpus, fits)) return so_far;
    }
    if (held_now() > before_last + left_behind) {
        so_far.wrong = fmt::format("the whole corpus once more left {} bytes", held_now() - before_last);
        return so_far;
    }
    mutator m{seed, corpus};
    for (; mutations > 0; --mutations) {
        if (!fits(m.next())) break;
    }
    return so_far;
}

} // namespace anban::fuzz

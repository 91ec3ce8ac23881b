// A rule pack. The first byte chooses: texts as the grammar's own driver makes them (rule_fuzz, its seed follows),
// or the rest of the input as a text.
#include "tests/fuzz/rules/rule_fuzz.hpp"
#include "tests/fuzz/target.hpp"

namespace anban::fuzz {
namespace {

const std::vector<std::string>& packs() {
    static const auto all = packs_below(ANBAN_PACKS);
    return all;
}

} // namespace

void try_one(std::string_view input) {
    parts in{input};
    if (in.byte() == 'S') {
        std::uint64_t seed = 0;
        for (int i = 0; i < 4; ++i) seed = seed << 16U | in.two();
        const outcome o = fuzz_rules(seed, 4, packs());
        if (!o.wrong.empty()) throw broken{o.wrong + "\n-- of --\n" + o.text};
        return;
    }
    outcome o;
    const std::string wrong = judge(std::string{in.rest()}, o);
    if (!wrong.empty()) throw broken{wrong};
}

std::vector<std::string> seeds() {
    std::vector<std::string> all{"S1234567", "Sabcdefg"};
    for (const auto& pack : packs()) {
        // From the beginning, so that it can be understood.
        if (all.size() < 5) all.push_back("T" + pack.substr(0, 4096));
    }
    all.emplace_back("Tpack p\nalarm a { class suspected when heart_rate < 40 bpm for 60 s }\n");
    return all;
}

} // namespace anban::fuzz

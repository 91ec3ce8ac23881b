// `./dev fuzz [SECONDS] [SEED]`: the same driver as the test, for as long as one likes. Each seed is a round of
// its own; what is found is named with its seed and written to a file.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>

#include <fmt/format.h>

#include "tests/fuzz/rule_fuzz.hpp"

int main(int argc, char** argv) {
    using namespace anban::fuzz;
    if (argc < 2) {
        fmt::print(stderr, "anban-fuzz-rules PACKS [SECONDS] [SEED]\n");
        return 2;
    }
    const auto corpus = packs_below(argv[1]);
    const std::chrono::seconds seconds{argc > 2 ? std::atol(argv[2]) : 60};
    std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : std::random_device{}();
    const auto until = std::chrono::steady_clock::now() + seconds;
    constexpr std::size_t a_round = 2000;
    constexpr unsigned patience = 60; // seconds for a round: what takes longer hangs, and SIGALRM ends it
    outcome all;
    do {
        fmt::print(stderr, "\rseed {}  {} texts, {} read ", seed, all.texts, all.good);
        ::alarm(patience);
        const outcome o = fuzz_rules(seed, a_round, corpus);
        all.texts += o.texts;
        all.good += o.good;
        all.slowest = std::max(all.slowest, o.slowest);
        all.most_bytes_a_byte = std::max(all.most_bytes_a_byte, o.most_bytes_a_byte);
        if (!o.wrong.empty()) {
            const std::string file = fmt::format("fuzz-{}.rules", seed);
            std::ofstream{file, std::ios::binary} << o.text;
            fmt::print(stderr, "\nseed {}: {}\nthe text is in {}\n", seed, o.wrong, file);
            return 1;
        }
        ++seed;
    } while (std::chrono::steady_clock::now() < until);
    fmt::print(stderr, "\n");
    fmt::print(
        "{} texts, {} of them read; at most {} bytes held a byte of text beyond {} KiB; slowest {:.2f} ms\n",
        all.texts, all.good, all.most_bytes_a_byte, fixed_bytes / 1024,
        std::chrono::duration<double, std::milli>(all.slowest).count());
    return 0;
}

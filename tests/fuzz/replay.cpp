// A target with the driver of this folder: its seeds and its corpus, and mutations of them.
//   fuzz_NAME CORPUS [MUTATIONS] [SEED]
// The input that went wrong is written to fuzz-NAME.input below the working folder.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "tests/fuzz/driver.hpp"
#include "tests/fuzz/target.hpp"

namespace {

std::string now_tried;
std::string file;

void keep_input() {
    const int to = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (to < 0) return;
    if (::write(to, now_tried.data(), now_tried.size()) < 0) std::abort();
    ::close(to);
}

void ended_by(int signal) {
    keep_input();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

} // namespace

int main(int argc, char** argv) {
    using namespace anban::fuzz;
    if (argc < 2) {
        fmt::print(stderr, "{} CORPUS [MUTATIONS] [SEED]\n", argv[0]);
        return 2;
    }
    const std::string name = std::filesystem::path{argv[0]}.filename();
    file = fmt::format("{}.input", name);
    auto corpus = seeds();
    for (auto& one : read_corpus(argv[1])) corpus.push_back(std::move(one));
    const std::size_t mutations = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1000;
    const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
    constexpr unsigned patience = 60; // seconds for one input: what takes longer hangs
    for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGALRM}) std::signal(signal, ended_by);
    now_tried.reserve(1 << 20U); // kept where a signal finds it; no growth while inputs are weighed
    const played o = play([](std::string_view input) { try_one(input); }, corpus, mutations, seed,
                          [](const std::string& input) {
                              ::alarm(patience);
                              now_tried = input;
                          });
    if (!o.wrong.empty()) {
        keep_input();
        fmt::print(stderr, "{}: input {} of seed {}: {}\nit is in {}\n", name, o.inputs, seed, o.wrong, file);
        return 1;
    }
    fmt::print("{}: {} inputs ({} in the corpus), at most {} KiB held\n", name, o.inputs, corpus.size(),
               o.most_held / 1024);
    return 0;
}

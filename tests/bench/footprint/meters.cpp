#include "tests/bench/footprint/meters.hpp"

#include <array>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "tests/stage/fault.hpp"
#include "tests/stage/process.hpp"

namespace anban::bench {
namespace {

[[nodiscard]] double field_kib(const std::string& text, std::string_view name) {
    const auto at = text.find(name);
    return at == std::string::npos ? 0 : std::atof(text.c_str() + at + name.size());
}

} // namespace

double cpu_seconds(pid_t process) {
    double ns = 0;
    for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process))) {
        std::ifstream in(thread.path() / "schedstat");
        double ran = 0;
        if (in >> ran) ns += ran;
    }
    return ns / 1e9;
}

memory memory_of(pid_t process) {
    std::ifstream in(fmt::format("/proc/{}/status", process));
    std::ostringstream text;
    text << in.rdbuf();
    const std::string all = text.str();
    return {field_kib(all, "VmRSS:") / 1024, field_kib(all, "RssAnon:") / 1024, field_kib(all, "RssFile:") / 1024};
}

write_counter::write_counter(std::filesystem::path file) : file_(std::move(file)) {
    std::ofstream out(file_, std::ios::binary);
    out << std::string(2 * sizeof(std::uint64_t), '\0');
    if (!out.flush()) throw stage::fault(fmt::format("{} can't be written", file_.string()));
}

std::vector<std::string> write_counter::environment() const {
    const auto library = stage::program("anban-bench-floor").parent_path() / "libanban_count_writes.so";
    return {fmt::format("LD_PRELOAD={}", library.string()), fmt::format("ANBAN_COUNT_FILE={}", file_.string())};
}

write_counter::counts write_counter::read() const {
    std::array<std::uint64_t, 2> both{};
    std::ifstream in(file_, std::ios::binary);
    in.read(reinterpret_cast<char*>(both.data()), sizeof both);
    return {both[0], both[1]};
}

} // namespace anban::bench

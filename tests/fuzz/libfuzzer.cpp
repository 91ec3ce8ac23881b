// A target with libFuzzer. ANBAN_FUZZ_SEEDS names a folder that gets the target's own seeds first: libFuzzer reads
// its corpus after it has asked LLVMFuzzerInitialize.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    (void)argc;
    (void)argv;
    const char* folder = std::getenv("ANBAN_FUZZ_SEEDS");
    if (folder == nullptr) return 0;
    std::filesystem::create_directories(folder);
    int number = 0;
    for (const auto& seed : anban::fuzz::seeds()) {
        std::ofstream{std::filesystem::path{folder} / ("seed-" + std::to_string(number++)), std::ios::binary}
            << seed;
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    anban::fuzz::try_one({reinterpret_cast<const char*>(data), size});
    return 0;
}

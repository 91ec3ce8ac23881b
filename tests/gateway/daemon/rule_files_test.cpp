#include "gateway/daemon/rule_files.hpp"

#include <doctest/doctest.h>

#include "tests/temp_dir.hpp"

using namespace anban;

TEST_CASE("[F41] one bad rule file is set aside as a fault while the others run [daemon-7]") {
    const test::temp_dir dir{"rules"};
    dir.write("good.rules",
              "pack good \"好\"\nalarm low \"低\" \"Low\" {\n  class suspected\n  when heart_rate < 40 bpm "
              "for 60 s\n}\n");
    dir.write("bad.rules", "pack bad \"坏\"\nalarm low \"低\" \"Low\" {\n  when heart_rate > 40 s\n}\n");
    dir.write("noise.rules", std::string_view{"\xff\x00\x13", 3});
    dir.write("empty.rules", "");
    std::filesystem::create_directory(dir.path / "folder.rules");
    const auto all = load_rule_files(dir.path);
    REQUIRE(all.set.packs.size() == 1);
    CHECK(all.set.packs.front().name == "good");
    REQUIRE(all.faults.size() == 4);
    for (const auto& fault : all.faults) {
        CHECK(fault.present);
        CHECK_FALSE(fault.cure_en.empty());
        const std::string file = fault.key.substr(std::string{"rules."}.size());
        CHECK(fault.what_en.find(file) != std::string::npos);
    }
}

TEST_CASE("[F41] with no rule file at all nothing is wrong: the built-in rules need none [daemon-7]") {
    const test::temp_dir dir{"rules"};
    CHECK(load_rule_files(dir.path).faults.empty());
    CHECK(load_rule_files(dir.path / "nowhere").faults.empty());
}

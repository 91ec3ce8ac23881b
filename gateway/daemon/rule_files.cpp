#include "gateway/daemon/rule_files.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "rules/pack.hpp"

namespace anban {

loaded_rules load_rule_files(const std::filesystem::path& folder) {
    loaded_rules all;
    all.set = built_in_rules();
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{folder, error}) {
        if (entry.path().extension() == ".rules") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    for (const auto& file : files) {
        std::ifstream in{file, std::ios::binary};
        const std::string text{std::istreambuf_iterator<char>{in}, {}};
        auto read = read_pack(text, file.filename().string());
        std::string why;
        if (!read) {
            why = read.error().front().in_words();
        } else {
            for (const rule& r : read->rules) {
                const bool taken = std::ranges::any_of(all.set.rules, [&](const rule& o) { return o.id == r.id && !o.pack.empty(); });
                if (taken) why = fmt::format("{}: the rule '{}' is in another pack already", file.filename().string(), r.id.str());
            }
        }
        if (why.empty()) {
            for (rule& r : read->rules) all.set.rules.push_back(std::move(r));
            continue;
        }
        all.faults.push_back({.key = "rules." + file.filename().string(), .present = true,
                              .what_zh = "规则文件未通过检查，已停用：" + why,
                              .what_en = "A rule file doesn't check and is set aside: " + why,
                              .cure_zh = "修改后运行 anban check", .cure_en = "Mend it, then run anban check",
                              .urgency = priority::medium});
    }
    return all;
}

} // namespace anban

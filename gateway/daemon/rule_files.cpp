#include "gateway/daemon/rule_files.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gateway/config/files.hpp"
#include "rules/limits.hpp"
#include "rules/pack.hpp"

namespace anban {

loaded_rules load_rule_files(const std::filesystem::path& folder) {
    loaded_rules all;
    all.set = built_in_rules();
    std::vector<std::filesystem::path> found;
    std::error_code error;
    for (std::filesystem::directory_iterator at{folder, error};
         !error && at != std::filesystem::directory_iterator{}; at.increment(error)) {
        if (at->path().extension() == ".rules") found.push_back(at->path());
    }
    std::ranges::sort(found);
    for (const auto& file : found) {
        const auto text = files::read(file, limits::pack_bytes);
        std::expected<pack, std::vector<pack_error>> read;
        if (text) read = read_pack(*text, file.filename().string());
        std::string why;
        if (!text) {
            why = fmt::format("{}: {}", file.filename().string(), text.error().why);
        } else if (!read) {
            why = read.error().front().in_words();
        } else {
            for (const rule& r : read->rules) {
                const bool taken = std::ranges::any_of(
                    all.set.rules, [&](const rule& o) { return o.id == r.id && !o.pack.empty(); });
                if (taken)
                    why = fmt::format("{}: the rule '{}' is in another pack already", file.filename().string(),
                                      r.id.str());
            }
        }
        if (why.empty()) {
            for (rule& r : read->rules) all.set.rules.push_back(std::move(r));
            continue;
        }
        all.faults.push_back({.key = "rules." + file.filename().string(),
                              .present = true,
                              .what_zh = "规则文件未通过检查，已停用：" + why,
                              .what_en = "A rule file doesn't check and is set aside: " + why,
                              .cure_zh = "修改后运行 anban check",
                              .cure_en = "Mend it, then run anban check",
                              .urgency = priority::medium});
    }
    return all;
}

} // namespace anban

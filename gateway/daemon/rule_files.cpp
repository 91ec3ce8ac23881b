#include "gateway/daemon/rule_files.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gateway/config/files.hpp"
#include "rules/language/pack.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

[[nodiscard]] shell_fault set_aside(const std::string& file, const std::string& why_zh,
                                    const std::string& why_en) {
    return {.key = "rules." + file,
            .present = true,
            .what_zh = "规则文件未通过检查，已停用：" + why_zh,
            .what_en = "A rule file doesn't check and is set aside: " + why_en,
            .cure_zh = "修改后运行 anban check",
            .cure_en = "Mend it, then run anban check",
            .urgency = priority::medium};
}

} // namespace

loaded_rules load_rule_files(const std::filesystem::path& folder) {
    loaded_rules all;
    std::vector<std::filesystem::path> found;
    std::error_code error;
    for (std::filesystem::directory_iterator at{folder, error};
         !error && at != std::filesystem::directory_iterator{}; at.increment(error)) {
        if (at->path().extension() == ".rules") found.push_back(at->path());
    }
    std::ranges::sort(found);
    for (const auto& file : found) {
        const std::string name = file.filename().string();
        const auto text = files::read(file, limits::pack_bytes);
        if (!text) {
            const std::string why = fmt::format("{}: {}", name, text.error().why);
            all.faults.push_back(set_aside(name, why, why));
            continue;
        }
        auto read = language::read_pack(*text, name);
        if (read) {
            all.set.packs.push_back(std::move(*read));
        } else {
            const auto& first = read.error().front();
            all.faults.push_back(set_aside(name, first.in_words(true), first.in_words()));
        }
    }
    return all;
}

} // namespace anban

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
    const auto found = files::in_folder(folder, ".rules");
    if (!found && found.error().what != files::trouble::missing) {
        all.faults.push_back(
            {.key = "rules",
             .present = true,
             .what_zh = "规则文件夹无法读取，只有内置规则在运行：" + found.error().why,
             .what_en = "The rules can't be read, only the built-in ones run: " + found.error().why,
             .cure_zh = "检查文件夹权限和存储卡，然后 anban reload",
             .cure_en = "Check the folder's mode and the storage card, then anban reload",
             .urgency = priority::high});
    }
    for (const auto& file : found.value_or(std::vector<std::filesystem::path>{})) {
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

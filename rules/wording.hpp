// The same words for a person in both languages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace anban {

struct wording {
    std::string zh;
    std::string en;
    friend bool operator==(const wording&, const wording&) = default;

    // In the language of a house or a terminal: "zh", else English.
    [[nodiscard]] const std::string& in(std::string_view language) const noexcept {
        return language == "zh" ? zh : en;
    }
    // One more remark behind the others, unless either text would then exceed `most` bytes.
    void add(const wording& remark, std::size_t most) {
        constexpr std::string_view between_zh = "；";
        constexpr std::string_view between_en = "; ";
        if (zh.size() + between_zh.size() + remark.zh.size() > most ||
            en.size() + between_en.size() + remark.en.size() > most)
            return;
        if (!en.empty()) {
            zh += between_zh;
            en += between_en;
        }
        zh += remark.zh;
        en += remark.en;
    }
};

} // namespace anban

#include "gateway/config/fields.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "rules/ids.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

[[nodiscard]] std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

} // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    std::string best;
    std::size_t least = 3;
    for (const auto& candidate : candidates) {
        if (candidate.size() > limits::id_bytes || word.size() > limits::id_bytes) continue;
        const std::size_t d = distance(word, candidate);
        if (d < least && d < std::max(word.size(), candidate.size())) {
            least = d;
            best = candidate;
        }
    }
    return best;
}

fields::fields(const toml_text::table& table, std::string file, std::string name, config_errors& errors)
    : table_(table), file_(std::move(file)), name_(std::move(name)), errors_(errors), before_(errors.size()) {}

const toml_text::member* fields::find(std::string_view key) {
    asked_.emplace_back(key);
    const auto found = std::ranges::find_if(table_.members, [&](const auto& m) { return m.key == key; });
    return found == table_.members.end() ? nullptr : &*found;
}

const toml_text::member* fields::wanted(std::string_view key, presence p) {
    const auto* m = find(key);
    if (m == nullptr && p == presence::required) {
        refuse(key, {fmt::format("{} 缺少 {}", name_, key), fmt::format("{} has no {}", name_, key)},
               {fmt::format("在此处加上 {} = …", key), fmt::format("add {} = … here", key)});
    }
    return m;
}

void fields::wrong_type(const toml_text::member& m, wording expected) {
    errors_.push_back(
        {file_,
         m.what.at.line,
         m.what.at.column,
         {fmt::format("{} 的 {} 应为{}", name_, m.key, expected.zh),
          fmt::format("{} of {} must be {}", m.key, name_, expected.en)},
         {fmt::format("把 {} 改成{}", m.key, expected.zh), fmt::format("make {} {}", m.key, expected.en)}});
}

std::optional<std::string> fields::text(std::string_view key, presence p, std::size_t most) {
    const auto* m = wanted(key, p);
    if (m == nullptr) return std::nullopt;
    const auto* text = std::get_if<std::string>(&m->what.what);
    if (text == nullptr) {
        wrong_type(*m, {"引号中的文字", "a text in quotes"});
        return std::nullopt;
    }
    if (text->size() > most) {
        refuse(key, {fmt::format("{} 太长", key), fmt::format("{} is too long", key)},
               {fmt::format("最多 {} 字节", most), fmt::format("use at most {} bytes", most)});
        return std::nullopt;
    }
    return *text;
}

std::optional<std::string> fields::id(std::string_view key, presence p) {
    auto text = this->text(key, p);
    if (!text) return std::nullopt;
    if (text->empty() && p == presence::optional) return std::nullopt;
    if (!well_formed_id(*text)) {
        refuse(key,
               {fmt::format("{} = \"{}\" 不能用作编号", key, *text),
                fmt::format("{} = \"{}\" can't be an id", key, *text)},
               {fmt::format("编号为 1 到 {} 个字符：字母 A-Z a-z、数字、_ . -，不以 . 或 - 开头；姓名只存在中心",
                            limits::id_bytes),
                fmt::format("an id has 1 to {} characters: A-Z a-z 0-9 _ . -, not beginning with . or -; "
                            "names are kept at the centre only",
                            limits::id_bytes)});
        return std::nullopt;
    }
    return text;
}

std::optional<std::int64_t> fields::integer(std::string_view key, presence p, std::int64_t least,
                                            std::int64_t most) {
    const auto* m = wanted(key, p);
    if (m == nullptr) return std::nullopt;
    const auto* number = std::get_if<std::int64_t>(&m->what.what);
    if (number == nullptr) {
        wrong_type(*m, {"整数（不加引号）", "a whole number without quotes"});
        return std::nullopt;
    }
    if (*number < least || *number > most) {
        refuse(
            key,
            {fmt::format("{} = {} 超出范围", key, *number), fmt::format("{} = {} is out of range", key, *number)},
            {fmt::format("取 {} 到 {} 之间的值", least, most),
             fmt::format("use a value from {} to {}", least, most)});
        return std::nullopt;
    }
    return *number;
}

std::optional<std::vector<std::string>> fields::texts(std::string_view key, std::size_t most) {
    const auto* m = find(key);
    if (m == nullptr) return std::nullopt;
    const auto* items = std::get_if<toml_text::array>(&m->what.what);
    std::vector<std::string> texts;
    bool all_texts = items != nullptr;
    if (items != nullptr) {
        for (const auto& item : items->items) {
            const auto* text = std::get_if<std::string>(&item.what);
            all_texts = all_texts && text != nullptr;
            if (text != nullptr) texts.push_back(*text);
        }
    }
    if (!all_texts) {
        wrong_type(*m, {"文字列表，例如 [\"a\", \"b\"]", "a list of texts, e.g. [\"a\", \"b\"]"});
        return std::nullopt;
    }
    if (texts.size() > most) {
        refuse(key, {fmt::format("{} 太多", key), fmt::format("too many in {}", key)},
               {fmt::format("最多 {} 个", most), fmt::format("at most {}", most)});
        return std::nullopt;
    }
    return texts;
}

const toml_text::table* fields::table(std::string_view key, presence p) {
    const auto* m = wanted(key, p);
    if (m == nullptr) return nullptr;
    const auto* table = std::get_if<toml_text::table>(&m->what.what);
    if (table == nullptr) {
        wrong_type(*m, {fmt::format("一节 [{}]", key), fmt::format("a section [{}]", key)});
    }
    return table;
}

std::vector<const toml_text::table*> fields::tables(std::string_view key, std::size_t most) {
    const auto* m = find(key);
    if (m == nullptr) return {};
    const auto* items = std::get_if<toml_text::array>(&m->what.what);
    std::vector<const toml_text::table*> tables;
    bool all_tables = items != nullptr;
    if (items != nullptr) {
        for (const auto& item : items->items) {
            const auto* table = std::get_if<toml_text::table>(&item.what);
            all_tables = all_tables && table != nullptr;
            if (table != nullptr) tables.push_back(table);
        }
    }
    if (!all_tables) {
        wrong_type(*m, {fmt::format("一节一节的 [[{}]]（两重方括号）", key),
                        fmt::format("sections [[{}]] with double brackets", key)});
    }
    if (tables.size() > most) {
        refuse(key,
               {fmt::format("[[{}]] 太多：{} 个", key, tables.size()),
                fmt::format("too many [[{}]]: {}", key, tables.size())},
               {fmt::format("最多 {} 个", most), fmt::format("at most {}", most)});
        tables.resize(most);
    }
    return tables;
}

void fields::refuse(std::string_view key, wording what, wording cure) {
    toml_text::position at = table_.at;
    const auto found = std::ranges::find_if(table_.members, [&](const auto& m) { return m.key == key; });
    if (found != table_.members.end()) at = found->at;
    errors_.push_back({file_, at.line, at.column, std::move(what), std::move(cure)});
}

void fields::refuse_unknown() {
    for (const auto& m : table_.members) {
        if (std::ranges::find(asked_, m.key) != asked_.end()) continue;
        const std::string meant = nearest(m.key, asked_);
        wording cure{"删除它", "remove it"};
        if (!meant.empty()) cure = {fmt::format("是否应为 {}？", meant), fmt::format("did you mean {}?", meant)};
        errors_.push_back(
            {file_,
             m.at.line,
             m.at.column,
             {fmt::format("{} 中没有 {} 这一项", name_, m.key), fmt::format("{} knows no {}", name_, m.key)},
             std::move(cure)});
    }
}

} // namespace anban

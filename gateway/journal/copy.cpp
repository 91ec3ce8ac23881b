#include "gateway/journal/copy.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "gateway/journal/chain.hpp"
#include "gateway/journal/journal_file.hpp"
#include "gateway/journal/rows.hpp"

namespace anban {
namespace {

// A box that starts every minute for two years.
constexpr std::uint32_t starts_since_a_backup = 1'000'000;

[[nodiscard]] std::string quoted(const std::string& text) {
    std::string all = "'";
    for (const char c : text) all += c == '\'' ? std::string{"''"} : std::string{c};
    return all + "'";
}

} // namespace

std::expected<journal_copy, std::string> copy_journal(const std::filesystem::path& folder,
                                                      const std::filesystem::path& to) {
    const auto from = (folder / "alarms.db").string();
    if (!database::exists(from, {})) return std::unexpected(from + ": there is no journal");
    std::string why;
    bool copied = false;
    for (const auto how : {database::mode::read_only, database::mode::untouched}) {
        database file;
        copied = file.open(from, {}, how) && file.run(("VACUUM INTO " + quoted(to.string())).c_str());
        why = file.why();
        if (copied) break;
    }
    if (!copied) return std::unexpected(fmt::format("{}: {}", from, why));
    journal_rows rows;
    home_state state;
    std::size_t read = 0;
    if (!rows.open_to_read(to.string(), {}))
        return std::unexpected(fmt::format("{}: {}", from, rows.file().why()));
    if (const auto damage = rows.replay(state, read); !damage.empty()) {
        return std::unexpected(fmt::format("{}: {}", from, damage));
    }
    return journal_copy{state.start, in_hex(rows.head().link)};
}

std::expected<std::uint32_t, std::string> mark_restored(const std::filesystem::path& folder, stamp made, stamp now,
                                                        std::uint32_t at_least) {
    auto opened = journal_file::open({.folder = folder}, now);
    if (!opened) return std::unexpected(opened.error().why);
    if (!opened->second.damage.empty()) return std::unexpected(opened->second.damage);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.at.time_since_epoch()).count();
    home_delta mark;
    mark.start = std::max({opened->second.start + starts_since_a_backup, at_least + 1,
                           static_cast<std::uint32_t>(std::max<std::int64_t>(seconds, 0))});
    mark.restored = made;
    mark.wall = now;
    mark.events = {
        {.what = audit_event::kind::restored, .text = fmt::format("from start {}", opened->second.start - 1)}};
    const home_delta* const row = &mark;
    if (!opened->first->commit({&row, 1})) return std::unexpected(opened->first->why());
    return *mark.start;
}

} // namespace anban

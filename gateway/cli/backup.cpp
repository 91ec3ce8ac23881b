#include "gateway/cli/backup.hpp"

#include <sys/timex.h>

#include <chrono>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gateway/backup/backup.hpp"
#include "gateway/cli/offline.hpp"
#include "rules/wall_text.hpp"

namespace anban::cli {
namespace json = boost::json;

namespace {

[[nodiscard]] stamp now() {
    struct ::timex t{};
    const bool good = ::adjtimex(&t) >= 0 && (t.status & STA_UNSYNC) == 0;
    return {std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()),
            good ? clock_quality::synchronised : clock_quality::restored};
}

[[nodiscard]] json::array as_json(const std::vector<std::string>& names) {
    json::array all;
    for (const auto& name : names) all.emplace_back(name);
    return all;
}

} // namespace

exit_code run_backup(const terminal& t, const std::filesystem::path& dir, const std::filesystem::path& file) {
    const auto made = backup::make(dir, file, now());
    if (!made) return refuse(t, {made.error()});
    if (t.json) {
        t.line(json::serialize(json::object{{"ok", true},
                                            {"file", file.string()},
                                            {"gateway", made->gateway},
                                            {"start", made->start},
                                            {"bytes", made->bytes},
                                            {"files", as_json(made->files)},
                                            {"credentials", false}}));
        return exit_code::ok;
    }
    t.line(fmt::format("{} {} ({} {}, {} KiB)", t.painted(t.say("已备份到", "written:"), colour::green),
                       file.string(), made->files.size(), t.say("个文件", "files"), made->bytes / 1024));
    t.line(t.say("不含密钥和明文密码；恢复后要重新 anban join，再 anban broker write",
                 "keys and passwords are not in it: after a restore, anban join and anban broker write"));
    return exit_code::ok;
}

exit_code run_restore(const terminal& t, const std::filesystem::path& dir, const std::filesystem::path& file,
                      bool force) {
    const auto back = backup::restore(dir, file, force, now());
    if (!back) return refuse(t, {back.error()});
    if (t.json) {
        t.line(json::serialize(json::object{{"ok", true},
                                            {"gateway", back->gateway},
                                            {"made", iso_text(back->made.at)},
                                            {"start", back->start},
                                            {"replaced", back->replaced},
                                            {"files", as_json(back->files)}}));
        return exit_code::ok;
    }
    t.line(fmt::format("{} {} ({} {})", t.painted(t.say("已恢复", "restored:"), colour::green), back->gateway,
                       t.say("备份于", "backup of"), iso_text(back->made.at)));
    if (!back->replaced.empty()) {
        t.line(fmt::format("{} {}", t.say("原有文件在", "what was there is in"), back->replaced));
    }
    t.line(t.say("下一步：anban join 文件（向中心索取），anban broker write，启动服务，然后逐个 anban device test",
                 "next: anban join FILE (ask the centre for it), anban broker write, start the services, then "
                 "anban device test for each device"));
    return exit_code::ok;
}

} // namespace anban::cli

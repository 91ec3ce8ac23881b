#include "gateway/config/write.hpp"

#include <fmt/format.h>

#include "gateway/config/files.hpp"
#include "gateway/config/load.hpp"
#include "gateway/config/toml_text.hpp"

namespace anban {
namespace {

constexpr std::string_view heading =
    "# 由 anban 写入，手工注释不会保留；请用 anban {0} add 修改。\n"
    "# Written by anban: comments made here don't survive. Change it with `anban {0} add`.\n";

[[nodiscard]] std::expected<void, config_error> put(const std::filesystem::path& dir, const char* name,
                                                    const std::string& text) {
    const auto done = files::write(dir / name, text, 0640);
    if (done) return {};
    return std::unexpected(
        config_error{name,
                     0,
                     0,
                     {fmt::format("无法写入（{}），原文件未变", done.error().why),
                      fmt::format("can't be written ({}); the old file stands", done.error().why)},
                     {"检查磁盘空间和目录权限", "check the disk's space and the folder's mode"}});
}

} // namespace

std::string residents_as_text(const std::vector<resident>& residents) {
    std::string text = fmt::format(fmt::runtime(heading), "resident");
    for (const auto& r : residents) {
        std::vector<std::string> packs;
        for (const auto& pack : r.packs) packs.push_back(toml_text::quoted(pack));
        text += fmt::format("\n[[resident]]\nid = {}\npacks = [{}]\n", toml_text::quoted(r.id.str()),
                            fmt::join(packs, ", "));
        if (r.spo2_scale != 1) text += fmt::format("spo2_scale = {}\n", r.spo2_scale);
        if (!r.accepts_shared_absence.empty())
            text += fmt::format("accepts_shared_absence = {}\n", toml_text::quoted(r.accepts_shared_absence));
        for (const auto& o : r.overrides) {
            const std::string rule = o.pack.empty() ? o.rule : o.pack + "." + o.rule;
            text += fmt::format("\n[[resident.override]]\nrule = {}\nparam = {}\nvalue = {}\n",
                                toml_text::quoted(rule), toml_text::quoted(o.param), toml_text::quoted(o.value));
        }
    }
    return text;
}

std::string devices_as_text(const std::vector<device>& devices) {
    std::string text = fmt::format(fmt::runtime(heading), "device");
    for (const auto& d : devices) {
        text += fmt::format("\n[[device]]\nid = {}\ndriver = {}\naddress = {}\nrole = {}\n",
                            toml_text::quoted(d.id.str()), toml_text::quoted(d.driver),
                            toml_text::quoted(d.address), toml_text::quoted(name_of(d.role)));
        if (!d.room.empty()) text += fmt::format("room = {}\n", toml_text::quoted(d.room.str()));
        if (!d.owner.empty()) text += fmt::format("owner = {}\n", toml_text::quoted(d.owner.str()));
        if (!d.bed.empty()) text += fmt::format("bed = {}\n", toml_text::quoted(d.bed.str()));
        if (d.reports_every) text += fmt::format("reports_every_s = {}\n", d.reports_every->count());
        std::vector<std::string> provides;
        for (const auto s : d.provides) provides.push_back(toml_text::quoted(std::string{name_of(s)}));
        if (!provides.empty()) text += fmt::format("provides = [{}]\n", fmt::join(provides, ", "));
    }
    return text;
}

std::expected<void, config_error> write_residents(const std::filesystem::path& dir,
                                                  const std::vector<resident>& residents) {
    return put(dir, residents_file, residents_as_text(residents));
}

std::expected<void, config_error> write_devices(const std::filesystem::path& dir,
                                                const std::vector<device>& devices) {
    return put(dir, devices_file, devices_as_text(devices));
}

} // namespace anban

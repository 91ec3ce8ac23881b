#include "gateway/config/check.hpp"

#include <algorithm>
#include <map>

#include <sys/stat.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "gateway/config/credentials/certificate.hpp"
#include "gateway/config/credentials/secrets.hpp"
#include "gateway/config/fields.hpp"
#include "gateway/config/files.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

class findings {
public:
    void fault(config_error e) { all_.push_back({finding::weight::fault, std::move(e)}); }
    void fault(std::string file, wording what, wording cure) {
        fault(config_error{std::move(file), 0, 0, std::move(what), std::move(cure)});
    }
    void advice(std::string file, wording what, wording cure) {
        all_.push_back({finding::weight::advice, {std::move(file), 0, 0, std::move(what), std::move(cure)}});
    }
    [[nodiscard]] std::vector<finding> sorted() && {
        std::ranges::stable_sort(all_, {}, &finding::how);
        return std::move(all_);
    }

private:
    std::vector<finding> all_;
};

[[nodiscard]] bool there(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

void check_modes(const std::filesystem::path& dir, findings& out) {
    std::error_code ignored;
    for (const char* folder : {"secrets", "secrets/bridges", "secrets/uplink", "broker"}) {
        if (!there(dir / folder)) continue;
        if (const auto tight = files::is_private(dir / folder); tight && *tight) continue;
        out.fault(std::string{folder} + "/", {"其他用户可以进入这个目录", "other users can enter this folder"},
                  {fmt::format("运行 chmod 700 {}", (dir / folder).string()),
                   fmt::format("run: chmod 700 {}", (dir / folder).string())});
    }
    std::filesystem::recursive_directory_iterator walk{dir / "secrets", ignored};
    for (; !ignored && walk != std::filesystem::recursive_directory_iterator{}; walk.increment(ignored)) {
        if (!walk->is_regular_file(ignored)) continue;
        const auto name = walk->path().lexically_relative(dir / "secrets").string();
        if (const auto secret = read_secret(dir, name); !secret) {
            // The broker's password is told by the strict load already.
            if (name != "broker.password") out.fault(secret.error());
        }
    }
}

void check_uplink(const std::filesystem::path& dir, const house* h, std::chrono::sys_seconds now, findings& out) {
    const std::string crt = "secrets/uplink/gateway.crt";
    if (!there(dir / "secrets/uplink")) {
        out.advice("secrets/uplink",
                   {"尚未接入中心，报警到不了任何人", "no centre joined yet: no alarm can reach anyone"},
                   {"运行 anban join 文件", "run `anban join FILE` with the centre's file"});
        return;
    }
    const auto ca = read_secret(dir, "uplink/ca.crt");
    const auto certificate = read_secret(dir, "uplink/gateway.crt");
    const auto key = read_secret(dir, "uplink/gateway.key");
    const wording again{"运行 anban join 文件 重新接入", "join again with `anban join FILE`"};
    if (!ca || !certificate || !key) {
        for (const char* name : {"ca.crt", "gateway.crt", "gateway.key"}) {
            if (!there(dir / "secrets/uplink" / name)) {
                out.fault(std::string{"secrets/uplink/"} + name, {"文件不存在", "the file isn't there"}, again);
            }
        }
        return;
    }
    if (const auto fits = check_identity(*ca, *certificate, *key); !fits) {
        out.fault(crt, fits.error(), again);
        return;
    }
    const auto facts = read_certificate(*certificate);
    if (!facts) return;
    if (h != nullptr && facts->common_name != h->gateway.str()) {
        out.fault(crt,
                  {fmt::format("证书属于 \"{}\"，home.toml 中是 \"{}\"", facts->common_name, h->gateway.str()),
                   fmt::format("the certificate is for \"{}\", home.toml says \"{}\"", facts->common_name,
                               h->gateway.str())},
                  {"让两者一致", "make the two equal"});
    }
    const auto days = std::chrono::duration_cast<std::chrono::days>(facts->not_after - now).count();
    if (now < facts->not_before) {
        out.fault(crt, {"证书尚未生效，或本机时钟不对", "the certificate isn't valid yet, or this clock is wrong"},
                  {"检查时间：timedatectl", "look at the clock: timedatectl"});
    } else if (now >= facts->not_after) {
        out.fault(crt, {"证书已过期", "the certificate has expired"}, again);
    } else if (days < 30) {
        out.advice(
            crt,
            {fmt::format("证书还有 {} 天过期", days), fmt::format("the certificate expires in {} days", days)},
            again);
    }
}

// A rule that two packs bring, and a pack that a care plan names and nobody has written.
void check_packs(const std::vector<std::pair<std::string, checked_pack>>& packs, const house* h, findings& out) {
    std::map<std::string, std::string> from;
    std::vector<std::string> names;
    for (const auto& [file, p] : packs) {
        if (!p.name.empty()) names.push_back(p.name);
        for (const auto& rule : p.rules) {
            const auto [first, fresh] = from.emplace(rule, file);
            if (fresh) continue;
            out.fault(file,
                      {fmt::format("规则 {} 在 {} 中已有", rule, first->second),
                       fmt::format("the rule {} is in {} already", rule, first->second)},
                      {"改名或删除其中一个", "rename or remove one of them"});
        }
    }
    if (h == nullptr) return;
    for (const auto& r : h->residents) {
        for (const auto& pack : r.packs) {
            if (std::ranges::find(names, pack) != names.end()) continue;
            const std::string meant = nearest(pack, names);
            wording cure{"把规则包放进 rules/，或从 packs 中删除",
                         "put the pack into rules/, or take it out of packs"};
            if (!meant.empty())
                cure = {fmt::format("是否应为 {}？", meant), fmt::format("did you mean {}?", meant)};
            out.fault(residents_file,
                      {fmt::format("{} 的规则包 {} 不存在", r.id.str(), pack),
                       fmt::format("{} has the pack {}, which isn't there", r.id.str(), pack)},
                      std::move(cure));
        }
    }
}

void check_rules(const std::filesystem::path& dir, const house* h, const rules_check& rules, findings& out) {
    const auto packs = files::in_folder(dir / "rules", ".rules");
    if (!packs && packs.error().what != files::trouble::missing) {
        out.fault("rules/",
                  {fmt::format("文件夹无法读取（{}）", packs.error().why),
                   fmt::format("the folder can't be read ({})", packs.error().why)},
                  {"检查文件夹权限和存储卡", "check the folder's mode and the storage card"});
    }
    std::vector<std::pair<std::string, checked_pack>> read;
    for (const auto& path : packs.value_or(std::vector<std::filesystem::path>{})) {
        const std::string name = "rules/" + path.filename().string();
        const auto text = files::read(path, limits::config_file_bytes);
        if (!text) {
            out.fault(name,
                      {fmt::format("无法读取（{}）", text.error().why),
                       fmt::format("can't be read ({})", text.error().why)},
                      {"检查文件权限和大小", "check the file's mode and size"});
            continue;
        }
        if (!rules) continue;
        read.emplace_back(name, rules(name, *text));
        for (const auto& e : read.back().second.errors) out.fault(e);
    }
    if (rules) check_packs(read, h, out);
}

void check_sense(const std::filesystem::path& dir, const house& h, findings& out) {
    if (!has_secret(dir, "broker.password") || !there(dir / "broker/passwd")) {
        out.fault(
            "broker/", {"家庭代理还没有配置", "the home broker isn't configured yet"},
            {"运行 anban broker write，然后启动 mosquitto", "run `anban broker write`, then start mosquitto"});
    }
    if (h.centre.empty()) {
        out.advice(home_file, {"[centre] 没有主机", "[centre] names no host"},
                   {"写 hosts = [\"主机:8883\"]", "write hosts = [\"HOST:8883\"]"});
    }
    if (std::ranges::none_of(h.devices, [](const device& d) { return d.role == device_role::call_button; })) {
        out.advice(devices_file, {"没有一个呼叫按钮", "there is no call button"},
                   {"运行 anban device add …", "run `anban device add …`"});
    }
    for (const auto& d : h.devices) {
        const bool worn = d.role == device_role::vitals_band || d.role == device_role::fall_detector;
        if (worn && d.owner.empty()) {
            out.advice(devices_file,
                       {fmt::format("{} 没有佩戴者，报警只显示是这一家", d.id.str()),
                        fmt::format("{} belongs to nobody: its alarms name the home only", d.id.str())},
                       {fmt::format("在 [[device]] {} 中加 owner", d.id.str()),
                        fmt::format("add owner to [[device]] {}", d.id.str())});
        }
        if (d.role == device_role::bed_mat && d.bed.empty()) {
            out.advice(devices_file,
                       {fmt::format("{} 没有床位", d.id.str()), fmt::format("{} lies on no bed", d.id.str())},
                       {fmt::format("在 [[device]] {} 中加 bed", d.id.str()),
                        fmt::format("add bed to [[device]] {}", d.id.str())});
        }
        if (d.role == device_role::call_button && d.room.empty() && d.owner.empty()) {
            out.advice(devices_file,
                       {fmt::format("{} 既没有房间也没有使用者，值班员不知道在哪里", d.id.str()),
                        fmt::format("{} has neither room nor owner: the operator can't know where", d.id.str())},
                       {fmt::format("在 [[device]] {} 中加 room 或 owner", d.id.str()),
                        fmt::format("add room or owner to [[device]] {}", d.id.str())});
        }
    }
}

} // namespace

std::vector<finding> check_home(const std::filesystem::path& dir, const driver_names& drivers,
                                const rules_check& rules, std::chrono::sys_seconds now) {
    findings out;
    const auto loaded = load_house(dir, drivers);
    if (!loaded) {
        for (const auto& e : loaded.error()) out.fault(e);
    }
    const house* h = loaded ? &*loaded : nullptr;
    check_modes(dir, out);
    check_uplink(dir, h, now, out);
    check_rules(dir, h, rules, out);
    if (h != nullptr) check_sense(dir, *h, out);
    return std::move(out).sorted();
}

} // namespace anban

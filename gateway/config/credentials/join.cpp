#include "gateway/config/credentials/join.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "gateway/config/credentials/certificate.hpp"
#include "gateway/config/credentials/secrets.hpp"
#include "gateway/config/credentials/spares.hpp"
#include "gateway/config/fields.hpp"
#include "gateway/config/files.hpp"
#include "gateway/config/load.hpp"
#include "gateway/config/toml_text.hpp"
#include "gateway/config/write.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

constexpr std::size_t pem_bytes = 16 * 1024;

struct join_text {
    std::string gateway;
    std::vector<std::string> hosts;
    std::string ca;
    std::string certificate;
    std::string key;
};

[[nodiscard]] config_error cannot_write(const std::string& file, const std::string& why) {
    return {file,
            0,
            0,
            {fmt::format("无法写入（{}）", why), fmt::format("can't be written ({})", why)},
            {"请用 root 运行，并检查磁盘空间", "run this as root and check the disk"}};
}

[[nodiscard]] std::expected<join_text, config_errors> read_join_file(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    const auto text = files::read(path, limits::config_file_bytes);
    if (!text) {
        return std::unexpected(
            config_errors{{name,
                           0,
                           0,
                           {fmt::format("无法读取（{}）", text.error().why),
                            fmt::format("can't be read ({})", text.error().why)},
                           {"给出中心 anban-dispatch home add 生成的文件",
                            "give the file that `anban-dispatch home add` wrote at the centre"}}});
    }
    auto parsed = toml_text::parse(*text, name);
    if (!parsed) {
        parsed.error().cure = {"请从中心重新取一份接入文件", "fetch the join file from the centre again"};
        return std::unexpected(config_errors{parsed.error()});
    }
    config_errors errors;
    fields in{*parsed, name, name, errors};
    join_text join;
    join.gateway = in.id("gateway", presence::required).value_or("");
    join.hosts = in.texts("hosts", limits::centre_hosts).value_or(std::vector<std::string>{});
    join.ca = in.text("ca", presence::required, pem_bytes).value_or("");
    join.certificate = in.text("certificate", presence::required, pem_bytes).value_or("");
    join.key = in.text("key", presence::required, pem_bytes).value_or("");
    if (errors.empty() && join.hosts.empty()) {
        in.refuse("hosts", {"没有中心主机", "it names no host of the centre"},
                  {"在中心用 anban-dispatch home add --host 重新生成",
                   "make it again at the centre with `anban-dispatch home add … --host`"});
    }
    if (errors.empty()) {
        const wording again{"请在中心为这个网关重新生成接入文件",
                            "have the centre make the join file again for this gateway"};
        if (const auto fits = check_identity(join.ca, join.certificate, join.key); !fits) {
            in.refuse("certificate", fits.error(), again);
        } else if (const auto facts = read_certificate(join.certificate); facts->common_name != join.gateway) {
            in.refuse("gateway",
                      {fmt::format("证书属于 {}，不是 {}", facts->common_name, join.gateway),
                       fmt::format("the certificate is {}'s, not {}'s", facts->common_name, join.gateway)},
                      again);
        }
    }
    // Keys that are new to this version are the centre's matter, so unknown ones are let pass.
    if (!errors.empty()) return std::unexpected(std::move(errors));
    return join;
}

// Puts a whole new folder in the place of the old one in a single step.
[[nodiscard]] std::expected<void, std::string> exchange_folder(const std::filesystem::path& fresh,
                                                               const std::filesystem::path& place) {
    std::error_code ignored;
    int rc = 0;
    if (std::filesystem::exists(place, ignored)) {
        rc = ::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE);
        if (rc == 0) std::filesystem::remove_all(fresh, ignored);
    } else {
        rc = ::rename(fresh.c_str(), place.c_str());
    }
    if (rc != 0) return std::unexpected(std::string{std::strerror(errno)});
    const int folder = ::open(place.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        ::fsync(folder);
        ::close(folder);
    }
    return {};
}

[[nodiscard]] std::expected<void, config_error> store_identity(const std::filesystem::path& dir,
                                                               const join_text& join) {
    std::error_code ignored;
    std::filesystem::remove_all(dir / "secrets/uplink.new", ignored);
    const std::pair<const char*, const std::string&> parts[] = {{"uplink.new/ca.crt", join.ca},
                                                                {"uplink.new/gateway.crt", join.certificate},
                                                                {"uplink.new/gateway.key", join.key}};
    for (const auto& [name, pem] : parts) {
        if (auto written = write_secret(dir, name, pem); !written) return written;
    }
    if (const auto done = exchange_folder(dir / "secrets/uplink.new", dir / "secrets/uplink"); !done) {
        return std::unexpected(cannot_write("secrets/uplink", done.error()));
    }
    keep_spares(dir);
    return {};
}

// What a person's home.toml says about the district, if it can be read at all.
struct told_before {
    std::string gateway;
    std::uint16_t broker_port = 1884;
    std::uint32_t gateway_line = 0;
    std::vector<std::string> hosts;
    std::uint32_t centre_line = 0;
};

[[nodiscard]] std::expected<told_before, config_errors> read_home_facts(const std::string& text) {
    const auto parsed = toml_text::parse(text, home_file);
    if (!parsed) return std::unexpected(config_errors{parsed.error()});
    config_errors ignored; // `anban check` is the place for those
    fields in{*parsed, home_file, home_file, ignored};
    told_before told;
    if (const auto* gateway = in.table("gateway", presence::optional)) {
        fields inner{*gateway, home_file, "[gateway]", ignored};
        told.gateway = inner.text("id", presence::optional).value_or("");
        told.gateway_line = gateway->at.line;
        for (const auto& m : gateway->members) {
            if (m.key == "id") told.gateway_line = m.at.line;
        }
    }
    if (const auto* broker = in.table("broker", presence::optional)) {
        fields inner{*broker, home_file, "[broker]", ignored};
        told.broker_port =
            static_cast<std::uint16_t>(inner.integer("port", presence::optional, 1, 65535).value_or(1884));
    }
    if (const auto* centre = in.table("centre", presence::optional)) {
        fields inner{*centre, home_file, "[centre]", ignored};
        told.hosts = inner.texts("hosts", limits::centre_hosts).value_or(std::vector<std::string>{});
        told.centre_line = centre->at.line;
    }
    return told;
}

[[nodiscard]] std::expected<void, files::failure> make_folders(const std::filesystem::path& dir) {
    std::error_code bad;
    std::filesystem::create_directories(dir.parent_path(), bad);
    struct part {
        const char* name;
        ::mode_t mode;
    };
    if (!std::filesystem::exists(dir, bad)) {
        if (auto made = files::make_folder(dir, 0750); !made) return made;
    }
    for (const auto& [name, mode] : {part{"rules", 0750}, part{"secrets", 0700}}) {
        if (std::filesystem::exists(dir / name, bad)) continue;
        if (auto made = files::make_folder(dir / name, mode); !made) return made;
    }
    return {};
}

} // namespace

std::string home_template(const std::string& gateway, const std::vector<std::string>& hosts,
                          std::uint16_t broker_port) {
    std::vector<std::string> quoted;
    for (const auto& host : hosts) quoted.push_back(toml_text::quoted(host));
    return fmt::format(R"(# 一个家。本文件由人填写，程序不会改动它；改完运行 anban check，再重启 anband。
# One home. A person writes this file and no program changes it. After a change: `anban check`, restart anband.

[gateway]
id = {0}          # 与证书中的名字相同 · equals the name in the certificate
language = "zh"         # 日志和无系统语言时 anban 的语言 · of the log, and of anban without a locale: "zh" or "en"

[broker]                # anband 连接的家庭代理 · the home broker as anband reaches it
host = "127.0.0.1"
port = {1}

[centre]                # 区调度中心，先写的优先 · the district's centre, the preferred host first
hosts = [{2}]

# 房间：每间一节 · rooms: one section each
# [[room]]
# id = "bedroom"
# name = "卧室"

# 床位：owner 是 residents.toml 中的编号 · beds: owner is an id of residents.toml
# [[bed]]
# id = "bed-1"
# room = "bedroom"
# owner = "r-wang"
)",
                       toml_text::quoted(gateway), broker_port, fmt::join(quoted, ", "));
}

std::expected<started_home, config_errors> init_home(const std::filesystem::path& dir, const std::string& gateway,
                                                     std::uint16_t broker_port) {
    if (auto made = make_folders(dir); !made) {
        return std::unexpected(config_errors{cannot_write(dir.string(), made.error().why)});
    }
    started_home started;
    std::error_code ignored;
    const auto put = [&](const char* name, const std::string& text) -> std::expected<void, files::failure> {
        if (std::filesystem::exists(dir / name, ignored)) return {};
        started.created.emplace_back(name);
        return files::write(dir / name, text, 0640);
    };
    auto done = put(home_file, home_template(gateway, {}, broker_port));
    if (done) done = put(residents_file, residents_as_text({}));
    if (done) done = put(devices_file, devices_as_text({}));
    if (!done) return std::unexpected(config_errors{cannot_write(dir.string(), done.error().why)});
    return started;
}

std::expected<joined, config_errors> join_district(const std::filesystem::path& dir,
                                                   const std::filesystem::path& join_file) {
    const auto join = read_join_file(join_file);
    if (!join) return std::unexpected(join.error());
    joined result{gateway_id{join->gateway}, false, join->hosts, false, 0};

    const auto existing = files::read(dir / home_file, limits::config_file_bytes);
    bool write_home = !existing;
    std::uint16_t broker_port = 1884;
    if (existing) {
        const auto told = read_home_facts(*existing);
        if (!told) return std::unexpected(told.error());
        broker_port = told->broker_port;
        // Nobody has written into it since `anban init` did: it is still ours.
        write_home = *existing == home_template(told->gateway, {}, broker_port);
        if (!write_home && told->gateway != join->gateway) {
            return std::unexpected(config_errors{
                {home_file,
                 told->gateway_line,
                 1,
                 {fmt::format("[gateway] id 是 \"{}\"，接入文件是 \"{}\"", told->gateway, join->gateway),
                  fmt::format("[gateway] id is \"{}\", the join file is for \"{}\"", told->gateway,
                              join->gateway)},
                 {fmt::format("确认文件没有拿错，然后写 id = \"{}\" 并重试", join->gateway),
                  fmt::format("make sure that this is the right file, then write id = \"{}\" and join again",
                              join->gateway)}}});
        }
        result.hosts_differ = !write_home && told->hosts != join->hosts;
        result.centre_line = told->centre_line;
    } else if (existing.error().what != files::trouble::missing) {
        return std::unexpected(config_errors{cannot_write(home_file, existing.error().why)});
    }
    if (auto made = make_folders(dir); !made) {
        return std::unexpected(config_errors{cannot_write(dir.string(), made.error().why)});
    }
    if (auto stored = store_identity(dir, *join); !stored) return std::unexpected(config_errors{stored.error()});
    if (write_home) {
        const auto written =
            files::write(dir / home_file, home_template(join->gateway, join->hosts, broker_port), 0640);
        if (!written) return std::unexpected(config_errors{cannot_write(home_file, written.error().why)});
        result.created_home = true;
    }
    if (auto rest = init_home(dir, join->gateway, broker_port); !rest) return std::unexpected(rest.error());
    return result;
}

} // namespace anban

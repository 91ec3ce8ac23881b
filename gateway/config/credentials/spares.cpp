#include "gateway/config/credentials/spares.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include <sys/stat.h>

#include <fmt/format.h>

#include "gateway/config/credentials/broker_files.hpp"
#include "gateway/config/credentials/certificate.hpp"
#include "gateway/config/files.hpp"
#include "rules/limits.hpp"
#include "rules/sha256.hpp"

namespace anban {
namespace {

constexpr std::string_view seal_begins = "anban-spare 1 ";
constexpr const char* damaged_ending = ".damaged";
constexpr std::size_t session_file_bytes = 64 * 1024 * 1024; // its queues are bounded at 16 MiB a session

using texts = std::vector<std::string>;

// Files that are sound or damaged together.
struct set_of_files {
    std::vector<std::string> names; // relative to the home directory
    ::mode_t mode = 0600;
    std::function<bool(const texts&)> sound;
    std::function<bool(const std::string& text, const std::string& spare)> cut_off; // may be empty
    wording cure;                                                                   // where there is no spare
};

[[nodiscard]] std::string hex_sum(std::string_view bytes) {
    std::string hex;
    for (const auto byte : sha256_of(bytes)) hex += fmt::format("{:02x}", byte);
    return hex;
}

[[nodiscard]] std::filesystem::path spare_of(const std::filesystem::path& dir, std::string name) {
    std::ranges::replace(name, '/', '+');
    return dir / "spares" / name;
}

[[nodiscard]] std::optional<std::string> content_of(const std::filesystem::path& path) {
    auto read = files::read(path, limits::config_file_bytes);
    if (!read) return std::nullopt;
    return std::move(*read);
}

[[nodiscard]] std::optional<std::string> spare_content(const std::filesystem::path& dir, const std::string& name) {
    const auto sealed = content_of(spare_of(dir, name));
    if (!sealed || !sealed->starts_with(seal_begins)) return std::nullopt;
    const auto line = sealed->find('\n');
    if (line == std::string::npos) return std::nullopt;
    std::string content = sealed->substr(line + 1);
    const std::string sum = sealed->substr(seal_begins.size(), line - seal_begins.size());
    if (sum != hex_sum(content)) return std::nullopt;
    return content;
}

void write_spare(const std::filesystem::path& dir, const std::string& name, const std::string& content) {
    if (spare_content(dir, name) == content) return; // a card wears by its writes
    // A spare that can't be written is no reason to stop: the file itself is sound.
    if (!files::make_folder(dir / "spares", 0700)) return;
    (void)files::write(spare_of(dir, name), fmt::format("{}{}\n{}", seal_begins, hex_sum(content), content), 0600);
}

// ---- What a sound one looks like ------------------------------------------------------------------------

[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> all;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        all.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return all;
}

// One line of a password or an id, drawn or chosen.
[[nodiscard]] bool is_word(const texts& all) {
    std::string_view text = all.front();
    if (text.ends_with('\n')) text.remove_suffix(1);
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

[[nodiscard]] bool is_beginning(const std::string& text, const std::string& spare) {
    return text.size() + 1 < spare.size() && spare.starts_with(text);
}

[[nodiscard]] bool is_identity(const texts& all) {
    return check_identity(all[0], all[1], all[2]).has_value();
}

// As it would be written: a line of another kind is no line of ours.
[[nodiscard]] bool looks_written(std::string_view text, std::string_view model) {
    if (!text.ends_with('\n')) return false;
    const auto first_word = [](std::string_view line) { return std::string{line.substr(0, line.find(' '))}; };
    std::set<std::string> wanted;
    for (const auto line : lines_of(model)) wanted.insert(first_word(line));
    wanted.erase("");
    wanted.erase("#");
    std::set<std::string> optional = {"#", "", "user"};
    for (const auto line : lines_of(text)) {
        const std::string word = first_word(line);
        if (!wanted.erase(word) && !optional.contains(word)) return false;
        optional.insert(word);
    }
    wanted.erase("user"); // where the owner of the folder has no name
    return wanted.empty();
}

[[nodiscard]] bool is_users_file(const texts& all) {
    const std::string& text = all.front();
    if (!text.ends_with('\n')) return false;
    constexpr std::string_view base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=$";
    bool daemon_is_there = false;
    for (const auto line : lines_of(text)) {
        const auto colon = line.find(":$7$");
        if (colon == std::string_view::npos || !line.ends_with("==")) return false;
        if (line.substr(colon + 1).find_first_not_of(base64) != std::string_view::npos) return false;
        daemon_is_there = daemon_is_there || line.substr(0, colon) == daemon_user;
    }
    return daemon_is_there;
}

// A file that was cut off at the end of a line lacks users that its spare has.
[[nodiscard]] bool lacks_users(const std::string& text, const std::string& spare) {
    return std::ranges::any_of(lines_of(spare), [&](std::string_view line) {
        return ("\n" + text).find(fmt::format("\n{}:", line.substr(0, line.find(':')))) == std::string::npos;
    });
}

[[nodiscard]] std::vector<set_of_files> broker_sets() {
    const wording again{"运行 anban broker write 重新生成，然后 systemctl restart anban-broker",
                        "run `anban broker write` to make it anew, then systemctl restart anban-broker"};
    const auto as_conf = [](const texts& all) {
        return looks_written(all.front(), broker_conf("/", {"127.0.0.1", 1}, 1, "anban"));
    };
    const auto as_acl = [](const texts& all) { return looks_written(all.front(), broker_acl()); };
    return {{{"broker/mosquitto.conf"}, 0640, as_conf, {}, again},
            {{"broker/acl"}, 0600, as_acl, {}, again},
            {{"broker/passwd"},
             0600,
             is_users_file,
             lacks_users,
             {"运行 anban broker write，并把它打印的新密码填入各原生设备",
              "run `anban broker write` and give the native devices the new passwords that it prints"}}};
}

// Names of files below `folder` and of the spares of such, the damaged left out.
[[nodiscard]] std::set<std::string> in_folder(const std::filesystem::path& dir, const std::string& folder) {
    std::set<std::string> names;
    std::error_code bad;
    const auto look = [&](const std::filesystem::path& at, const std::string& begins) {
        for (std::filesystem::directory_iterator it{at, bad}; !bad && it != std::filesystem::directory_iterator{};
             it.increment(bad)) {
            const std::string name = it->path().filename().string();
            if (!name.starts_with(begins) || !name.ends_with(".password")) continue;
            names.insert(folder + name.substr(begins.size()));
        }
        bad.clear();
    };
    look(dir / folder, "");
    std::string begins = folder;
    std::ranges::replace(begins, '/', '+');
    look(dir / "spares", begins);
    return names;
}

[[nodiscard]] std::vector<set_of_files> all_sets(const std::filesystem::path& dir) {
    const wording broker_again{"删除它并运行 anban broker write，然后重启 anband",
                               "remove it and run `anban broker write`, then restart anband"};
    const wording join_again{"用中心的接入文件重新运行 anban join",
                             "run `anban join` again with the centre's file"};
    std::vector<set_of_files> all = broker_sets();
    all.push_back({{"secrets/broker.password"}, 0600, is_word, is_beginning, broker_again});
    all.push_back({{"secrets/alarm-client-id"},
                   0600,
                   is_word,
                   is_beginning,
                   {"删除它并重启 anband：会画一个新的", "remove it and restart anband, which draws a new one"}});
    for (const auto& name : in_folder(dir, "secrets/bridges/")) {
        all.push_back({{name}, 0600, is_word, is_beginning, broker_again});
    }
    all.push_back({{"secrets/uplink/ca.crt", "secrets/uplink/gateway.crt", "secrets/uplink/gateway.key"},
                   0600,
                   is_identity,
                   {},
                   join_again});
    return all;
}

// The head of a mosquitto.db, then parts that each say how long they are, to the very end (its version 5 and 6; of
// another one the head alone).
[[nodiscard]] bool whole_session_file(const std::filesystem::path& path) {
    constexpr std::string_view magic{"\x00\xB5\x00mosquitto db", 15};
    constexpr std::size_t head = magic.size() + 8;
    const auto read = files::read(path, session_file_bytes);
    if (!read) return read.error().what == files::trouble::too_large;
    const std::string& text = *read;
    if (!text.starts_with(magic) || text.size() < head) return false;
    const auto number = [&text](std::size_t at) {
        std::uint32_t n = 0;
        for (std::size_t i = 0; i < 4; ++i) n = (n << 8U) | static_cast<std::uint8_t>(text[at + i]);
        return n;
    };
    const std::uint32_t version = number(magic.size() + 4);
    if (version != 5 && version != 6) return version < 5;
    std::size_t at = head;
    while (at + 8 <= text.size()) at += 8 + std::size_t{number(at + 4)};
    return at == text.size();
}

// ---- Mending --------------------------------------------------------------------------------------------

[[nodiscard]] bool there(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

[[nodiscard]] config_fault fault_of(const std::string& file, wording what, wording cure) {
    return {.key = "config." + file, .what = std::move(what), .cure = std::move(cure)};
}

// Moved to `<file>.damaged`, whatever was there before.
[[nodiscard]] bool put_aside(const std::filesystem::path& path) {
    std::error_code bad;
    std::filesystem::remove_all(path.string() + damaged_ending, bad);
    std::filesystem::rename(path, path.string() + damaged_ending, bad);
    return !bad;
}

[[nodiscard]] bool put_back(const std::filesystem::path& dir, const std::string& name, const std::string& content,
                            ::mode_t mode) {
    const auto path = dir / name;
    std::error_code bad;
    std::filesystem::create_directories(path.parent_path(), bad);
    ::chmod(path.parent_path().c_str(), 0700);
    // Nothing to put aside: an empty one says that it was gone.
    if (there(path) ? !put_aside(path) : !files::write(path.string() + damaged_ending, {}, 0600)) return false;
    return files::write(path, content, mode).has_value();
}

void mend(const std::filesystem::path& dir, const set_of_files& set, std::vector<config_fault>& faults) {
    texts now;
    texts spares;
    bool any_there = false;
    for (const auto& name : set.names) {
        any_there = any_there || there(dir / name);
        if (auto text = content_of(dir / name)) now.push_back(std::move(*text));
        if (auto text = spare_content(dir, name)) spares.push_back(std::move(*text));
    }
    const bool has_spares = spares.size() == set.names.size() && set.sound(spares);
    bool sound = now.size() == set.names.size() && set.sound(now);
    if (sound && has_spares && set.cut_off) sound = !set.cut_off(now.front(), spares.front());
    if (sound) {
        for (std::size_t i = 0; i < now.size(); ++i) write_spare(dir, set.names[i], now[i]);
        return;
    }
    if (!has_spares) {
        if (!any_there) return;
        for (const auto& name : set.names) {
            faults.push_back(fault_of(name,
                                      {fmt::format("{} 已损坏或丢失，且没有备份", name),
                                       fmt::format("{} is damaged or gone, and has no spare", name)},
                                      set.cure));
        }
        return;
    }
    for (std::size_t i = 0; i < set.names.size(); ++i) {
        const std::string& name = set.names[i];
        if (content_of(dir / name) == spares[i]) continue;
        const bool done = put_back(dir, name, spares[i], set.mode);
        faults.push_back(
            done ? fault_of(name,
                            {fmt::format("{} 已损坏或丢失，已用备份恢复", name),
                             fmt::format("{} was damaged or gone; its spare took its place", name)},
                            {"检查存储卡，必要时更换", "check the storage card, replace it if in doubt"})
                 : fault_of(name,
                            {fmt::format("{} 已损坏，备份无法写回", name),
                             fmt::format("{} is damaged, and its spare can't be written back", name)},
                            {"检查磁盘空间和目录权限", "check the disk's space and the folder's mode"}));
    }
}

// What was put aside once is told until a person has looked at it.
void tell_put_aside(const std::filesystem::path& dir, const set_of_files& set, std::vector<config_fault>& faults) {
    for (const auto& name : set.names) {
        const std::string aside = (dir / name).string() + damaged_ending;
        const std::string key = "config." + name;
        if (!there(aside)) continue;
        const wording look{fmt::format("检查存储卡；看过之后删除 {}", aside),
                           fmt::format("check the storage card; remove {} when you have looked at it", aside)};
        const auto told = std::ranges::find(faults, key, &config_fault::key);
        if (told == faults.end()) {
            faults.push_back(fault_of(name,
                                      {fmt::format("{} 曾损坏，已用备份恢复", name),
                                       fmt::format("{} had been damaged; its spare took its place", name)},
                                      look));
        } else {
            told->cure = look;
        }
    }
}

[[nodiscard]] std::vector<config_fault> mend_all(const std::filesystem::path& dir,
                                                 const std::vector<set_of_files>& sets) {
    std::vector<config_fault> faults;
    for (const auto& set : sets) {
        mend(dir, set, faults);
        tell_put_aside(dir, set, faults);
    }
    return faults;
}

// What the broker has queued for durable sessions. It won't start on a damaged one, and nobody has a spare.
void mend_sessions(const std::filesystem::path& dir, std::vector<config_fault>& faults) {
    const std::string name = "broker/data/mosquitto.db";
    if (there(dir / name) && !whole_session_file(dir / name) && !put_aside(dir / name)) {
        faults.push_back(
            fault_of(name,
                     {fmt::format("家庭代理的会话文件 {} 已损坏且无法移开", name),
                      fmt::format("the broker's file of sessions, {}, is damaged and can't be moved", name)},
                     {"检查目录权限，删除该文件，然后 systemctl restart anban-broker",
                      "check the folder's mode, remove the file, then systemctl restart anban-broker"}));
        return;
    }
    // Nor does it start where it can't write its number.
    const auto pid = dir / "broker/mosquitto.pid";
    std::error_code bad;
    if (there(pid) && !std::filesystem::is_regular_file(pid, bad)) std::filesystem::remove_all(pid, bad);
    const std::string aside = (dir / name).string() + damaged_ending;
    if (!there(aside)) return;
    faults.push_back(
        fault_of(name,
                 {fmt::format("家庭代理的会话文件 {} 损坏，已移开：当时排队的按键可能丢失", name),
                  fmt::format("the broker's file of sessions, {}, was damaged and put aside: presses "
                              "that waited in it may be lost",
                              name)},
                 {fmt::format("检查存储卡；看过之后删除 {}", aside),
                  fmt::format("check the storage card; remove {} when you have looked at it", aside)}));
}

} // namespace

std::vector<config_fault> mend_credentials(const std::filesystem::path& dir) {
    auto faults = mend_all(dir, all_sets(dir));
    mend_sessions(dir, faults);
    return faults;
}

std::vector<config_fault> mend_broker_files(const std::filesystem::path& dir) {
    auto faults = mend_all(dir, broker_sets());
    mend_sessions(dir, faults);
    return faults;
}

void keep_spares(const std::filesystem::path& dir) {
    for (const auto& set : all_sets(dir)) {
        texts now;
        for (const auto& name : set.names) {
            if (auto text = content_of(dir / name)) now.push_back(std::move(*text));
        }
        if (now.size() != set.names.size() || !set.sound(now)) continue;
        for (std::size_t i = 0; i < now.size(); ++i) write_spare(dir, set.names[i], now[i]);
    }
}

} // namespace anban

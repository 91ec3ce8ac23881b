#include "gateway/backup/backup.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "gateway/backup/archive.hpp"
#include "gateway/backup/manifest.hpp"
#include "gateway/config/files.hpp"
#include "gateway/config/load.hpp"
#include "gateway/journal/copy.hpp"
#include "gateway/journal/place.hpp"
#include "gateway/journal/start_copy.hpp"
#include "rules/limits.hpp"
#include "rules/sha256.hpp"

namespace anban::backup {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view of_home = "home/";
constexpr const char* journal_name = "journal/alarms.db";
constexpr std::array small_files = {home_file, residents_file, devices_file, "broker/passwd"};

template <class... Text>
[[nodiscard]] auto refused(const fs::path& file, wording what, wording cure) {
    return std::unexpected(config_error{file.string(), 0, 0, std::move(what), std::move(cure)});
}

[[nodiscard]] auto failed(const fs::path& file, const std::string& why) {
    return refused(file, {"失败：" + why, "it failed: " + why},
                   {"检查目标的空间和权限后再试", "check space and rights there, then try again"});
}

[[nodiscard]] std::string hex(const sha256_digest& digest) {
    std::string text;
    for (const auto byte : digest) text += fmt::format("{:02x}", byte);
    return text;
}

[[nodiscard]] std::expected<std::string, std::string> sum_of_file(const fs::path& path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in{std::fopen(path.c_str(), "rbe"),
                                                             [](std::FILE* f) { return std::fclose(f); }};
    if (!in) return std::unexpected(path.string());
    sha256 sum;
    std::string bytes(64 * 1024, '\0');
    while (const auto n = std::fread(bytes.data(), 1, bytes.size(), in.get())) {
        sum.update(std::string_view{bytes}.substr(0, n));
    }
    return hex(sum.finish());
}

// What a home has of the files that belong into a backup, by their names in it.
[[nodiscard]] std::map<std::string, std::string> small_files_of(const fs::path& dir) {
    std::map<std::string, std::string> all;
    const auto take = [&](const std::string& name) {
        if (auto content = files::read(dir / name, limits::config_file_bytes)) {
            all.emplace(std::string{of_home} + name, std::move(*content));
        }
    };
    for (const char* name : small_files) take(name);
    for (const auto& pack : files::in_folder(dir / "rules", ".rules").value_or(std::vector<fs::path>{})) {
        take("rules/" + pack.filename().string());
    }
    return all;
}

[[nodiscard]] bool may_be_in_a_backup(const std::string& name) {
    if (name == journal_name || name == manifest_name) return true;
    if (!name.starts_with(of_home)) return false;
    const std::string inner = name.substr(of_home.size());
    const bool pack = inner.starts_with("rules/") && inner.ends_with(".rules") &&
                      inner.find('/', std::string_view{"rules/"}.size()) == std::string::npos;
    return pack || std::ranges::find(small_files, inner) != small_files.end();
}

// A temporary file or folder that goes with its owner.
struct passing {
    fs::path path;
    ~passing() {
        std::error_code error;
        fs::remove_all(path, error);
    }
};

// As root: what is made belongs to whom the home belongs to.
void give_to_owner_of(const fs::path& dir, const fs::path& what) {
    struct ::stat s{};
    if (::geteuid() == 0 && ::stat(dir.c_str(), &s) == 0) (void)::chown(what.c_str(), s.st_uid, s.st_gid);
}

struct checked {
    manifest about;
    std::map<std::string, std::string> small; // name in the home → content
};

// Reads all of it once: nothing is believed of a file that isn't whole.
[[nodiscard]] std::expected<checked, std::string> check(const fs::path& file) {
    checked found;
    std::map<std::string, std::string> sums;
    std::string text;
    const auto read = read_archive(file, [&](const std::string& name, std::uint64_t size) -> piece_taker {
        if (!may_be_in_a_backup(name) || (name != journal_name && size > limits::config_file_bytes)) {
            return [name](std::string_view) -> status {
                return std::unexpected(fmt::format("{} doesn't belong into a backup", name));
            };
        }
        const auto sum = std::make_shared<sha256>();
        const auto content = std::make_shared<std::string>();
        return [&, name, sum, content](std::string_view bytes) -> status {
            if (name != journal_name) content->append(bytes);
            if (!bytes.empty()) {
                sum->update(bytes);
                return {};
            }
            if (name == manifest_name)
                text = std::move(*content);
            else
                sums[name] = hex(sum->finish());
            if (name.starts_with(of_home)) found.small[name.substr(of_home.size())] = std::move(*content);
            return {};
        };
    });
    if (!read) return std::unexpected(read.error());
    auto about = manifest_from(text);
    if (!about) return std::unexpected(about.error());
    if (about->sums != sums)
        return std::unexpected(std::string{"it is damaged: its files aren't those that it lists"});
    found.about = std::move(*about);
    return found;
}

[[nodiscard]] status extract_journal(const fs::path& file, const fs::path& to) {
    const std::shared_ptr<std::FILE> out{std::fopen(to.c_str(), "wbxe"), [](std::FILE* f) {
                                             if (f != nullptr) (void)std::fclose(f);
                                         }};
    if (!out) return std::unexpected(to.string() + " can't be made");
    return read_archive(file, [&](const std::string& name, std::uint64_t) -> piece_taker {
        if (name != journal_name) return {};
        return [out, to](std::string_view bytes) -> status {
            const bool good = bytes.empty()
                                  ? std::fflush(out.get()) == 0 && ::fsync(::fileno(out.get())) == 0
                                  : std::fwrite(bytes.data(), 1, bytes.size(), out.get()) == bytes.size();
            if (!good) return std::unexpected(to.string() + " can't be written");
            return {};
        };
    });
}

// What was there before goes into a folder of its own, where a person finds it.
[[nodiscard]] std::expected<std::string, std::string> move_aside(const fs::path& dir, stamp now) {
    const auto aside = dir / fmt::format("replaced-{}", now.at.time_since_epoch().count());
    std::vector<std::string> names = {"rules", "journal/alarms.db", "journal/alarms.db-wal",
                                      "journal/alarms.db-shm", "journal/alarms.db.new"};
    for (const char* name : small_files) {
        names.emplace_back(name);
        names.emplace_back(std::string{name} + ".good");
    }
    std::error_code error;
    bool moved = false;
    for (const auto& name : names) {
        if (!fs::exists(dir / name, error)) continue;
        fs::create_directories((aside / name).parent_path(), error);
        fs::rename(dir / name, aside / name, error);
        if (error) return std::unexpected(fmt::format("{}: {}", name, error.message()));
        moved = true;
    }
    return moved ? aside.string() : std::string{};
}

[[nodiscard]] status write_home(const fs::path& dir, const std::map<std::string, std::string>& small) {
    for (const auto& [name, content] : small) {
        const auto path = dir / name;
        const bool secret = name.starts_with("broker/");
        if (path.parent_path() != dir) {
            if (auto made = files::make_folder(path.parent_path(), secret ? 0700 : 0750); !made) {
                return std::unexpected(made.error().why);
            }
        }
        if (auto done = files::write(path, content, secret ? 0600 : 0640); !done) {
            return std::unexpected(done.error().why);
        }
    }
    return {};
}

// The journal is marked before it is in its place: killed in between, no box lives on it unmarked.
[[nodiscard]] std::expected<std::uint32_t, std::string> place_journal(const fs::path& dir, const fs::path& file,
                                                                      stamp made, stamp now) {
    const auto journal = dir / "journal";
    const passing work{journal / "restoring"};
    std::error_code error;
    fs::remove_all(work.path, error);
    fs::create_directories(work.path, error);
    if (auto done = extract_journal(file, work.path / "alarms.db"); !done) return std::unexpected(done.error());
    const auto kept = start_copy_from(files::read(journal / "start", limits::config_file_bytes).value_or(""));
    const auto start = mark_restored(work.path, made, now, kept ? kept->start : 0);
    if (!start) return start;
    for (const char* name : {"start", "alarms.db"}) {
        give_to_owner_of(dir, work.path / name);
        fs::rename(work.path / name, journal / name, error);
        if (error) return std::unexpected(fmt::format("{}: {}", name, error.message()));
    }
    give_to_owner_of(dir, journal);
    give_to_owner_of(dir, journal / "lock");
    return start;
}

} // namespace

std::expected<made, config_error> make(const fs::path& dir, const fs::path& file, stamp now) {
    std::error_code error;
    if (fs::exists(file, error)) {
        return refused(file, {"文件已存在", "the file is there already"}, {"换一个文件名", "choose another name"});
    }
    const auto small = small_files_of(dir);
    if (!small.contains(std::string{of_home} + home_file)) {
        return refused(dir, {"这里没有家的配置", "there is no home here"},
                       {"用 --home 指定家的目录", "name its directory with --home"});
    }
    const passing part{file.string() + ".part"};
    const passing copy{file.string() + ".journal"};
    const auto journal = copy_journal(dir / "journal", copy.path);
    if (!journal) return failed(file, journal.error());
    manifest about{.version = ANBAN_VERSION, .gateway = {}, .made = now, .start = journal->start, .sums = {}};
    if (const auto h = home_file_alone(dir)) about.gateway = h->gateway.str();
    for (const auto& [name, content] : small) about.sums[name] = hex(sha256_of(content));
    const auto sum = sum_of_file(copy.path);
    if (!sum) return failed(file, sum.error());
    about.sums[journal_name] = *sum;

    fs::remove(part.path, error);
    auto writer = archive_writer::begin(part.path);
    if (!writer) return failed(file, writer.error());
    status done = writer->add(manifest_name, as_text(about));
    for (const auto& [name, content] : small) {
        if (done) done = writer->add(name, content);
    }
    if (done) done = writer->add_file(journal_name, copy.path);
    if (done) done = writer->end();
    if (!done) return failed(file, done.error());
    fs::rename(part.path, file, error);
    if (error) return failed(file, error.message());
    made result{.gateway = about.gateway, .start = about.start, .files = {}, .bytes = fs::file_size(file, error)};
    for (const auto& [name, ignored] : about.sums) result.files.push_back(name);
    return result;
}

std::expected<restored, config_error> restore(const fs::path& dir, const fs::path& file, bool force, stamp now) {
    const auto found = check(file);
    if (!found) {
        return refused(file, {"不能用：" + found.error(), "it can't be used: " + found.error()},
                       {"换一份备份", "take another backup"});
    }
    std::error_code error;
    const bool lives = fs::exists(dir / home_file, error) || fs::exists(dir / "journal/alarms.db", error);
    if (lives && !force) {
        return refused(dir, {"这里已经有一个家", "this is a home already"},
                       {"确定要替换时加 --force；原有文件会移到 replaced-… 中",
                        "add --force to replace it; what is there goes into a folder replaced-…"});
    }
    const auto lock = journal_lock::take({.folder = dir / "journal"});
    if (!lock) {
        return refused(dir, {"anband 正在运行", "anband is running"},
                       {"先停止：systemctl stop anband", "stop it first: systemctl stop anband"});
    }
    const auto replaced = move_aside(dir, now);
    if (!replaced) return failed(dir, replaced.error());
    if (const auto written = write_home(dir, found->small); !written) return failed(dir, written.error());
    const auto start = place_journal(dir, file, found->about.made, now);
    if (!start) return failed(dir, start.error());
    restored result{.gateway = found->about.gateway,
                    .made = found->about.made,
                    .start = *start,
                    .files = {},
                    .replaced = *replaced};
    for (const auto& [name, ignored] : found->about.sums) result.files.push_back(name);
    return result;
}

} // namespace anban::backup

// A home in one file and back.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "gateway/backup/archive.hpp"
#include "gateway/backup/backup.hpp"
#include "gateway/backup/manifest.hpp"
#include "gateway/journal/audit.hpp"
#include "gateway/journal/journal_file.hpp"
#include "tests/temp_dir.hpp"

using namespace anban;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct folder : anban::test::temp_dir {
    folder() : temp_dir("backup") {}
};

const stamp noon{utc_time{1'800'000'000s}, clock_quality::synchronised};
const stamp later{utc_time{1'800'090'000s}, clock_quality::synchronised};
constexpr const char* secret = "c0ffee-plain-password";

void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream{path, std::ios::binary} << text;
}

[[nodiscard]] std::string read(const fs::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

[[nodiscard]] home_delta entry(std::uint32_t n) {
    std::array<std::uint8_t, alarm_id::size> id{};
    id[0] = static_cast<std::uint8_t>(n);
    home_delta d;
    d.queued.push_back({alarm_id{id}, {1, n}, lane::p0, "envelope"});
    d.events = {{.what = audit_event::kind::raised, .alarm = alarm_id{id}, .text = "sos"}};
    d.wall = noon;
    return d;
}

// A home with files of all kinds; its journal is open for as long as the answer lives.
[[nodiscard]] std::unique_ptr<journal_file> furnish(const fs::path& dir) {
    write(dir / "home.toml", "[gateway]\nid = \"gw-7\"\n");
    write(dir / "residents.toml", "");
    write(dir / "devices.toml", "# none yet\n");
    write(dir / "rules/own.rules", "pack own \"自己的\"\n");
    write(dir / "broker/passwd", "button-1:$7$101$salt$hash\n");
    write(dir / "secrets/broker.password", secret);
    write(dir / "secrets/uplink/gateway.key", secret);
    auto opened = journal_file::open({.folder = dir / "journal"}, noon);
    REQUIRE(opened);
    for (std::uint32_t n = 1; n <= 5; ++n) {
        const home_delta one = entry(n);
        const home_delta* const row = &one;
        REQUIRE(opened->first->commit({&row, 1}));
    }
    return std::move(opened->first);
}

} // namespace

TEST_CASE(
    "a backup is made beside the writing daemon, holds no credential, and is whole or not there [backup-1]") {
    const folder f;
    const auto running = furnish(f.path / "home");
    const auto made = backup::make(f.path / "home", f.path / "b", noon);
    REQUIRE(made);
    CHECK(made->gateway == "gw-7");
    CHECK(made->start == 1);
    const std::string bytes = read(f.path / "b");
    CHECK(bytes.find(secret) == std::string::npos);
    CHECK(bytes.find("$7$101$salt$hash") != std::string::npos);
    CHECK(std::distance(fs::directory_iterator{f.path}, {}) == 2); // nothing is left lying about
    SUBCASE("and none is overwritten") {
        CHECK_FALSE(backup::make(f.path / "home", f.path / "b", noon));
        CHECK(read(f.path / "b") == bytes);
    }
    SUBCASE("where it can't be written nothing is left") {
        CHECK_FALSE(backup::make(f.path / "home", f.path / "nowhere/b", noon));
        CHECK_FALSE(fs::exists(f.path / "nowhere"));
    }
}

TEST_CASE("what comes back on another box is what was there, and known to be old [backup-2] [backup-5]") {
    const folder f;
    furnish(f.path / "home").reset();
    REQUIRE(backup::make(f.path / "home", f.path / "b", noon));
    const auto back = backup::restore(f.path / "new", f.path / "b", false, later);
    REQUIRE(back);
    CHECK(back->gateway == "gw-7");
    CHECK(back->made == noon);
    CHECK(back->replaced.empty());
    for (const char* name : {"home.toml", "devices.toml", "rules/own.rules", "broker/passwd"}) {
        CHECK(read(f.path / "new" / name) == read(f.path / "home" / name));
    }
    CHECK_FALSE(fs::exists(f.path / "new/secrets"));
    const auto opened = journal_file::open({.folder = f.path / "new/journal"}, later);
    REQUIRE(opened);
    CHECK(opened->second.damage == "");
    CHECK(opened->second.state.outbox.size() == 5);
    CHECK(opened->second.state.restored == noon);
    CHECK(opened->second.start > 1'000'000);
    CHECK(opened->second.start > back->start);
    const auto report = verify_audit({.folder = f.path / "new/journal"});
    REQUIRE(report);
    CHECK(report->breaks.empty());
    CHECK(report->entries == 1 + 5 + 3); // the start and the alarms, the reading, the restore and the new start
}

TEST_CASE("a restored home stays known as such until it is settled [backup-5]") {
    const folder f;
    furnish(f.path / "home").reset();
    REQUIRE(backup::make(f.path / "home", f.path / "b", noon));
    REQUIRE(backup::restore(f.path / "new", f.path / "b", false, later));
    for (int life = 0; life < 3; ++life) {
        auto opened = journal_file::open({.folder = f.path / "new/journal"}, later);
        REQUIRE(opened);
        CHECK(opened->second.state.restored.has_value() == (life < 2));
        home_delta settled;
        settled.restore_settled = life == 1;
        home_state state = opened->second.state;
        state.apply(settled);
        const home_delta whole = state.whole(); // a snapshot knows it too
        const std::vector<const home_delta*> rows{&settled, &whole};
        REQUIRE(opened->first->commit(rows));
    }
}

TEST_CASE("a file that isn't whole is refused before anything is touched [backup-3]") {
    const folder f;
    furnish(f.path / "home").reset();
    REQUIRE(backup::make(f.path / "home", f.path / "b", noon));
    const std::string whole = read(f.path / "b");
    std::vector<std::string> bad = {"", "no backup at all", whole.substr(0, 700),
                                    whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 1025)};
    for (const std::size_t at : {std::size_t{20}, std::size_t{130}, std::size_t{530}, whole.find("gw-7"),
                                 whole.find("envelope"), whole.find("anban-backup")}) {
        std::string changed = whole;
        changed[at] ^= 1;
        bad.push_back(std::move(changed));
    }
    for (std::size_t i = 0; i < bad.size(); ++i) {
        CAPTURE(i);
        const std::string& bytes = bad[i];
        write(f.path / "bad", bytes);
        CHECK_FALSE(backup::restore(f.path / "new", f.path / "bad", true, later));
        CHECK_FALSE(fs::exists(f.path / "new"));
    }
}

TEST_CASE("a name that leads elsewhere, or isn't a backup's, is refused [backup-3]") {
    const folder f;
    for (const char* name : {"../evil", "/etc/passwd", "home/../../evil", "home/rules/../../evil.rules"}) {
        auto writer = backup::archive_writer::begin(f.path / "b");
        REQUIRE(writer);
        CHECK_FALSE(writer->add(name, "x"));
        fs::remove(f.path / "b");
    }
    for (const char* name : {"home/secrets/key", "evil", "home/rules/deep/x.rules", "home/rules/x.so"}) {
        auto writer = backup::archive_writer::begin(f.path / "b");
        REQUIRE(writer);
        REQUIRE(writer->add(name, "x"));
        REQUIRE(writer->end());
        CHECK_FALSE(backup::restore(f.path / "new", f.path / "b", false, later));
        CHECK_FALSE(fs::exists(f.path / "new"));
        fs::remove(f.path / "b");
    }
}

TEST_CASE("a home is replaced only when asked, never while it runs, and what was there is kept [backup-4]") {
    const folder f;
    furnish(f.path / "home").reset();
    REQUIRE(backup::make(f.path / "home", f.path / "b", noon));
    auto running = furnish(f.path / "other");
    write(f.path / "other/home.toml", "[gateway]\nid = \"gw-8\"\n");
    CHECK_FALSE(backup::restore(f.path / "other", f.path / "b", false, later));
    CHECK_FALSE(backup::restore(f.path / "other", f.path / "b", true, later));
    CHECK(read(f.path / "other/home.toml").find("gw-8") != std::string::npos);
    running.reset();
    CHECK_FALSE(backup::restore(f.path / "other", f.path / "b", false, later));
    const auto back = backup::restore(f.path / "other", f.path / "b", true, later);
    REQUIRE(back);
    CHECK(read(f.path / "other/home.toml").find("gw-7") != std::string::npos);
    CHECK(read(fs::path{back->replaced} / "home.toml").find("gw-8") != std::string::npos);
    CHECK(fs::exists(fs::path{back->replaced} / "journal/alarms.db"));
    CHECK(read(f.path / "other/secrets/broker.password") == secret); // its own credentials stay
    CHECK(journal_file::open({.folder = f.path / "other/journal"}, later)->second.damage == "");
}

TEST_CASE("a later format is named with the version that wrote it [backup-3]") {
    const auto later_format = backup::manifest_from("anban-backup 2\nversion 7.1.0\n");
    REQUIRE_FALSE(later_format);
    CHECK(later_format.error().find("7.1.0") != std::string::npos);
    backup::manifest m{
        .version = "0.1.0", .gateway = "gw-7", .made = noon, .start = 4, .sums = {{"home/a", "00"}}};
    CHECK(backup::manifest_from(backup::as_text(m)) == m);
}

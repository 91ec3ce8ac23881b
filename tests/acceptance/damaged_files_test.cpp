// Every file of a home directory in turn cut off, emptied, garbled, gone and unreadable: the gateway starts, a
// press goes its whole way, and a fault says which file and what to do. The directory is asked for its files, so
// that one which is added later is covered without a word here.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/acceptance/scene.hpp"
#include "tests/stage/fault.hpp"
#include "tests/stage/temp_folder.hpp"

using namespace anban::acceptance;
namespace fs = std::filesystem;

namespace {

enum class damage { cut_off, emptied, garbled, gone, unreadable };
constexpr damage all_damages[] = {damage::cut_off, damage::emptied, damage::garbled, damage::gone,
                                  damage::unreadable};
const std::string names[] = {"cut off", "emptied", "garbled", "gone", "a folder in its place"};

// The stage's own, which no gateway reads.
bool is_the_stages(const std::string& file) {
    return file.ends_with(".log") || file == "players.toml" || file.starts_with("state/");
}

// What comes back by itself without a word, and why nobody need do anything.
const char* why_silent(const std::string& file, damage how) {
    if ((file == "journal/alarms.db" || file == "journal/alarms.db-wal") && how == damage::unreadable)
        return "journal.failed ends when a new one is begun, within seconds";
    if (file == "journal/reserve" || file == "journal/start")
        return "taken anew; the journal itself tells what is lost";
    if (file.ends_with(".good") || file.starts_with("spares/")) return "a copy of a sound file is made anew";
    if (file.starts_with("run/") || file.ends_with(".pid")) return "made anew at each start";
    if (file.starts_with("crashes/")) return "what is known of earlier crashes begins anew";
    if (file == "journal/lock") return "held, never read";
    if (file.ends_with("-shm")) return "an index that SQLite makes anew from the -wal";
    if (file == "journal/readings.db-wal") return "readings of the last minute; they may be dropped";
    if (file == "secrets/alarm-session") return "only a note that the broker was told; it is told again";
    return nullptr;
}

void spoil(const fs::path& file, damage how) {
    const bool regular = fs::is_regular_file(file);
    const std::string whole = regular ? anban::stage::read_file(file) : std::string{};
    const auto put = [&](const std::string& text) {
        if (!regular) fs::remove(file);
        std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
    };
    switch (how) {
    case damage::cut_off: return put(whole.substr(0, whole.size() / 2));
    case damage::emptied: return put({});
    case damage::garbled: {
        std::string text = whole.empty() ? std::string(64, 'x') : whole;
        for (std::size_t i = 0; i < text.size(); i += 3) text[i] = static_cast<char>(text[i] ^ 0xA5);
        return put(text);
    }
    case damage::gone: fs::remove(file); return;
    case damage::unreadable: // root reads whatever its mode
        fs::remove(file);
        fs::create_directory(file);
        std::ofstream(file / "x") << "x"; // nor is it removed by accident
        return;
    }
}

class home_of_files {
public:
    explicit home_of_files(scene& s) : s_(s), home_(s.district.home) {
        // Its sessions are on the disk, and the journal has a -wal as a power cut leaves it.
        home_.mosquitto().end();
        home_.start_broker();
        home_.await_listening();
        press();
        home_.daemon().kill();
        home_.uplink().kill();
    }

    std::vector<std::string> files() const {
        std::vector<std::string> found;
        for (const auto& entry : fs::recursive_directory_iterator(home_.folder())) {
            const std::string file = fs::relative(entry.path(), home_.folder()).string();
            if (!entry.is_directory() && !is_the_stages(file)) found.push_back(file);
        }
        std::ranges::sort(found);
        return found;
    }

    void live_through(const std::string& file, damage how) {
        const fs::path path = home_.folder() / file;
        const bool brokers = file.starts_with("broker/");
        if (file.starts_with("journal/")) leave_a_journal();
        if (!fs::exists(fs::symlink_status(path))) return; // of a -wal: it was written into its file meanwhile
        const bool regular = fs::is_regular_file(path);
        const std::string before = regular ? anban::stage::read_file(path) : std::string{};
        const auto mode = fs::status(path).permissions();
        if (brokers) home_.mosquitto().kill();
        spoil(path, how);
        try {
            start_and_check(file, how, brokers);
        } catch (const anban::stage::fault& f) {
            FAIL_CHECK("it does not start: ", std::string(f.what()));
        }
        home_.daemon().kill();
        home_.uplink().kill();
        if (brokers) home_.mosquitto().kill();
        put_back(path, regular, before, mode);
        if (brokers) home_.start_broker();
    }

private:
    void start_and_check(const std::string& file, damage how, bool brokers) {
        if (brokers) home_.start_broker();
        home_.start_daemon();
        home_.start_uplink();
        const bool heard = press();
        INFO(s_.logs());
        CHECK_MESSAGE(heard, "a press does not reach the centre with ", file, " ",
                      names[static_cast<std::size_t>(how)]);
        if (why_silent(file, how) == nullptr) CHECK_MESSAGE(told(file), "no fault names ", file);
    }

    // Old records in the file, new ones in its -wal.
    void leave_a_journal() {
        home_.start_daemon();
        CHECK(home_.daemon().end() == 0);
        home_.start_daemon();
        home_.start_uplink();
        CHECK(press());
        home_.daemon().kill();
        home_.uplink().kill();
    }

    bool press() {
        const auto from = home_.seen.size();
        home_.play("press button-1");
        return s_.answer("button-1", "stored", 20s, from).has_value();
    }

    // A fault whose words have the file's own name.
    bool told(const std::string& file) {
        // A pack that is gone is told by its name where a plan wants it.
        const fs::path named = fs::path(file).filename();
        const std::string name = file.starts_with("rules/") ? named.stem().string() : named.string();
        return eventually(
            [&] {
                const auto status = home_.tell({"status"});
                const auto* faults = status.is_object() ? status.as_object().if_contains("faults") : nullptr;
                if (faults == nullptr || !faults->is_array()) return false;
                return std::ranges::any_of(faults->as_array(), [&](const json::value& one) {
                    return json::serialize(one).contains(name);
                });
            },
            5s);
    }

    // As a technician would leave it: what was put aside is looked at and removed. The journal goes on with what
    // it made of it, or its numbers would go back.
    void put_back(const fs::path& path, bool regular, const std::string& before, fs::perms mode) {
        std::vector<fs::path> aside;
        for (const auto& entry : fs::recursive_directory_iterator(home_.folder()))
            if (entry.path().filename().string().contains(".damaged")) aside.push_back(entry.path());
        for (const auto& one : aside) fs::remove_all(one);
        const bool lives = path.parent_path().filename() == "journal" || path.parent_path().filename() == "run";
        if (!regular || (lives && !fs::is_directory(path))) return;
        fs::remove_all(path);
        if (lives) return;
        std::ofstream(path, std::ios::binary | std::ios::trunc) << before;
        fs::permissions(path, mode);
    }

    scene& s_;
    anban::stage::home_box& home_;
};

} // namespace

TEST_CASE("every file spoilt in turn: it starts, a press arrives, a fault names the file [config-3] [F15]") {
    auto plan = anban::stage::usual_home();
    plan.residents = {{"r-wang", "cardiac"}, {"r-li", ""}};
    plan.packs = {
        {"cardiac.rules", anban::stage::read_file(fs::path(ANBAN_SOURCE_DIR) / "rules/packs/cardiac.rules")}};
    scene s(std::move(plan));
    home_of_files home(s);
    const auto files = home.files();
    MESSAGE(fmt::format("{} files", files.size()));
    CHECK(files.size() > 20);
    for (const auto& file : files) {
        for (const auto how : all_damages) {
            const auto began = std::chrono::steady_clock::now();
            CAPTURE(file);
            home.live_through(file, how);
            const auto took =
                std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
            if (std::getenv("ANBAN_TIMES") != nullptr)
                MESSAGE(fmt::format("{} {}: {} ms", file, names[static_cast<std::size_t>(how)], took.count()));
        }
    }
}

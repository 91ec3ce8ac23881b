#include "gateway/journal/journal_file.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "gateway/journal/rows.hpp"
#include "gateway/journal/start_copy.hpp"
#include "rules/ensure.hpp"

namespace anban {
namespace {

constexpr int log_pages_before_checkpoint = 256; // 1 MiB

// Before it no box of ours was made: a clock that says less was never set.
constexpr utc_time a_plausible_time{std::chrono::seconds{1'700'000'000}};

} // namespace

class journal_file::parts {
public:
    parts(journal_place place, journal_lock lock)
        : place_(complete(std::move(place))), lock_(std::move(lock)), path_(place_.folder / "alarms.db") {}
    ~parts() {
        if (broken_) {
            close(true);
        } else if (rows_.file().is_open()) {
            keep_start();
            close();
        }
    }
    parts(const parts&) = delete;
    parts& operator=(const parts&) = delete;

    // Fills `found`, and has committed this start; else `why()` tells.
    [[nodiscard]] bool open(journal_found& found, stamp now) {
        adopt_new_file();
        const auto kept = start_copy_from(place_.read(copy_path()));
        const bool was_there = database::exists(path_.string(), place_.vfs);
        bool usable = rows_.open(path_.string(), place_.vfs);
        if (!usable && !unreadable() && place_.reserve(false)) {
            reserve_ = false;
            usable = rows_.open(path_.string(), place_.vfs);
        }
        if (usable) {
            found.damage = rows_.replay(found.state, found.rows_read);
            if (!was_there && kept) found.damage = "it was missing";
            const auto last = rows_.head().seq;
            if (was_there && kept && last < kept->head.seq && found.damage.empty()) {
                found.damage = fmt::format("rows {} to {} are missing at its end", last + 1, kept->head.seq);
            }
        } else if (rows_.of_a_later_version()) {
            found.damage = "a later version of Anban has written it";
        } else if (unreadable()) {
            found.damage = rows_.file().why();
        } else {
            lost_ = false;
            return fail_at_start(found, kept, now);
        }
        journal_head head = rows_.head();
        if (kept) head.seq = std::max(head.seq, kept->head.seq); // and its link, if no row tells a later one
        if (kept && head.link == first_link()) head.link = kept->head.link;
        rows_.go_on_from(head);
        found.start = start_number(found, kept, now);
        home_delta first = start_row(found, now);
        if (!found.damage.empty() && was_there) {
            begin_aside(rows_.of_a_later_version() ? "newer" : "damaged", now);
            found.set_aside = aside_;
            first.events.push_back({.what = audit_event::kind::journal_replaced, .text = found.damage});
            if (!begin_new_file(head)) return fail(true);
        }
        const home_delta* const one = &first;
        if (!commit({&one, 1})) {
            found.start = std::max(found.start, by_clock(found, now));
            count_start(found.start);
            return false;
        }
        found.state.start = found.start;
        found.head = in_hex(rows_.head().link);
        return true;
    }

    [[nodiscard]] bool commit(std::span<const home_delta* const> all) {
        if (broken_) return false;
        ensure(!needs_whole_ || (!all.empty() && all.front()->complete));
        for (const home_delta* one : all) {
            if (one->start) count_start(*one->start);
        }
        bool written = rows_.commit(all);
        if (!written && rows_.file().last_trouble() == database::trouble::full && place_.reserve(false)) {
            reserve_ = false;
            written = rows_.commit(all);
        }
        if (!written) return fail(unreliable());
        if (in_new_file_ && !move_in()) return fail(true);
        needs_whole_ = false;
        return true;
    }

    [[nodiscard]] std::expected<std::string, std::string> renew(stamp now) {
        ensure(broken_);
        const journal_head head = rows_.head();
        if (!lost_) {
            if (!rows_.file().is_open() && !rows_.open(path_.string(), place_.vfs)) {
                lost_ = unreliable();
                return std::unexpected(rows_.file().why());
            }
            if (rows_.head().seq < head.seq) rows_.go_on_from(head);
            if (!rows_.try_to_write()) {
                lost_ = unreliable();
                return std::unexpected(rows_.file().why());
            }
            aside_.clear();
        } else {
            close(true);
            adopt_new_file();
            if (database::exists(path_.string(), place_.vfs)) begin_aside("failed", now);
            if (!begin_new_file(head)) {
                why_ = rows_.file().why();
                rows_.go_on_from(head);
                return std::unexpected(why_);
            }
        }
        broken_ = false;
        needs_whole_ = true;
        return aside_;
    }

    void checkpoint_if_large() {
        if (broken_ || rows_.file().pages_in_log() <= log_pages_before_checkpoint) return;
        (void)rows_.file().checkpoint();
    }

    [[nodiscard]] bool take_reserve() { return reserve_ = place_.reserve(true); }

    [[nodiscard]] bool salvage(std::int64_t most) {
        return !broken_ && !needs_whole_ && rows_.take_over(place_.vfs, most);
    }

    [[nodiscard]] bool failed() const noexcept { return broken_; }
    [[nodiscard]] bool needs_whole() const noexcept { return needs_whole_; }
    [[nodiscard]] bool has_reserve() const noexcept { return reserve_; }
    [[nodiscard]] const std::string& why() const { return why_.empty() ? rows_.file().why() : why_; }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    [[nodiscard]] std::string new_path() const { return path_.string() + ".new"; }
    [[nodiscard]] std::string copy_path() const { return (place_.folder / "start").string(); }

    [[nodiscard]] bool unreadable() { return rows_.file().last_trouble() == database::trouble::content; }

    // What is in the file and what is on the disk may differ, whatever later calls say.
    [[nodiscard]] bool unreliable() {
        return unreadable() || rows_.file().last_trouble() == database::trouble::disk;
    }

    bool fail(bool lost) {
        why_ = rows_.file().why();
        broken_ = true;
        lost_ = lost;
        return false;
    }

    void close(bool as_it_is = false) { rows_.close(as_it_is); }

    // A new file that holds the whole state, and whose place is empty: a kill came between two renames.
    void adopt_new_file() {
        if (database::exists(path_.string(), place_.vfs)) return;
        if (database::exists(new_path(), place_.vfs)) place_.move(new_path(), path_.string());
    }

    void begin_aside(const char* why, stamp now) {
        aside_ = fmt::format("{}.{}-{}", path_.string(), why, now.at.time_since_epoch().count());
    }

    [[nodiscard]] bool begin_new_file(const journal_head& head) {
        close(true);
        for (const char* part : {"", "-wal", "-shm"}) database::remove(new_path() + part, place_.vfs);
        in_new_file_ = true;
        needs_whole_ = true;
        if (!rows_.open(new_path(), place_.vfs)) return false;
        rows_.go_on_from(head);
        return aside_.empty() || rows_.salvage_later(aside_);
    }

    // The new file, complete and on the disk, takes the place of the old one.
    [[nodiscard]] bool move_in() {
        const journal_head head = rows_.head();
        if (!rows_.file().checkpoint() || !rows_.close()) return false;
        if (!aside_.empty()) {
            for (const char* part : {"", "-wal", "-shm"}) place_.move(path_.string() + part, aside_ + part);
        }
        if (!database::exists(path_.string(), place_.vfs)) place_.move(new_path(), path_.string());
        if (database::exists(new_path(), place_.vfs)) return false; // nothing could be moved
        if (!rows_.open(path_.string(), place_.vfs)) return false;
        rows_.go_on_from(head);
        in_new_file_ = false;
        return true;
    }

    // Higher than any that was ever used, whatever the newest rows said; where nothing is left to tell, by the
    // clock, whose seconds no counter reaches.
    [[nodiscard]] static std::uint32_t start_number(const journal_found& found,
                                                    const std::optional<start_copy>& kept, stamp now) {
        std::uint32_t start = std::max(found.state.start, kept ? kept->start : 0) + 1;
        if (!found.damage.empty() && !kept) start = std::max(start, by_clock(found, now));
        return start;
    }

    [[nodiscard]] static std::uint32_t by_clock(const journal_found& found, stamp now) {
        const utc_time latest = std::max(now.at, found.state.wall.at);
        if (latest < a_plausible_time) return 0;
        return static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::seconds>(latest.time_since_epoch()).count());
    }

    [[nodiscard]] static home_delta start_row(const journal_found& found, stamp now) {
        home_delta first;
        if (!found.damage.empty()) first = found.state.whole();
        first.start = found.start;
        first.wall = now;
        first.events.push_back({.what = audit_event::kind::started, .text = fmt::format("{}", found.start)});
        return first;
    }

    // Before the row that says the same: a number is used up when it stands here.
    void count_start(std::uint32_t start) {
        if (start <= start_) return;
        start_ = start;
        keep_start();
    }

    void keep_start() { (void)place_.keep(copy_path(), as_text({start_, rows_.head()})); }

    // Nothing can be written. What is there is read without the log's index, which would have to be made.
    [[nodiscard]] bool fail_at_start(journal_found& found, const std::optional<start_copy>& kept, stamp now) {
        why_ = rows_.file().why();
        broken_ = true;
        if (rows_.open_to_read(path_.string(), place_.vfs)) {
            found.damage = rows_.replay(found.state, found.rows_read);
            lost_ = !found.damage.empty();
        }
        journal_head head = rows_.head();
        if (kept) head.seq = std::max(head.seq, kept->head.seq);
        close(true);
        rows_.go_on_from(head);
        found.start = std::max(start_number(found, kept, now), by_clock(found, now));
        // The clock may have stood still since: what the database can't take, the small file beside it may.
        count_start(found.start);
        return false;
    }

    journal_place place_;
    journal_lock lock_;
    std::filesystem::path path_;
    journal_rows rows_;
    std::uint32_t start_ = 0; // the highest that was counted
    std::string aside_;       // where the failed file goes, or has gone
    std::string why_;
    bool reserve_ = true;
    bool broken_ = false; // nothing is written until `renew`
    bool lost_ = false;   // and not into this file
    bool needs_whole_ = false;
    bool in_new_file_ = false;
};

std::uint32_t apart_from_committed(std::uint32_t start, std::uint32_t chance) noexcept {
    return start + 1 + chance % 1'024; // seconds, where it is the clock's: the next start is later than that
}

std::expected<journal_file::opened, journal_failure> journal_file::open(const journal_place& place, stamp now) {
    const auto path = (place.folder / "alarms.db").string();
    auto lock = journal_lock::take(place);
    if (!lock) {
        return std::unexpected(journal_failure{
            .why = fmt::format("{}: {}", path, lock.error()), .in_use = true, .found = {}, .file = {}});
    }
    std::unique_ptr<journal_file> file{new journal_file(std::make_unique<parts>(place, std::move(*lock)))};
    journal_found found;
    if (file->parts_->open(found, now)) return opened{std::move(file), std::move(found)};
    auto why = fmt::format("{}: {}", path, file->why());
    return std::unexpected(journal_failure{
        .why = std::move(why), .in_use = false, .found = std::move(found), .file = std::move(file)});
}

journal_file::journal_file(std::unique_ptr<parts> p) : parts_(std::move(p)) {}
journal_file::~journal_file() = default;

bool journal_file::commit(std::span<const home_delta* const> rows) {
    return parts_->commit(rows);
}
bool journal_file::failed() const noexcept {
    return parts_->failed();
}
std::expected<std::string, std::string> journal_file::renew(stamp now) {
    return parts_->renew(now);
}
bool journal_file::needs_whole() const noexcept {
    return parts_->needs_whole();
}
void journal_file::checkpoint_if_large() {
    parts_->checkpoint_if_large();
}
bool journal_file::take_reserve() {
    return parts_->take_reserve();
}
bool journal_file::has_reserve() const noexcept {
    return parts_->has_reserve();
}
bool journal_file::salvage(std::size_t most) {
    return parts_->salvage(static_cast<std::int64_t>(most));
}
std::string journal_file::why() const {
    return parts_->why();
}
const std::filesystem::path& journal_file::path() const noexcept {
    return parts_->path();
}

} // namespace anban

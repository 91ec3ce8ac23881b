#include "gateway/journal/audit.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gateway/journal/chain.hpp"
#include "gateway/journal/database.hpp"
#include "gateway/journal/rows.hpp"
#include "gateway/journal/start_copy.hpp"

namespace anban {
namespace {

constexpr const char* entries = "SELECT seq, crc, events, link FROM audit UNION ALL SELECT seq, crc, events, link "
                                "FROM record WHERE events IS NOT NULL ORDER BY seq";

// Beside its writer where there is one; as it lies where nothing can be written beside it.
[[nodiscard]] std::expected<void, std::string> open(database& file, const journal_place& place) {
    const auto path = (place.folder / "alarms.db").string();
    const auto said = [&path](std::string_view what) {
        return std::unexpected(fmt::format("{}: {}", path, what));
    };
    if (!database::exists(path, place.vfs)) return said("there is no journal");
    std::int64_t format = -1;
    for (const auto how : {database::mode::read_only, database::mode::untouched}) {
        file.close(true);
        if (file.open(path, place.vfs, how)) format = file.number("PRAGMA user_version", -1);
        if (format >= 0) break;
    }
    if (format < 0) return said(file.why());
    if (format < journal_rows::format) return said("it is older than the audit trail; start anband once");
    if (format > journal_rows::format) return said("a later version of Anban has written it");
    return {};
}

class verifier {
public:
    verifier(database& file, audit_report& into) : file_(file), report_(into) {}

    void look(const std::optional<start_copy>& kept, std::string_view expect) {
        structure();
        trail(kept, expect);
        rows();
        const auto last = file_.number("SELECT max(seq) FROM record", 0);
        if (kept && last < kept->head.seq) {
            found(audit_break::kind::cut_off, last, report_.newest,
                  fmt::format("rows up to {} were there at start {}", kept->head.seq, kept->start));
        }
        std::ranges::stable_sort(report_.breaks, {}, &audit_break::seq);
    }

private:
    using kind = audit_break::kind;

    void found(kind what, std::int64_t seq, std::optional<stamp> at, std::string detail) {
        if (report_.breaks.size() == audit_report::most_breaks) return;
        report_.breaks.push_back({what, seq, at, std::move(detail)});
    }

    void structure() {
        std::string said = file_.text("PRAGMA quick_check(1)");
        if (said.empty()) said = file_.why();
        if (said != "ok") found(kind::structure, 0, std::nullopt, said);
    }

    // The chain over all entries, from the last one that was let go.
    void trail(const std::optional<start_copy>& kept, std::string_view expect) {
        journal_head before;
        bool came_by = expect.empty();
        std::string at_start = first_link();
        bool may_tell = false;
        {
            statement anchor{file_, "SELECT seq, link FROM chain"};
            if (anchor.next()) before = {anchor.number(0), std::string{anchor.bytes(1)}};
            at_start = before.link;
            may_tell = kept && before.seq <= kept->head.seq; // else that link was let go
        }
        came_by = came_by || in_hex(before.link).starts_with(expect);
        statement select{file_, entries};
        while (select.next()) {
            const auto seq = select.number(0);
            const auto sum = static_cast<std::uint32_t>(select.number(1));
            const std::string_view events = select.bytes(2);
            const auto entry = journal_record::decode_events(events);
            const auto at = entry ? std::optional{entry->at} : std::nullopt;
            ++report_.entries;
            if (at) {
                if (!report_.oldest) report_.oldest = at;
                report_.newest = at;
            }
            if (!entry) found(kind::altered, seq, at, entry.error());
            if (seq <= before.seq || next_link(before.link, seq, sum, events) != select.bytes(3)) {
                found(kind::not_behind, seq, at, fmt::format("the entry before it is {}", before.seq));
            }
            before = {seq, std::string{select.bytes(3)}};
            if (kept && seq <= kept->head.seq) at_start = before.link;
            came_by = came_by || in_hex(before.link).starts_with(expect);
        }
        if (select.failed()) found(kind::structure, before.seq, report_.newest, file_.why());
        if (may_tell && at_start != kept->head.link) {
            found(kind::made_anew, 0, std::nullopt,
                  fmt::format("start {} noted the link {}", kept->start, in_hex(kept->head.link)));
        }
        if (!came_by) found(kind::made_anew, 0, std::nullopt, fmt::format("it doesn't come by {}", expect));
        report_.head = in_hex(before.link);
    }

    // Each row by itself: its checksum, its place, its content.
    void rows() {
        const auto snapshot = file_.number("SELECT seq FROM newest_snapshot", 0);
        bool begins = snapshot == 0;
        std::int64_t last = 0;
        statement select{file_, "SELECT seq, crc, body, events, link FROM record ORDER BY seq"};
        while (select.next()) {
            const auto seq = select.number(0);
            ++report_.rows;
            const auto entry = journal_record::decode_events(select.bytes(3));
            const auto delta = journal_record::decode(select.bytes(2));
            const auto at = !select.nothing(3) && entry ? std::optional{entry->at}
                            : delta                     ? std::optional{delta->wall}
                                                        : std::nullopt;
            if (last != 0 && seq != last + 1) {
                found(kind::gap, seq, at, fmt::format("rows {} to {} are missing", last + 1, seq - 1));
            }
            last = seq;
            const auto sum = row_checksum(seq, select.bytes(2), select.bytes(3));
            if (static_cast<std::uint32_t>(select.number(1)) != sum) {
                found(kind::altered, seq, at, "its checksum is another one");
            } else if (!delta) {
                found(kind::altered, seq, at, delta.error());
            } else if (select.nothing(3) != select.nothing(4)) {
                found(kind::altered, seq, at, "it has an entry without a link, or a link without an entry");
            }
            if (seq == snapshot) begins = delta && delta->complete;
        }
        if (select.failed()) found(kind::structure, last, std::nullopt, file_.why());
        if (!begins) found(kind::no_snapshot, snapshot, std::nullopt, "a replay can't begin there");
    }

    database& file_;
    audit_report& report_;
};

} // namespace

std::string_view name_of(audit_break::kind k) noexcept {
    using kind = audit_break::kind;
    switch (k) {
    case kind::structure: return "structure";
    case kind::altered: return "altered";
    case kind::not_behind: return "not_behind";
    case kind::gap: return "gap";
    case kind::cut_off: return "cut_off";
    case kind::made_anew: return "made_anew";
    case kind::no_snapshot: return "no_snapshot";
    }
    return "";
}

std::expected<audit_report, std::string> verify_audit(const journal_place& given, std::string_view expect) {
    const journal_place place = complete(given);
    // Before the file: what a running daemon adds meanwhile comes later than this.
    const auto kept = start_copy_from(place.read((place.folder / "start").string()));
    database file;
    if (const auto opened = open(file, place); !opened) return std::unexpected(opened.error());
    if (!file.run("BEGIN")) return std::unexpected(file.why());
    audit_report report;
    verifier{file, report}.look(kept, expect);
    return report;
}

std::expected<void, std::string> read_audit(const journal_place& given,
                                            const std::function<bool(const audit_row&)>& take) {
    database file;
    if (const auto opened = open(file, given); !opened) return std::unexpected(opened.error());
    statement select{file, entries};
    while (select.next()) {
        auto entry = journal_record::decode_events(select.bytes(2));
        if (entry && !take({select.number(0), std::move(*entry)})) return {};
    }
    if (select.failed()) return std::unexpected(file.why());
    return {};
}

} // namespace anban

#include "firmware-stubs/home/recording.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <zlib.h>

namespace anban::played {
namespace {

constexpr std::size_t most_bytes = std::size_t{64} * 1024 * 1024;
constexpr std::size_t most_samples = 3600 * 1000 / FALL_SAMPLE_MS;
constexpr double sample_ms = FALL_SAMPLE_MS;
constexpr std::size_t channels = 6; // of a SisFall trial: ax ay az gx gy gz, one block after another

std::unexpected<std::string> refuse(const std::filesystem::path& file, std::string_view why) {
    return std::unexpected(fmt::format("{}: {}", file.string(), why));
}

// gzip or plain, as zlib finds it.
std::expected<std::vector<std::uint8_t>, std::string> unpack(const std::filesystem::path& file) {
    gzFile in = gzopen(file.c_str(), "rb");
    if (in == nullptr) return refuse(file, "can't be opened");
    std::vector<std::uint8_t> bytes;
    std::uint8_t buffer[64 * 1024];
    int got = 0;
    while ((got = gzread(in, buffer, sizeof buffer)) > 0 && bytes.size() <= most_bytes) {
        bytes.insert(bytes.end(), buffer, buffer + got);
    }
    const bool whole = gzclose(in) == Z_OK && got == 0;
    if (bytes.size() > most_bytes) return refuse(file, "is larger than 64 MiB");
    if (!whole) return refuse(file, "is cut off or damaged");
    return bytes;
}

std::vector<std::string_view> cells(std::string_view line) {
    std::vector<std::string_view> found;
    if (line.ends_with('\r')) line.remove_suffix(1);
    while (true) {
        const auto comma = line.find(',');
        found.push_back(line.substr(0, comma));
        if (comma == std::string_view::npos) return found;
        line.remove_prefix(comma + 1);
    }
}

// The table's lines after its head, with the head's columns by name.
class table {
public:
    explicit table(std::string_view text) : rest_(text) {
        if (const auto head = next_line()) {
            const auto names = cells(*head);
            for (std::size_t i = 0; i < names.size(); ++i) columns_.emplace(names[i], i);
        }
    }
    bool next() {
        std::optional<std::string_view> line;
        do line = next_line();
        while (line && line->empty());
        if (line) row_ = cells(*line);
        return line.has_value();
    }
    [[nodiscard]] bool has(std::string_view column) const { return columns_.contains(column); }
    [[nodiscard]] std::string_view operator[](std::string_view column) const {
        const auto found = columns_.find(column);
        return found != columns_.end() && found->second < row_.size() ? row_[found->second] : std::string_view();
    }
    template <class Number>
    [[nodiscard]] std::optional<Number> number(std::string_view column) const {
        const auto text = (*this)[column];
        Number n{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
        return error == std::errc{} && end == text.data() + text.size() && !text.empty() ? std::optional(n)
                                                                                         : std::nullopt;
    }

private:
    std::optional<std::string_view> next_line() {
        if (rest_.empty()) return std::nullopt;
        const auto end = std::min(rest_.find('\n'), rest_.size());
        const auto line = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        return line;
    }
    std::string_view rest_;
    std::map<std::string_view, std::size_t> columns_;
    std::vector<std::string_view> row_;
};

std::string_view text_of(const std::vector<std::uint8_t>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::int16_t int16_at(const std::vector<std::uint8_t>& bytes, std::size_t index) {
    return static_cast<std::int16_t>(bytes[2 * index] | (bytes[2 * index + 1] << 8));
}

struct timed {
    double t_ms;
    double axis[3];
};

std::int16_t clamped(double milli_g) {
    return static_cast<std::int16_t>(std::lround(std::clamp(milli_g, -32768.0, 32767.0)));
}

std::vector<fall_sample> at_100_hz(const std::vector<timed>& rows) {
    std::vector<fall_sample> samples;
    if (rows.empty()) return samples;
    std::size_t next = 0;
    for (double t = rows.front().t_ms; t <= rows.back().t_ms && samples.size() < most_samples; t += sample_ms) {
        while (next < rows.size() && rows[next].t_ms < t) ++next;
        const timed& b = rows[std::min(next, rows.size() - 1)];
        const timed& a = next > 0 ? rows[next - 1] : b;
        const double part = b.t_ms > a.t_ms ? (t - a.t_ms) / (b.t_ms - a.t_ms) : 0;
        const auto mix = [&](int i) { return clamped(a.axis[i] + part * (b.axis[i] - a.axis[i])); };
        samples.push_back({mix(0), mix(1), mix(2)});
    }
    return samples;
}

} // namespace

std::expected<sisfall, std::string> sisfall::open(const std::filesystem::path& folder) {
    const auto file = folder / "trials.csv";
    const auto bytes = unpack(file);
    if (!bytes) return std::unexpected(bytes.error());
    table rows(text_of(*bytes));
    for (const auto* column :
         {"file", "byte_offset", "n_samples", "subject", "age_group", "activity", "is_fall", "trial"}) {
        if (!rows.has(column)) return refuse(file, fmt::format("has no column {}", column));
    }
    sisfall set;
    set.folder_ = folder;
    while (rows.next()) {
        const auto offset = rows.number<std::size_t>("byte_offset");
        const auto samples = rows.number<std::size_t>("n_samples");
        const auto fs = rows.number<double>("fs_hz");
        if (!offset || !samples || *samples > most_samples || *offset > most_bytes)
            return refuse(file, fmt::format("trial {} has no sound place", set.trials_.size() + 1));
        if (fs && *fs != 1000.0 / sample_ms) return refuse(file, "is not at 100 Hz");
        set.trials_.push_back({.file = std::string(rows["file"]),
                               .byte_offset = *offset,
                               .samples = *samples,
                               .subject = std::string(rows["subject"]),
                               .activity = std::string(rows["activity"]),
                               .trial = std::string(rows["trial"]),
                               .elderly = rows["age_group"] == "elderly",
                               .is_fall = rows["is_fall"] == "1"});
    }
    return set;
}

const sisfall_trial* sisfall::find(std::string_view subject, std::string_view activity,
                                   std::string_view trial) const noexcept {
    const auto found = std::ranges::find_if(trials_, [&](const sisfall_trial& t) {
        return t.subject == subject && t.activity == activity && t.trial == trial;
    });
    return found == trials_.end() ? nullptr : &*found;
}

std::expected<recording, std::string> sisfall::read(const sisfall_trial& trial) {
    const auto file = folder_ / trial.file;
    if (unpacked_name_ != trial.file) {
        unpacked_name_.clear();
        auto bytes = unpack(file);
        if (!bytes) return std::unexpected(bytes.error());
        unpacked_ = std::move(*bytes);
        unpacked_name_ = trial.file;
    }
    const auto n = trial.samples;
    const auto first = trial.byte_offset / 2;
    if ((first + channels * n) * 2 > unpacked_.size())
        return refuse(file, fmt::format("ends before {} {} {}", trial.subject, trial.activity, trial.trial));
    recording r{.name = fmt::format("{} {} {}", trial.subject, trial.activity, trial.trial), .samples = {}};
    r.samples.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
        r.samples.push_back({int16_at(unpacked_, first + i), int16_at(unpacked_, first + n + i),
                             int16_at(unpacked_, first + 2 * n + i)});
    }
    return r;
}

std::expected<recording, std::string> read_csv(const std::filesystem::path& file,
                                               const std::map<std::string, std::string>& chosen) {
    const auto bytes = unpack(file);
    if (!bytes) return std::unexpected(bytes.error());
    table rows(text_of(*bytes));
    for (const auto* column : {"t_ms", "x", "y", "z"}) {
        if (!rows.has(column)) return refuse(file, fmt::format("has no column {}", column));
    }
    for (const auto& [column, value] : chosen) {
        if (!rows.has(column)) return refuse(file, fmt::format("has no column {}", column));
    }
    std::vector<timed> found;
    for (std::size_t line = 2; rows.next(); ++line) {
        const bool mine = std::ranges::all_of(chosen, [&](const auto& c) { return rows[c.first] == c.second; });
        if (!mine) continue;
        const auto t = rows.number<double>("t_ms");
        const auto x = rows.number<double>("x");
        const auto y = rows.number<double>("y");
        const auto z = rows.number<double>("z");
        if (!t || !x || !y || !z) return refuse(file, fmt::format("row {}: t_ms, x, y, z are numbers", line));
        if (found.empty() || *t > found.back().t_ms) found.push_back({*t, {*x, *y, *z}});
    }
    if (found.empty()) return refuse(file, "has no row that was asked for");
    if (found.back().t_ms - found.front().t_ms > static_cast<double>(most_samples * FALL_SAMPLE_MS))
        return refuse(file, "is longer than an hour; choose rows");
    return recording{.name = file.filename().string(), .samples = at_100_hz(found)};
}

std::expected<recording, std::string> read_recording(std::string_view what) {
    if (what == "made-up-fall") return made_up_fall();
    constexpr std::string_view prefix = "sisfall:";
    if (what.starts_with(prefix)) {
        std::string_view rest = what.substr(prefix.size());
        std::string_view part[3];
        for (int i = 2; i >= 0; --i) {
            const auto colon = rest.rfind(':');
            if (colon == std::string_view::npos) return std::unexpected("sisfall:DIR:SUBJECT:ACTIVITY:TRIAL");
            part[i] = rest.substr(colon + 1);
            rest = rest.substr(0, colon);
        }
        auto set = sisfall::open(std::string(rest));
        if (!set) return std::unexpected(set.error());
        const auto* trial = set->find(part[0], part[1], part[2]);
        if (trial == nullptr)
            return std::unexpected(fmt::format("{} has no trial {} {} {}", rest, part[0], part[1], part[2]));
        return set->read(*trial);
    }
    std::map<std::string, std::string> chosen;
    const auto colon = what.find(':');
    if (colon != std::string_view::npos) {
        for (const auto choice : cells(what.substr(colon + 1))) {
            const auto equals = choice.find('=');
            if (equals == std::string_view::npos)
                return std::unexpected("FILE.csv[.gz][:column=value,column=value]");
            chosen.emplace(choice.substr(0, equals), choice.substr(equals + 1));
        }
    }
    return read_csv(std::string(what.substr(0, colon)), chosen);
}

recording made_up_fall() {
    recording r{.name = "made-up-fall", .samples = {}};
    const auto add = [&](int ms, fall_sample s) {
        for (int t = 0; t < ms; t += FALL_SAMPLE_MS) {
            // A person is never quite still: some milli-g of sway, the same each time.
            const auto sway = static_cast<std::int16_t>((t / FALL_SAMPLE_MS * 7) % 21 - 10);
            r.samples.push_back(
                {static_cast<std::int16_t>(s.x + sway), s.y, static_cast<std::int16_t>(s.z - sway)});
        }
    };
    add(4000, {20, -1000, 60});  // standing
    add(300, {60, -250, 150});   // falling: nearly weightless
    add(60, {400, -1500, 3000}); // the ground
    add(200, {100, -600, 1200});
    add(5440, {30, -120, 990}); // lying
    return r;
}

} // namespace anban::played

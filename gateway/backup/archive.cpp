#include "gateway/backup/archive.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <system_error>

#include <fmt/format.h>

namespace anban::backup {
namespace {

constexpr std::size_t block = 512;
constexpr std::size_t piece = 64 * 1024;

using header = std::array<char, block>;

// Fields of ustar.
constexpr std::size_t name_at = 0;
constexpr std::size_t name_size = 100;
constexpr std::size_t size_at = 124;
constexpr std::size_t sum_at = 148;
constexpr std::size_t sum_size = 8;
constexpr std::size_t type_at = 156;
constexpr std::size_t magic_at = 257;

void put(header& h, std::size_t at, std::string_view text) {
    std::copy(text.begin(), text.end(), h.begin() + static_cast<std::ptrdiff_t>(at));
}

[[nodiscard]] unsigned sum_of(const header& h) {
    unsigned sum = 0;
    for (std::size_t i = 0; i < block; ++i) {
        const bool in_sum = i >= sum_at && i < sum_at + sum_size;
        sum += in_sum ? static_cast<unsigned>(' ') : static_cast<unsigned char>(h[i]);
    }
    return sum;
}

[[nodiscard]] std::string system_says(const std::filesystem::path& path) {
    return fmt::format("{}: {}", path.string(), std::generic_category().message(errno));
}

[[nodiscard]] bool well_named(std::string_view name) {
    return !name.empty() && name.size() < name_size && name.front() != '/' &&
           name.find("..") == std::string_view::npos &&
           std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

[[nodiscard]] std::optional<std::uint64_t> octal(const header& h, std::size_t at, std::size_t most) {
    std::uint64_t n = 0;
    const char* const from = h.data() + at;
    const char* end = from;
    while (end < from + most && *end >= '0' && *end <= '7') ++end;
    if (end == from || std::from_chars(from, end, n, 8).ec != std::errc{}) return std::nullopt;
    return n;
}

} // namespace

std::expected<archive_writer, std::string> archive_writer::begin(const std::filesystem::path& path) {
    const int handle = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (handle < 0) return std::unexpected(system_says(path));
    archive_writer writer;
    writer.file_.reset(::fdopen(handle, "wb"));
    if (!writer.file_) {
        ::close(handle);
        return std::unexpected(system_says(path));
    }
    return writer;
}

status archive_writer::put(std::string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size()) return {};
    return std::unexpected(std::generic_category().message(errno));
}

status archive_writer::fill(std::uint64_t size) {
    const std::size_t rest = static_cast<std::size_t>(size % block);
    return rest == 0 ? status{} : put(std::string(block - rest, '\0'));
}

status archive_writer::head(std::string_view name, std::uint64_t size) {
    if (!well_named(name)) return std::unexpected(fmt::format("{}: no name for a file of a backup", name));
    header h{};
    backup::put(h, name_at, name);
    backup::put(h, 100, "0000600");
    backup::put(h, 108, "0000000");
    backup::put(h, 116, "0000000");
    backup::put(h, size_at, fmt::format("{:011o}", size));
    backup::put(h, 136, "00000000000");
    h[type_at] = '0';
    backup::put(h, magic_at,
                std::string_view{"ustar\0"
                                 "00",
                                 8});
    backup::put(h, sum_at, fmt::format("{:06o}", sum_of(h)));
    h[sum_at + 6] = '\0';
    h[sum_at + 7] = ' ';
    return put({h.data(), h.size()});
}

status archive_writer::add(std::string_view name, std::string_view content) {
    if (auto begun = head(name, content.size()); !begun) return begun;
    if (auto written = put(content); !written) return written;
    return fill(content.size());
}

status archive_writer::add_file(std::string_view name, const std::filesystem::path& from) {
    const std::unique_ptr<std::FILE, closer> in{std::fopen(from.c_str(), "rbe")};
    std::error_code error;
    const auto size = std::filesystem::file_size(from, error);
    if (!in || error) return std::unexpected(system_says(from));
    if (auto begun = head(name, size); !begun) return begun;
    std::string bytes(piece, '\0');
    for (std::uint64_t left = size; left > 0;) {
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece));
        if (std::fread(bytes.data(), 1, wanted, in.get()) != wanted) return std::unexpected(system_says(from));
        if (auto written = put(std::string_view{bytes}.substr(0, wanted)); !written) return written;
        left -= wanted;
    }
    return fill(size);
}

status archive_writer::end() {
    if (auto written = put(std::string(2 * block, '\0')); !written) return written;
    if (std::fflush(file_.get()) != 0 || ::fsync(::fileno(file_.get())) != 0) {
        return std::unexpected(std::generic_category().message(errno));
    }
    return {};
}

status read_archive(const std::filesystem::path& path,
                    const std::function<piece_taker(const std::string& name, std::uint64_t size)>& begin) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in{std::fopen(path.c_str(), "rbe"),
                                                             [](std::FILE* f) { return std::fclose(f); }};
    if (!in) return std::unexpected(system_says(path));
    const auto broken = [&path](std::string_view why) {
        return std::unexpected(fmt::format("{}: {}", path.string(), why));
    };
    std::string bytes(piece, '\0');
    while (true) {
        header h{};
        if (std::fread(h.data(), 1, block, in.get()) != block) return broken("it ends too early");
        if (std::ranges::all_of(h, [](char c) { return c == '\0'; })) return {};
        const auto sum = octal(h, sum_at, sum_size);
        const auto size = octal(h, size_at, 12);
        const std::string name{h.data() + name_at, ::strnlen(h.data() + name_at, name_size)};
        const bool ustar = std::string_view{h.data() + magic_at, 5} == "ustar";
        if (!ustar || !sum || *sum != sum_of(h) || !size) return broken("it isn't a backup, or it is damaged");
        if (h[type_at] != '0' || !well_named(name)) return broken("it holds what no backup of ours does");
        const piece_taker take = begin(name, *size);
        for (std::uint64_t left = *size; left > 0;) {
            const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece));
            if (std::fread(bytes.data(), 1, wanted, in.get()) != wanted) return broken("it ends too early");
            left -= wanted;
            if (!take) continue;
            if (auto taken = take(std::string_view{bytes}.substr(0, wanted)); !taken) return taken;
        }
        if (take) {
            if (auto taken = take({}); !taken) return taken;
        }
        const auto rest = static_cast<std::size_t>((block - *size % block) % block);
        if (rest > 0 && std::fread(bytes.data(), 1, rest, in.get()) != rest) return broken("it ends too early");
    }
}

} // namespace anban::backup

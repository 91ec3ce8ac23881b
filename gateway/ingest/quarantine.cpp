#include "gateway/ingest/quarantine.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "gateway/config/files.hpp"
#include "rules/limits.hpp"
#include "rules/sha256.hpp"

namespace anban {
namespace {

constexpr unsigned crashes_to_be_shut_in = 2;
constexpr std::size_t frame_file_bytes = limits::description_bytes + 64 * 1024;

[[nodiscard]] bool take_number(std::string_view& text, std::size_t& number) {
    const auto line = text.find('\n');
    if (line == std::string_view::npos) return false;
    const auto [end, bad] = std::from_chars(text.data(), text.data() + line, number);
    if (bad != std::errc{} || end != text.data() + line) return false;
    text.remove_prefix(line + 1);
    return true;
}

} // namespace

std::uint64_t quarantine::digest(std::string_view topic, std::string_view payload) noexcept {
    sha256 sum;
    sum.update_field(topic);
    sum.update(payload);
    const sha256_digest all = sum.finish();
    std::uint64_t first = 0;
    for (std::size_t i = 0; i < 8; ++i) first = (first << 8U) | all[i];
    return first;
}

quarantine::quarantine(std::filesystem::path folder, last_end how, mono_time now)
    : folder_(std::move(folder)), after_crash_(how == last_end::crashed) {
    std::error_code ignored;
    std::filesystem::create_directories(folder_ / "quarantine", ignored);
    read_quarantine();
    if (how == last_end::clean) {
        std::filesystem::remove_all(folder_ / "in-hand", ignored);
        return;
    }
    judge_what_was_in_hand(how);
    wary_until_ = now + limits::wary_for;
    wary_left_ = limits::wary_frames;
    if (std::filesystem::is_directory(folder_ / "in-hand", ignored)) {
        std::filesystem::remove_all(folder_ / "in-hand", ignored);
    }
    in_hand_ = ::open((folder_ / "in-hand").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

quarantine::~quarantine() {
    if (in_hand_ >= 0) ::close(in_hand_);
}

void quarantine::read_quarantine() {
    const auto found = files::in_folder(folder_ / "quarantine", "");
    for (const auto& path : found.value_or(std::vector<std::filesystem::path>{})) {
        const auto text = files::read(path, frame_file_bytes);
        const auto line = text ? text->find('\n') : std::string::npos;
        if (line == std::string::npos || held_.size() == limits::quarantined_frames) continue;
        raw_frame one{text->substr(0, line), text->substr(line + 1)};
        const std::uint64_t sum = digest(one.topic, one.payload);
        if (path.filename() != fmt::format("{:016x}", sum)) continue; // garbled: it holds nobody
        digests_.insert(sum);
        held_.push_back(std::move(one));
    }
}

void quarantine::judge_what_was_in_hand(last_end how) {
    const auto text = files::read(folder_ / "in-hand", frame_file_bytes);
    if (!text) return;
    std::string_view rest = *text;
    std::size_t crashes = 0;
    std::size_t topic = 0;
    if (!take_number(rest, crashes) || !take_number(rest, topic) || rest.size() < topic) return;
    suspect_ = {std::string{rest.substr(0, topic)}, std::string{rest.substr(topic)}};
    after_crash_ = false; // it is known which
    suspect_crashes_ = static_cast<unsigned>(crashes) + (how == last_end::crashed ? 1 : 0);
    if (suspect_crashes_ >= crashes_to_be_shut_in) shut_in(std::exchange(suspect_, {}));
}

void quarantine::shut_in(raw_frame frame) {
    const std::uint64_t sum = digest(frame.topic, frame.payload);
    if (!digests_.insert(sum).second) return;
    if (held_.size() == limits::quarantined_frames) {
        const std::uint64_t oldest = digest(held_.front().topic, held_.front().payload);
        digests_.erase(oldest);
        held_.erase(held_.begin());
        std::error_code ignored;
        std::filesystem::remove(folder_ / "quarantine" / fmt::format("{:016x}", oldest), ignored);
    }
    // Where it can't be written it holds for this start, and the next one learns it again.
    (void)files::write(folder_ / "quarantine" / fmt::format("{:016x}", sum), frame.topic + "\n" + frame.payload,
                       0600);
    held_.push_back(std::move(frame));
}

bool quarantine::holds(std::string_view topic, std::string_view payload) const {
    return !digests_.empty() && digests_.contains(digest(topic, payload));
}

bool quarantine::wary(mono_time now) const noexcept {
    return in_hand_ >= 0 && wary_left_ > 0 && now < wary_until_;
}

void quarantine::take_in_hand(std::string_view topic, std::string_view payload) {
    if (wary_left_ > 0) --wary_left_;
    const bool again = suspect_crashes_ > 0 && topic == suspect_.topic && payload == suspect_.payload;
    // Each may be the one that the last run crashed on while nothing was stored.
    const unsigned crashes = again ? suspect_crashes_ : after_crash_ ? 1U : 0U;
    std::string text = fmt::format("{}\n{}\n{}", crashes, topic.size(), topic);
    text += payload;
    if (::pwrite(in_hand_, text.data(), text.size(), 0) != static_cast<::ssize_t>(text.size())) put_down();
}

void quarantine::put_down() {
    if (in_hand_ >= 0) (void)!::ftruncate(in_hand_, 0);
}

} // namespace anban

#include "tests/bench/footprint/old_journal.hpp"

#include <deque>
#include <semaphore>

#include <fmt/format.h>

#include "gateway/journal/journal.hpp"
#include "native.pb.h"
#include "rules/limits.hpp"
#include "tests/stage/fault.hpp"

namespace anban::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t presses_an_alarm = 20;

[[nodiscard]] stamp now() {
    return {std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()),
            clock_quality::synchronised};
}

// One press after the other, each with the acknowledgement of the one before; an alarm is closed after some.
class life {
public:
    life(home_state before, std::uint32_t start) : state_(std::move(before)), start_(start) {}

    [[nodiscard]] home_delta next() {
        const device_id device{fmt::format("bench-{:02}", n_ % 50)};
        const cause why{device, {std::uint64_t{1} << 32U | 1U, ++n_}};
        home_delta d;
        d.wall = now();
        if ((n_ - 1) % presses_an_alarm == 0) begin_alarm(why, d);
        alarm_revision& newest = alarm_.newest;
        newest.number = {start_, n_};
        newest.news = press{why, signal::sos, d.wall, false};
        ++newest.press_count;
        if (alarm_.presses.size() == limits::presses_kept) alarm_.presses.erase(alarm_.presses.begin());
        alarm_.presses.push_back(*newest.news);
        alarm_.last_call = newest.number;
        d.alarms.push_back(alarm_);
        d.queued.push_back({newest.id, newest.number, lane::p0, std::string(400, 'e')});
        if (n_ > 1) d.acknowledged.emplace_back(acknowledged_);
        acknowledged_ = {newest.id, newest.number};
        d.frames.emplace_back(device, remembered_frame{why.key, n_, d.wall, 0, newest.id});
        state_.apply(d);
        return d;
    }

    [[nodiscard]] home_delta whole() const { return state_.whole(); }

private:
    void begin_alarm(const cause& why, home_delta& d) {
        if (!alarm_.presses.empty()) {
            alarm_.newest.progress = alarm_progress::closed;
            d.alarms.push_back(alarm_);
            closed_.push_back(alarm_.newest.id);
        }
        if (closed_.size() > limits::closed_alarms_kept) {
            d.forgotten.push_back(closed_.front());
            closed_.pop_front();
        }
        alarm_ = {};
        alarm_.newest.id = derive_alarm_id(gateway_id{"gw-0001"}, rule_id{"sos"}, {}, why, 0);
        alarm_.newest.rule = rule_id{"sos"};
        alarm_.newest.title_zh = "紧急呼叫";
        alarm_.newest.title_en = "Emergency call";
        alarm_.newest.raised = d.wall;
        alarm_.newest.because = "the key was pressed";
        alarm_.first_cause = why;
    }

    home_state state_;
    std::uint32_t start_;
    std::uint32_t n_ = 0;
    alarm_state alarm_;
    std::deque<alarm_id> closed_;
    std::pair<alarm_id, revision_number> acknowledged_;
};

} // namespace

std::size_t write_old_journal(const std::filesystem::path& folder, std::size_t records) {
    auto opened = journal::open(folder, now());
    if (!opened) throw stage::fault(opened.error().why);
    auto& [file, found] = *opened;
    std::binary_semaphore done{0};
    std::string failed;
    std::uint64_t last = records;
    file->run({.committed =
                   [&](std::uint64_t record) {
                       if (record == last) done.release();
                   },
               .failed =
                   [&](std::string why) {
                       failed = std::move(why);
                       done.release();
                   }});
    life one(std::move(found.state), found.start);
    std::size_t since_snapshot = 0;
    for (std::uint64_t i = 1; i <= records; ++i) {
        const bool snapshot = ++since_snapshot == limits::records_between_snapshots;
        if (snapshot) since_snapshot = 0;
        file->append(i, snapshot ? one.whole() : one.next(), false);
    }
    done.acquire();
    if (!failed.empty()) throw stage::fault(failed);
    file.reset();
    const auto again = journal::open(folder, now());
    return again ? again->second.rows_read : 0;
}

std::string press_of(const std::string& device, std::uint32_t n) {
    native::Frame frame;
    frame.set_device(device);
    frame.set_boot(std::uint64_t{77} << 32U | 7U);
    frame.set_sequence(n);
    frame.set_uptime_ms(n);
    auto* what = frame.add_observations();
    what->set_signal(native::SOS);
    what->set_value_milli(1000);
    return frame.SerializeAsString();
}

} // namespace anban::bench

// Presses many devices at a steady rate and times each on its way: published, seen by a subscriber of the
// district's broker, acknowledged by the centre. One clock for all three.
//
// Threads: `run` on the caller's; the subscriber has its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/stage/mqtt.hpp"

namespace anban::stage {

// One press on its way; microseconds of the wall clock, 0 where it never came so far.
struct way {
    std::string alarm;    // as `anban watch` names it
    std::string revision; // "start.n"
    double published = 0;
    double seen = 0;     // by the subscriber of the district's broker
    double stored = 0;   // the centre's word, made after its commit
    double received = 0; // that word, by the subscriber
};

struct latencies {
    std::vector<double> to_district_us; // sorted; one a press that arrived
    std::vector<double> to_receipt_us;  // sorted; of presses whose first Ack came
    std::size_t pressed = 0;
    std::vector<way> ways; // of presses that went through Anban
};

// What became of presses that came as fast as they could; seconds since the first.
struct flood {
    std::size_t pressed = 0;
    std::size_t answered = 0; // the device was told that it is received
    std::size_t seen = 0;     // by the subscriber of the district's broker
    std::size_t repeated = 0; // frames that a device said again for want of an answer
    double answered_s = 0;    // the last answer
    double seen_s = 0;
};

// Whose word ends a flood: the device's answer, the district's sight, or both.
enum class awaited : std::uint8_t { answer, sight, both };

// p in 0..1 of a sorted list; 0 where it is empty.
[[nodiscard]] double quantile(const std::vector<double>& sorted, double p);

class load {
public:
    // Connects every device; throws fault.
    load(std::vector<mqtt_login> devices, const mqtt_login& district);
    ~load();
    load(const load&) = delete;
    load& operator=(const load&) = delete;

    // Presses `rate` a second round the devices for `how_long`, then waits up to `patience` for the last.
    // The first `warm_up` is not counted.
    latencies run(double rate, std::chrono::milliseconds how_long, std::chrono::milliseconds warm_up,
                  std::chrono::milliseconds patience, bool expect_receipts);

    // As fast as they go, never more than `window` that are not answered (for `sight`: that the district has not
    // seen); then waits up to `patience`. What isn't answered is said again every second.
    flood pour(std::size_t presses, std::size_t window, std::chrono::milliseconds patience, awaited what);
    // One reading of each device in turn, so many a second, at QoS 0.
    void tell(std::size_t readings, double rate);
    void tell_one(std::size_t device);

private:
    class machinery;
    std::unique_ptr<machinery> machinery_;
};

} // namespace anban::stage

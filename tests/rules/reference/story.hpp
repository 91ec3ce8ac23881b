// One story: a home, its rules, and what happens there, second by second. Told to the engine and to the
// reference evaluator; both must tell the same.
//
// Times are whole seconds since the load, so that ties and exact deadlines are frequent; values are whole
// numbers, so that sums are exact.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/engine/engine.hpp"

namespace anban::reference {

struct happening {
    enum class kind : std::uint8_t {
        said,       // a device says something
        waited,     // nothing is said until then
        closed,     // a person closes the alarm of a rule, if one is open
        shelved,    // a person puts a rule on a shelf
        unshelved,  // and takes it off
        clock_step, // the wall clock is set, or its quality changes
        restarted,  // the gateway was off since the happening before
    };
    kind what = kind::waited;
    std::chrono::seconds at{0};
    reading said;                                        // said: with `at` as event time on the story's scale
    std::chrono::seconds age{0};                         // said: heard that much later than it happened
    std::size_t instance = 0;                            // closed, shelved, unshelved
    std::chrono::seconds for_{0};                        // shelved
    bool out_of_service = false;                         // shelved
    std::chrono::seconds step{0};                        // clock_step: how far the wall clock jumps
    clock_quality quality = clock_quality::synchronised; // clock_step
    bool away_known = true;                              // restarted
};

struct story {
    std::uint64_t seed = 0;
    installation where;
    language::effective_rules rules;
    utc_time wall_at_load{};
    std::vector<happening> happenings;
    bool in_small_steps = false; // the engine is woken at each of its own deadlines, as the daemon does it
};

// All from the seed; the same on every machine.
[[nodiscard]] story make_story(std::uint64_t seed);

[[nodiscard]] std::string in_words(const story& s);
[[nodiscard]] std::string in_words(const language::expression& e);
[[nodiscard]] std::string in_words(const condition_change& c);

// What was told, a line each, "12 began long_bathroom wang @120 cause band/7": the number is that of the
// happening.
using told = std::vector<std::string>;
// What each node of the rules said in all the story: the evidence that a run proves something.
struct coverage;

// `filled_late`: set where the story holds what this evaluator knowingly takes otherwise than the page.
[[nodiscard]] told tell_reference(const story& s, coverage* seen = nullptr, bool* filled_late = nullptr);
[[nodiscard]] told tell_engine(const story& s);

// The first line in which the two differ, or nothing; nothing as well where a difference may be because of a late
// reading that filled a gap.
[[nodiscard]] std::optional<std::string> difference(const story& s);

// The same difference with as little as possible around it.
[[nodiscard]] story shrink(story s);

} // namespace anban::reference

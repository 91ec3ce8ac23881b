// Which devices of a home feed what a rule watches: the admission table of rules/language/README.md.
//
// Threads: free functions without state.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "rules/installation.hpp"
#include "rules/language/expression.hpp"

namespace anban::prover {

// A device that provides the signal (or, for a computed one, one of the signals that it is made of).
struct source {
    const installed_device* device = nullptr;
    signal what = signal::heart_rate; // what it really sends
    [[nodiscard]] std::chrono::nanoseconds interval() const noexcept { return device->reports_every; }
    // How long a change waits for the next report: not at all where it is sent at once.
    [[nodiscard]] std::chrono::nanoseconds wait() const noexcept;
    [[nodiscard]] std::chrono::nanoseconds radio() const noexcept;
    friend bool operator==(const source&, const source&) = default;
};

// In the order of the installation. Devices that don't say what they provide are no sources.
[[nodiscard]] std::vector<source> sources_of(const language::watched& what, const subject& who,
                                             const installation& where);

[[nodiscard]] bool admitted(const installed_device& device, const language::selector& from, const subject& who,
                            const installation& where);

// What `news2` is made of, in the order of the chart, and how old each may be.
struct score_input {
    signal what;
    std::chrono::nanoseconds fresh_for;
};
[[nodiscard]] const std::vector<score_input>& score_inputs();

// "1 min 30 s", "25 h", "3 d", "4.375 s", "5 ms".
[[nodiscard]] std::string in_words(std::chrono::nanoseconds duration);

} // namespace anban::prover

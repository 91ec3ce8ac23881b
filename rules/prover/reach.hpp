// The algebra of worst cases (rules/prover/README.md derives it): how long until a condition that has become
// true in the world, and stays so, is true in the engine.
//
// Pure. Nothing here knows the engine; it knows what rules/language/README.md says and what a device promises.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "rules/installation.hpp"
#include "rules/language/expression.hpp"
#include "rules/prover/proof.hpp"
#include "rules/prover/sources.hpp"

namespace anban::prover {

// How a state gets to one truth. `first` is until it is so at all; `steady` until it is so without a break.
// Nothing: no finite bound, and `why` says why. `impossible`: it can't get there in this home at all.
struct reach {
    std::optional<delay> first;
    std::optional<delay> steady;
    bool impossible = false;
    wording why;
};

// From when an event happens until it has happened in the engine.
struct latency {
    std::optional<delay> known;
    bool impossible = false;
    wording why;
};

// What the algebra needs to know of a rule named in `alarm … is active`: how it begins and how it ends.
struct named_rule {
    reach active;
    reach over;
};
// Nothing: there is no such rule for this subject or the home.
using rule_lookup = std::function<std::optional<named_rule>(const rule_id&)>;

class algebra {
public:
    // All three must outlive it.
    algebra(const language::expression& of, const subject& who, const installation& where, rule_lookup rules);

    // Of a state node; `want` is the truth that it gets to.
    [[nodiscard]] reach state(std::size_t node, bool want) const;
    // Of an event node.
    [[nodiscard]] latency event(std::size_t node) const;
    // Under the devices' promises the state is never unknown (once everything has spoken).
    [[nodiscard]] bool always_known(std::size_t node) const;

private:
    [[nodiscard]] reach compared(const language::node& n) const;
    [[nodiscard]] reach last_seen(const language::node& n, bool want) const;
    [[nodiscard]] reach absent(const language::node& n, bool want) const;
    [[nodiscard]] reach unheard(const language::node& n, bool want) const;
    [[nodiscard]] reach seen_again(const language::node& n, const std::vector<source>& all) const;
    [[nodiscard]] reach windowed(const language::node& n, bool want) const;
    [[nodiscard]] reach counted(const language::node& n, bool want) const;
    [[nodiscard]] reach lasting(const language::node& n, bool want) const;
    [[nodiscard]] reach all_of(const language::node& n, bool want) const;
    [[nodiscard]] reach any_of(const language::node& n, bool want) const;
    [[nodiscard]] latency becoming(const language::node& n) const;
    [[nodiscard]] latency pair(const language::node& n) const;
    [[nodiscard]] std::vector<source> sources(const language::watched& what) const {
        return sources_of(what, who_, where_);
    }
    [[nodiscard]] reach lacks(const language::watched& what) const;

    const language::expression& of_;
    const subject& who_;
    const installation& where_;
    rule_lookup rules_;
};

// A window of `lasting` surely reaches back this far, and no further than `lasting`.
[[nodiscard]] std::chrono::nanoseconds surely_reaches(std::chrono::nanoseconds lasting) noexcept;

} // namespace anban::prover

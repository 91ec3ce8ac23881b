// Reads what stands after `when`, `clear` and `unless`, and sees to sorts, units and reach as it goes, so that
// every complaint points at the word that is wrong.
//
// Threads: one object a pack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/language/alarm_rule.hpp"
#include "rules/language/text.hpp"

namespace anban::language {

// A parameter as declared in the text.
struct declared {
    parameter what;
    std::size_t at = 0;
    bool used = false;
};

// One alarm while it is being read.
struct alarm_in_work {
    alarm_rule rule;
    std::size_t at = 0; // of its name
    std::size_t class_at = 0;
    std::vector<declared> params;
    std::vector<std::string> broken; // parameters whose declaration didn't read: what uses them isn't to blame
    room_id named_room;              // what `elsewhere` means
    std::size_t nodes = 0;           // of all its conditions
};

// Words of the language: nothing may be called so.
[[nodiscard]] const std::vector<std::string_view>& reserved_words();

struct read_duration {
    std::chrono::nanoseconds lasting{0};
    std::string param;
};

class condition_reader {
public:
    condition_reader(cursor& c, alarm_in_work& alarm) : c_(c), alarm_(alarm) {}

    enum class sort : std::uint8_t { state, event, any };
    // What is read lands in `into`; nothing where a mistake was told.
    [[nodiscard]] bool read(expression& into, sort wanted, std::string_view clause);
    // event { "or" event }, each an expression of its own.
    [[nodiscard]] bool read_unless(std::vector<expression>& into);
    [[nodiscard]] std::optional<read_duration> duration(std::chrono::nanoseconds least);

private:
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
    // A part of a condition: its root, where it stands, and the word after it that binds to the part before it
    // alone, if no parentheses say so.
    struct part {
        std::uint8_t root = 0;
        std::size_t from = 0;
        std::size_t to = 0;
        std::size_t loose_at = nowhere;
        std::string_view loose;
        std::size_t bound_to = 0; // where the part before the loose word ends
    };
    using maybe = std::optional<part>;

    [[nodiscard]] maybe condition();
    [[nodiscard]] maybe joined_by_and();
    [[nodiscard]] maybe negated();
    [[nodiscard]] maybe timed();
    [[nodiscard]] maybe after(const part& first);
    [[nodiscard]] maybe primary();
    [[nodiscard]] maybe parenthesised();
    [[nodiscard]] maybe absence();
    [[nodiscard]] maybe last_seen();
    [[nodiscard]] maybe other_alarm();
    [[nodiscard]] maybe counted(std::size_t from);
    [[nodiscard]] maybe window(window_function f, std::size_t from);
    [[nodiscard]] maybe daily(std::size_t from);
    [[nodiscard]] maybe about_signal();
    [[nodiscard]] maybe about_boolean(node n, const signal_facts& f, std::size_t from);

    [[nodiscard]] maybe join(node_kind kind, const part& a, const part& b, node n = {});
    [[nodiscard]] maybe wrap(node_kind kind, const part& a, node n = {});
    [[nodiscard]] maybe put(node n, std::size_t from);
    [[nodiscard]] bool is_event_part(const part& p) const { return is_event(into_->nodes[p.root].kind); }
    [[nodiscard]] bool want_state(const part& p, std::string_view beside);
    [[nodiscard]] bool want_event(const part& p, std::string_view beside);
    // Complains about a word like `for` that stands beside `and`, `or` or `not` without parentheses.
    [[nodiscard]] bool plain(const part& p, const part* other, std::string_view beside);

    [[nodiscard]] std::optional<watched> source(bool place_allowed = true);
    [[nodiscard]] std::optional<room_id> room();
    [[nodiscard]] const signal_facts* signal_word();
    [[nodiscard]] std::optional<bool> truth_word();
    [[nodiscard]] std::optional<comparison> comparison_sign();
    [[nodiscard]] std::optional<limit> limit_of(std::string_view unit, std::string_view what, bool baseline);
    [[nodiscard]] std::optional<limit> baseline();
    [[nodiscard]] std::optional<limit> param_limit(std::string_view unit, std::string_view what);
    [[nodiscard]] bool wrong_unit(std::size_t at, std::string_view what, std::string_view unit,
                                  std::string_view said_unit);
    // False where no reading, or every one, meets the comparison.
    [[nodiscard]] bool within_reach(const node& n, double least, double most, std::size_t at);
    [[nodiscard]] bool whole_number(const limit& l, std::size_t at);

    cursor& c_;
    alarm_in_work& alarm_;
    expression* into_ = nullptr;
    std::vector<std::uint8_t> depths_; // of into_'s nodes
    std::size_t open_ = 0;             // parentheses
};

// number [ unit ]; a missing unit is a bare number. Nothing where a mistake was told.
struct read_number {
    double value = 0;
    std::string_view unit;    // the one it is kept in
    std::string_view written; // as it stands in the text
    std::size_t at = 0;
};
[[nodiscard]] std::optional<read_number> quantity(cursor& c);
// One that is a duration of at least this much and at most limits::longest_duration.
[[nodiscard]] bool fits_duration(cursor& c, double seconds, std::chrono::nanoseconds least, std::size_t at);

} // namespace anban::language

#include "cloud-bridge/dispatch/desk/case_life.hpp"

#include <doctest/doctest.h>

using namespace anban;
using namespace anban::dispatch;
using namespace std::chrono_literals;

namespace {

constexpr utc_time at{50s};
constexpr news_of news{{1, 3}, {1, 2}};

standing in(alarm_progress p) {
    standing s;
    s.at = p;
    if (p == alarm_progress::open) return s;
    s.epoch = 1;
    s.holder = "li";
    s.taken_at = utc_time(1s);
    if (p == alarm_progress::closed) {
        s.closing_code = "real_fall";
        s.seen = {1, 3};
        s.closed_at = utc_time(2s);
    }
    return s;
}

request ask(deed what, std::string who, std::uint32_t epoch) {
    return {what, std::move(who), epoch, {1, 3}, what == deed::close ? "real_fall" : "", "已到场"};
}

// "→ state" for a change, "same" for a deed done before, otherwise the refusal's name.
std::string outcome_of(alarm_progress from, deed what, const std::string& who) {
    const auto now = in(from);
    const auto verdict = decide(now, news, ask(what, who, now.epoch), at);
    if (!verdict) return std::string(name_of(verdict.error()));
    if (!verdict->changed) {
        CHECK(verdict->after == now);
        return "same";
    }
    return "→ " + std::string(name_of(verdict->after.at));
}

} // namespace

TEST_CASE("every deed in every state has one outcome [dispatch-3]") {
    using p = alarm_progress;
    const struct {
        p from;
        deed what;
        std::string own;   // by the holder (where there is one)
        std::string other; // by somebody else
    } table[] = {
        {p::open, deed::take, "→ taken", "→ taken"},
        {p::open, deed::take_over, "→ taken", "→ taken"},
        {p::open, deed::on_the_way, "not_taken", "not_taken"},
        {p::open, deed::close, "not_taken", "not_taken"},
        {p::taken, deed::take, "same", "taken_by_other"},
        {p::taken, deed::take_over, "same", "→ taken"},
        {p::taken, deed::on_the_way, "→ on_the_way", "taken_by_other"},
        {p::taken, deed::close, "→ closed", "taken_by_other"},
        {p::on_the_way, deed::take, "same", "taken_by_other"},
        {p::on_the_way, deed::take_over, "same", "→ on_the_way"},
        {p::on_the_way, deed::on_the_way, "same", "taken_by_other"},
        {p::on_the_way, deed::close, "→ closed", "taken_by_other"},
        {p::closed, deed::take, "closed", "closed"},
        {p::closed, deed::take_over, "closed", "closed"},
        {p::closed, deed::on_the_way, "closed", "closed"},
        {p::closed, deed::close, "same", "closed"},
    };
    for (const auto& row : table) {
        CAPTURE(name_of(row.from));
        CAPTURE(name_of(row.what));
        CHECK(outcome_of(row.from, row.what, "li") == row.own);
        CHECK(outcome_of(row.from, row.what, "zhang") == row.other);
    }
}

TEST_CASE("a deed with an older epoch is refused, whoever asks [dispatch-3]") {
    for (const auto what : {deed::take, deed::on_the_way, deed::close}) {
        CAPTURE(name_of(what));
        auto now = in(alarm_progress::taken);
        now.epoch = 3;
        if (what == deed::take) now.at = alarm_progress::open;
        const auto verdict = decide(now, news, ask(what, "li", 2), at);
        REQUIRE_FALSE(verdict);
        CHECK(verdict.error() == refusal::stale_epoch);
    }
    const auto over = decide(in(alarm_progress::taken), news, ask(deed::take_over, "zhang", 0), at);
    REQUIRE_FALSE(over);
    CHECK(over.error() == refusal::stale_epoch);
}

TEST_CASE("a change of hands raises the epoch and names the new holder [dispatch-3]") {
    const auto taken = decide(in(alarm_progress::open), news, ask(deed::take, "li", 0), at);
    REQUIRE(taken);
    CHECK(taken->after.epoch == 1);
    CHECK(taken->after.holder == "li");
    CHECK(taken->after.taken_at == at);
    const auto over = decide(in(alarm_progress::on_the_way), news, ask(deed::take_over, "zhang", 1), at);
    REQUIRE(over);
    CHECK(over->after.epoch == 2);
    CHECK(over->after.holder == "zhang");
    const auto late = decide(over->after, news, ask(deed::close, "li", 1), at);
    REQUIRE_FALSE(late);
    CHECK(late.error() == refusal::stale_epoch);
}

TEST_CASE("a close needs a code that exists [dispatch-4]") {
    for (const auto* code : {"", "nonsense", "Real_fall", "真实跌倒"}) {
        auto asked = ask(deed::close, "li", 1);
        asked.code = code;
        const auto verdict = decide(in(alarm_progress::taken), news, asked, at);
        REQUIRE_FALSE(verdict);
        CHECK(verdict.error() == refusal::code_needed);
    }
    CHECK(all_closing_codes().size() == 8);
    for (const auto& code : all_closing_codes()) {
        auto asked = ask(deed::close, "li", 1);
        asked.code = code.id;
        CHECK(decide(in(alarm_progress::taken), news, asked, at).has_value());
    }
}

TEST_CASE("a close needs a note that says something [dispatch-4]") {
    for (const auto* note : {"", " ", "\t\r\n ", "\u3000", " \u3000 "}) {
        auto asked = ask(deed::close, "li", 1);
        asked.note = note;
        const auto verdict = decide(in(alarm_progress::taken), news, asked, at);
        REQUIRE_FALSE(verdict);
        CHECK(verdict.error() == refusal::note_needed);
    }
    for (const auto* note : {"x", " 好", "\u3000好"}) {
        auto asked = ask(deed::close, "li", 1);
        asked.note = note;
        CHECK(decide(in(alarm_progress::taken), news, asked, at).has_value());
    }
}

TEST_CASE("a close that has not seen the newest press fails [dispatch-4]") {
    auto asked = ask(deed::close, "li", 1);
    asked.seen = {1, 1};
    const auto verdict = decide(in(alarm_progress::taken), news, asked, at);
    REQUIRE_FALSE(verdict);
    CHECK(verdict.error() == refusal::newer_press);
    asked.seen = {1, 2}; // the press; revision 3 brought none
    CHECK(decide(in(alarm_progress::taken), news, asked, at).has_value());
    asked.seen = {0, 9};
    CHECK_FALSE(decide(in(alarm_progress::taken), news, asked, at).has_value());
}

TEST_CASE("a close can't claim to have seen what has not come [dispatch-4]") {
    auto asked = ask(deed::close, "li", 1);
    asked.seen = {9, 9};
    const auto verdict = decide(in(alarm_progress::taken), news, asked, at);
    REQUIRE(verdict);
    CHECK(verdict->after.seen == news.newest);
    CHECK(after_ring(verdict->after, {1, 4}).has_value());
}

TEST_CASE("an unseen press reopens a closed alarm as untaken, in a new epoch [dispatch-4]") {
    const auto again = after_ring(in(alarm_progress::closed), {1, 4});
    REQUIRE(again);
    CHECK(again->at == alarm_progress::open);
    CHECK(again->epoch == 2);
    CHECK(again->holder.empty());
    CHECK(again->reopened);
    CHECK(again->closing_code.empty());
    CHECK_FALSE(after_ring(in(alarm_progress::closed), {1, 3}));
    for (const auto p : {alarm_progress::open, alarm_progress::taken, alarm_progress::on_the_way}) {
        CHECK_FALSE(after_ring(in(p), {1, 9}));
    }
}

TEST_CASE("every refusal has a name and says why in both languages [dispatch-3]") {
    for (const auto r : {refusal::taken_by_other, refusal::stale_epoch, refusal::not_taken, refusal::closed,
                         refusal::newer_press, refusal::code_needed, refusal::note_needed}) {
        CHECK_FALSE(name_of(r).empty());
        CHECK_FALSE(say(r).zh.empty());
        CHECK_FALSE(say(r).en.empty());
    }
}

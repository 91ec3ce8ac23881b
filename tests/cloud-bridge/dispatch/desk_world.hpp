// A desk, its store and a gateway's side, played in virtual time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cloud-bridge/dispatch/desk/desk.hpp"
#include "tests/cloud-bridge/dispatch/fake_store.hpp"

namespace anban::dispatch::testing {

using namespace std::chrono_literals;

inline const gateway_id gw1{"gw-0001"};
inline const gateway_id gw2{"gw-0002"};

inline alarm_id alarm_number(std::uint8_t n) {
    std::array<std::uint8_t, 16> bytes{};
    bytes[15] = n;
    return alarm_id(bytes);
}

inline press press_number(std::uint32_t sequence, bool repeat = false) {
    return {{device_id("button-1"), {99, sequence}},
            signal::sos,
            {utc_time(10s), clock_quality::synchronised},
            repeat};
}

// An SOS with one press a revision.
inline alarm_revision sos(std::uint8_t id, std::uint32_t n, bool with_press = true) {
    alarm_revision r;
    r.id = alarm_number(id);
    r.number = {1, n};
    r.rule = rule_id("sos");
    r.title_zh = "呼救";
    r.title_en = "SOS";
    r.who = {subject::kind::resident, "r-wang"};
    r.room = room_id("bedroom");
    r.device = device_id("button-1");
    r.raised = {utc_time(10s), clock_quality::synchronised};
    r.press_count = n;
    if (with_press) r.news = press_number(id * 1000U + n);
    return r;
}

inline std::string bytes_of(const gateway_id& gateway, wire::body what, lane via = lane::p0) {
    return wire::encode({{gateway, 7, 5, 1, {utc_time(11s), clock_quality::synchronised}}, via, std::move(what)});
}

struct world {
    fake_store kept;
    std::unique_ptr<desk> d;
    utc_time now{1'000s}; // wall time; steps of it are taken back in `stepped`
    std::chrono::microseconds stepped{0};
    std::uint64_t boot = 1;
    mono_time booted{};
    std::uint64_t token = 0;

    // What the last step did.
    std::vector<wire::downlink> sent;
    std::vector<publish> published;
    std::vector<show> shown;
    std::vector<answer_deed> answers;
    std::vector<std::string> order; // "show", "write", "publish", "answer"

    world() { restart(); }

    // The process dies; what was not committed is lost.
    void restart() { d = std::make_unique<desk>(kept, kept.crash(), at()); }
    // The machine was off for `off`; its boot clock begins anew.
    void reboot(std::chrono::seconds off) {
        now += off;
        booted = mono_time(now.time_since_epoch() - stepped);
        ++boot;
        restart();
    }
    // Somebody sets the wall clock.
    void step_clock(std::chrono::seconds by) {
        now += by;
        stepped += by;
    }
    [[nodiscard]] mono_time mono() const {
        return mono_time(now.time_since_epoch() - stepped - booted.time_since_epoch());
    }
    [[nodiscard]] moment at() const { return {now, mono(), boot}; }

    void step(const input& in) {
        sent.clear();
        published.clear();
        shown.clear();
        answers.clear();
        order.clear();
        for (auto& o : d->step(at(), in)) {
            if (auto* s = std::get_if<show>(&o)) {
                order.emplace_back("show");
                shown.push_back(std::move(*s));
            } else if (auto* w = std::get_if<write>(&o)) {
                order.emplace_back("write");
                kept.submit(std::move(w->set));
            } else if (auto* p = std::get_if<publish>(&o)) {
                order.emplace_back("publish");
                sent.push_back(wire::decode_downlink(p->bytes).value());
                published.push_back(std::move(*p));
            } else if (auto* a = std::get_if<answer_deed>(&o)) {
                order.emplace_back("answer");
                answers.push_back(*a);
            }
        }
    }

    void hear(const gateway_id& speaker, std::string bytes) { step(arrival{speaker, std::move(bytes), now}); }
    void hear(const alarm_revision& r, lane via = lane::p0) { hear(gw1, bytes_of(gw1, r, via)); }
    void commit(std::size_t most = SIZE_MAX) { step(committed{kept.commit(at(), most), at()}); }
    void hear_and_commit(const alarm_revision& r) {
        hear(r);
        commit();
    }
    void tick() { step(anban::dispatch::tick{}); }

    // A deed without its commit; the refusal if there was one.
    std::optional<refusal> ask(std::uint8_t alarm, request r) {
        step(asked_deed{++token, alarm_number(alarm).hex(), std::move(r)});
        return answers.empty() ? std::nullopt : answers.front().refused;
    }
    // A deed that must be granted, and its commit.
    void must(std::uint8_t alarm, request r) {
        step(asked_deed{++token, alarm_number(alarm).hex(), std::move(r)});
        commit();
    }
    const case_file& file(std::uint8_t alarm, const gateway_id& gateway = gw1) {
        return *d->find(case_key{gateway, alarm_number(alarm)});
    }

    template <class What>
    std::vector<What> all_sent() const {
        std::vector<What> found;
        for (const auto& message : sent) {
            if (const auto* one = std::get_if<What>(&message.what)) found.push_back(*one);
        }
        return found;
    }
};

inline request take(std::uint32_t epoch, std::string who = "li") {
    return {deed::take, std::move(who), epoch, {}, "", ""};
}
inline request go(std::uint32_t epoch, std::string who = "li") {
    return {deed::on_the_way, std::move(who), epoch, {}, "", ""};
}
inline request close(std::uint32_t epoch, std::uint32_t seen_n, std::string code = "real_fall",
                     std::string who = "li") {
    return {deed::close, std::move(who), epoch, {1, seen_n}, std::move(code), "家人已到"};
}

} // namespace anban::dispatch::testing

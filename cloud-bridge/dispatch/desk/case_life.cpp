#include "cloud-bridge/dispatch/desk/case_life.hpp"

#include <algorithm>
#include <array>

namespace anban::dispatch {
namespace {

constexpr std::array codes{
    closing_code_facts{closing_code::real_fall, "real_fall", "真实跌倒"},
    closing_code_facts{closing_code::sudden_illness, "sudden_illness", "突发疾病"},
    closing_code_facts{closing_code::pressed_by_mistake, "pressed_by_mistake", "误按"},
    closing_code_facts{closing_code::device_false_alarm, "device_false_alarm", "设备误报"},
    closing_code_facts{closing_code::service_request, "service_request", "服务请求"},
    closing_code_facts{closing_code::test, "test", "测试"},
    closing_code_facts{closing_code::no_answer_visited, "no_answer_visited", "无人应答已上门"},
    closing_code_facts{closing_code::handed_to_120, "handed_to_120", "转120"},
};

using verdict = std::expected<granted, refusal>;

standing in_hands_of(const standing& now, const std::string& who, utc_time at) {
    standing after = now;
    if (after.at == alarm_progress::open) after.at = alarm_progress::taken;
    ++after.epoch;
    after.holder = who;
    after.taken_at = at;
    return after;
}

verdict take(const standing& now, const request& asked, utc_time at) {
    if (now.at == alarm_progress::closed) return std::unexpected(refusal::closed);
    const bool held = now.at != alarm_progress::open;
    if (held && now.holder == asked.who) return granted{now, false};
    if (held && asked.what == deed::take) return std::unexpected(refusal::taken_by_other);
    if (asked.epoch != now.epoch) return std::unexpected(refusal::stale_epoch);
    return granted{in_hands_of(now, asked.who, at)};
}

// What a deed of the holder has to pass.
std::optional<refusal> not_the_holder(const standing& now, const request& asked) {
    if (now.at == alarm_progress::closed) return refusal::closed;
    if (asked.epoch != now.epoch) return refusal::stale_epoch;
    if (now.at == alarm_progress::open) return refusal::not_taken;
    if (now.holder != asked.who) return refusal::taken_by_other;
    return std::nullopt;
}

verdict on_the_way(const standing& now, const request& asked, utc_time at) {
    if (const auto no = not_the_holder(now, asked)) return std::unexpected(*no);
    if (now.at == alarm_progress::on_the_way) return granted{now, false};
    granted done{now};
    done.after.at = alarm_progress::on_the_way;
    done.after.on_the_way_at = at;
    return done;
}

// Nothing but spaces, also the wide one of Chinese keyboards.
bool is_blank(std::string_view text) {
    constexpr std::string_view wide = "\u3000";
    while (!text.empty()) {
        if (text.starts_with(wide)) {
            text.remove_prefix(wide.size());
        } else if (std::string_view(" \t\r\n").find(text.front()) != std::string_view::npos) {
            text.remove_prefix(1);
        } else {
            return false;
        }
    }
    return true;
}

verdict close(const standing& now, const news_of& news, const request& asked, utc_time at) {
    if (now.at == alarm_progress::closed && now.holder == asked.who && now.epoch == asked.epoch &&
        now.closing_code == asked.code) {
        return granted{now, false};
    }
    if (const auto no = not_the_holder(now, asked)) return std::unexpected(*no);
    if (!closing_code_from(asked.code)) return std::unexpected(refusal::code_needed);
    if (is_blank(asked.note)) return std::unexpected(refusal::note_needed);
    if (asked.seen < news.ring) return std::unexpected(refusal::newer_press);
    granted done{now};
    done.after.at = alarm_progress::closed;
    done.after.closed_at = at;
    done.after.closing_code = asked.code;
    // Nobody can have seen what has not come: a later press must stay news.
    done.after.seen = std::min(asked.seen, news.newest);
    return done;
}

} // namespace

std::span<const closing_code_facts> all_closing_codes() noexcept {
    return codes;
}

std::optional<closing_code> closing_code_from(std::string_view id) noexcept {
    for (const auto& one : codes) {
        if (one.id == id) return one.code;
    }
    return std::nullopt;
}

std::string_view name_of(refusal r) noexcept {
    switch (r) {
    case refusal::taken_by_other: return "taken_by_other";
    case refusal::stale_epoch: return "stale_epoch";
    case refusal::not_taken: return "not_taken";
    case refusal::closed: return "closed";
    case refusal::newer_press: return "newer_press";
    case refusal::note_needed: return "note_needed";
    case refusal::code_needed: break;
    }
    return "code_needed";
}

words say(refusal r) {
    switch (r) {
    case refusal::taken_by_other: return {"已由他人受理", "somebody else has taken it"};
    case refusal::stale_epoch: return {"情况已变，请看最新状态", "it has changed hands since; look again"};
    case refusal::not_taken: return {"请先受理", "take it first"};
    case refusal::closed: return {"已结案", "it is closed"};
    case refusal::newer_press: return {"有新的呼叫，请先查看", "there is a newer press; look first"};
    case refusal::note_needed: return {"请写明结案说明", "a note on what was found is needed"};
    case refusal::code_needed: break;
    }
    return {"请选择结案原因", "a closing code is needed"};
}

std::string_view name_of(deed d) noexcept {
    switch (d) {
    case deed::take: return "take";
    case deed::take_over: return "take_over";
    case deed::on_the_way: return "on_the_way";
    case deed::close: break;
    }
    return "close";
}

std::expected<granted, refusal> decide(const standing& now, const news_of& news, const request& asked,
                                       utc_time at) {
    switch (asked.what) {
    case deed::take:
    case deed::take_over: return take(now, asked, at);
    case deed::on_the_way: return on_the_way(now, asked, at);
    case deed::close: break;
    }
    return close(now, news, asked, at);
}

std::optional<standing> after_ring(const standing& now, revision_number ring) {
    if (now.at != alarm_progress::closed || ring <= now.seen) return std::nullopt;
    standing after;
    after.epoch = now.epoch + 1;
    after.reopened = true;
    return after;
}

} // namespace anban::dispatch

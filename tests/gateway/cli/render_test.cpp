#include "gateway/cli/render.hpp"

#include <boost/json.hpp>
#include <cstdlib>

#include <doctest/doctest.h>

#include "gateway/cli/terminal.hpp"
#include "gateway/cli/words.hpp"

using namespace anban;
using namespace anban::cli;
namespace json = boost::json;

namespace {

[[nodiscard]] terminal speaking(bool chinese, bool colours = false) {
    terminal t;
    t.chinese = chinese;
    t.colours = colours;
    return t;
}

[[nodiscard]] json::object parsed(std::string_view text) {
    return json::parse(text).as_object();
}

const json::object status = parsed(R"({"ok":true,"gateway":"gw-0001","version":"0.1.0","clock":"synchronised",
 "link":{"up":false,"host":""},"broker":{"connected":true,"listening":true},"undelivered":2,"open_alarms":1,
 "faults":[{"key":"centre.link","urgency":"high","what_zh":"没有连接","what_en":"no link","cure_zh":"检查路由器",
            "cure_en":"check the router","since":"2026-11-22T08:00:00.000Z"}],
 "devices":[{"id":"button-1","registered":true,"driver":"native","address":"button-1","role":"call_button",
             "room":"bathroom","owner":"r-wang","bed":"","last_heard":"2026-11-22T08:00:00.000Z","heard_s_ago":180,
             "battery":87.0,"qos":1,"test_open":false,"note_zh":"","note_en":""},
            {"id":"unknown-1","registered":false,"driver":"zigbee2mqtt","address":"evil\u001b[2J","last_heard":null}]})");

} // namespace

TEST_CASE("columns count what a terminal shows, not bytes [cli-3]") {
    CHECK(columns_of("abc") == 3);
    CHECK(columns_of("卧室") == 4);
    CHECK(columns_of("卧室a") == 5);
    CHECK(columns_of("e\xcc\x81") == 1); // e and a combining accent
    CHECK(columns_of("（，）") == 6);
    CHECK(columns_of("\xf0\x9f\x98\x80") == 2);
    CHECK(columns_of("\xff\xfe") == 2); // two bytes that are no text
    CHECK(columns_of("\xe5\x8d") == 1); // cut off
    CHECK(padded("卧室", 6) == "卧室  ");
    CHECK(padded("卧室", 3) == "卧室");
}

TEST_CASE("a table aligns Chinese and Latin text in the same columns [cli-3]") {
    table rows{{"房间", "n"}};
    rows.add({{"卧室"}, {"1"}});
    rows.add({{"bath"}, {"22"}});
    rows.add({{"x"}, {}});
    CHECK(rows.in(speaking(true)) == "房间  n\n卧室  1\nbath  22\nx     ");
}

TEST_CASE("no name of a device can write on the technician's terminal [cli-4]") {
    CHECK(harmless("a\x1b[2Jb\n") == "a\\x1b[2Jb\\x0a");
    CHECK(harmless("卧室/呼叫按钮") == "卧室/呼叫按钮");
    CHECK(harmless("\xc2\x9b") == "\\x9b"); // the one-character CSI
    const std::string text = render_status(speaking(true), status);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find("evil\\x1b[2J") != std::string::npos);
}

TEST_CASE("status names every fault with its cure in the reader's language [cli-1]") {
    const std::string zh = render_status(speaking(true), status);
    CHECK(zh.find("[高] 没有连接") != std::string::npos);
    CHECK(zh.find("→ 检查路由器") != std::string::npos);
    CHECK(zh.find("3 分钟前") != std::string::npos);
    CHECK(zh.find("未登记") != std::string::npos);
    const std::string en = render_status(speaking(false), status);
    CHECK(en.find("[high] no link") != std::string::npos);
    CHECK(en.find("→ check the router") != std::string::npos);
    CHECK(en.find("not connected") != std::string::npos);
    CHECK(en.find("never") != std::string::npos);
}

TEST_CASE("colours come only where they are wanted [cli-3]") {
    CHECK(render_status(speaking(false), status).find("\x1b[") == std::string::npos);
    CHECK(render_status(speaking(false, true), status).find("\x1b[1;31m") != std::string::npos);
}

TEST_CASE("an answer with holes is shown as far as it goes [cli-4]") {
    const terminal t = speaking(false);
    for (const char* text :
         {"{}", R"({"faults":7,"devices":"x","link":[]})", R"({"faults":[1],"devices":[null]})"}) {
        CHECK_FALSE(render_status(t, parsed(text)).empty());
        CHECK_FALSE(render_devices(t, parsed(text)).empty());
        CHECK_FALSE(render_residents(t, parsed(text)).empty());
        CHECK_FALSE(render_alarms(t, parsed(text)).empty());
        CHECK_FALSE(render_alarm(t, parsed(text)).empty());
        CHECK_FALSE(render_event(t, parsed(text)).empty());
        CHECK_FALSE(render_test_step(t, parsed(text)).empty());
    }
}

TEST_CASE("an alarm that the centre doesn't have is never shown as if it had [cli-5]") {
    auto alarm =
        parsed(R"({"id":"5e877ba81ef94c7813d040d039bc4bb8","title":{"zh":"呼救","en":"SOS"},"priority":"high",
      "phase":"active","state":"open","subject":"home","room_name":"卧室","press_count":2,"stored":false,"test":true,
      "hops":[{"name":"heard","at_us":1790000000000000,"mono_ns":5000000000},
              {"name":"stored","at_us":1790000000012500,"mono_ns":5012500000}]})");
    const json::object list{{"alarms", {alarm}}};
    CHECK(render_alarms(speaking(false), list).find("not at the centre") != std::string::npos);
    CHECK(render_alarms(speaking(true), list).find("未到中心") != std::string::npos);
    CHECK(render_alarms(speaking(true), list).find("[测试]") != std::string::npos);
    CHECK(render_alarm(speaking(false), alarm).find("12.500 ms  stored by the centre") != std::string::npos);
    alarm["stored"] = true;
    CHECK(render_alarm(speaking(false), alarm).find("not at the centre") == std::string::npos);
}

TEST_CASE("watch shows values with their unit, states as yes or no, and unknown as unknown [cli-5]") {
    const terminal t = speaking(false);
    const auto line = [&](const char* reading) {
        return render_event(t, parsed(std::string{R"({"event":"reading","device":"band-1","at_us":0,"reading":)"} +
                                      reading + "}"));
    };
    CHECK(line(R"({"signal":"heart_rate","value":38.5,"unit":"bpm"})").find("38.5 bpm") != std::string::npos);
    CHECK(line(R"({"signal":"bed_occupied","value":1,"unit":""})").find("yes") != std::string::npos);
    CHECK(line(R"({"signal":"spo2","value":null,"unit":"%"})").find("unknown") != std::string::npos);
}

TEST_CASE("a test says in the end whether the way to the centre is proven [cli-6]") {
    const auto end = parsed(R"({"event":"end","proven":false,"what_zh":"没有连接","what_en":"no link"})");
    CHECK(render_test_step(speaking(false), end) == "NOT proven to the centre: no link");
    CHECK(render_test_step(speaking(true), parsed(R"({"event":"end","proven":true,"what_zh":"已保存"})")) ==
          "已验证到中心：已保存");
    CHECK(render_test_step(speaking(false), parsed(R"({"event":"hop","name":"stored","since_heard_us":12340})")) ==
          "      12.3 ms  stored by the centre");
}

TEST_CASE("spans of time are read and said as people do") {
    CHECK(seconds_of("90") == 90);
    CHECK(seconds_of("15m") == 900);
    CHECK(seconds_of("1h") == 3600);
    CHECK(seconds_of("7d") == 604'800);
    for (const char* bad : {"", "h", "-1h", "1w", "1.5h", "99999999d", "1h "}) CHECK_FALSE(seconds_of(bad));
    CHECK(ago(speaking(true), 1) == "刚刚");
    CHECK(ago(speaking(false), 7200) == "2 h ago");
}

TEST_CASE("the locale says the language, and says nothing where it is none [cli-1]") {
    const auto with = [](const char* all, const char* messages, const char* lang) {
        ::setenv("LC_ALL", all, 1);
        ::setenv("LC_MESSAGES", messages, 1);
        ::setenv("LANG", lang, 1);
        return locale_is_chinese();
    };
    CHECK(with("", "", "zh_CN.UTF-8") == true);
    CHECK(with("", "", "en_GB.UTF-8") == false);
    CHECK(with("", "zh_CN.UTF-8", "en_GB.UTF-8") == true);
    CHECK(with("C", "zh_CN.UTF-8", "zh_CN.UTF-8") == std::nullopt); // LC_ALL overrules
    CHECK(with("", "", "C.UTF-8") == std::nullopt);
    CHECK(with("", "", "POSIX") == std::nullopt);
    CHECK(with("", "", "") == std::nullopt);
}

TEST_CASE("why an alarm stands as it does is said in the reader's language, and never left out [cli-1]") {
    const terminal zh = speaking(true);
    for (const char* known :
         {"the key was pressed", "a detector suspects it; the hold runs",
          "the condition held for as long as the rule demands", "nothing ended it before its hold ran out",
          "it was withdrawn before its hold ran out", "the condition is over",
          "closed by somebody who had not seen the newest press; it stays open",
          "told again: the centre did not know it"}) {
        CAPTURE(known);
        const auto said = because_words(zh, known);
        CHECK(said.find_first_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos);
        CHECK(because_words(speaking(false), known) == known);
    }
    CHECK(because_words(zh, "the key was pressed; found 12 s late, the gateway was off") ==
          "按下了按键；网关当时断电，晚了 12 秒发现");
    CHECK(because_words(zh, "the key was pressed; three times within a minute: it chatters") ==
          "按下了按键；一分钟内三次：疑似反复误触发");
    CHECK(because_words(zh,
                        "the condition is over; found 3 s late, the gateway was off; the gateway was off for a "
                        "time that no clock could tell") ==
          "情况已恢复；网关当时断电，晚了 3 秒发现；网关曾断电，时长不明");
    CHECK(because_words(zh, "heart_rate was 38 bpm") == "heart_rate was 38 bpm");
}

// The API over a desk in memory; no socket.
#include "cloud-bridge/dispatch/web/api.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "tests/cloud-bridge/dispatch/fake_world.hpp"

using namespace anban;
using namespace anban::dispatch;
using namespace anban::dispatch::testing;

namespace {

namespace json = boost::json;

struct visitor {
    fake_world f;
    api a{f};

    http_response ask(http_request r) {
        std::optional<http_answer> got;
        a.handle(std::move(r), [&](http_answer answer) {
            REQUIRE_FALSE(got);
            got = std::move(answer);
        });
        REQUIRE(got);
        REQUIRE(std::holds_alternative<http_response>(*got));
        return std::get<http_response>(*got);
    }
    http_response get(const std::string& path, const std::string& cookie = "anban_session=good") {
        return ask({.method = "GET", .path = path, .cookie = cookie});
    }
    http_response post(const std::string& path, const std::string& body, const std::string& csrf = "csrf-li",
                       const std::string& cookie = "anban_session=good") {
        return ask({.method = "POST",
                    .path = path,
                    .cookie = cookie,
                    .csrf = csrf,
                    .content_type = "application/json",
                    .body = body});
    }
};

std::string header(const http_response& r, const std::string& name) {
    for (const auto& [key, value] : r.headers) {
        if (key == name) return value;
    }
    return {};
}

json::object parsed(const http_response& r) {
    return json::parse(r.body).as_object();
}
std::string code(const http_response& r) {
    return std::string(parsed(r).at("error").at("code").as_string());
}

std::shared_ptr<stream_source> listen(visitor& v) {
    std::shared_ptr<stream_source> source;
    v.a.handle({.method = "GET", .path = "/api/v1/events", .cookie = "anban_session=good"},
               [&](http_answer answer) {
                   REQUIRE(std::holds_alternative<std::shared_ptr<stream_source>>(answer));
                   source = std::get<std::shared_ptr<stream_source>>(std::move(answer));
               });
    return source;
}

const std::string first = "/api/v1/alarms/" + alarm_number(1).hex();

} // namespace

TEST_CASE("without a session nothing of a home is told and nothing is done [dispatch-16]") {
    visitor v;
    v.f.w.hear_and_commit(sos(1, 1));
    for (const auto* cookie : {"", "anban_session=", "anban_session=bad", "xanban_session=good", "other=good"}) {
        for (const auto& path :
             {std::string("/api/v1/alarms"), first, std::string("/api/v1/events"), std::string("/api/v1/homes"),
              std::string("/api/v1/homes/gw-0001"), std::string("/api/v1/session"), std::string("/nothing")}) {
            CAPTURE(path);
            CHECK(v.get(path, cookie).status == 401);
        }
        CHECK(v.post(first + "/take", "{\"epoch\":0}", "csrf-li", cookie).status == 401);
    }
    CHECK(v.f.w.file(1).now.at == alarm_progress::open);
    for (const auto* path : {"/", "/login.html", "/login", "/healthz", "/api/v1/openapi.yaml"}) {
        CHECK(v.get(path, "").status == 200);
    }
}

TEST_CASE("a change needs the session's own CSRF token [dispatch-16]") {
    visitor v;
    v.f.w.hear_and_commit(sos(1, 1));
    for (const auto* csrf : {"", "csrf-zhang", "csrf-l", "csrf-lii"}) {
        const auto r = v.post(first + "/take", "{\"epoch\":0}", csrf);
        CHECK(r.status == 403);
        CHECK(code(r) == "csrf");
        CHECK(v.ask({.method = "DELETE", .path = "/api/v1/session", .cookie = "anban_session=good", .csrf = csrf})
                  .status == 403);
    }
    CHECK(v.f.w.file(1).now.at == alarm_progress::open);
    CHECK(v.post(first + "/take", "{\"epoch\":0}").status == 200);
}

TEST_CASE("a log-in gives a cookie that scripts and other sites can't use [dispatch-16]") {
    visitor v;
    const auto in = v.post("/api/v1/session", R"({"operator":"li","password":"right"})", "", "");
    CHECK(in.status == 200);
    CHECK(parsed(in).at("csrf").as_string() == "csrf-new");
    const auto cookie = header(in, "Set-Cookie");
    CHECK(cookie.starts_with("anban_session=cookie-new; "));
    for (const auto* flag : {"HttpOnly", "SameSite=Strict", "Path=/"})
        CHECK(cookie.find(flag) != std::string::npos);
    CHECK(v.post("/api/v1/session", R"({"token":"once"})", "", "").status == 200);
    CHECK(v.post("/api/v1/session", R"({"token":"once"})", "", "").status == 401);
    auto form = http_request{.method = "POST",
                             .path = "/api/v1/session",
                             .content_type = "text/plain",
                             .body = R"({"operator":"li","password":"right"})"};
    CHECK(v.ask(form).status == 415);
    for (const auto* bad : {"", "[]", "{", "null", "{\"operator\":1}"})
        CHECK(v.post("/api/v1/session", bad, "", "").status >= 400);
    v.f.busy = true;
    CHECK(v.post("/api/v1/session", R"({"operator":"li","password":"right"})", "", "").status == 503);
}

TEST_CASE("wrong passwords are counted and slowed down [dispatch-16]") {
    visitor v;
    const auto guess = [&] { return v.post("/api/v1/session", R"({"operator":"li","password":"no"})", "", ""); };
    for (int i = 0; i < 5; ++i) CHECK(guess().status == 401);
    CHECK(guess().status == 429);
    CHECK(header(guess(), "Retry-After") == "60");
    CHECK(v.post("/api/v1/session", R"({"operator":"li","password":"right"})", "", "").status == 429);
    const auto elsewhere = http_request{.method = "POST",
                                        .path = "/api/v1/session",
                                        .content_type = "application/json",
                                        .body = R"({"operator":"li","password":"right"})",
                                        .peer = "10.0.0.7"};
    CHECK(v.ask(elsewhere).status == 200);
    v.f.at += 60s;
    CHECK(v.post("/api/v1/session", R"({"operator":"li","password":"right"})", "", "").status == 200);
}

TEST_CASE("a link logs in once; then it shows the log-in page [dispatch-16]") {
    visitor v;
    const auto follow = [&](const std::string& token) {
        return v.ask({.method = "GET", .path = "/login", .query = {{"token", token}}});
    };
    const auto in = follow("once");
    CHECK(in.status == 303);
    CHECK(header(in, "Location") == "/");
    CHECK(header(in, "Set-Cookie").starts_with("anban_session=cookie-new"));
    const auto again = follow("once");
    CHECK(again.status == 403);
    CHECK(again.content_type.starts_with("text/html"));
    CHECK(header(again, "Set-Cookie").empty());
    CHECK(v.ask({.method = "HEAD", .path = "/login", .query = {{"token", "x"}}}).status ==
          401); // a preview uses nothing up
}

TEST_CASE("an operator sees and ends the own session [dispatch-16]") {
    visitor v;
    CHECK(parsed(v.get("/api/v1/session")).at("operator").as_string() == "li");
    CHECK(v.ask({.method = "DELETE",
                 .path = "/api/v1/session",
                 .cookie = "a=b; anban_session=good",
                 .csrf = "csrf-li"})
              .status == 204);
    CHECK(v.get("/api/v1/session").status == 401);
}

TEST_CASE("an event stream ends with its session [dispatch-16]") {
    visitor v;
    const auto stream = listen(v);
    bool ended = false;
    stream->wake = [&] { ended = stream->cut_off(); };
    CHECK(stream->next());
    CHECK_FALSE(stream->cut_off());
    SUBCASE("by log-out, at once") {
        CHECK(v.ask({.method = "DELETE",
                     .path = "/api/v1/session",
                     .cookie = "anban_session=good",
                     .csrf = "csrf-li"})
                  .status == 204);
        CHECK(ended);
    }
    SUBCASE("by its time or its operator's removal, before the next event") {
        v.f.sessions.erase("good");
        v.f.stream.publish("alarm", "a", "{}");
        CHECK(ended);
    }
    SUBCASE("not by another's") {
        v.f.sessions.erase("other");
        v.f.stream.look_again();
        CHECK_FALSE(ended);
    }
}

TEST_CASE("an alarm counts as shown when it has gone to a console, and not before [dispatch-15]") {
    visitor v;
    v.f.w.hear_and_commit(sos(1, 1));
    const auto id = alarm_number(1).hex();
    v.f.stream.publish("alarm", id, "{}");
    CHECK_FALSE(v.f.w.file(1).shown); // nobody listens
    v.f.w.now += 1s;
    SUBCASE("by the stream") {
        const auto stream = listen(v);
        CHECK(stream->next());
        stream->written();
        CHECK_FALSE(v.f.w.file(1).shown); // that was the greeting
        v.f.stream.publish("alarm", id, "{}");
        CHECK(stream->next());
        CHECK_FALSE(v.f.w.file(1).shown);
        stream->written();
        CHECK(v.f.w.file(1).shown == v.f.w.now);
    }
    SUBCASE("by the list that a console reads") {
        const auto r = v.get("/api/v1/alarms");
        CHECK_FALSE(v.f.w.file(1).shown);
        REQUIRE(r.written);
        r.written();
        CHECK(v.f.w.file(1).shown == v.f.w.now);
        v.f.w.now += 1s;
        v.get("/api/v1/alarms").written();
        CHECK(v.f.w.file(1).shown == v.f.w.now - 1s); // the first time stays
    }
}

TEST_CASE("an alarm's way through the API [dispatch-17]") {
    visitor v;
    v.f.book[gw1] = {gw1, "王奶奶家", "幸福路1号", "138", {{"r-wang", "王秀英"}}, {{"bedroom", "卧室"}}};
    v.f.w.hear_and_commit(sos(1, 1));
    const auto list = parsed(v.get("/api/v1/alarms")).at("alarms").as_array();
    REQUIRE(list.size() == 1);
    const auto& alarm = list[0].as_object();
    CHECK(alarm.at("home").at("name").as_string() == "王奶奶家");
    CHECK(alarm.at("resident").at("name").as_string() == "王秀英");
    CHECK(alarm.at("room").at("name").as_string() == "卧室");
    CHECK(alarm.at("state").as_string() == "open");
    CHECK(alarm.at("received_at").as_string() == "1970-01-01T00:16:40.000Z");

    CHECK(parsed(v.post(first + "/take", "{\"epoch\":0}")).at("taken_by").as_string() == "li");
    const auto late = v.post(first + "/take", "{\"epoch\":0}", "csrf-zhang", "anban_session=other");
    CHECK(late.status == 409);
    CHECK(code(late) == "taken_by_other");
    CHECK(parsed(late).at("alarm").at("taken_by").as_string() == "li");
    CHECK(parsed(v.post(first + "/on-the-way", R"({"epoch":1,"note":"小李"})")).at("state").as_string() ==
          "on_the_way");
    v.f.w.hear_and_commit(sos(1, 2));
    const auto unseen =
        v.post(first + "/close", R"({"epoch":1,"seen":{"start":1,"n":1},"code":"test","note":"演练"})");
    CHECK(unseen.status == 409);
    CHECK(code(unseen) == "newer_press");
    const auto codeless = v.post(first + "/close", R"({"epoch":1,"seen":{"start":1,"n":2}})");
    CHECK(codeless.status == 422);
    CHECK(code(codeless) == "code_needed");
    for (const auto* note : {"", R"(,"note":"")", R"(,"note":" \t　")", R"(,"note":7)"}) {
        CAPTURE(note);
        const auto wordless = v.post(first + "/close", R"({"epoch":1,"seen":{"start":1,"n":2},"code":"test")" +
                                                           std::string(note) + "}");
        CHECK(wordless.status == 422);
        CHECK(code(wordless) == "note_needed");
    }
    CHECK(v.post(first + "/close", R"({"epoch":1,"seen":{"start":1,"n":2},"code":"test","note":"演练"})").status ==
          200);
    CHECK(parsed(v.get("/api/v1/alarms")).at("alarms").as_array().empty());

    const auto detail = parsed(v.get(first));
    CHECK(detail.at("presses").as_array().size() == 2);
    CHECK(detail.at("revisions").as_array().size() == 2);
    const auto& actions = detail.at("actions").as_array();
    REQUIRE(actions.size() == 3);
    CHECK(actions[1].at("note").as_string() == "小李");
    CHECK(actions[2].at("code").as_string() == "test");
    std::vector<std::string> hops;
    for (const auto& hop : detail.at("hops").as_array()) hops.emplace_back(hop.at("name").as_string());
    CHECK(hops ==
          std::vector<std::string>{"received", "stored", "taken", "on_the_way", "closed"}); // nobody was shown it
}

TEST_CASE("the description names every field that the API gives [dispatch-17]") {
    visitor v;
    auto r = sos(1, 1);
    r.seen = {{device_id("mat-1"), signal::heart_rate, 38.0, {}}};
    v.f.w.hear_and_commit(r);
    v.post(first + "/take", "{\"epoch\":0}");
    const auto description = v.get("/api/v1/openapi.yaml", "").body;
    const auto described = [&](const json::object& object) {
        for (const auto& [name, value] : object) {
            const std::string key(name);
            CAPTURE(key);
            CHECK((description.find(" " + key + ": ") != std::string::npos ||
                   description.find(" " + key + ":\n") != std::string::npos));
        }
    };
    const auto detail = parsed(v.get(first));
    described(detail);
    for (const auto* list : {"presses", "actions", "revisions", "hops", "evidence"}) {
        REQUIRE_FALSE(detail.at(list).as_array().empty());
        described(detail.at(list).as_array()[0].as_object());
    }
    described(parsed(v.get("/api/v1/homes/gw-0001")));
    described(parsed(v.get("/api/v1/session")));
}

TEST_CASE("another operator takes over only in so many words [dispatch-17]") {
    visitor v;
    v.f.w.hear_and_commit(sos(1, 1));
    v.post(first + "/take", "{\"epoch\":0}");
    const auto as_zhang = [&](const std::string& body) {
        return v.post(first + "/take", body, "csrf-zhang", "anban_session=other");
    };
    CHECK(as_zhang(R"({"epoch":1})").status == 409);
    CHECK(parsed(as_zhang(R"({"epoch":1,"take_over":true})")).at("taken_by").as_string() == "zhang");
    const auto stale = v.post(first + "/on-the-way", "{\"epoch\":1}");
    CHECK(code(stale) == "stale_epoch");
}

TEST_CASE("an unknown gateway's alarm is shown as unknown [dispatch-5]") {
    visitor v;
    v.f.w.hear_and_commit(sos(1, 1));
    const auto alarm = parsed(v.get(first));
    CHECK_FALSE(alarm.at("home").at("known").as_bool());
    CHECK(alarm.at("resident").at("name").as_string() == "r-wang");
    const auto home = parsed(v.get("/api/v1/homes/gw-0001"));
    CHECK_FALSE(home.at("known").as_bool());
    CHECK(home.at("last_seen").as_string() == "1970-01-01T00:16:40.000Z");
    CHECK(parsed(v.get("/api/v1/homes")).at("homes").as_array().size() == 1);
    CHECK(v.get("/api/v1/homes/gw-0002").status == 404);
    CHECK(v.get("/api/v1/homesick").status == 404);
    CHECK(v.get("/api/v1/homes/").status == 404);
}

TEST_CASE("the stream's beat tells every page what is wrong with the centre [dispatch-10]") {
    CHECK(json::serialize(beat_json("t", "")) == R"({"server_time":"t"})");
    CHECK(json::serialize(beat_json("t", "the disk failed")) ==
          R"({"server_time":"t","trouble":"the disk failed"})");
}

TEST_CASE("requests that make no sense are told so [dispatch-17]") {
    visitor v;
    v.f.w.hear_and_commit(sos(1, 1));
    for (const auto* body :
         {"", "{}", "[]", "x", "{\"epoch\":-1}", "{\"epoch\":\"0\"}", "{\"epoch\":99999999999}"}) {
        CHECK(v.post(first + "/take", body).status == 400);
    }
    CHECK(v.post(first + "/close", R"({"epoch":0,"code":"test"})").status == 400);
    CHECK(v.post(first + "/close", R"({"epoch":0,"seen":{"start":1},"code":"test"})").status == 400);
    CHECK(v.post(first + "/on-the-way", R"({"epoch":0,"note":")" + std::string(3'000, 'x') + "\"}").status == 400);
    CHECK(v.post(first + "/dance", "{\"epoch\":0}").status == 404);
    CHECK(v.post("/api/v1/alarms/" + alarm_number(9).hex() + "/take", "{\"epoch\":0}").status == 404);
    CHECK(v.post("/api/v1/alarms/xyz/take", "{\"epoch\":0}").status == 404);
    CHECK(v.get(first + "/take").status == 405);
    CHECK(v.post("/api/v1/alarms", "{}").status == 405);
    CHECK(v.ask({.method = "PUT", .path = "/api/v1/session", .cookie = "anban_session=good", .csrf = "csrf-li"})
              .status == 405);
    const auto with = [&](std::map<std::string, std::string> query) {
        return v
            .ask({.method = "GET",
                  .path = "/api/v1/alarms",
                  .query = std::move(query),
                  .cookie = "anban_session=good"})
            .status;
    };
    CHECK(with({{"state", "all"}, {"limit", "5"}}) == 200);
    for (const auto* bad : {"0", "-1", "x", "5x", ""}) CHECK(with({{"limit", bad}}) == 400);
    CHECK(with({{"state", "ajar"}}) == 400);
}

TEST_CASE("a deed that the store does not commit in time is not said to be done [dispatch-6]") {
    visitor v;
    v.f.w.hear_and_commit(sos(1, 1));
    v.f.commits = false;
    CHECK(v.post(first + "/take", "{\"epoch\":0}").status == 503);
}

TEST_CASE("health says what is not well [dispatch-10]") {
    visitor v;
    CHECK(v.get("/healthz", "").body == "{\"ok\":true}");
    v.f.sick = "no link";
    CHECK(v.get("/healthz", "").status == 503);
    CHECK_FALSE(parsed(v.get("/healthz", "")).at("ok").as_bool());
}

TEST_CASE("pages are sent with the policy they were written for [dispatch-16]") {
    visitor v;
    const auto page = v.get("/", "");
    CHECK(header(page, "Content-Security-Policy").find("default-src 'none'") != std::string::npos);
    CHECK(header(page, "Content-Security-Policy").find("frame-ancestors 'none'") != std::string::npos);
}

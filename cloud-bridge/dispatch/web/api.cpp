#include "cloud-bridge/dispatch/web/api.hpp"

#include <charconv>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <sodium.h>

#include "cloud-bridge/console/pages.hpp"
#include "cloud-bridge/dispatch/limits.hpp"
#include "cloud-bridge/dispatch/web/openapi.hpp"

namespace anban::dispatch {
namespace {

namespace json = boost::json;

constexpr std::string_view alarms_path = "/api/v1/alarms";
constexpr std::string_view homes_path = "/api/v1/homes";

http_response json_response(unsigned status, const json::value& body) {
    http_response r;
    r.status = status;
    r.body = json::serialize(body);
    return r;
}

json::object error_json(std::string_view code, const words& says) {
    return {{"error", {{"code", code}, {"message_zh", says.zh}, {"message_en", says.en}}}};
}

http_response error_response(unsigned status, std::string_view code, const words& says) {
    return json_response(status, error_json(code, says));
}

http_response unauthorised() {
    return error_response(401, "log_in", {"请先登录", "log in first"});
}
http_response not_found() {
    return error_response(404, "not_found", {"没有这一项", "there is no such thing"});
}
http_response wrong_method(const char* allowed) {
    auto r = error_response(405, "method", {"不能这样请求", "not with this method"});
    r.headers.emplace_back("Allow", allowed);
    return r;
}
http_response bad_request(const words& says) {
    return error_response(400, "bad_request", says);
}
http_response busy() {
    auto r =
        error_response(503, "busy", {"中心暂时写不下，请再试", "the centre can't write at the moment; try again"});
    r.headers.emplace_back("Retry-After", "1");
    return r;
}

const console::page* find_page(std::string_view path) {
    for (const auto& page : console::all_pages()) {
        if (page.path == path) return &page;
    }
    return nullptr;
}

http_response page_response(const console::page& page, unsigned status = 200) {
    http_response r;
    r.status = status;
    r.content_type = page.content_type;
    r.body = page.body;
    r.headers.emplace_back("Content-Security-Policy", console::content_security_policy);
    return r;
}

std::string cookie_line(const std::string& value, std::chrono::seconds life) {
    return fmt::format("anban_session={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}", value, life.count());
}

http_response session_response(const session& s) {
    auto r = json_response(200, json::object{{"operator", s.operator_name}, {"csrf", s.csrf}});
    if (!s.cookie.empty()) r.headers.emplace_back("Set-Cookie", cookie_line(s.cookie, limits::session_life));
    return r;
}

http_response login_refused(login_refusal why) {
    if (why == login_refusal::failed) return busy();
    return error_response(401, "wrong", {"用户名、密码或链接不对", "wrong name, password or link"});
}

// An object, at most 8 levels deep; anything else is nothing.
std::optional<json::object> parse_object(const std::string& body) {
    json::error_code code;
    json::parse_options options;
    options.max_depth = 8;
    auto value = json::parse(body.empty() ? "{}" : body, code, {}, options);
    if (code || !value.is_object()) return std::nullopt;
    return std::move(value.as_object());
}

std::string text_in(const json::object& o, std::string_view name) {
    const auto* value = o.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string{};
}

std::optional<std::uint32_t> number_in(const json::object& o, std::string_view name) {
    const auto* value = o.if_contains(name);
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    const auto number = value->as_int64();
    if (number < 0 || number > UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(number);
}

// What the body asks for, or a sentence about what is wrong with it.
std::expected<request, words> parse_deed(const http_request& request_in, deed what, const std::string& who) {
    const auto body = parse_object(request_in.body);
    if (!body) return std::unexpected(words{"请求应为 JSON 对象", "the body must be a JSON object"});
    request asked{.what = what, .who = who, .code = text_in(*body, "code"), .note = text_in(*body, "note")};
    const auto epoch = number_in(*body, "epoch");
    if (!epoch) return std::unexpected(words{"缺少 epoch", "epoch is missing"});
    asked.epoch = *epoch;
    if (asked.note.size() > limits::note_bytes) return std::unexpected(words{"备注过长", "the note is too long"});
    if (what == deed::take) {
        const auto* over = body->if_contains("take_over");
        if (over != nullptr && over->is_bool() && over->as_bool()) asked.what = deed::take_over;
    }
    if (what != deed::close) return asked;
    const auto* seen = body->if_contains("seen");
    if (seen == nullptr || !seen->is_object()) return std::unexpected(words{"缺少 seen", "seen is missing"});
    const auto start = number_in(seen->as_object(), "start");
    const auto n = number_in(seen->as_object(), "n");
    if (!start || !n) return std::unexpected(words{"seen 应有 start 和 n", "seen needs start and n"});
    asked.seen = {*start, *n};
    return asked;
}

bool is_json(const http_request& r) {
    return r.content_type.starts_with("application/json");
}

bool same_secret(const std::string& a, const std::string& b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace

std::string session_cookie(const std::string& header) {
    constexpr std::string_view name = "anban_session=";
    std::size_t at = 0;
    while (at < header.size()) {
        auto end = header.find(';', at);
        if (end == std::string::npos) end = header.size();
        std::string_view one(header.data() + at, end - at);
        while (one.starts_with(' ')) one.remove_prefix(1);
        if (one.starts_with(name)) return std::string(one.substr(name.size()));
        at = end + 1;
    }
    return {};
}

void api::handle(http_request request, http_reply reply) {
    bool done = false;
    without_session(request, reply, done);
    if (done) return;
    const auto who = world_.find_session(session_cookie(request.cookie));
    if (!who) return reply(unauthorised());
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (!reads && !same_secret(request.csrf, who->csrf)) {
        return reply(
            error_response(403, "csrf", {"缺少或错误的 X-CSRF-Token", "X-CSRF-Token is missing or wrong"}));
    }
    with_session(request, *who, std::move(reply));
}

void api::without_session(const http_request& request, http_reply& reply, bool& done) {
    done = true;
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (request.path == "/healthz" && reads) {
        const auto trouble = world_.trouble();
        json::object body{{"ok", trouble.empty()}};
        if (!trouble.empty()) body["trouble"] = trouble;
        return reply(json_response(trouble.empty() ? 200 : 503, body));
    }
    if (request.path == "/api/v1/openapi.yaml" && reads) {
        return reply(http_response{200, "application/yaml; charset=utf-8", std::string(openapi_text), {}, {}});
    }
    if (request.path == "/login" && request.method == "GET") return follow_link(request, std::move(reply));
    if (request.path == "/api/v1/session" && request.method == "POST")
        return begin_session(request, std::move(reply));
    if (const auto* page = find_page(request.path); page != nullptr && reads) return reply(page_response(*page));
    done = false;
}

void api::begin_session(const http_request& request, http_reply reply) {
    // A form of another site can't send this type.
    if (!is_json(request))
        return reply(error_response(415, "media_type", {"应为 application/json", "send application/json"}));
    const auto body = parse_object(request.body);
    if (!body) return reply(bad_request({"请求应为 JSON 对象", "the body must be a JSON object"}));
    const auto token = text_in(*body, "token");
    const auto name = text_in(*body, "operator");
    const login_attempt who{request.peer, token.empty() ? name : ""};
    if (const auto wait = guard_.wait_for(who, world_.mono()); wait.count() > 0) {
        auto r = error_response(429, "slow_down",
                                {fmt::format("尝试过多，请 {} 秒后再试", wait.count()),
                                 fmt::format("too many attempts; try again in {} s", wait.count())});
        r.headers.emplace_back("Retry-After", std::to_string(wait.count()));
        return reply(std::move(r));
    }
    // The worker's queue may be full, so the reply must outlive a refused hand-over.
    auto shared = std::make_shared<http_reply>(std::move(reply));
    auto after = [this, who, shared](login_result result) {
        if (result) {
            guard_.succeeded(who);
            return (*shared)(session_response(*result));
        }
        if (result.error() == login_refusal::wrong) guard_.failed(who, world_.mono());
        (*shared)(login_refused(result.error()));
    };
    const bool taken = token.empty() ? world_.log_in(name, text_in(*body, "password"), std::move(after))
                                     : world_.redeem(token, std::move(after));
    if (!taken) (*shared)(busy());
}

void api::follow_link(const http_request& request, http_reply reply) {
    const auto token = request.query.find("token");
    const auto* page = find_page("/login.html");
    const auto login_page = [page](unsigned status) {
        return page != nullptr ? page_response(*page, status) : not_found();
    };
    if (token == request.query.end()) return reply(login_page(200));
    const login_attempt who{request.peer, ""};
    if (guard_.wait_for(who, world_.mono()).count() > 0) return reply(login_page(429));
    auto shared = std::make_shared<http_reply>(std::move(reply));
    const bool taken = world_.redeem(token->second, [this, who, shared, login_page](login_result result) {
        if (!result) {
            if (result.error() == login_refusal::wrong) guard_.failed(who, world_.mono());
            return (*shared)(login_page(403));
        }
        http_response r;
        r.status = 303;
        r.content_type = "text/plain; charset=utf-8";
        r.headers.emplace_back("Location", "/");
        r.headers.emplace_back("Set-Cookie", cookie_line(result->cookie, limits::session_life));
        (*shared)(std::move(r));
    });
    if (!taken) (*shared)(login_page(503));
}

void api::with_session(const http_request& request, const session& who, http_reply reply) {
    const bool reads = request.method == "GET";
    if (request.path == "/api/v1/session") {
        if (reads) return reply(session_response(who));
        if (request.method != "DELETE") return reply(wrong_method("GET, POST, DELETE"));
        world_.end_session(session_cookie(request.cookie));
        world_.feed().look_again();
        http_response r;
        r.status = 204;
        r.headers.emplace_back("Set-Cookie", cookie_line("", std::chrono::seconds(0)));
        return reply(std::move(r));
    }
    if (request.path == alarms_path)
        return reads ? list_alarms(request, std::move(reply)) : reply(wrong_method("GET"));
    if (request.path.starts_with("/api/v1/alarms/")) return one_alarm(request, who, std::move(reply));
    if (request.path == "/api/v1/events")
        return reads ? open_stream(request, std::move(reply)) : reply(wrong_method("GET"));
    if (request.path.starts_with(homes_path))
        return reads ? show_homes(request, std::move(reply)) : reply(wrong_method("GET"));
    reply(not_found());
}

void api::list_alarms(const http_request& request, http_reply reply) {
    const auto value = [&](const char* name, std::string fallback) {
        const auto found = request.query.find(name);
        return found == request.query.end() ? fallback : found->second;
    };
    const auto state = value("state", "open");
    const auto w = state == "open" ? which::open : state == "closed" ? which::closed : which::all;
    if (w == which::all && state != "all") {
        return reply(bad_request({"state 应为 open、closed 或 all", "state is open, closed or all"}));
    }
    const auto text = value("limit", "200");
    std::size_t most = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), most);
    if (code != std::errc{} || end != text.data() + text.size() || most == 0) {
        return reply(bad_request({"limit 应为正整数", "limit is a positive number"}));
    }
    json::array list;
    std::vector<case_key> given;
    for (const auto* file : world_.cases().list(w, std::min(most, limits::alarms_a_page))) {
        list.push_back(alarm_json(*file, world_.cards()));
        if (!file->shown) given.push_back(file->key);
    }
    auto r = json_response(200, json::object{{"alarms", std::move(list)}, {"server_time", iso(world_.wall())}});
    r.written = [this, given = std::move(given)] {
        for (const auto& key : given) world_.cases().was_shown(key, world_.wall());
    };
    reply(std::move(r));
}

void api::one_alarm(const http_request& request, const session& who, http_reply reply) {
    const auto rest = request.path.substr(alarms_path.size() + 1);
    const auto slash = rest.find('/');
    const auto id = rest.substr(0, slash);
    if (slash == std::string::npos) {
        if (request.method != "GET") return reply(wrong_method("GET"));
        const auto* file = world_.cases().find(id);
        return reply(file == nullptr ? not_found() : json_response(200, alarm_detail_json(*file, world_.cards())));
    }
    const auto verb = rest.substr(slash + 1);
    std::optional<deed> what;
    if (verb == "take") what = deed::take;
    if (verb == "on-the-way") what = deed::on_the_way;
    if (verb == "close") what = deed::close;
    if (!what) return reply(not_found());
    if (request.method != "POST") return reply(wrong_method("POST"));
    do_deed(request, who, id, *what, std::move(reply));
}

void api::do_deed(const http_request& request, const session& who, std::string id, deed what, http_reply reply) {
    auto asked = parse_deed(request, what, who.operator_name);
    if (!asked) return reply(bad_request(asked.error()));
    world_.act({0, std::move(id), std::move(*asked)},
               [this, reply = std::move(reply)](std::optional<answer_deed> a) mutable {
                   if (!a) return reply(busy());
                   answer(*a, std::move(reply));
               });
}

void api::answer(const answer_deed& a, http_reply reply) {
    if (a.failed) return reply(*a.failed == lookup::no_such_alarm ? not_found() : busy());
    const auto* file = world_.cases().find(a.key);
    json::object alarm;
    if (file != nullptr) alarm = alarm_json(*file, world_.cards());
    if (!a.refused) return reply(json_response(200, alarm));
    auto body = error_json(name_of(*a.refused), say(*a.refused));
    body["alarm"] = std::move(alarm);
    const bool incomplete = *a.refused == refusal::code_needed || *a.refused == refusal::note_needed;
    reply(json_response(incomplete ? 422 : 409, body));
}

void api::open_stream(const http_request& request, http_reply reply) {
    const json::object hello{{"server_time", iso(world_.wall())}, {"version", ANBAN_VERSION}};
    auto welcome = [this, cookie = session_cookie(request.cookie)] {
        return world_.find_session(cookie).has_value();
    };
    auto source = world_.feed().listen(request.last_event_id, json::serialize(hello), std::move(welcome));
    if (!source) return reply(busy());
    reply(std::move(source));
}

void api::show_homes(const http_request& request, http_reply reply) {
    const auto& seen = world_.cases().gateways();
    const auto& cards = world_.cards();
    const auto parts = [](const std::vector<named>& list) {
        json::array out;
        for (const auto& one : list) out.push_back(json::object{{"id", one.id}, {"name", one.name}});
        return out;
    };
    const auto one = [&](const gateway_id& gateway, const home_card* card, const gateway_facts* facts) {
        static const home_card blank;
        static const gateway_facts silent;
        const auto& c = card != nullptr ? *card : blank;
        const auto& f = facts != nullptr ? *facts : silent;
        return json::object{{"gateway", gateway.str()},
                            {"known", card != nullptr},
                            {"name", card != nullptr ? json::value(c.name) : json::value(nullptr)},
                            {"address", card != nullptr ? json::value(c.address) : json::value(nullptr)},
                            {"phone", card != nullptr ? json::value(c.phone) : json::value(nullptr)},
                            {"residents", parts(c.residents)},
                            {"rooms", parts(c.rooms)},
                            {"last_seen", f.last_seen ? json::value(iso(*f.last_seen)) : json::value(nullptr)},
                            {"online", f.online},
                            {"version", f.version},
                            {"outbox", f.outbox},
                            {"faults", f.faults},
                            {"refused", f.refused},
                            {"last_refusal", f.last_refusal}};
    };
    const auto card_of = [&](const gateway_id& gateway) {
        const auto found = cards.find(gateway);
        return found == cards.end() ? nullptr : &found->second;
    };
    const auto facts_for = [&](const gateway_id& gateway) {
        const auto found = seen.find(gateway);
        return found == seen.end() ? nullptr : &found->second;
    };
    if (request.path == homes_path) {
        json::array list;
        for (const auto& [gateway, card] : cards) list.push_back(one(gateway, &card, facts_for(gateway)));
        for (const auto& [gateway, facts] : seen) {
            if (!cards.contains(gateway)) list.push_back(one(gateway, nullptr, &facts));
        }
        return reply(
            json_response(200, json::object{{"homes", std::move(list)}, {"server_time", iso(world_.wall())}}));
    }
    const gateway_id gateway(
        request.path.substr(homes_path.size() + (request.path.size() > homes_path.size() ? 1 : 0)));
    if (request.path[homes_path.size()] != '/' || (card_of(gateway) == nullptr && facts_for(gateway) == nullptr)) {
        return reply(not_found());
    }
    reply(json_response(200, one(gateway, card_of(gateway), facts_for(gateway))));
}

} // namespace anban::dispatch

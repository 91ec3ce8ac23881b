// Requests at the centre's API: method and whether there is a session, path, query, Last-Event-ID, content type
// and body, several a visit, parted by a byte that no text in UTF-8 has.
#include <array>

#include <boost/json.hpp>

#include "tests/cloud-bridge/dispatch/fake_world.hpp"
#include "tests/fuzz/target.hpp"

namespace anban::fuzz {
namespace {

using namespace dispatch;
using namespace dispatch::testing;

http_request request_of(parts& in) {
    constexpr std::array methods{"GET", "POST", "DELETE", "HEAD", "PUT"};
    const unsigned how = in.byte();
    http_request r;
    r.method = methods[how % methods.size()];
    r.cookie = (how & 0x80U) != 0 ? std::string{in.until(next_text)} : "x=y; anban_session=good";
    r.csrf = (how & 0x40U) != 0 ? "wrong" : "csrf-li";
    r.path = in.until(next_text);
    for (parts query{in.until(next_text)}; !query.at_end();) {
        const std::string name{query.until('=')};
        r.query[name] = query.until('&');
    }
    r.last_event_id = in.until(next_text);
    r.content_type = (how & 0x20U) != 0 ? std::string{in.until(next_text)} : "application/json";
    r.body = in.until(next_text);
    r.peer = "127.0.0.1";
    return r;
}

// All that a refused request must leave as it was.
std::vector<std::pair<case_key, standing>> standings(const fake_world& f) {
    std::vector<std::pair<case_key, standing>> all;
    for (const case_file* file : f.w.d->list(which::all, SIZE_MAX)) all.emplace_back(file->key, file->now);
    return all;
}

void read(const http_response& r) {
    must(r.status >= 200 && r.status <= 503, "a status that is none");
    if (r.content_type.starts_with("application/json") && !r.body.empty()) {
        boost::json::error_code bad;
        const auto body = boost::json::parse(r.body, bad);
        must(!bad && body.is_object(), "an answer that is no JSON object");
        must(r.status < 400 || r.status == 503 || body.as_object().contains("error"), "refused without words");
    }
    for (const auto& [name, value] : r.headers) {
        must(value.find_first_of("\r\n") == std::string::npos, "a header of two lines");
    }
    if (r.written) r.written();
}

void listen(stream_source& source) {
    constexpr std::size_t plenty = 10'000;
    std::size_t events = 0;
    while (!source.cut_off()) {
        const auto piece = source.next();
        if (!piece) break;
        must(piece->ends_with("\n\n"), "an event without an end");
        source.written();
        must(++events < plenty, "a stream without an end");
    }
    must(source.sign_of_life().ends_with("\n\n"), "a beat without an end");
}

} // namespace

void try_one(std::string_view input) {
    constexpr std::size_t most_requests = 8;
    fake_world f;
    api asked{f};
    f.w.hear_and_commit(sos(1, 1));
    f.w.hear_and_commit(sos(2, 1));
    f.stream.publish("alarm", alarm_number(1).hex(), "{}");
    f.stream.publish("alarm", alarm_number(2).hex(), "{}");
    parts in{input};
    for (std::size_t n = 0; n < most_requests && !in.at_end(); ++n) {
        const auto request = request_of(in);
        const auto before = standings(f);
        std::size_t replies = 0;
        unsigned status = 200;
        asked.handle(request, [&](http_answer answer) {
            ++replies;
            if (auto* r = std::get_if<http_response>(&answer)) {
                status = r->status;
                read(*r);
            } else {
                listen(*std::get<std::shared_ptr<stream_source>>(answer));
            }
        });
        must(replies == 1, "not answered once");
        must(status < 400 || standings(f) == before, "refused, and something changed");
        must(request.method == "POST" || standings(f) == before, "changed by reading");
    }
}

std::vector<std::string> seeds() {
    // How, path, query, Last-Event-ID, body.
    const auto ask = [](unsigned char how, const std::string& path, const char* query = "", const char* id = "",
                        const char* body = "") {
        return static_cast<char>(how) + path + next_text + query + next_text + id + next_text + body + next_text;
    };
    const std::string alarms = "/api/v1/alarms";
    const std::string first = alarms + "/" + alarm_number(1).hex();
    return {ask(0, alarms, "state=all&limit=7") + ask(0, first) + ask(0, "/api/v1/homes") +
                ask(0, "/api/v1/homes/gw-0001"),
            ask(1, first + "/take", "", "", R"({"epoch":0})") +
                ask(1, first + "/on-the-way", "", "", R"({"epoch":1})") +
                ask(1, first + "/close", "", "",
                    R"({"epoch":1,"seen":{"start":1,"n":1},"code":"real_fall","note":"家人已到"})"),
            ask(0, "/api/v1/events", "", "1-1") + ask(0, "/api/v1/events", "", "0-99") + ask(0, "/healthz"),
            ask(1, "/api/v1/session", "", "", R"({"operator":"li","password":"right"})") +
                ask(1, "/api/v1/session", "", "", R"({"token":"once"})") + ask(0, "/login", "token=once") +
                ask(2, "/api/v1/session"),
            static_cast<char>(0x80) + std::string{"anban_session=bad"} + next_text + alarms + next_text};
}

} // namespace anban::fuzz

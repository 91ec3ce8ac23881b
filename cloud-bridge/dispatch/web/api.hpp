// The HTTP API under /api/v1 and the operator's pages. Described for its users in openapi.yaml, which it
// serves itself.
//
// Everything but the log-in page, its files, /healthz and the API's description needs a session; everything
// that changes something also its CSRF token.
//
// Threads: one; a log-in runs on the worker that `login_desk` owns and comes back to this thread.
#pragma once

#include <functional>
#include <string>

#include "cloud-bridge/dispatch/desk/desk.hpp"
#include "cloud-bridge/dispatch/web/accounts.hpp"
#include "cloud-bridge/dispatch/web/alarm_json.hpp"
#include "cloud-bridge/dispatch/web/event_feed.hpp"
#include "cloud-bridge/dispatch/web/http.hpp"
#include "cloud-bridge/dispatch/web/login_guard.hpp"

namespace anban::dispatch {

using login_result = std::expected<session, login_refusal>;
using login_reply = std::move_only_function<void(login_result)>;

// What the API needs of the running centre.
class api_world {
public:
    virtual ~api_world() = default;
    [[nodiscard]] virtual utc_time wall() const = 0;
    [[nodiscard]] virtual mono_time mono() const = 0;
    [[nodiscard]] virtual desk& cases() = 0;
    [[nodiscard]] virtual event_feed& feed() = 0;
    [[nodiscard]] virtual const home_cards& cards() = 0;
    // Empty while all is well; otherwise what is not.
    [[nodiscard]] virtual std::string trouble() const = 0;
    // Answers when the deed is committed, or refused, or limits::action_timeout has passed (nothing).
    virtual void act(asked_deed asked, std::move_only_function<void(std::optional<answer_deed>)> reply) = 0;
    // False: too many wait already. `password` is empty for a one-time token in `secret`.
    [[nodiscard]] virtual bool log_in(std::string name, std::string password, login_reply reply) = 0;
    [[nodiscard]] virtual bool redeem(std::string token, login_reply reply) = 0;
    [[nodiscard]] virtual std::optional<session> find_session(const std::string& cookie) = 0;
    virtual void end_session(const std::string& cookie) = 0;
};

class api final : public http_handler {
public:
    explicit api(api_world& world) : world_(world) {}
    void handle(http_request request, http_reply reply) override;

private:
    void without_session(const http_request& request, http_reply& reply, bool& done);
    void begin_session(const http_request& request, http_reply reply);
    void follow_link(const http_request& request, http_reply reply);
    void with_session(const http_request& request, const session& who, http_reply reply);
    void list_alarms(const http_request& request, http_reply reply);
    void one_alarm(const http_request& request, const session& who, http_reply reply);
    void do_deed(const http_request& request, const session& who, std::string id, deed what, http_reply reply);
    void answer(const answer_deed& a, http_reply reply);
    void show_homes(const http_request& request, http_reply reply);
    void open_stream(const http_request& request, http_reply reply);

    api_world& world_;
    login_guard guard_;
};

// The value of the session cookie in a Cookie header; empty if there is none.
[[nodiscard]] std::string session_cookie(const std::string& header);

} // namespace anban::dispatch

// What the API needs of a centre: a desk in memory, two operators with a session each, one that can log in.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "cloud-bridge/dispatch/web/api.hpp"
#include "tests/cloud-bridge/dispatch/desk_world.hpp"

namespace anban::dispatch::testing {

struct fake_world final : api_world {
    world w;
    event_feed stream{1, [] { return std::string("{}"); },
                      [this](const std::string& about) { w.d->was_shown(about, w.now); }};
    home_cards book;
    bool busy = false;
    bool commits = true;
    std::string sick;
    std::map<std::string, session> sessions{{"good", {"li", "csrf-li", "", {}}},
                                            {"other", {"zhang", "csrf-zhang", "", {}}}};
    std::map<std::string, std::string> tokens{{"once", "li"}};
    mono_time at{100s};

    utc_time wall() const override { return w.now; }
    mono_time mono() const override { return at; }
    desk& cases() override { return *w.d; }
    event_feed& feed() override { return stream; }
    const home_cards& cards() override { return book; }
    std::string trouble() const override { return sick; }
    void act(asked_deed asked, std::move_only_function<void(std::optional<answer_deed>)> reply) override {
        asked.token = ++w.token;
        w.step(asked);
        if (w.answers.empty() && commits) w.commit();
        reply(w.answers.empty() ? std::nullopt : std::optional(w.answers.front()));
    }
    bool log_in(std::string name, std::string password, login_reply reply) override {
        if (busy) return false;
        if (name == "li" && password == "right") {
            reply(session{"li", "csrf-new", "cookie-new", {}});
        } else {
            reply(std::unexpected(login_refusal::wrong));
        }
        return true;
    }
    bool redeem(std::string token, login_reply reply) override {
        if (busy) return false;
        const auto found = tokens.extract(token);
        if (found.empty()) {
            reply(std::unexpected(login_refusal::wrong));
        } else {
            reply(session{found.mapped(), "csrf-new", "cookie-new", {}});
        }
        return true;
    }
    std::optional<session> find_session(const std::string& cookie) override {
        const auto found = sessions.find(cookie);
        return found == sessions.end() ? std::nullopt : std::optional(found->second);
    }
    void end_session(const std::string& cookie) override { sessions.erase(cookie); }
};

} // namespace anban::dispatch::testing

// The control socket's requests over the real core in virtual time and a home directory of the test's own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "gateway/control/requests.hpp"
#include "tests/gateway/config/home_directory.hpp"
#include "tests/gateway/home/world.hpp"

namespace anban::control::testing {

namespace json = boost::json;
using anban::test::home_directory;

inline const driver_names drivers{"native", "zigbee2mqtt"};

// The real core in virtual time behind the requests; what the daemon would do with outputs is remembered.
class desk {
public:
    desk() : desk(two_packs()) {}
    explicit desk(rule_packs rules) {
        dir_.furnish();
        world_ = std::make_unique<test::world>(*load_house(dir_.path(), drivers), rules);
        side_ = std::make_unique<control::daemon_side>(control::daemon_side{
            .core = world_->core(),
            .dir = dir_.path(),
            .drivers = drivers,
            .feed = [this](const input& in) { take(world_->tell(in)); },
            .rules_for = [rules](const house&) { return rules; },
            .shell = [] { return control::shell_facts{true, true, "10.0.0.1:8883", "0.1.0"}; },
            .now = [this] { return world_->now(); }});
    }

    json::object ask(std::string_view line) {
        auto r = control::handle(*side_, line);
        stream = std::move(r.then);
        return r.answer;
    }
    json::object ask(const json::object& request) { return ask(json::serialize(request)); }

    // Lets the stream hear what the core says.
    void take(const outputs& out) {
        for (const auto& o : out) {
            if (const auto* d = std::get_if<deliver>(&o)) delivered.push_back(*d);
            const auto* n = std::get_if<notice>(&o);
            if (n == nullptr || !stream) continue;
            if (auto line = stream->hear(*n)) keep(*line);
        }
    }
    void pass(std::chrono::nanoseconds t) {
        world_->pass(t);
        take(world_->tell(tick{}));
        if (!stream) return;
        if (auto line = stream->pass(world_->now())) keep(*line);
    }

    [[nodiscard]] test::world& home_world() { return *world_; }
    [[nodiscard]] const home_directory& dir() const { return dir_; }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& e : events) {
            all.emplace_back(e.contains("name") ? e.at("name").as_string() : e.at("event").as_string());
        }
        return all;
    }

    // Of which only the names matter.
    [[nodiscard]] static rule_packs two_packs() {
        rule_packs rules;
        rules.packs.push_back({.name = "dementia"});
        rules.packs.push_back({.name = "living-alone"});
        return rules;
    }

    std::unique_ptr<control::stream> stream;
    std::vector<json::object> events;
    std::vector<deliver> delivered;

private:
    void keep(const std::string& lines) {
        for (std::size_t at = 0; at < lines.size();) {
            const auto end = std::min(lines.find('\n', at), lines.size());
            events.push_back(json::parse(lines.substr(at, end - at)).as_object());
            at = end + 1;
        }
    }

    home_directory dir_;
    std::unique_ptr<test::world> world_;
    std::unique_ptr<control::daemon_side> side_;
};

[[nodiscard]] inline std::string error_of(const json::object& answer) {
    REQUIRE(answer.at("ok").as_bool() == false);
    const auto& e = answer.at("error").as_object();
    for (const char* key : {"file", "line", "what_zh", "what_en", "cure_zh", "cure_en"}) REQUIRE(e.contains(key));
    return std::string{e.at("file").as_string()} + ": " + std::string{e.at("what_en").as_string()} + " / " +
           std::string{e.at("cure_en").as_string()};
}

} // namespace anban::control::testing

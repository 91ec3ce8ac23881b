// Requests at the control socket, one a line, with the real core behind them. A line that begins with '+' lets
// time pass or something happen in the home instead.
#include <memory>

#include <boost/json.hpp>

#include "gateway/control/requests.hpp"
#include "gateway/journal/record_codec.hpp"
#include "rules/language/pack.hpp"
#include "tests/fuzz/home_folder.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/gateway/home/world.hpp"

namespace anban::fuzz {
namespace {

namespace json = boost::json;

const home_folder& folder() {
    static const home_folder one;
    return one;
}

rule_packs packs() {
    static const auto pack = language::read_pack(night_pack, "night.rules");
    must(pack.has_value(), "the target's own pack");
    return {.packs = {*pack}, .zone = china_zone()};
}

class desk {
public:
    desk() {
        folder().furnish();
        const driver_names drivers{"native", "zigbee2mqtt"};
        world_ = std::make_unique<test::world>(*load_house(folder().path(), drivers), packs());
        side_ = std::make_unique<control::daemon_side>(
            control::daemon_side{.core = world_->core(),
                                 .dir = folder().path(),
                                 .drivers = drivers,
                                 .feed =
                                     [this](const input& in) {
                                         if (!std::holds_alternative<tick>(in))
                                             ++fed_; // time passes for a refused request as well
                                         hear(world_->tell(in));
                                     },
                                 .rules_for = [](const house&) { return packs(); },
                                 .shell = [] { return control::shell_facts{true, true, "", "0.1.0"}; },
                                 .now = [this] { return world_->now(); }});
    }

    void happen(std::string_view line) {
        switch (line.empty() ? 0 : line.front() % 4) {
        case 0: hear(world_->press(static_cast<std::uint32_t>(++presses_))); break;
        case 1: hear(world_->commit()); break;
        case 2: hear(world_->zigbee_press()); break;
        default:
            world_->pass(std::chrono::seconds{1} * static_cast<long>(line.size() * line.size()));
            hear(world_->tell(tick{}));
            if (stream_) said(stream_->pass(world_->now()));
            break;
        }
    }

    void ask(std::string_view line) {
        hear(world_->tell(tick{}));
        const std::string files = folder().all_three();
        const std::string state = journal_record::encode(world_->core().state().whole());
        fed_ = 0;
        auto reply = control::handle(*side_, line);
        stream_ = std::move(reply.then);
        const auto* ok = reply.answer.if_contains("ok");
        must(ok != nullptr && ok->is_bool(), "an answer that says neither yes nor no");
        said(json::serialize(reply.answer));
        if (ok->get_bool()) {
            must(load_house(folder().path(), side_->drivers).has_value(), "granted, and the home can't be read");
            return;
        }
        const auto& error = reply.answer.at("error").as_object();
        must(!error.at("what_en").as_string().empty() && !error.at("cure_zh").as_string().empty(),
             "refused without words");
        must(fed_ == 0 && folder().all_three() == files, "refused, and something changed");
        must(journal_record::encode(world_->core().state().whole()) == state, "refused, and the core changed");
    }

private:
    void hear(const outputs& out) {
        for (const output& o : out) {
            const auto* n = std::get_if<notice>(&o);
            if (n != nullptr && stream_) said(stream_->hear(*n));
        }
    }
    static void said(const std::optional<std::string>& lines) {
        if (!lines) return;
        for (parts in{*lines}; !in.at_end();) {
            json::error_code bad;
            must(json::parse(in.until('\n'), bad).is_object() && !bad, "something that is no JSON object");
        }
    }

    std::unique_ptr<test::world> world_;
    std::unique_ptr<control::daemon_side> side_;
    std::unique_ptr<control::stream> stream_;
    std::size_t fed_ = 0;
    std::size_t presses_ = 0;
};

} // namespace

void try_one(std::string_view input) {
    constexpr std::size_t most_lines = 16;
    desk d;
    parts in{input};
    for (std::size_t n = 0; n < most_lines && !in.at_end(); ++n) {
        const auto line = in.until('\n');
        line.starts_with('+') ? d.happen(line.substr(1)) : d.ask(line);
    }
}

std::vector<std::string> seeds() {
    return {
        "{\"do\":\"status\"}\n{\"do\":\"devices\"}\n{\"do\":\"residents\"}\n{\"do\":\"version\"}\n",
        "{\"do\":\"watch\"}\n+0\n+1\n+2\n+3\n{\"do\":\"alarms\"}\n{\"do\":\"alarm\",\"id\":\"0000\"}\n",
        R"({"do":"device_add","device":{"id":"mat-1","driver":"native","role":"bed_mat","bed":"bed-1"}})"
        "\n{\"do\":\"device_test\",\"id\":\"button-1\"}\n+0\n+3333\n{\"do\":\"device_remove\",\"id\":\"mat-1\"}\n",
        R"({"do":"resident_add","id":"r-li","packs":["night"]})"
        "\n"
        R"({"do":"resident_set","id":"r-li","values":[{"alarm":"bradycardia","param":"low","value":"45 bpm"}]})"
        "\n{\"do\":\"reload\"}\n",
        R"({"do":"rule_shelve","rule":"bradycardia","who":"r-wang","by":"li","reason":"x","for_s":3600})"
        "\n{\"do\":\"rules_shelved\"}\n+333333\n"
        R"({"do":"rule_unshelve","rule":"bradycardia","who":"r-wang"})"
        "\n"};
}

} // namespace anban::fuzz

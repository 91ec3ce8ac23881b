#include "tests/stage/district.hpp"

#include <thread>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "tests/stage/fault.hpp"
#include "tests/stage/ports.hpp"

namespace anban::stage {

namespace {

home_card card_of(const home_plan& plan) {
    home_card card{plan.gateway, "王奶奶家", "幸福路 1 号 2 单元 301", "13800000000", {}, plan.rooms};
    for (const auto& [id, pack] : plan.residents)
        card.residents.emplace_back(id, id == "r-wang" ? "王秀英" : id == "r-li" ? "李建国" : id);
    return card;
}

} // namespace

district::district(home_plan plan, link by)
    : folder_("anban-district"), centre(folder_.path() / "centre"), wire(free_port(), centre.tls_port()),
      home(folder_.path() / "home", plan,
           centre.add_home(card_of(plan), by == link::wire ? wire.port() : centre.tls_port())) {}

void district::start() {
    centre.start();
    home.start();
    if (!wait_for_link(true, std::chrono::seconds(20)))
        throw fault(fmt::format("the home does not reach the centre:\n{}", tail_of(home.log_of("anban-uplink"))));
}

bool district::wait_for_link(bool up, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const auto status = home.tell({"status"});
        const auto* fields = status.if_object();
        if (fields != nullptr && fields->contains("link") && fields->at("link").is_object() &&
            fields->at("link").at("up").is_bool() && fields->at("link").at("up").as_bool() == up)
            return true;
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

} // namespace anban::stage

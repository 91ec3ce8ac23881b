#include <array>

#include <fmt/format.h>

#include "cloud-bridge/protocol/codec.hpp"

namespace anban::wire {

std::string up_topic(const gateway_id& gw, lane l) {
    return fmt::format("anban/1/up/{}/{}", gw.str(), name_of(l));
}
std::string state_topic(const gateway_id& gw) {
    return fmt::format("anban/1/st/{}", gw.str());
}
std::string heartbeat_topic(const gateway_id& gw) {
    return fmt::format("anban/1/hb/{}", gw.str());
}
std::string ack_topic(const gateway_id& gw) {
    return fmt::format("anban/1/dn/{}/ack", gw.str());
}
std::string command_topic(const gateway_id& gw) {
    return fmt::format("anban/1/dn/{}/cmd", gw.str());
}
std::string echo_topic(const gateway_id& gw) {
    return fmt::format("anban/1/echo/{}", gw.str());
}

std::expected<gateway_id, std::string> speaker_of(std::string_view topic) {
    const std::string_view whole = topic;
    const auto refuse = [whole](std::string_view why) {
        return std::unexpected(fmt::format("topic \"{}\" {}", whole.substr(0, 128), why));
    };
    const auto next_level = [&topic] {
        const std::string_view level = topic.substr(0, topic.find('/'));
        topic.remove_prefix(level.size() < topic.size() ? level.size() + 1 : topic.size());
        return level;
    };
    if (next_level() != "anban" || next_level() != "1") return refuse("is none of the wire's");
    const std::string_view kind = next_level();
    if (kind != "up" && kind != "st" && kind != "hb")
        return refuse("is none on which a gateway speaks to the centre");
    const std::string_view gateway = next_level();
    if (!well_formed_id(gateway)) return refuse("names no gateway");
    const std::string_view rest = topic;
    const bool ends_at_gateway = whole.ends_with(gateway);
    const bool ends_in_lane = rest == "p0" || rest == "p1" || rest == "p2" || rest == "p3";
    if (kind == "up" ? !ends_in_lane : !rest.empty() || !ends_at_gateway)
        return refuse("has a level too many or too few");
    return gateway_id{std::string{gateway}};
}

} // namespace anban::wire

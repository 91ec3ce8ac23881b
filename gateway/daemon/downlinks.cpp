#include "gateway/daemon/downlinks.hpp"

#include "cloud-bridge/protocol/codec.hpp"

namespace anban {

std::expected<input, std::string> judge_downlink(std::string_view bytes, const gateway_id& ours) {
    const auto read = wire::decode_downlink(bytes);
    if (!read) return std::unexpected(read.error());
    if (read->gateway != ours) return std::unexpected("it is for another gateway");
    if (const auto* ack = std::get_if<wire::ack>(&read->what)) {
        return centre_ack{ack->alarm, ack->revision, ack->hash_prefix};
    }
    if (const auto* nack = std::get_if<wire::nack>(&read->what)) {
        return centre_nack{.alarm = nack->alarm,
                           .revision = nack->revision,
                           .unknown_alarm = nack->reason == wire::nack_reason::unknown_alarm,
                           .unknown_gateway = nack->reason == wire::nack_reason::unknown_gateway,
                           .other_gateway = nack->reason == wire::nack_reason::other_gateway,
                           .why = nack->why};
    }
    if (const auto* receipt = std::get_if<wire::receipt>(&read->what)) {
        return centre_receipt{.alarm = receipt->alarm,
                              .progress = receipt->progress,
                              .seen = receipt->seen,
                              .code = receipt->code,
                              .at = receipt->at,
                              .test = receipt->test};
    }
    return std::unexpected("");
}

} // namespace anban

// The stream between anband and anban-uplink, cut anywhere: eight bytes say where it is cut, the rest is the
// stream.
#include <array>

#include "cloud-bridge/uplink/local_frames.hpp"
#include "tests/fuzz/target.hpp"

namespace anban::fuzz {
namespace {

template <class Message>
void told_again(const std::expected<Message, std::string>& read,
                std::expected<Message, std::string> (*reader_of)(std::string_view)) {
    if (!read) return must(!read.error().empty(), "refused without a word");
    const std::string frame = uplink::frame_of(*read);
    if (frame.empty()) return; // too long for a frame, as it says
    uplink::frame_reader reader;
    reader.feed(frame);
    const auto message = reader.next();
    must(message.has_value(), "a whole frame isn't a message");
    const auto again = reader_of(*message);
    must(again.has_value() && *again == *read, "told again it differs");
}

} // namespace

void try_one(std::string_view input) {
    parts in{input};
    std::array<std::size_t, 8> sizes{};
    for (auto& size : sizes) size = in.byte();
    const std::string_view stream = in.rest();

    uplink::frame_reader whole;
    whole.feed(stream);
    std::vector<std::string> messages;
    while (const auto message = whole.next()) messages.emplace_back(*message);

    uplink::frame_reader cut;
    std::size_t seen = 0;
    std::size_t turn = 0;
    for (std::string_view left = stream; !left.empty();) {
        const auto piece = left.substr(0, 1 + sizes[turn++ % sizes.size()]);
        left.remove_prefix(piece.size());
        cut.feed(piece);
        while (const auto message = cut.next()) {
            must(seen < messages.size() && *message == messages[seen], "cut elsewhere it is another message");
            ++seen;
        }
    }
    must(seen == messages.size() && cut.broken() == whole.broken(), "cut elsewhere it ends elsewhere");
    for (const auto& message : messages) {
        must(!message.empty(), "a message without bytes");
        told_again(uplink::read_to_uplink(message), uplink::read_to_uplink);
        told_again(uplink::read_from_uplink(message), uplink::read_from_uplink);
    }
}

std::vector<std::string> seeds() {
    using namespace uplink;
    const std::string cuts{"\x02\x00\x07\xff\x01\x01\x20\x03", 8};
    const alarm_id id{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    const std::string down = frame_of(to_uplink{hello{"birth", "beat"}}) +
                             frame_of(to_uplink{deliver_request{id, {1, 2}, lane::p1, "envelope"}}) +
                             frame_of(to_uplink{forget_request{id, {1, 2}}});
    const std::string up =
        frame_of(from_uplink{link_report{false, "10.0.0.1:8883", "refused"}}) +
        frame_of(from_uplink{downlink_bytes{"bytes"}}) +
        frame_of(from_uplink{
            sent_report{id, {1, 2}, mono_time{std::chrono::seconds{9}}, mono_time{std::chrono::seconds{10}}}});
    return {cuts + down, cuts + up, cuts + down + std::string("\x00\x00\x00\x00", 4) + up,
            cuts + "\xff\xff\xff\xff"};
}

} // namespace anban::fuzz

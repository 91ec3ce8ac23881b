#include "gateway/ingest/burst_probe.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace anban {
namespace {

using steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto quiet_means_all = 1s;
constexpr std::size_t slice = 16 * 1024; // of what waits to be sent

enum packet : std::uint8_t { connack = 2, publish = 3, puback = 4, suback = 9 };

void put_number(std::string& to, std::uint16_t n) {
    to += static_cast<char>(n >> 8U);
    to += static_cast<char>(n & 0xffU);
}

void put_text(std::string& to, std::string_view text) {
    put_number(to, static_cast<std::uint16_t>(text.size()));
    to += text;
}

[[nodiscard]] std::string packet_of(std::uint8_t head, const std::string& body) {
    std::string all(1, static_cast<char>(head));
    std::size_t rest = body.size();
    do {
        const auto byte = static_cast<std::uint8_t>(rest % 128);
        rest /= 128;
        all += static_cast<char>(rest > 0 ? byte | 0x80U : byte);
    } while (rest > 0);
    return all + body;
}

[[nodiscard]] std::uint16_t number_at(std::string_view text, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<std::uint8_t>(text[at]) << 8U |
                                      static_cast<std::uint8_t>(text[at + 1]));
}

class talk {
public:
    talk(int socket, std::string topic, std::size_t count, steady::time_point until)
        : socket_(socket), topic_(std::move(topic)), count_(count), until_(until) {}
    ~talk() { ::close(socket_); }
    talk(const talk&) = delete;
    talk& operator=(const talk&) = delete;

    [[nodiscard]] std::expected<std::size_t, std::string> run(const broker_address& broker,
                                                              const std::string& client_id) {
        greet(broker, client_id);
        while (taken_ < count_) {
            if (steady::now() > until_) return std::unexpected(fmt::format("it took {} of {}", taken_, count_));
            if (const std::string why = turn(); !why.empty()) return std::unexpected(why);
        }
        // Now what it has queued, till nothing more comes.
        acknowledging_ = true;
        for (const std::uint16_t id : unanswered_) acknowledge(id);
        last_heard_ = steady::now();
        while (received_ < count_ && steady::now() - last_heard_ < quiet_means_all && steady::now() < until_) {
            if (const std::string why = turn(); !why.empty()) return std::unexpected(why);
        }
        return received_;
    }

private:
    void greet(const broker_address& broker, const std::string& client_id) {
        std::string body;
        put_text(body, "MQTT");
        body += '\4';
        body +=
            static_cast<char>(0x02 | (broker.username.empty() ? 0 : 0x80) | (broker.password.empty() ? 0 : 0x40));
        put_number(body, 30);
        put_text(body, client_id);
        if (!broker.username.empty()) put_text(body, broker.username);
        if (!broker.password.empty()) put_text(body, broker.password);
        out_ += packet_of(0x10, body);
        std::string ask;
        put_number(ask, 1);
        put_text(ask, topic_);
        ask += '\1';
        out_ += packet_of(0x82, ask);
    }

    void acknowledge(std::uint16_t id) {
        std::string body;
        put_number(body, id);
        out_ += packet_of(0x40, body);
    }

    // Sends what there is room for and takes in what has come; why it can't go on, if it can't.
    [[nodiscard]] std::string turn() {
        while (subscribed_ && sent_ < count_ && out_.size() < slice) {
            std::string body;
            put_text(body, topic_);
            put_number(body, static_cast<std::uint16_t>(++sent_));
            body += 'p';
            out_ += packet_of(0x32, body);
        }
        pollfd ready{
            .fd = socket_, .events = static_cast<short>(POLLIN | (out_.empty() ? 0 : POLLOUT)), .revents = 0};
        if (::poll(&ready, 1, 100) < 0 && errno != EINTR) return std::strerror(errno);
        if ((ready.revents & POLLOUT) != 0) {
            const auto n = ::send(socket_, out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n < 0 && errno != EAGAIN && errno != EINTR) return std::strerror(errno);
            if (n > 0) out_.erase(0, static_cast<std::size_t>(n));
        }
        if ((ready.revents & (POLLIN | POLLHUP | POLLERR)) == 0) return {};
        char part[16 * 1024];
        const auto n = ::recv(socket_, part, sizeof part, MSG_DONTWAIT);
        if (n == 0) return "it closed the connection";
        if (n < 0) return errno == EAGAIN || errno == EINTR ? std::string{} : std::strerror(errno);
        in_.append(part, static_cast<std::size_t>(n));
        return take_packets();
    }

    [[nodiscard]] std::string take_packets() {
        std::size_t at = 0;
        std::string why;
        while (why.empty()) {
            std::size_t length = 0;
            std::size_t body = at + 1;
            bool whole = false;
            for (std::size_t shift = 0; body < in_.size() && shift < 28; shift += 7) {
                const auto byte = static_cast<std::uint8_t>(in_[body++]);
                length |= std::size_t{byte & 0x7fU} << shift;
                whole = (byte & 0x80U) == 0;
                if (whole) break;
            }
            if (!whole || body + length > in_.size()) break;
            why = take(static_cast<std::uint8_t>(in_[at]), std::string_view{in_}.substr(body, length));
            at = body + length;
        }
        in_.erase(0, at);
        return why;
    }

    [[nodiscard]] std::string take(std::uint8_t head, std::string_view body) {
        switch (head >> 4U) {
        case connack: return body.size() == 2 && body[1] == 0 ? "" : "it refuses the connection";
        case suback:
            subscribed_ = body.size() == 3 && static_cast<std::uint8_t>(body[2]) < 0x80;
            return subscribed_ ? "" : "it refuses the subscription";
        case puback: ++taken_; return {};
        case publish: {
            last_heard_ = steady::now();
            ++received_;
            const bool asks = (head & 0x06U) != 0 && body.size() >= topic_.size() + 4;
            if (!asks) return {};
            const std::uint16_t id = number_at(body, topic_.size() + 2);
            if (acknowledging_)
                acknowledge(id);
            else
                unanswered_.push_back(id);
            return {};
        }
        default: return {};
        }
    }

    int socket_;
    std::string topic_;
    std::size_t count_;
    steady::time_point until_;
    steady::time_point last_heard_{};
    std::string in_;
    std::string out_;
    bool subscribed_ = false;
    bool acknowledging_ = false;
    std::vector<std::uint16_t> unanswered_;
    std::size_t sent_ = 0;
    std::size_t taken_ = 0;
    std::size_t received_ = 0;
};

[[nodiscard]] std::expected<int, std::string> connect_to(const broker_address& broker) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int rc = ::getaddrinfo(broker.host.c_str(), std::to_string(broker.port).c_str(), &wanted, &found);
        rc != 0) {
        return std::unexpected(std::string{::gai_strerror(rc)});
    }
    int socket = -1;
    int error = 0;
    for (const addrinfo* one = found; one != nullptr && socket < 0; one = one->ai_next) {
        socket = ::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
        if (socket >= 0 && ::connect(socket, one->ai_addr, one->ai_addrlen) == 0) break;
        error = errno;
        if (socket >= 0) ::close(std::exchange(socket, -1));
    }
    ::freeaddrinfo(found);
    if (socket < 0) return std::unexpected(std::string{std::strerror(error)});
    return socket;
}

} // namespace

std::expected<std::size_t, std::string> probe_burst(const broker_address& broker, const std::string& client_id,
                                                    std::size_t count, std::chrono::milliseconds patience) {
    const auto socket = connect_to(broker);
    if (!socket) return std::unexpected(socket.error());
    talk all{*socket, "anban/self/" + client_id, count, steady::now() + patience};
    return all.run(broker, client_id);
}

} // namespace anban

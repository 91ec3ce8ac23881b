#include "cloud-bridge/uplink/mqtt_session.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fcntl.h>

#include <deque>
#include <map>
#include <variant>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>

#include "cloud-bridge/protocol/codec.hpp"
#include "cloud-bridge/uplink/limits.hpp"

namespace anban::uplink {

namespace asio = boost::asio;
using boost::system::error_code;
using clock = std::chrono::steady_clock;

namespace {

constexpr auto housekeeping_every = std::chrono::seconds{1};
constexpr int packets_a_turn = 64;

struct library {
    library() { mosquitto_lib_init(); }
};

struct client_deleter {
    void operator()(mosquitto* m) const noexcept { mosquitto_destroy(m); }
};

// What the library told from within one of its calls; it is acted on when that call has returned, since the
// library neither writes nor may be ended inside its own callbacks.
struct connack {
    int reason = 0;
};
struct suback {
    bool accepted = false;
};
struct puback {
    int id = 0;
    int reason = 0;
};
struct message {
    std::string topic;
    std::string bytes;
};
struct farewell {
    int reason = 0;
    std::string why;
};
using told = std::variant<connack, suback, puback, message, farewell>;

[[nodiscard]] std::string why_of(int code) {
    return code == MOSQ_ERR_ERRNO ? error_code(errno, boost::system::system_category()).message()
                                  : mosquitto_strerror(code);
}

} // namespace

struct mqtt_session::state : std::enable_shared_from_this<state> {
    state(asio::io_context& context, std::chrono::milliseconds interval, session_events events)
        : io(context), resolver(context), socket(context), pulse_timer(context), watchdog(context),
          housekeeping(context), pulse_every(interval), tell(std::move(events)) {
        static const library once;
    }

    enum class phase : std::uint8_t { none, connecting, subscribing, up };

    asio::io_context& io;
    asio::ip::tcp::resolver resolver;
    asio::posix::stream_descriptor socket; // a duplicate of the library's, to wait on
    asio::steady_timer pulse_timer;
    asio::steady_timer watchdog;
    asio::steady_timer housekeeping;
    std::chrono::milliseconds pulse_every;
    session_events tell;
    std::unique_ptr<mosquitto, client_deleter> client;
    phase at = phase::none;
    std::uint64_t attempt = 0; // what an earlier one still had under way is ignored
    bool writing = false;      // waits until the socket takes more
    std::deque<told> news;
    std::map<int, std::uint64_t> flights; // packet id → the caller's number
    std::string ack_topic;
    std::string command_topic;
    std::string echo_topic;
    bool pulse_proven = false;
    clock::time_point last_pulse;
    std::string library_said; // the last error line: what OpenSSL says is told there only

    template <class Handler>
    auto if_mine(Handler h) {
        return [weak = weak_from_this(), mine = attempt, h = std::move(h)](const error_code& ec, auto&&...) {
            const auto self = weak.lock();
            if (self && !ec && mine == self->attempt) h(*self);
        };
    }

    // ---- Connecting -----------------------------------------------------------------------------------

    void connect(const district& d, const host_port& host, std::string will) {
        ack_topic = wire::ack_topic(d.gateway);
        command_topic = wire::command_topic(d.gateway);
        echo_topic = wire::echo_topic(d.gateway);
        at = phase::connecting;
        ++attempt;
        library_said.clear();
        watchdog.expires_after(limits::connect_watchdog);
        watchdog.async_wait(if_mine([](state& s) { s.end("no word of the connection for too long"); }));
        // The library looks names up while everything else stands still; a name server that is away must not
        // do that, so it is asked here first.
        resolver.async_resolve(
            host.host, std::to_string(host.port),
            [weak = weak_from_this(), mine = attempt, d, host, will = std::move(will)](const error_code& ec,
                                                                                       auto) {
                const auto self = weak.lock();
                if (!self || mine != self->attempt) return;
                if (ec)
                    return self->end(fmt::format("the name {} can't be resolved: {}", host.host, ec.message()));
                self->open(d, host, will);
            });
    }

    void open(const district& d, const host_port& host, const std::string& will) {
        client.reset(mosquitto_new(d.gateway.str().c_str(), true, this));
        if (!client) return end("no memory for a session");
        mosquitto* m = client.get();
        mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
        mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
        listen_to(m);
        const auto file = [&](const char* name) { return (d.credentials / name).string(); };
        // At least TLS 1.2; the server's name or IP is checked against its certificate.
        int rc = mosquitto_tls_set(m, file("ca.crt").c_str(), nullptr, file("gateway.crt").c_str(),
                                   file("gateway.key").c_str(), nullptr);
        if (rc == MOSQ_ERR_SUCCESS) {
            rc = mosquitto_will_set(m, wire::state_topic(d.gateway).c_str(), static_cast<int>(will.size()),
                                    will.data(), 1, false);
        }
        if (rc == MOSQ_ERR_SUCCESS) {
            rc = mosquitto_connect_async(m, host.host.c_str(), host.port,
                                         static_cast<int>(limits::keep_alive.count()));
        }
        if (rc != MOSQ_ERR_SUCCESS || !take_socket()) return end(why_of(rc));
        wait_to_read();
        flush();
        keep_house();
    }

    static state& self_of(void* self) noexcept { return *static_cast<state*>(self); }

    static void listen_to(mosquitto* m) {
        mosquitto_connect_v5_callback_set(m,
                                          [](mosquitto*, void* self, int reason, int, const mosquitto_property*) {
                                              self_of(self).news.emplace_back(connack{reason});
                                          });
        mosquitto_subscribe_v5_callback_set(
            m, [](mosquitto*, void* self, int, int count, const int* granted, const mosquitto_property*) {
                bool accepted = true;
                for (int i = 0; i < count; ++i) accepted = accepted && granted[i] < 0x80;
                self_of(self).news.emplace_back(suback{accepted});
            });
        mosquitto_publish_v5_callback_set(
            m, [](mosquitto*, void* self, int id, int reason, const mosquitto_property*) {
                self_of(self).news.emplace_back(puback{id, reason});
            });
        mosquitto_message_v5_callback_set(
            m, [](mosquitto*, void* self, const mosquitto_message* one, const mosquitto_property*) {
                const auto* bytes = static_cast<const char*>(one->payload);
                self_of(self).news.emplace_back(message{
                    one->topic, bytes == nullptr ? std::string{}
                                                 : std::string(bytes, static_cast<std::size_t>(one->payloadlen))});
            });
        mosquitto_disconnect_v5_callback_set(m, [](mosquitto*, void* self, int reason, const mosquitto_property*) {
            self_of(self).news.emplace_back(farewell{reason, why_of(reason)});
        });
        mosquitto_log_callback_set(m, [](mosquitto*, void* self, int level, const char* text) {
            if (level == MOSQ_LOG_ERR) self_of(self).library_said = text;
        });
    }

    [[nodiscard]] bool take_socket() {
        const int fd = mosquitto_socket(client.get());
        if (fd < 0) return false;
        const auto timeout_ms = static_cast<unsigned>(std::chrono::milliseconds{limits::tcp_user_timeout}.count());
        ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
        error_code failed;
        socket.assign(::fcntl(fd, F_DUPFD_CLOEXEC, 3), failed);
        return !failed;
    }

    // ---- The library's loop ---------------------------------------------------------------------------

    void wait_to_read() {
        socket.async_wait(asio::posix::stream_descriptor::wait_read, if_mine([](state& s) {
                              const int rc = mosquitto_loop_read(s.client.get(), packets_a_turn);
                              if (!s.go_on(rc)) return;
                              s.wait_to_read();
                          }));
    }

    // The library writes at once; what the socket did not take waits for it.
    void flush() {
        if (writing || !mosquitto_want_write(client.get())) return;
        writing = true;
        socket.async_wait(asio::posix::stream_descriptor::wait_write, if_mine([](state& s) {
                              s.writing = false;
                              (void)s.go_on(mosquitto_loop_write(s.client.get(), packets_a_turn));
                          }));
    }

    // Pings, and a peer that answers none.
    void keep_house() {
        housekeeping.expires_after(housekeeping_every);
        housekeeping.async_wait(if_mine([](state& s) {
            if (s.go_on(mosquitto_loop_misc(s.client.get()))) s.keep_house();
        }));
    }

    // After each call of the library. False: the session has ended.
    [[nodiscard]] bool go_on(int rc) {
        const std::uint64_t mine = attempt;
        while (!news.empty()) {
            told one = std::move(news.front());
            news.pop_front();
            std::visit([this](auto& what) { on(what); }, one);
            if (mine != attempt) return false;
        }
        if (rc != MOSQ_ERR_SUCCESS) {
            end(why_of(rc));
            return false;
        }
        flush();
        return true;
    }

    void on(const connack& c) {
        if (at != phase::connecting) return;
        if (c.reason != 0)
            return end(fmt::format("{} (reason {:#x})", mosquitto_reason_string(c.reason), c.reason));
        at = phase::subscribing;
        int rc = mosquitto_subscribe(client.get(), nullptr, echo_topic.c_str(), 0);
        char* const receipts[] = {ack_topic.data(), command_topic.data()};
        if (rc == MOSQ_ERR_SUCCESS)
            rc = mosquitto_subscribe_multiple(client.get(), nullptr, 2, receipts, 1, 0, nullptr);
        if (rc != MOSQ_ERR_SUCCESS) end(why_of(rc));
    }

    void on(const suback& s) {
        if (at != phase::subscribing) return;
        if (!s.accepted) return end("subscription: refused by the broker");
        if (++subscriptions < 2) return;
        watchdog.cancel();
        at = phase::up;
        pulse_proven = false;
        last_pulse = clock::now();
        const std::uint64_t mine = attempt;
        tell.up();
        if (mine == attempt && at == phase::up && pulse_every.count() > 0) pulse();
    }

    void on(const puback& p) {
        const auto found = flights.find(p.id);
        if (found == flights.end()) return;
        const std::uint64_t flight = found->second;
        flights.erase(found);
        tell.flight_ended(flight, p.reason < 0x80);
    }

    void on(message& m) {
        if (at != phase::up && at != phase::subscribing) return;
        if (m.topic == echo_topic) {
            pulse_proven = true;
            last_pulse = clock::now();
        } else if (m.topic == ack_topic || m.topic == command_topic) {
            tell.downlink(std::move(m.bytes));
        }
    }

    void on(const farewell& f) {
        // Below 0x80 it is the library's own word, above it the broker's.
        if (f.reason >= 0x80) return end(fmt::format("the broker ended the session (reason {:#x})", f.reason));
        end(f.reason == 0 ? std::string{"the connection is lost"} : f.why);
    }

    // ---- What the caller wants ------------------------------------------------------------------------

    void pulse() {
        if (pulse_proven && clock::now() - last_pulse > limits::pulse_lost_after) {
            return end("nothing comes back from the broker: the link is half open");
        }
        tell_once(echo_topic, "pulse");
        pulse_timer.expires_after(pulse_every);
        pulse_timer.async_wait(if_mine([](state& s) {
            if (s.at == phase::up) s.pulse();
        }));
    }

    void tell_once(const std::string& topic, const std::string& payload) {
        if (at != phase::up) return;
        // That the session has ended is found by its reader.
        (void)mosquitto_publish(client.get(), nullptr, topic.c_str(), static_cast<int>(payload.size()),
                                payload.data(), 0, false);
        flush();
    }

    [[nodiscard]] bool publish(std::uint64_t flight, const std::string& topic, const std::string& payload) {
        if (at != phase::up) return false;
        int id = 0;
        const int rc = mosquitto_publish(client.get(), &id, topic.c_str(), static_cast<int>(payload.size()),
                                         payload.data(), 1, false);
        if (rc != MOSQ_ERR_SUCCESS) return false;
        flights[id] = flight;
        flush();
        return true;
    }

    void end(const std::string& why) {
        if (at == phase::none) return;
        std::string said = why;
        if (at == phase::connecting && !library_said.empty()) said += ": " + library_said;
        at = phase::none;
        ++attempt;
        subscriptions = 0;
        writing = false;
        news.clear();
        flights.clear();
        resolver.cancel();
        watchdog.cancel();
        pulse_timer.cancel();
        housekeeping.cancel();
        error_code ignored;
        socket.close(ignored);
        // Not from within a call of the library: its caller may still be on the way out of one of ours.
        asio::post(io, [gone = std::shared_ptr<mosquitto>(std::move(client))] {});
        while (!said.empty() && (said.back() == '\n' || said.back() == ' ')) said.pop_back();
        tell.down(std::move(said));
    }

    int subscriptions = 0; // that the broker has granted
};

mqtt_session::mqtt_session(asio::io_context& io, std::chrono::milliseconds pulse, session_events tell)
    : state_(std::make_shared<state>(io, pulse, std::move(tell))) {}

mqtt_session::~mqtt_session() = default;

void mqtt_session::connect(const district& d, const host_port& host, std::string will) {
    state_->connect(d, host, std::move(will));
}

bool mqtt_session::publish(std::uint64_t flight, const std::string& topic, const std::string& payload) {
    return state_->publish(flight, topic, payload);
}

void mqtt_session::tell_once(const std::string& topic, const std::string& payload) {
    state_->tell_once(topic, payload);
}

bool mqtt_session::up() const noexcept {
    return state_->at == state::phase::up;
}

} // namespace anban::uplink

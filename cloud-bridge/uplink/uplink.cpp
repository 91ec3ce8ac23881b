#include "cloud-bridge/uplink/uplink.hpp"

#include <algorithm>
#include <ctime>
#include <optional>
#include <random>

#include <boost/asio/steady_timer.hpp>

#include "cloud-bridge/protocol/codec.hpp"
#include "cloud-bridge/uplink/anband_link.hpp"
#include "cloud-bridge/uplink/announcement.hpp"
#include "cloud-bridge/uplink/delivery.hpp"
#include "cloud-bridge/uplink/limits.hpp"
#include "cloud-bridge/uplink/log.hpp"
#include "cloud-bridge/uplink/mqtt_session.hpp"
#include "cloud-bridge/uplink/route.hpp"

namespace anban::uplink {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

[[nodiscard]] mono_time boot_clock() noexcept {
    timespec t{};
    clock_gettime(CLOCK_BOOTTIME, &t);
    return mono_time{std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec}};
}

} // namespace

class uplink_program::machine {
public:
    machine(asio::io_context& io, uplink_settings settings)
        : settings_(std::move(settings)), delivery_timer_(io), connect_timer_(io), heartbeat_timer_(io),
          birth_timer_(io), announcement_([this] { return chance(); }), delivery_([this] { return chance(); }),
          route_([this] { return chance(); }),
          session_(io, settings_.pulse,
                   {.up = [this] { on_up(); },
                    .down = [this](std::string why) { on_down(std::move(why)); },
                    .flight_ended =
                        [this](std::uint64_t f, bool arrived) {
                            report_sent();
                            decide(uplink::flight_ended{f, arrived});
                        },
                    .downlink = [this](std::string bytes) { on_downlink(std::move(bytes)); }}),
          anband_(
              io, settings_.socket,
              {.attached = [this] { on_attached(); },
               .detached = [this](const std::string& why) { log::warning("anband-detached", "why=\"{}\"", why); },
               .said = [this](to_uplink m) { std::visit([this](auto& one) { on(std::move(one)); }, m); }}) {}

    void start() { anband_.start(); }

private:
    [[nodiscard]] double chance() { return std::uniform_real_distribution<double>{0.0, 1.0}(random_); }

    // ---- From anband ----------------------------------------------------------------------------------

    void on_attached() {
        log::info("anband-attached", "");
        greeted_ = false;
        decide(anband_came{}); // before anything that it says
        report_link();
    }

    void on(hello&& h) {
        auto birth = wire::decode(h.birth_envelope);
        if (!birth || !std::holds_alternative<wire::birth>(birth->what)) {
            log::error("bad-hello", "why=\"{}\"", birth ? "the envelope holds no birth" : birth.error());
            return;
        }
        birth_ = std::move(*birth);
        heartbeat_ = std::move(h.heartbeat_envelope);
        const bool first_of_connection = !greeted_;
        greeted_ = true;
        if (session_.up()) {
            // While anband was away receipts may have been lost between us: a birth brings them again.
            if (first_of_connection) send_birth();
        } else if (!trying_ && !connect_at_) {
            try_to_connect();
        }
    }

    void on(deliver_request&& d) {
        const bool urgent = d.via == lane::p0;
        newest_ = {d.alarm, d.revision, boot_clock(), {}};
        decide(std::move(d));
        if (urgent) hurry();
    }

    void on(forget_request&& f) { decide(f); }

    // ---- The session ------------------------------------------------------------------------------------

    [[nodiscard]] bool p0_waits() const noexcept { return delivery_.queued(lane::p0) > 0; }

    void try_to_connect() {
        connect_at_.reset();
        if (!birth_) return; // hello comes
        auto d = settings_.find_district();
        if (d && d->hosts.empty()) d = std::unexpected(std::string{"no host of the district is known"});
        if (d && d->gateway != birth_->from.gateway) {
            d = std::unexpected(std::string{"the credentials are another gateway's than anband's"});
        }
        if (!d) return try_later(d.error());
        if (const auto there = check_credentials(d->credentials); !there) return try_later(there.error());
        district_ = std::move(*d);
        host_ = district_.hosts[route_.host(district_.hosts.size())];
        session_number_ = (static_cast<std::uint64_t>(random_()) << 32U) | random_();
        trying_ = true;
        stood_ = false;
        log::info("connecting", "host={}", host_.text());
        session_.connect(district_, host_, wire::encode({birth_->from, lane::p2, wire::death{session_number_}}));
    }

    void try_later(std::string why) {
        if (why != why_) log::warning("no-district", "why=\"{}\"", why);
        why_ = std::move(why);
        report_link();
        connect_in(route_.try_failed(1, p0_waits()));
    }

    void connect_in(mono_clock::duration delay) {
        connect_at_ = boot_clock() + delay;
        connect_timer_.expires_after(delay);
        connect_timer_.async_wait([this](const error_code& ec) {
            if (!ec) try_to_connect();
        });
    }

    // A p0 came while a long pause runs.
    void hurry() {
        if (connect_at_ && *connect_at_ - boot_clock() > limits::reconnect_most_for_p0) {
            connect_in(route_.session_lost(true));
        }
    }

    void on_up() {
        trying_ = false;
        stood_ = true;
        route_.session_stands();
        why_.clear();
        log::info("link-up", "host={}", host_.text());
        send_birth();
        report_link();
        decide(session_began{});
        schedule_heartbeat();
    }

    void on_down(std::string why) {
        trying_ = false;
        report_sent();
        heartbeat_timer_.cancel();
        birth_timer_.cancel();
        announcement_.ended();
        log::warning("link-down", "host={} why=\"{}\"", host_.text(), why);
        why_ = std::move(why);
        if (stood_) decide(session_ended{});
        report_link();
        connect_in(stood_ ? route_.session_lost(p0_waits())
                          : route_.try_failed(district_.hosts.size(), p0_waits()));
        stood_ = false;
    }

    void send_birth() {
        wire::envelope e = *birth_;
        auto& birth = std::get<wire::birth>(e.what);
        birth.session = session_number_;
        birth.host = host_.text();
        static_cast<void>(session_.publish(birth_flight, wire::state_topic(district_.gateway), wire::encode(e)));
        announcement_.sent(boot_clock(), session_number_);
        schedule_birth();
    }

    // As long as the centre has not greeted us. While anband is away there is nobody to be announced.
    void schedule_birth() {
        const auto due = announcement_.next_deadline();
        if (!due) return birth_timer_.cancel(), void();
        birth_timer_.expires_after(std::max(*due - boot_clock(), mono_clock::duration{0}));
        birth_timer_.async_wait([this](const error_code& ec) {
            if (ec || !session_.up()) return;
            if (anband_.attached()) send_birth();
        });
    }

    void take_greeting(const wire::greeting& g) {
        if (announcement_.greeted(g.session) && session_.up() && anband_.attached()) return send_birth();
        schedule_birth();
    }

    void report_link() {
        anband_.send(link_report{session_.up(), session_.up() ? host_.text() : std::string{}, why_});
    }

    void schedule_heartbeat() {
        heartbeat_timer_.expires_after(heartbeat_every_);
        heartbeat_timer_.async_wait([this](const error_code& ec) {
            if (ec || !session_.up()) return;
            if (anband_.attached() && !heartbeat_.empty()) {
                session_.tell_once(wire::heartbeat_topic(district_.gateway), heartbeat_);
            }
            schedule_heartbeat();
        });
    }

    // It knows when it was sent, so it may be told later: behind the broker's word, when nobody waits for a core.
    void report_sent() {
        for (const sent_report& one : sent_) anband_.send(one);
        sent_.clear();
    }

    void on_downlink(std::string bytes) {
        report_sent();
        auto d = wire::decode_downlink(bytes);
        if (!d) {
            log::warning("bad-downlink", "bytes={} why=\"{}\"", bytes.size(), d.error());
        } else if (auto* a = std::get_if<wire::ack>(&d->what)) {
            if (a->heartbeat_interval_s != 0) {
                heartbeat_every_ =
                    std::clamp<std::chrono::seconds>(std::chrono::seconds{a->heartbeat_interval_s},
                                                     limits::heartbeat_least, limits::heartbeat_most);
            }
        }
        if (const auto* g = d ? std::get_if<wire::greeting>(&d->what) : nullptr) return take_greeting(*g);
        // anband judges it; it comes first, so that nothing is forgotten here before it is known there.
        if (bytes.size() <= anban::limits::envelope_bytes) anband_.send(downlink_bytes{std::move(bytes)});
        if (!d) return;
        if (const auto* a = std::get_if<wire::ack>(&d->what)) decide(*a);
        if (const auto* n = std::get_if<wire::nack>(&d->what)) decide(*n);
    }

    // ---- Decisions --------------------------------------------------------------------------------------

    void decide(const delivery_input& in) {
        perform(delivery_.step(boot_clock(), in));
        // A publication that the network did not take ends its flight, which may be answered by another.
        while (!refused_.empty()) {
            const std::uint64_t flight = refused_.back();
            refused_.pop_back();
            perform(delivery_.step(boot_clock(), uplink::flight_ended{flight, false}));
        }
        arm();
    }

    void perform(delivery_outputs&& outputs) {
        for (const delivery_output& o : outputs) {
            if (const auto* p = std::get_if<uplink::publish>(&o)) {
                if (!session_.publish(p->flight, wire::up_topic(district_.gateway, p->via), p->envelope)) {
                    refused_.push_back(p->flight);
                } else if (p->first) {
                    const bool just_come = newest_.alarm == p->alarm && newest_.revision == p->revision;
                    sent_.push_back(
                        {p->alarm, p->revision, just_come ? newest_.handed : std::nullopt, boot_clock()});
                }
            } else if (const auto* s = std::get_if<shed>(&o)) {
                log::warning("shed", "alarm={} revision={}.{} lane={}", s->alarm.hex(), s->revision.start,
                             s->revision.n, name_of(s->via));
            } else {
                anband_.begin_anew("there is room again for what was shed");
            }
        }
    }

    void arm() {
        const auto due = delivery_.next_deadline();
        if (due == armed_) return;
        armed_ = due;
        delivery_timer_.cancel();
        if (!due) return;
        delivery_timer_.expires_after(std::max(*due - boot_clock(), mono_clock::duration{0}));
        delivery_timer_.async_wait([this](const error_code& ec) {
            if (ec) return;
            armed_.reset();
            decide(tick{});
        });
    }

    // Flights of alarms count from 1.
    static constexpr std::uint64_t birth_flight = 0;

    uplink_settings settings_;
    asio::steady_timer delivery_timer_;
    asio::steady_timer connect_timer_;
    asio::steady_timer heartbeat_timer_;
    asio::steady_timer birth_timer_;
    std::mt19937 random_{std::random_device{}()};
    announcement announcement_;
    delivery delivery_;
    route route_;
    mqtt_session session_;
    anband_link anband_;
    std::optional<wire::envelope> birth_;
    std::string heartbeat_;
    district district_;
    host_port host_;
    std::uint64_t session_number_ = 0;
    std::optional<mono_time> connect_at_; // while a pause runs
    std::optional<mono_time> armed_;
    std::vector<std::uint64_t> refused_;
    sent_report newest_;            // what anband handed over last, and when
    std::vector<sent_report> sent_; // not yet told; at most what is in flight
    std::chrono::seconds heartbeat_every_{limits::heartbeat_first};
    std::string why_;
    bool trying_ = false;
    bool stood_ = false;   // the session of the last try came up
    bool greeted_ = false; // hello came on this connection
};

uplink_program::uplink_program(asio::io_context& io, uplink_settings settings)
    : machine_(std::make_unique<machine>(io, std::move(settings))) {}

uplink_program::~uplink_program() = default;

void uplink_program::start() {
    machine_->start();
}

} // namespace anban::uplink

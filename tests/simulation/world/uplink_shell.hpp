// anban-uplink: the real decisions (delivery, announcement, route) and the real frames of the local socket; in the
// place of its shell one in virtual time, in the order in which uplink.cpp does things.
//
// Threads: one.
#pragma once

#include <memory>
#include <optional>
#include <set>

#include "cloud-bridge/protocol/codec.hpp"
#include "cloud-bridge/uplink/announcement.hpp"
#include "cloud-bridge/uplink/delivery.hpp"
#include "cloud-bridge/uplink/local_frames.hpp"
#include "cloud-bridge/uplink/route.hpp"
#include "tests/simulation/world/anband.hpp"

namespace anban::simulation {

class uplink_shell final : public process {
public:
    uplink_shell(timeline& when, box& of, anband& home, link& to_district, broker& district, gateway_id who,
                 chance luck);

    void start();
    void kill();
    [[nodiscard]] std::size_t queued() const { return delivery_ ? delivery_->queued() : 0; }

private:
    void attach();
    void hear_anband(uplink::to_uplink m);
    void on(uplink::hello&& h);
    void on(uplink::deliver_request&& d);
    void on(uplink::forget_request&& f);
    void say(const uplink::from_uplink& m);
    void report_link(std::string why);

    void try_to_connect();
    void connect_in(mono_clock::duration wait);
    void on_up();
    void on_down();
    void send_birth();
    void schedule_birth();
    void schedule_heartbeat();
    void on_downlink(const std::string& bytes);

    void decide(const uplink::delivery_input& in);
    void perform(uplink::delivery_outputs&& all);
    void perform_one(uplink::publish& p);
    void arm();
    [[nodiscard]] mono_time mono() const { return box_.clock.mono(); }

    box& box_;
    anband& home_;
    link& way_;
    broker& district_;
    gateway_id who_;
    chance luck_;

    std::unique_ptr<uplink::delivery> delivery_;
    std::unique_ptr<uplink::announcement> announcement_;
    std::unique_ptr<uplink::route> route_;
    std::shared_ptr<stream> socket_;
    std::shared_ptr<stream> session_;
    std::optional<wire::envelope> birth_;
    std::string heartbeat_;
    std::uint64_t session_number_ = 0;
    std::chrono::seconds heartbeat_every_{300};
    std::optional<mono_time> connect_at_;
    std::optional<mono_time> armed_;
    std::uint64_t armings_ = 0;
    std::uint64_t births_ = 0;
    bool up_ = false;
    bool trying_ = false;
    bool greeted_ = false;                                       // hello came on this connection
    std::set<std::pair<alarm_id, revision_number>> uncommitted_; // given before anband's commit
};

} // namespace anban::simulation

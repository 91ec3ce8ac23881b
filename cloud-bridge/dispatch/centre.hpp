// The centre's shell: gives the desk its inputs, performs its outputs, and is the world that the API works
// in. Nothing is decided here.
//
// Threads: the io_context's one. What other threads report (broker, store, log-in worker) is posted to it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "cloud-bridge/dispatch/broker_link.hpp"
#include "cloud-bridge/dispatch/desk/arrivals.hpp"
#include "cloud-bridge/dispatch/setup/homes.hpp"
#include "cloud-bridge/dispatch/store/sqlite_store.hpp"
#include "cloud-bridge/dispatch/web/api.hpp"

namespace anban::dispatch {

class centre final : public api_world {
public:
    struct parts {
        sqlite_store::opened store;
        homes cards;
        accounts at_hand;   // looks sessions up, on this thread
        accounts at_worker; // logs in
        std::string broker_password;
        std::uint16_t broker_port = 0;
    };
    centre(boost::asio::io_context& io, parts p);
    ~centre() override;

    void begin();

    [[nodiscard]] utc_time wall() const override;
    [[nodiscard]] mono_time mono() const override;
    [[nodiscard]] desk& cases() override { return desk_; }
    [[nodiscard]] event_feed& feed() override { return feed_; }
    [[nodiscard]] const home_cards& cards() override { return cards_; }
    [[nodiscard]] std::string trouble() const override;
    void act(asked_deed asked, std::move_only_function<void(std::optional<answer_deed>)> reply) override;
    [[nodiscard]] bool log_in(std::string name, std::string password, login_reply reply) override;
    [[nodiscard]] bool redeem(std::string token, login_reply reply) override;
    [[nodiscard]] std::optional<session> find_session(const std::string& cookie) override;
    void end_session(const std::string& cookie) override;

private:
    using deed_reply = std::move_only_function<void(std::optional<answer_deed>)>;

    [[nodiscard]] static moment clocks();
    void hear(std::string topic, std::string payload);
    void work_off();
    void feed_desk(const input& in);
    void perform(output& o);
    void perform_show(show& s);
    void beat();
    void read_cards();
    [[nodiscard]] bool on_worker(std::function<login_result(accounts&)> job, login_reply reply);

    boost::asio::io_context& io_;
    std::unique_ptr<sqlite_store> store_;
    desk desk_;
    event_feed feed_;
    homes home_book_;
    home_cards cards_;
    std::int64_t cards_version_ = -1;
    accounts accounts_;
    accounts worker_accounts_;
    std::map<std::string, session> sessions_; // by cookie; looked up in the registry when missing
    mono_time sessions_until_{};
    std::size_t logins_ = 0;

    arrivals arrivals_;
    std::map<std::uint64_t, deed_reply> deeds_;
    std::deque<std::pair<mono_time, std::uint64_t>> deadlines_;
    std::uint64_t next_token_ = 1;
    std::map<std::uint64_t, receipt_told> receipts_;
    std::uint64_t next_tag_ = 1;

    std::string store_trouble_; // just now
    std::string store_notice_;  // until a person has looked and started anew
    std::string link_trouble_ = "no link to the broker yet";
    boost::asio::steady_timer timer_;
    boost::asio::thread_pool worker_{1};
    std::unique_ptr<broker_link> link_;
};

} // namespace anban::dispatch

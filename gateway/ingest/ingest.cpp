#include "gateway/ingest/ingest.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <mqtt/async_client.h>

#include "cloud-bridge/sockets/tcp_tuning.hpp"
#include "gateway/ingest/outgoing.hpp"
#include "gateway/ingest/subscriptions.hpp"
#include "rules/limits.hpp"

namespace anban {
namespace {

using namespace std::chrono_literals;

constexpr auto keep_alive = 20s;
constexpr auto session_expiry = std::chrono::hours{24 * 14};
constexpr auto beat_every = 500ms;
constexpr auto wake_every = 20ms; // while the second connection is being made
constexpr auto reconnect_every = 1s;
constexpr std::uint64_t first_canary = 2; // a beat is "1"
constexpr auto full_pause = 20ms;
constexpr auto suback_patience = 5s; // a broker answers within milliseconds
// The broker drops a client that is silent for 1.5 × keep-alive; a callback must be back before that.
constexpr auto commit_patience = 25s;

using steady = std::chrono::steady_clock;

[[nodiscard]] std::string uri_of(const broker_address& broker) {
    return fmt::format("tcp://{}:{}", broker.host, broker.port);
}

[[nodiscard]] mqtt::connect_options options_of(const broker_address& broker, bool durable) {
    mqtt::connect_options options;
    options.set_mqtt_version(MQTTVERSION_5);
    options.set_user_name(broker.username);
    options.set_password(broker.password);
    options.set_keep_alive_interval(keep_alive);
    options.set_connect_timeout(5s);
    options.set_clean_start(!durable);
    options.set_automatic_reconnect(false);
    options.set_max_inflight(100);
    if (durable) {
        const auto seconds =
            static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(session_expiry).count());
        options.set_properties({mqtt::property{mqtt::property::SESSION_EXPIRY_INTERVAL, seconds}});
    }
    return options;
}

} // namespace

class ingest::clients final : private mqtt::iaction_listener {
public:
    clients(broker_address broker, const std::string& client_id, ingest_sink sink, commit_gate& gate,
            quarantine& shut_in, std::function<instant()> clock)
        : broker_(std::move(broker)), beat_topic_("anban/self/" + client_id), sink_(std::move(sink)), gate_(gate),
          shut_in_(shut_in), clock_(std::move(clock)), alarms_(make_client(client_id)),
          others_(make_client(client_id + "-t")) {
        alarms_.client->set_message_callback([this](const mqtt::const_message_ptr& m) { on_alarm_topic(m); });
        others_.client->set_message_callback([this](const mqtt::const_message_ptr& m) { on_other_topic(m); });
        alarms_.client->set_connection_lost_handler([this](const std::string& why) {
            fall(alarms_);
            sink_.broker(false, false, why.empty() ? "connection lost" : why);
        });
        others_.client->set_connection_lost_handler([this](const std::string&) { fall(others_); });
        // The keeper finishes a connection when it stands, not at its next beat.
        for (one_client* c : {&alarms_, &others_}) {
            c->client->set_connected_handler([this](const std::string&) { nudge(); });
        }
    }

    void start() {
        keeper_ = std::thread{[this] { keep(); }};
        mouth_ = std::thread{[this] { speak(); }};
    }

    void watch(const std::vector<device>& devices) {
        const std::lock_guard lock{mutex_};
        wanted_ = alarm_topics(devices);
        nudged_ = true;
        wake_.notify_all();
    }

    void use(const broker_address& broker) {
        const std::lock_guard lock{mutex_};
        broker_ = broker;
    }

    void sing(std::uint64_t canary) { (void)publish({beat_topic_, std::to_string(canary)}); }

    bool publish(drivers::publication what) { return outgoing_.put(std::move(what)); }

    [[nodiscard]] bool listening() const noexcept { return listening_; }

    [[nodiscard]] std::optional<std::chrono::milliseconds> since_beat() const {
        const auto last = std::min(alarms_.beat.load(), others_.beat.load());
        if (last == steady::time_point{}) return std::nullopt;
        return std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - last);
    }

private:
    struct one_client {
        std::unique_ptr<mqtt::async_client> client;
        mqtt::token_ptr connecting;
        steady::time_point next_try{};
        std::atomic<bool> up{false};
        std::atomic<steady::time_point> beat{};
        subscriptions topics; // guarded by mutex_
        std::vector<std::pair<std::string, mqtt::token_ptr>> asking;
        steady::time_point asked{};

        explicit one_client(std::unique_ptr<mqtt::async_client> c) : client(std::move(c)) {}
    };

    [[nodiscard]] std::unique_ptr<mqtt::async_client> make_client(const std::string& id) const {
        return std::make_unique<mqtt::async_client>(
            uri_of(broker_), id,
            mqtt::create_options{MQTTVERSION_5, static_cast<int>(limits::waiting_publications)});
    }

    // ---- Paho's thread --------------------------------------------------------------------------

    void on_alarm_topic(const mqtt::const_message_ptr& m) noexcept {
        if (m->get_topic() == beat_topic_) {
            alarms_.beat = steady::now();
            hear_canary(m->get_payload_str());
            return;
        }
        hand_over(*m, true);
    }

    void on_other_topic(const mqtt::const_message_ptr& m) noexcept {
        if (m->get_topic() == beat_topic_) {
            others_.beat = steady::now();
            return;
        }
        {
            const std::lock_guard lock{mutex_};
            if (alarms_.topics.hears(m->get_topic())) return; // the alarm client has it
        }
        hand_over(*m, false);
    }

    void hear_canary(const std::string& payload) {
        std::uint64_t number = 0;
        const auto [end, bad] = std::from_chars(payload.data(), payload.data() + payload.size(), number);
        if (bad == std::errc{} && number >= first_canary) sink_.canary(number);
    }

    void hand_over(const mqtt::message& m, bool alarm) noexcept {
        const drivers::message message{.topic = m.get_topic(),
                                       .payload = m.get_payload_str(),
                                       .retained = m.is_retained(),
                                       .qos = alarm ? m.get_qos() : -1};
        const instant arrived = clock_();
        const bool shut_in = shut_in_.holds(message.topic, message.payload);
        // After a crash one frame after the other, each till it is done: whichever is in hand at the next is
        // known.
        const bool wary = !shut_in && shut_in_.wary(arrived.mono);
        if (wary) shut_in_.take_in_hand(message.topic, message.payload);
        if (poison_ != nullptr && !shut_in && message.payload.contains(poison_)) std::abort();
        auto in = shut_in ? judge_shut_in({std::string{message.topic}, std::string{message.payload}})
                          : judge_message(message, arrived);
        if (in) hand_over(std::move(*in), alarm, wary || shut_in, m.get_topic());
        if (wary) shut_in_.put_down();
    }

    void hand_over(input in, bool alarm, bool wary, const std::string& topic) noexcept {
        auto* frame = std::get_if<heard>(&in);
        auto* unread = std::get_if<unreadable>(&in);
        // A numbered frame is asked again until it is answered: it needs no PUBACK that waits, and so its
        // commits group. Any other is acknowledged when the journal has it.
        const bool waits = wary || (alarm && frame != nullptr && !frame->wants_answer);
        const wait_token token = waits ? gate_.open() : 0;
        if (waits && frame != nullptr) frame->token = token;
        if (waits && unread != nullptr) unread->token = token;
        if (!sink_.heard(std::move(in), alarm)) return gate_.release(token);
        if (waits && !gate_.wait(token, commit_patience)) sink_.commit_overdue(topic);
    }

    // ---- The mouth ------------------------------------------------------------------------------
    //
    // Paho holds its mutex while a callback runs, and a callback may wait for the core. So the core must
    // never call Paho: what it has to say goes through a thread of its own.

    void speak() {
        while (true) {
            const outgoing::one next = outgoing_.take();
            try {
                others_.client->publish(mqtt::make_message(next.what.topic, next.what.payload, 1, false),
                                        reinterpret_cast<void*>(static_cast<std::uintptr_t>(next.number)),
                                        arrivals_);
                continue;
            } catch (const mqtt::exception&) {
                if (!others_.client->is_connected()) fall(others_); // the keeper connects again
            }
            // The connection is gone, or Paho has no room: it is said a moment later.
            outgoing_.put_back(next.number);
            std::this_thread::sleep_for(full_pause);
        }
    }

    // On Paho's thread.
    struct arrival_listener final : mqtt::iaction_listener {
        explicit arrival_listener(clients& c) : all(c) {}
        void on_success(const mqtt::token& t) override { tell(t); }
        void on_failure(const mqtt::token& t) override {
            if (all.others_.client->is_connected()) tell(t); // refused; else it is said again on the next one
        }
        void tell(const mqtt::token& t) {
            all.outgoing_.arrived(reinterpret_cast<std::uintptr_t>(t.get_user_context()));
        }
        clients& all;
    };

    // ---- The keeper -----------------------------------------------------------------------------

    void nudge() {
        const std::lock_guard lock{mutex_};
        nudged_ = true;
        wake_.notify_all();
    }
    // A SUBACK, on Paho's thread: the keeper looks at it.
    void on_success(const mqtt::token&) override { nudge(); }
    void on_failure(const mqtt::token&) override { nudge(); }

    void keep() {
        while (true) {
            std::unique_lock lock{mutex_};
            wake_.wait_for(lock, others_.connecting ? wake_every : beat_every, [this] { return nudged_; });
            nudged_ = false;
            const broker_address broker = broker_;
            const std::vector<std::string> wanted = wanted_;
            lock.unlock();
            keep_connected(alarms_, broker, true);
            if (alarms_.up) keep_subscribed(alarms_, wanted, 1);
            // A second connection is asked for when the first stands and hears: Paho would make it wait behind it,
            // and what both hear would be told twice.
            if (alarms_.up && alarms_.asking.empty()) keep_connected(others_, broker, false);
            if (others_.up) keep_subscribed(others_, other_topics(), 0);
            listening_ = alarms_.up && others_.up && alarms_.asking.empty() && others_.asking.empty();
            beat();
        }
    }

    [[nodiscard]] static std::vector<std::string> other_topics() {
        std::vector<std::string> topics;
        for (const drivers::driver* family : drivers::all_drivers()) {
            for (auto& filter : family->other_filters()) topics.push_back(std::move(filter));
        }
        return topics;
    }

    void keep_connected(one_client& c, const broker_address& broker, bool durable) {
        try {
            if (c.connecting) {
                if (!c.connecting->is_complete()) return;
                finish_connecting(c, durable);
                return;
            }
            if (c.client->is_connected()) return stand(c);
            if (steady::now() < c.next_try) return;
            fall(c);
            c.next_try = steady::now() + reconnect_every;
            auto options = options_of(broker, durable); // an lvalue: a moved one loses its properties
            c.connecting = c.client->connect(options);
        } catch (const mqtt::exception& error) {
            c.connecting.reset();
            if (durable) sink_.broker(false, false, error.what());
        }
    }

    void finish_connecting(one_client& c, bool durable) {
        const mqtt::token_ptr token = std::exchange(c.connecting, nullptr);
        if (token->get_return_code() != MQTTASYNC_SUCCESS || !c.client->is_connected()) {
            const auto reason = mqtt::exception{token->get_return_code(), token->get_reason_code()};
            if (durable) sink_.broker(false, false, reason.what());
            return;
        }
        // A PUBACK must not wait for the broker's TCP acknowledgement of the last one.
        tune_tcp_connections();
        const bool kept = token->get_connect_response().is_session_present();
        c.asking.clear();
        {
            const std::lock_guard lock{mutex_};
            c.topics.begin(kept);
        }
        stand(c);
        c.client->subscribe(beat_topic_, 0);
        if (durable) sink_.broker(true, kept, {});
    }

    void stand(one_client& c) {
        if (!c.up.exchange(true) && &c == &others_) outgoing_.connected();
    }
    // `up` last: where a new connection stands meanwhile, the keeper's next look finds it down and says so anew.
    void fall(one_client& c) {
        if (&c == &others_) outgoing_.lost();
        c.up = false;
    }

    // Says what is not yet said, and takes in what was answered.
    void keep_subscribed(one_client& c, const std::vector<std::string>& wanted, int qos) {
        const bool waited = !c.asking.empty();
        take_answers(c);
        subscriptions::change change;
        {
            const std::lock_guard lock{mutex_};
            change = c.topics.toward(wanted);
        }
        if (!change.ask.empty()) c.asked = steady::now();
        for (const auto& topic : change.give_up) unsubscribe(c, topic);
        for (const auto& topic : change.ask) ask(c, topic, qos);
        if ((waited || !change.give_up.empty()) && c.asking.empty()) tell_subscribed();
    }

    void ask(one_client& c, const std::string& topic, int qos) {
        try {
            mqtt::iaction_listener& tell_me = *this;
            c.asking.emplace_back(topic, c.client->subscribe(topic, qos, nullptr, tell_me));
        } catch (const mqtt::exception&) {
            const std::lock_guard lock{mutex_};
            c.topics.not_said(topic); // the next beat says it, or the next connection
        }
    }

    static void unsubscribe(one_client& c, const std::string& topic) {
        try {
            c.client->unsubscribe(topic);
        } catch (const mqtt::exception&) {
            return; // heard once more than wanted: the core knows who is entered
        }
    }

    void take_answers(one_client& c) {
        const bool late = steady::now() - c.asked > suback_patience;
        std::erase_if(c.asking, [&](const auto& one) {
            const auto& [topic, token] = one;
            if (!token->is_complete() && !late) return false;
            const std::lock_guard lock{mutex_};
            c.topics.answered(topic, token->is_complete() && is_granted(*token));
            return true;
        });
    }

    // A broker may refuse a topic in a SUBACK that is otherwise a success.
    [[nodiscard]] static bool is_granted(const mqtt::token& token) {
        constexpr int refusals = 0x80;
        if (token.get_return_code() != MQTTASYNC_SUCCESS || token.get_reason_code() >= refusals) return false;
        try {
            const auto codes = token.get_subscribe_response().get_reason_codes();
            return std::ranges::all_of(codes,
                                       [](mqtt::ReasonCode code) { return static_cast<int>(code) < refusals; });
        } catch (const mqtt::exception&) {
            return false;
        }
    }

    void tell_subscribed() {
        std::vector<std::string> refused;
        {
            const std::lock_guard lock{mutex_};
            refused = alarms_.topics.refused();
            for (auto& topic : others_.topics.refused()) refused.push_back(std::move(topic));
        }
        sink_.subscribed(std::move(refused));
    }

    // Paho polls a new socket only when its running poll has ended, and where nothing comes that takes two
    // seconds. Until the second connection stands the first one says what ends it.
    void beat() {
        try {
            mqtt::async_client& speaker = others_.up ? *others_.client : *alarms_.client;
            if (speaker.is_connected()) speaker.publish(mqtt::make_message(beat_topic_, "1", 0, false));
        } catch (const mqtt::exception&) {
            return; // the next beat comes in half a second
        }
    }

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool nudged_ = false; // a connection stands, a SUBACK has come, other topics are wanted
    broker_address broker_;
    std::vector<std::string> wanted_; // sorted

    const std::string beat_topic_;
    ingest_sink sink_;
    commit_gate& gate_;
    quarantine& shut_in_;
    std::function<instant()> clock_;
    const char* poison_ = std::getenv("ANBAN_TEST_POISON"); // of tests alone: what the program dies of
    one_client alarms_;
    one_client others_;
    std::atomic<bool> listening_{false};
    std::thread keeper_;

    outgoing outgoing_;
    arrival_listener arrivals_{*this};
    std::thread mouth_;
};

ingest::ingest(const broker_address& broker, const std::string& client_id, ingest_sink sink, commit_gate& gate,
               quarantine& shut_in, std::function<instant()> clock)
    : clients_(std::make_unique<clients>(broker, client_id, std::move(sink), gate, shut_in, std::move(clock))) {}

// Never reached in the daemon, which leaves with _exit: Paho's thread may wait in a callback.
ingest::~ingest() {
    (void)clients_.release();
}

void ingest::start() {
    clients_->start();
}
void ingest::watch(const std::vector<device>& devices) {
    clients_->watch(devices);
}
void ingest::use(const broker_address& broker) {
    clients_->use(broker);
}
bool ingest::publish(drivers::publication what) {
    return clients_->publish(std::move(what));
}
void ingest::sing(std::uint64_t canary) {
    clients_->sing(canary);
}
bool ingest::listening() const {
    return clients_->listening();
}
std::optional<std::chrono::milliseconds> ingest::since_beat() const {
    return clients_->since_beat();
}

} // namespace anban

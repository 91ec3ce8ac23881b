#include "cloud-bridge/uplink/paho_link.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <MQTTClient.h>

#include "cloud-bridge/sockets/tcp_tuning.hpp"
#include "cloud-bridge/uplink/limits.hpp"

namespace anban::uplink {
namespace {

constexpr int first_refusal = 0x80; // MQTT 5: a reason code from here on is an error
constexpr std::size_t most_in_flight = 65'535;

[[nodiscard]] std::string words_of(int code) {
    if (code >= first_refusal) return fmt::format("refused by the broker (reason {:#x})", code);
    return MQTTClient_strerror(code);
}

[[nodiscard]] std::size_t in_flight_of(const MQTTResponse& answer) {
    MQTTProperties* told = answer.properties;
    if (told == nullptr || MQTTProperties_hasProperty(told, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM) == 0) {
        return most_in_flight;
    }
    return static_cast<std::size_t>(MQTTProperties_getNumericValue(told, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM));
}

} // namespace

struct paho_link::state {
    explicit state(paho_events events) : tell(std::move(events)), errands([this] { run_errands(); }) {}

    ~state() {
        {
            const std::lock_guard hold{mutex};
            stopping = true;
        }
        wake.notify_one();
        errands.join();
        for (auto& [name, client] : clients) MQTTClient_destroy(&client);
    }

    // ---- What blocks --------------------------------------------------------------------------------

    void later(std::function<void()> errand) {
        {
            const std::lock_guard hold{mutex};
            waiting.push_back(std::move(errand));
        }
        wake.notify_one();
    }

    void run_errands() {
        std::unique_lock hold{mutex};
        while (true) {
            wake.wait(hold, [this] { return stopping || !waiting.empty(); });
            if (stopping) return;
            const auto errand = std::move(waiting.front());
            waiting.pop_front();
            hold.unlock();
            errand();
            hold.lock();
        }
    }

    void leave() {
        const MQTTClient client = standing.exchange(nullptr);
        if (client != nullptr) MQTTClient_disconnect5(client, 0, MQTTREASONCODE_SUCCESS, nullptr);
    }

    void connect(std::uint64_t attempt, const paho_target& to) {
        leave();
        const MQTTClient client = client_for(to);
        if (client == nullptr) return tell.ended(attempt, "Paho gives no client");
        session& mine = sessions[attempt % sessions.size()];
        mine = {this, attempt};
        MQTTClient_setCallbacks(client, &mine, &on_lost, &on_message, nullptr);
        MQTTClient_setDisconnected(client, &mine, &on_disconnected);
        MQTTClient_setPublished(client, &mine, &on_published);
        {
            const std::lock_guard hold{tls_guard};
            tls_error.clear();
        }
        std::size_t in_flight = 0;
        std::string why = connected(client, to, in_flight);
        if (why.empty()) {
            // They hold from the end of the TLS handshake on.
            tune_tcp_connections(limits::tcp_user_timeout);
            why = subscribed(client, to);
            if (!why.empty()) MQTTClient_disconnect5(client, 0, MQTTREASONCODE_SUCCESS, nullptr);
        }
        if (!why.empty()) return tell.ended(attempt, with_tls_error(std::move(why)));
        standing = client;
        tell.connected(attempt, in_flight);
    }

    // One for each host and name, for the life of the process: Paho checks the server's name by what the client
    // was made with.
    [[nodiscard]] MQTTClient client_for(const paho_target& to) {
        MQTTClient& client = clients[fmt::format("{} {}", to.client_id, to.host)];
        if (client == nullptr) {
            MQTTClient_createOptions five = MQTTClient_createOptions_initializer;
            five.MQTTVersion = MQTTVERSION_5;
            const std::string uri = "ssl://" + to.host;
            if (MQTTClient_createWithOptions(&client, uri.c_str(), to.client_id.c_str(),
                                             MQTTCLIENT_PERSISTENCE_NONE, nullptr, &five) != MQTTCLIENT_SUCCESS) {
                client = nullptr;
            }
        }
        return client;
    }

    [[nodiscard]] std::string connected(MQTTClient client, const paho_target& to, std::size_t& in_flight) {
        const std::string trust = (to.credentials / "ca.crt").string();
        const std::string certificate = (to.credentials / "gateway.crt").string();
        const std::string key = (to.credentials / "gateway.key").string();
        MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;
        tls.trustStore = trust.c_str();
        tls.keyStore = certificate.c_str();
        tls.privateKey = key.c_str();
        tls.enableServerCertAuth = 1;
        tls.verify = 1;
        tls.sslVersion = MQTT_SSL_VERSION_TLS_1_2; // at least
        tls.ssl_error_cb = &on_tls_error;
        tls.ssl_error_context = this;
        MQTTClient_willOptions will = MQTTClient_willOptions_initializer;
        will.struct_version = 1;
        will.topicName = to.will_topic.c_str();
        will.payload.data = to.will.data();
        will.payload.len = static_cast<int>(to.will.size());
        will.qos = 1;
        MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer5;
        options.cleanstart = 1;
        options.reliable = 0; // or one message would be in flight at a time
        options.maxInflightMessages = static_cast<int>(most_in_flight);
        options.retryInterval = 0; // MQTT 5 sends nothing twice on one connection
        options.keepAliveInterval = static_cast<int>(std::chrono::seconds{limits::keep_alive}.count());
        options.connectTimeout = static_cast<int>(std::chrono::seconds{limits::connect_timeout}.count());
        options.ssl = &tls;
        options.will = &will;
        const MQTTResponse answer = MQTTClient_connect5(client, &options, nullptr, nullptr);
        const int code = answer.reasonCode;
        in_flight = in_flight_of(answer);
        MQTTResponse_free(answer);
        return code == MQTTCLIENT_SUCCESS ? std::string{} : words_of(code);
    }

    [[nodiscard]] static std::string subscribed(MQTTClient client, const paho_target& to) {
        std::vector<char*> filters;
        std::vector<int> qos;
        for (const auto& [filter, at_most] : to.subscriptions) {
            filters.push_back(const_cast<char*>(filter.c_str())); // Paho only reads it
            qos.push_back(at_most);
        }
        const MQTTResponse answer = MQTTClient_subscribeMany5(client, static_cast<int>(filters.size()),
                                                              filters.data(), qos.data(), nullptr, nullptr);
        int worst = answer.reasonCode;
        for (int i = 0; i < answer.reasonCodeCount && answer.reasonCodes != nullptr; ++i) {
            worst = std::max<int>(worst, answer.reasonCodes[i]);
        }
        const bool fine = answer.reasonCode >= 0 && worst < first_refusal;
        const int code = answer.reasonCode < 0 ? static_cast<int>(answer.reasonCode) : worst;
        MQTTResponse_free(answer);
        return fine ? std::string{} : "subscription: " + words_of(code);
    }

    [[nodiscard]] std::string with_tls_error(std::string why) {
        const std::lock_guard hold{tls_guard};
        // Paho names no reason when the name in the server's certificate is another.
        if (tls_error.empty() && why == MQTTClient_strerror(MQTTCLIENT_FAILURE)) {
            return "no TLS session: host unreachable, or its certificate is not of our district or names another "
                   "host";
        }
        if (!tls_error.empty()) why += ": " + tls_error;
        while (!why.empty() && (why.back() == '\n' || why.back() == ' ')) why.pop_back();
        return why;
    }

    // ---- Paho's threads -----------------------------------------------------------------------------

    struct session {
        state* of = nullptr;
        std::uint64_t attempt = 0;
    };

    static void on_lost(void* context, char*) {
        const session s = *static_cast<session*>(context);
        s.of->tell.ended(s.attempt, s.of->with_tls_error("the connection is lost"));
    }

    static void on_disconnected(void* context, MQTTProperties*, MQTTReasonCodes reason) {
        const session s = *static_cast<session*>(context);
        s.of->tell.ended(s.attempt,
                         fmt::format("the broker ended the session (reason {:#x})", static_cast<int>(reason)));
    }

    static void on_published(void* context, int message, int, MQTTProperties*, MQTTReasonCodes reason) {
        const session s = *static_cast<session*>(context);
        s.of->tell.acknowledged(s.attempt, message, static_cast<int>(reason) < first_refusal);
    }

    static int on_message(void* context, char* topic, int length, MQTTClient_message* message) {
        const session s = *static_cast<session*>(context);
        std::string name = length > 0 ? std::string{topic, static_cast<std::size_t>(length)} : std::string{topic};
        std::string bytes{static_cast<const char*>(message->payload),
                          static_cast<std::size_t>(message->payloadlen)};
        MQTTClient_freeMessage(&message);
        MQTTClient_free(topic);
        s.of->tell.heard(s.attempt, std::move(name), std::move(bytes));
        return 1;
    }

    static int on_tls_error(const char* text, std::size_t size, void* context) {
        auto& self = *static_cast<state*>(context);
        const std::lock_guard hold{self.tls_guard};
        self.tls_error.assign(text, size);
        return 1;
    }

    paho_events tell;
    std::map<std::string, MQTTClient> clients;
    std::atomic<MQTTClient> standing = nullptr;
    // Paho tells an end from a thread of its own, which may come late: its session is still named here.
    std::array<session, 16> sessions{};
    std::mutex tls_guard;
    std::string tls_error; // the last that OpenSSL said

    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::function<void()>> waiting;
    bool stopping = false;
    std::thread errands; // last: it uses all of the above
};

paho_link::paho_link(paho_events tell) : state_(std::make_unique<state>(std::move(tell))) {}

paho_link::~paho_link() = default;

void paho_link::connect(std::uint64_t attempt, paho_target target) {
    state_->later([s = state_.get(), attempt, to = std::move(target)] { s->connect(attempt, to); });
}

void paho_link::leave() {
    state_->later([s = state_.get()] { s->leave(); });
}

std::optional<int> paho_link::publish(const std::string& topic, const std::string& payload, int qos) {
    const MQTTClient client = state_->standing.load();
    if (client == nullptr) return std::nullopt;
    int message = 0;
    const MQTTResponse answer = MQTTClient_publish5(client, topic.c_str(), static_cast<int>(payload.size()),
                                                    payload.data(), qos, 0, nullptr, &message);
    if (answer.reasonCode != MQTTCLIENT_SUCCESS) return std::nullopt;
    return message;
}

} // namespace anban::uplink

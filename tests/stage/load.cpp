#include "tests/stage/load.hpp"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <tuple>

#include <fmt/format.h>

#include "envelope.pb.h"
#include "native.pb.h"
#include "tests/stage/fault.hpp"

namespace anban::stage {

namespace {

using clock = std::chrono::steady_clock;

using press_key = std::tuple<std::string, std::uint64_t, std::uint32_t>; // device, boot, sequence

struct timed {
    clock::time_point published;
    std::optional<clock::time_point> seen;
    std::optional<clock::time_point> acknowledged;
    std::optional<clock::time_point> answered;
    double stored_us = 0; // wall clock
    std::string alarm;
    std::string revision;
    bool counts = false;
};

struct mosquitto_deleter {
    void operator()(mosquitto* m) const { mosquitto_destroy(m); }
};
using client = std::unique_ptr<mosquitto, mosquitto_deleter>;

client connect(const mqtt_login& login, void* self) {
    client made(mosquitto_new(login.client_id.c_str(), true, self));
    mosquitto_int_option(made.get(), MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(made.get(), MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_username_pw_set(made.get(), login.username.c_str(), login.password.c_str());
    return made;
}

} // namespace

double quantile(const std::vector<double>& sorted, double p) {
    if (sorted.empty()) return 0;
    const auto at = static_cast<std::size_t>(std::ceil(p * static_cast<double>(sorted.size())));
    return sorted[std::clamp<std::size_t>(at, 1, sorted.size()) - 1];
}

class load::machinery {
public:
    machinery(std::vector<mqtt_login> devices, const mqtt_login& district) {
        mosquitto_lib_init();
        std::random_device seed;
        boot_ = (std::uint64_t{seed()} << 32) | seed() | 1U;
        for (const auto& login : devices) {
            auto one = std::make_unique<device>();
            one->id = login.username;
            one->handle = connect(login, one.get());
            mosquitto_connect_callback_set(one->handle.get(), [](mosquitto* m, void* self, int reason) {
                static_cast<device*>(self)->up = reason == 0;
                const auto topic = fmt::format("anban/dev/{}/answer", static_cast<device*>(self)->id);
                mosquitto_subscribe(m, nullptr, topic.c_str(), 1);
            });
            one->all = this;
            mosquitto_message_callback_set(one->handle.get(),
                                           [](mosquitto*, void* self, const mosquitto_message* m) {
                                               const auto* d = static_cast<device*>(self);
                                               d->all->hear_answer(*d, *m);
                                           });
            if (mosquitto_connect(one->handle.get(), login.address.c_str(), login.port, 60) != MOSQ_ERR_SUCCESS)
                throw fault(fmt::format("{} does not reach the home's broker", one->id));
            devices_.push_back(std::move(one));
        }
        const auto deadline = clock::now() + std::chrono::seconds(10);
        while (!std::ranges::all_of(devices_, [](const auto& d) { return d->up; })) {
            turn(std::chrono::milliseconds(20));
            if (clock::now() > deadline) throw fault("the home's broker refuses a device");
        }
        subscriber_ = connect(district, this);
        mosquitto_connect_callback_set(subscriber_.get(), [](mosquitto* m, void*, int) {
            std::string up = "anban/1/up/#";
            std::string ack = "anban/1/dn/+/ack";
            char* const topics[] = {up.data(), ack.data()};
            mosquitto_subscribe_multiple(m, nullptr, 2, topics, 0, 0, nullptr);
        });
        mosquitto_subscribe_callback_set(subscriber_.get(), [](mosquitto*, void* self, int, int, const int*) {
            static_cast<machinery*>(self)->listening_ = true;
        });
        mosquitto_message_callback_set(subscriber_.get(), [](mosquitto*, void* self, const mosquitto_message* m) {
            static_cast<machinery*>(self)->hear(*m);
        });
        if (mosquitto_connect(subscriber_.get(), "127.0.0.1", district.port, 60) != MOSQ_ERR_SUCCESS)
            throw fault("the subscriber does not reach the district's broker");
        mosquitto_loop_start(subscriber_.get());
        while (!listening_ && clock::now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        if (!listening_) throw fault("the district's broker refuses the subscriber");
    }

    ~machinery() {
        mosquitto_disconnect(subscriber_.get());
        mosquitto_loop_stop(subscriber_.get(), true);
    }

    latencies run(double rate, std::chrono::milliseconds how_long, std::chrono::milliseconds warm_up,
                  std::chrono::milliseconds patience, bool expect_receipts) {
        {
            const std::scoped_lock lock(mutex_);
            presses_.clear();
            revisions_.clear();
        }
        const auto begin = clock::now();
        const auto gap = std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / rate));
        for (std::int64_t n = 0; n * gap < how_long; ++n) {
            wait_until(begin + n * gap);
            press(*devices_[static_cast<std::size_t>(n) % devices_.size()], n * gap >= warm_up);
        }
        const auto deadline = clock::now() + patience;
        while (clock::now() < deadline && !all_arrived(expect_receipts)) turn(std::chrono::milliseconds(5));
        return sum_up();
    }

    flood pour(std::size_t presses, std::size_t window, std::chrono::milliseconds patience, awaited what) {
        const bool answers = what != awaited::sight;
        {
            const std::scoped_lock lock(mutex_);
            presses_.clear();
            revisions_.clear();
            seen_ = 0;
            answered_ = 0;
            repeated_ = 0;
        }
        const auto begin = clock::now();
        auto deadline = begin + patience;
        for (std::size_t n = 0; n < presses; ++n) {
            const auto& ended = answers ? answered_ : seen_;
            while (n >= ended + window && clock::now() < deadline) turn(std::chrono::milliseconds(1));
            press(*devices_[n % devices_.size()], true);
            if (n % 8 == 0) turn(std::chrono::nanoseconds(0));
        }
        deadline = clock::now() + patience;
        auto again = clock::now() + std::chrono::seconds(1);
        const auto all_came = [&] {
            return (what == awaited::answer || seen_ >= presses) && (!answers || answered_ >= presses);
        };
        while (clock::now() < deadline && !all_came()) {
            turn(std::chrono::milliseconds(1));
            if (!answers || clock::now() < again) continue;
            repeat_unanswered(); // as a device does
            again = clock::now() + std::chrono::seconds(1);
        }
        const std::scoped_lock lock(mutex_);
        flood f{.pressed = presses, .answered = answered_, .seen = seen_, .repeated = repeated_};
        for (const auto& [key, t] : presses_) {
            const auto since = [&](const std::optional<clock::time_point>& at) {
                return at ? std::chrono::duration<double>(*at - begin).count() : 0.0;
            };
            f.answered_s = std::max(f.answered_s, since(t.answered));
            f.seen_s = std::max(f.seen_s, since(t.seen));
        }
        return f;
    }

    void tell_one(std::size_t which) {
        device& d = *devices_[which];
        native::Frame frame;
        frame.set_device(d.id);
        frame.set_boot(boot_);
        frame.set_sequence(++d.sequence);
        frame.set_uptime_ms(d.sequence);
        const int swing = static_cast<int>(d.sequence % 7) * 1000;
        for (const auto& [signal, milli] :
             {std::pair{native::HEART_RATE, 68'000 + swing}, std::pair{native::RESPIRATION, 14'000 + swing},
              std::pair{native::BED_OCCUPIED, 1000}}) {
            auto* o = frame.add_observations();
            o->set_signal(signal);
            o->set_value_milli(milli);
        }
        const auto bytes = frame.SerializeAsString();
        const auto topic = fmt::format("anban/dev/{}/reading", d.id);
        if (mosquitto_publish(d.handle.get(), nullptr, topic.c_str(), static_cast<int>(bytes.size()), bytes.data(),
                              0, false) != MOSQ_ERR_SUCCESS)
            throw fault(fmt::format("{} can't publish", d.id));
        if (d.sequence % 16 == 0) turn(std::chrono::nanoseconds(0));
    }

    void tell(std::size_t readings, double rate) {
        const auto begin = clock::now();
        const auto gap = std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / rate));
        for (std::size_t n = 0; n < readings; ++n) {
            const auto then = begin + static_cast<std::int64_t>(n) * gap;
            if (n % 16 == 0) wait_until(then);
            tell_one(n % devices_.size());
        }
        wait_until(clock::now() + std::chrono::milliseconds(200));
    }

private:
    struct device {
        machinery* all = nullptr;
        std::string id;
        client handle;
        bool up = false;
        std::uint32_t sequence = 0;
    };

    void press(device& d, bool counts) {
        const press_key key{d.id, boot_, ++d.sequence};
        {
            const std::scoped_lock lock(mutex_);
            auto& t = presses_[key];
            t.counts = counts;
            t.published = clock::now();
        }
        send(d, d.sequence);
    }

    void send(const device& d, std::uint32_t sequence) {
        native::Frame frame;
        frame.set_device(d.id);
        frame.set_boot(boot_);
        frame.set_sequence(sequence);
        frame.set_uptime_ms(sequence);
        auto* what = frame.add_observations();
        what->set_signal(native::SOS);
        what->set_value_milli(1000);
        const auto bytes = frame.SerializeAsString();
        const auto topic = fmt::format("anban/dev/{}/alarm", d.id);
        if (mosquitto_publish(d.handle.get(), nullptr, topic.c_str(), static_cast<int>(bytes.size()), bytes.data(),
                              1, false) != MOSQ_ERR_SUCCESS)
            throw fault(fmt::format("{} can't publish", d.id));
    }

    // Serves the devices' connections until then.
    void wait_until(clock::time_point then) {
        while (clock::now() < then) {
            const auto left = then - clock::now();
            if (left > std::chrono::microseconds(200)) turn(left - std::chrono::microseconds(100));
        }
    }

    void turn(clock::duration at_most) {
        std::vector<pollfd> fds;
        for (const auto& d : devices_) {
            const short events =
                static_cast<short>(POLLIN | (mosquitto_want_write(d->handle.get()) ? POLLOUT : 0));
            fds.push_back({mosquitto_socket(d->handle.get()), events, 0});
        }
        const auto ns = std::max<std::int64_t>(0, std::chrono::nanoseconds(at_most).count());
        const timespec timeout{ns / 1'000'000'000, ns % 1'000'000'000};
        if (::ppoll(fds.data(), fds.size(), &timeout, nullptr) <= 0) return;
        for (std::size_t i = 0; i < fds.size(); ++i) {
            auto* handle = devices_[i]->handle.get();
            if ((fds[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0) mosquitto_loop_read(handle, 10);
            if (mosquitto_want_write(handle)) mosquitto_loop_write(handle, 10);
        }
        if (clock::now() - last_misc_ > std::chrono::seconds(1)) {
            last_misc_ = clock::now();
            for (const auto& d : devices_) mosquitto_loop_misc(d->handle.get());
        }
    }

    void repeat_unanswered() {
        std::vector<press_key> still;
        {
            const std::scoped_lock lock(mutex_);
            for (const auto& [key, t] : presses_)
                if (!t.answered) still.push_back(key);
        }
        for (const auto& [id, boot, sequence] : still) {
            const auto d = std::ranges::find(devices_, id, [](const auto& one) { return one->id; });
            send(**d, sequence);
            turn(std::chrono::nanoseconds(0));
        }
        repeated_ += still.size();
    }

    void hear_answer(const device& d, const mosquitto_message& m) {
        const auto now = clock::now();
        if (!answer_.ParseFromArray(m.payload, m.payloadlen) || answer_.kind() != native::RECEIVED) return;
        const std::scoped_lock lock(mutex_);
        const auto found = presses_.find({d.id, answer_.boot(), answer_.sequence()});
        if (found == presses_.end() || found->second.answered) return;
        found->second.answered = now;
        ++answered_;
    }

    void hear(const mosquitto_message& m) {
        const auto now = clock::now();
        const std::string_view topic = m.topic;
        const auto size = m.payloadlen;
        const std::scoped_lock lock(mutex_);
        if (topic.ends_with("/floor")) {
            if (floor_frame_.ParseFromArray(m.payload, size))
                note_seen({floor_frame_.device(), floor_frame_.boot(), floor_frame_.sequence()}, now);
        } else if (topic.ends_with("/ack")) {
            if (downlink_.ParseFromArray(m.payload, size) && downlink_.has_ack())
                note_acknowledged({downlink_.ack().alarm_id(), downlink_.ack().revision().start(),
                                   downlink_.ack().revision().n()},
                                  now, static_cast<double>(downlink_.time().utc_us()));
        } else if (envelope_.ParseFromArray(m.payload, size) && envelope_.has_alarm()) {
            const auto& alarm = envelope_.alarm();
            const press_key key{alarm.news().device(), alarm.news().boot(), alarm.news().sequence()};
            if (!note_seen(key, now)) return;
            revisions_[{alarm.alarm_id(), alarm.revision().start(), alarm.revision().n()}] = key;
            auto& t = presses_[key];
            for (const char byte : alarm.alarm_id())
                t.alarm += fmt::format("{:02x}", static_cast<std::uint8_t>(byte));
            t.revision = fmt::format("{}.{}", alarm.revision().start(), alarm.revision().n());
        }
    }

    // False for a press that is not ours or that was seen before.
    bool note_seen(const press_key& key, clock::time_point now) {
        const auto found = presses_.find(key);
        if (found == presses_.end() || found->second.seen) return false;
        found->second.seen = now;
        ++seen_;
        return true;
    }

    void note_acknowledged(const std::tuple<std::string, std::uint32_t, std::uint32_t>& revision,
                           clock::time_point now, double stored_us) {
        const auto found = revisions_.find(revision);
        if (found == revisions_.end()) return;
        auto& t = presses_[found->second];
        if (t.acknowledged) return;
        t.acknowledged = now;
        t.stored_us = stored_us;
    }

    bool all_arrived(bool with_receipts) {
        const std::scoped_lock lock(mutex_);
        return std::ranges::all_of(
            presses_, [&](const auto& p) { return p.second.seen && (!with_receipts || p.second.acknowledged); });
    }

    latencies sum_up() {
        const std::scoped_lock lock(mutex_);
        const auto us = [](clock::duration d) { return std::chrono::duration<double, std::micro>(d).count(); };
        const auto offset = std::chrono::system_clock::now().time_since_epoch() - clock::now().time_since_epoch();
        const auto wall = [&](const std::optional<clock::time_point>& t) {
            return t ? us(t->time_since_epoch() + offset) : 0.0;
        };
        latencies result;
        for (const auto& [key, t] : presses_) {
            if (!t.counts) continue;
            ++result.pressed;
            if (!t.alarm.empty())
                result.ways.push_back(
                    {t.alarm, t.revision, wall(t.published), wall(t.seen), t.stored_us, wall(t.acknowledged)});
            if (t.seen) result.to_district_us.push_back(us(*t.seen - t.published));
            if (t.acknowledged) result.to_receipt_us.push_back(us(*t.acknowledged - t.published));
        }
        std::ranges::sort(result.to_district_us);
        std::ranges::sort(result.to_receipt_us);
        return result;
    }

    std::vector<std::unique_ptr<device>> devices_;
    client subscriber_;
    std::atomic<bool> listening_ = false;
    std::uint64_t boot_ = 0;
    clock::time_point last_misc_ = clock::now();

    std::atomic<std::size_t> seen_ = 0;
    std::atomic<std::size_t> answered_ = 0;
    std::size_t repeated_ = 0;
    native::Answer answer_;

    std::mutex mutex_;
    std::map<press_key, timed> presses_;
    std::map<std::tuple<std::string, std::uint32_t, std::uint32_t>, press_key> revisions_;
    native::Frame floor_frame_;
    wire::Downlink downlink_;
    wire::Envelope envelope_;
};

load::load(std::vector<mqtt_login> devices, const mqtt_login& district)
    : machinery_(std::make_unique<machinery>(std::move(devices), district)) {}
load::~load() = default;

flood load::pour(std::size_t presses, std::size_t window, std::chrono::milliseconds patience, awaited what) {
    return machinery_->pour(presses, window, patience, what);
}

void load::tell(std::size_t readings, double rate) {
    machinery_->tell(readings, rate);
}

void load::tell_one(std::size_t device) {
    machinery_->tell_one(device);
}

latencies load::run(double rate, std::chrono::milliseconds how_long, std::chrono::milliseconds warm_up,
                    std::chrono::milliseconds patience, bool expect_receipts) {
    return machinery_->run(rate, how_long, warm_up, patience, expect_receipts);
}

} // namespace anban::stage

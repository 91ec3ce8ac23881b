#include "cloud-bridge/dispatch/centre.hpp"

#include <charconv>
#include <ctime>

#include <boost/asio/post.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cloud-bridge/dispatch/limits.hpp"
#include "cloud-bridge/dispatch/setup/ca.hpp"
#include "cloud-bridge/dispatch/setup/files.hpp"

namespace anban::dispatch {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// 4 warning, 5 notice: systemd reads the prefix.
void log(int level, const std::string& text) {
    fmt::print(stderr, "<{}>{}\n", level, text);
}

utc_time now_utc() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

mono_time boot_clock() {
    timespec t{};
    ::clock_gettime(CLOCK_BOOTTIME, &t);
    return mono_time(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

// The first half of the kernel's random name for this boot; 0 where it tells none.
std::uint64_t boot_number() {
    auto text = read_whole("/proc/sys/kernel/random/boot_id").value_or("");
    std::erase(text, '-');
    std::uint64_t number = 0;
    const auto half = std::string_view(text).substr(0, 16);
    std::from_chars(half.data(), half.data() + half.size(), number, 16);
    return number;
}

// p0 of "anban/1/up/<gw>/p0"; birth, death and heartbeat go with the least urgent.
lane lane_of_topic(const std::string& topic) {
    if (!topic.starts_with("anban/1/up/")) return lane::p3;
    switch (topic.back()) {
    case '0': return lane::p0;
    case '1': return lane::p1;
    case '2': return lane::p2;
    default: return lane::p3;
    }
}

} // namespace

centre::centre(asio::io_context& io, parts p)
    : io_(io), store_(std::move(p.store.kept)), desk_(*store_, std::move(p.store.saved), clocks()),
      feed_(
          desk_.start(), [this] { return boost::json::serialize(beat_json(iso(wall()), trouble())); },
          [this](const std::string& about) { desk_.was_shown(about, wall()); }),
      home_book_(std::move(p.cards)), accounts_(std::move(p.at_hand)), worker_accounts_(std::move(p.at_worker)),
      timer_(io) {
    if (!p.store.set_aside.empty()) {
        store_notice_ = "the database was damaged and is set aside as " + p.store.set_aside;
        log(3, store_notice_);
    }
    read_cards();
    broker_events events;
    events.heard = [this](std::string topic, std::string payload) { hear(std::move(topic), std::move(payload)); };
    events.up = [this] {
        asio::post(io_, [this] {
            link_trouble_.clear();
            log(5, "link=up");
            feed_desk(link_up{});
        });
    };
    events.down = [this](std::string why) {
        asio::post(io_, [this, why = std::move(why)] {
            if (link_trouble_ != why) log(4, fmt::format("link=down why=\"{}\"", why));
            link_trouble_ = why;
        });
    };
    events.told = [this](std::uint64_t tag) {
        asio::post(io_, [this, tag] {
            const auto found = receipts_.extract(tag);
            if (!found.empty()) feed_desk(found.mapped());
        });
    };
    link_ = std::make_unique<broker_link>("127.0.0.1", p.broker_port, std::string(broker_user), p.broker_password,
                                          std::move(events));
}

centre::~centre() {
    link_.reset(); // nothing comes any more
    worker_.join();
    store_.reset(); // commits what waits
}

void centre::begin() {
    store_->start(
        {clocks,
         [this](std::vector<std::uint64_t> tickets, moment at) {
             asio::post(io_, [this, done = committed{std::move(tickets), at}] { feed_desk(done); });
         },
         [this](std::string why) {
             asio::post(io_, [this, why = std::move(why)] {
                 log(why.empty() ? 5 : 3, why.empty() ? "store=well" : "store=failing why=\"" + why + "\"");
                 store_trouble_ = why.empty() ? "" : "the store can't commit: " + why;
             });
         },
         [this](std::string aside) {
             asio::post(io_, [this, aside = std::move(aside)] {
                 store_notice_ = "the database's disk had failed; it was copied, and is set aside as " + aside;
                 log(2, store_notice_);
             });
         }});
    beat();
}

// ---- Clocks -------------------------------------------------------------------------------------------

utc_time centre::wall() const {
    return now_utc();
}

mono_time centre::mono() const {
    return boot_clock();
}

moment centre::clocks() {
    static const std::uint64_t boot = boot_number();
    return {now_utc(), boot_clock(), boot};
}

// Twice a second: the link, what is due, what waits too long.
void centre::beat() {
    const auto now = mono();
    link_->beat(now);
    feed_desk(tick{});
    read_cards();
    while (!deadlines_.empty() && deadlines_.front().first <= now) {
        auto late = deeds_.extract(deadlines_.front().second);
        deadlines_.pop_front();
        if (!late.empty()) late.mapped()(std::nullopt);
    }
    timer_.expires_after(500ms);
    timer_.async_wait([this](boost::system::error_code code) {
        if (!code) beat();
    });
}

// ---- From the broker ----------------------------------------------------------------------------------

void centre::hear(std::string topic, std::string payload) {
    auto speaker = wire::speaker_of(topic);
    if (!speaker) {
        asio::post(io_, [topic = std::move(topic), why = speaker.error()] {
            log(4, fmt::format("refused topic={} why=\"{}\"", topic, why));
        });
        return;
    }
    const auto result = arrivals_.put({std::move(*speaker), std::move(payload), now_utc()}, lane_of_topic(topic));
    if (result == arrivals::put_result::first) asio::post(io_, [this] { work_off(); });
}

void centre::work_off() {
    for (std::size_t i = 0; i < limits::arrivals_a_turn; ++i) {
        auto next = arrivals_.take();
        if (!next) return;
        feed_desk(std::move(*next));
    }
    asio::post(io_, [this] { work_off(); });
}

// ---- The desk's outputs -------------------------------------------------------------------------------

void centre::feed_desk(const input& in) {
    auto out = desk_.step(clocks(), in);
    for (auto& o : out) perform(o);
}

void centre::perform(output& o) {
    if (auto* s = std::get_if<show>(&o)) {
        perform_show(*s);
    } else if (auto* w = std::get_if<write>(&o)) {
        store_->submit(std::move(w->set));
    } else if (auto* p = std::get_if<publish>(&o)) {
        std::uint64_t tag = 0;
        if (p->change) {
            tag = next_tag_++;
            receipts_.emplace(tag, receipt_told{p->key, *p->change});
            // Never acknowledged: the broker was lost. It is sent again when the link is back.
            if (receipts_.size() > limits::receipts_under_way) receipts_.erase(receipts_.begin());
        }
        link_->publish(p->topic, p->bytes, tag);
    } else if (auto* a = std::get_if<answer_deed>(&o)) {
        auto waiting = deeds_.extract(a->token);
        if (!waiting.empty()) waiting.mapped()(*a);
    } else if (auto* r = std::get_if<remark>(&o)) {
        log(4, r->text);
    }
}

void centre::perform_show(show& s) {
    const auto* file = s.instead ? &*s.instead : desk_.find(s.key);
    if (file == nullptr) return;
    feed_.publish("alarm", file->public_id(), boost::json::serialize(alarm_json(*file, cards_)));
}

// ---- For the API --------------------------------------------------------------------------------------

std::string centre::trouble() const {
    if (!store_trouble_.empty()) return store_trouble_;
    return link_trouble_.empty() ? store_notice_ : link_trouble_;
}

void centre::act(asked_deed asked, deed_reply reply) {
    asked.token = next_token_++;
    deeds_.emplace(asked.token, std::move(reply));
    deadlines_.emplace_back(mono() + limits::action_timeout, asked.token);
    feed_desk(asked);
}

bool centre::on_worker(std::function<login_result(accounts&)> job, login_reply reply) {
    if (logins_ >= limits::logins_waiting) return false;
    ++logins_;
    auto shared = std::make_shared<login_reply>(std::move(reply));
    asio::post(worker_, [this, job = std::move(job), shared] {
        auto result = job(worker_accounts_);
        asio::post(io_, [this, result = std::move(result), shared] {
            --logins_;
            (*shared)(result);
        });
    });
    return true;
}

bool centre::log_in(std::string name, std::string password, login_reply reply) {
    const auto job = [name = std::move(name), password = std::move(password)](accounts& book) {
        return book.log_in(name, password, now_utc());
    };
    return on_worker(job, std::move(reply));
}

bool centre::redeem(std::string token, login_reply reply) {
    const auto job = [token = std::move(token)](accounts& book) { return book.redeem(token, now_utc()); };
    return on_worker(job, std::move(reply));
}

std::optional<session> centre::find_session(const std::string& cookie) {
    if (cookie.empty()) return std::nullopt;
    const auto now = wall();
    // Remembered for a moment only: an operator may be removed at the command line.
    if (sessions_until_ <= mono() || sessions_.size() >= limits::sessions_at_hand) {
        sessions_.clear();
        sessions_until_ = mono() + limits::session_looked_up_every;
    }
    if (const auto found = sessions_.find(cookie); found != sessions_.end()) {
        return found->second.expires > now ? std::optional(found->second) : std::nullopt;
    }
    auto read = accounts_.find(cookie, now);
    if (read) sessions_.emplace(cookie, *read);
    return read;
}

void centre::end_session(const std::string& cookie) {
    sessions_.erase(cookie);
    accounts_.end(cookie);
}

// Cards change at the command line while the centre runs.
void centre::read_cards() {
    const auto version = home_book_.version();
    if (version == cards_version_) return;
    auto all = home_book_.all();
    if (!all) {
        log(4, all.error().en);
        return;
    }
    cards_version_ = version;
    cards_.clear();
    for (auto& card : *all) {
        const auto gateway = card.gateway;
        cards_.emplace(gateway, std::move(card));
    }
}

} // namespace anban::dispatch

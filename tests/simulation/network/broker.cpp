#include "tests/simulation/network/broker.hpp"

#include <algorithm>
#include <utility>

namespace anban::simulation {
namespace {

constexpr sim_time autosave = 300s;
using side = stream::side;

} // namespace

void broker::start() {
    if (alive()) return;
    begin_life();
    sessions_ = saved_;
    retained_ = saved_retained_;
    save_due_ = false;
    story_.say(name_, "starts with {} sessions", sessions_.size());
}

void broker::kill() {
    if (!alive()) return;
    end_life();
    for (auto& [id, s] : sessions_) {
        if (s.connection) s.connection->close(side::server);
    }
    sessions_.clear();
    story_.say(name_, "dies");
}

void broker::save() {
    saved_.clear();
    for (const auto& [id, s] : sessions_) {
        if (s.clean) continue;
        session copy = s;
        copy.connection = nullptr;
        copy.tell = nullptr;
        saved_.emplace(id, std::move(copy));
    }
    saved_retained_ = retained_;
}

void broker::save_soon() {
    if (std::exchange(save_due_, true)) return;
    after(autosave, [this] {
        save_due_ = false;
        save();
    });
}

std::shared_ptr<stream> broker::connect(link& way, const std::string& id, bool clean, handlers tell) {
    auto made = way.connect();
    auto told = std::make_shared<handlers>(std::move(tell));
    made->on_end(side::client, [told] { told->lost(); });
    if (way.down() || !alive()) {
        events().in(luck_.between(1ms, 200ms), [made] { made->refuse(); });
        return made;
    }
    made->send(side::client, [this, made, id, clean, told, mine = life()] {
        if (!alive() || mine != life()) return made->close(side::server);
        accept(made, id, clean, told);
    });
    return made;
}

void broker::accept(const std::shared_ptr<stream>& made, const std::string& id, bool clean,
                    const std::shared_ptr<handlers>& told) {
    session& s = sessions_[id];
    if (s.connection && s.connection != made) s.connection->close(side::server); // takeover
    const bool present = !clean && !s.clean && !s.filters.empty();
    if (clean) s = session{};
    s.clean = clean;
    s.connection = made;
    s.tell = told;
    made->on_end(side::server, [this, id, which = made.get()] { end_connection(id, which); });
    made->send(side::server, [told, present] { told->connected(present); });
    // Whatever was not acknowledged comes again.
    for (const auto& [number, what] : s.inflight) send(s, number, what);
    pump(s);
}

void broker::end_connection(const std::string& id, const stream* which) {
    const auto found = sessions_.find(id);
    if (!alive() || found == sessions_.end() || found->second.connection.get() != which) return;
    found->second.connection = nullptr;
    found->second.tell = nullptr;
    if (found->second.clean) sessions_.erase(found);
}

broker::session* broker::session_of(const std::shared_ptr<stream>& by, const std::string& id) {
    const auto found = sessions_.find(id);
    return alive() && found != sessions_.end() && found->second.connection == by ? &found->second : nullptr;
}

void broker::subscribe(const std::shared_ptr<stream>& by, const std::string& id, std::string filter, int qos) {
    by->send(side::client, [this, by, id, filter = std::move(filter), qos] {
        session* s = session_of(by, id);
        if (s == nullptr) return;
        s->filters[filter] = qos;
        if (!s->clean) save_soon();
        for (const auto& [topic, kept] : retained_) {
            if (!matches(filter, topic)) continue;
            packet copy = kept;
            copy.retained = true;
            copy.qos = std::min(copy.qos, qos);
            enqueue(*s, std::make_shared<const packet>(std::move(copy)));
        }
    });
}

void broker::publish(const std::shared_ptr<stream>& by, packet what, bool keep, std::function<void(int)> done) {
    by->send(side::client,
             [this, by, what = std::move(what), keep, done = std::move(done), mine = life()]() mutable {
                 if (!alive() || mine != life()) return;
                 what.number = ++publications_;
                 if (keep) retain(what);
                 const bool heard = route(what);
                 if (what.qos == 0 || !done) return;
                 by->send(side::server, [done = std::move(done), heard] { done(heard ? 0 : 0x10); });
             });
}

void broker::retain(packet what) {
    retained_[what.topic] = std::move(what);
    if (alive())
        save_soon();
    else
        saved_retained_ = retained_;
}

bool broker::route(const packet& what) {
    bool heard = false;
    for (auto& [id, s] : sessions_) {
        int qos = -1;
        for (const auto& [filter, most] : s.filters) {
            if (matches(filter, what.topic)) qos = std::max(qos, std::min(most, what.qos));
        }
        if (qos < 0) continue;
        heard = true;
        packet copy = what;
        copy.qos = qos;
        enqueue(s, std::make_shared<const packet>(std::move(copy)));
    }
    return heard;
}

void broker::enqueue(session& s, std::shared_ptr<const packet> what) {
    if (what->qos == 0) {
        if (s.connection) {
            s.connection->send(side::server, [tell = s.tell, what] { tell->deliver(*what, 0); });
        }
        return;
    }
    if (s.queue.size() >= most_.queued) {
        ++dropped_;
        return;
    }
    s.queue.push_back(std::move(what));
    waiting_most_ = std::max(waiting_most_, s.queue.size());
    if (!s.clean) save_soon();
    pump(s);
}

void broker::pump(session& s) {
    while (s.connection && s.inflight.size() < most_.inflight && !s.queue.empty()) {
        const auto what = s.queue.front();
        s.queue.pop_front();
        const std::uint64_t number = ++s.next_id;
        s.inflight.emplace(number, what);
        send(s, number, what);
    }
}

void broker::send(session& s, std::uint64_t id, const std::shared_ptr<const packet>& what) {
    const auto arrive = [tell = s.tell, what, id] { tell->deliver(*what, id); };
    s.connection->send(side::server, arrive);
    if (duplicates_ > 0 && luck_.happens(duplicates_)) s.connection->send(side::server, arrive);
}

void broker::acknowledge(const std::shared_ptr<stream>& by, const std::string& id, std::uint64_t packet_id) {
    by->send(side::client, [this, by, id, packet_id] {
        session* s = session_of(by, id);
        if (s == nullptr) return;
        s->inflight.erase(packet_id);
        if (!s->clean) save_soon();
        pump(*s);
    });
}

void broker::lose_session(const std::string& id) {
    const auto found = sessions_.find(id);
    if (!alive() || found == sessions_.end()) return;
    if (found->second.connection) found->second.connection->close(side::server);
    sessions_.erase(found);
    saved_.erase(id);
}

// MQTT's filters: '+' is one level, '#' the rest.
bool broker::matches(std::string_view filter, std::string_view topic) {
    while (true) {
        if (filter == "#") return true;
        const auto f = filter.substr(0, filter.find('/'));
        const auto t = topic.substr(0, topic.find('/'));
        if (f != "+" && f != t) return false;
        const bool f_ends = f.size() == filter.size();
        const bool t_ends = t.size() == topic.size();
        if (f_ends || t_ends) return f_ends && t_ends;
        filter.remove_prefix(f.size() + 1);
        topic.remove_prefix(t.size() + 1);
    }
}

} // namespace anban::simulation

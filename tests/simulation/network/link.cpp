#include "tests/simulation/network/link.hpp"

#include <algorithm>
#include <utility>

namespace anban::simulation {

void stream::send(side from, std::function<void()> what) {
    if (!end_of(from).open) return;
    if (link_.hole_) {
        held_.push_back({from, std::move(what)});
        return;
    }
    deliver(from, std::move(what), link_.travel());
}

void stream::deliver(side from, std::function<void()> what, sim_time wait) {
    const side to = from == side::client ? side::server : side::client;
    end& there = end_of(to);
    there.last_arrival = std::max(there.last_arrival, time_.now() + wait);
    time_.at(there.last_arrival, [self = shared_from_this(), to, what = std::move(what)] {
        if (self->end_of(to).open) what();
    });
}

void stream::finish(side at) {
    end& here = end_of(at);
    if (!here.open) return;
    here.open = false;
    if (const auto tell = std::exchange(here.tell, nullptr)) tell();
}

void stream::close(side by) {
    end& here = end_of(by);
    if (!here.open) return;
    here.open = false;
    here.tell = nullptr;
    const side other = by == side::client ? side::server : side::client;
    const sim_time silent = other == side::client ? link::client_patience : link::server_patience;
    end& there = end_of(other);
    there.last_arrival = std::max(there.last_arrival, time_.now() + (link_.passes() ? link_.travel() : silent));
    time_.at(there.last_arrival, [self = shared_from_this(), other] { self->finish(other); });
}

void stream::break_off() {
    held_.clear();
    const sim_time client = link_.luck_.between(0s, 2s);
    const sim_time server = link_.luck_.between(0s, link::server_patience);
    time_.in(client, [self = shared_from_this()] { self->finish(side::client); });
    time_.in(server, [self = shared_from_this()] { self->finish(side::server); });
}

void stream::release_held() {
    std::deque<held> all;
    all.swap(held_);
    const sim_time again = link_.luck_.between(200ms, 4s); // TCP tries again in its own time
    for (held& one : all) deliver(one.from, std::move(one.what), again + link_.travel());
}

std::shared_ptr<stream> link::connect() {
    forget_dead();
    auto made = std::make_shared<stream>(time_, *this);
    streams_.push_back(made);
    return made;
}

void link::forget_dead() {
    std::erase_if(streams_, [](const auto& one) {
        const auto s = one.lock();
        return !s || (!s->client_.open && !s->server_.open);
    });
}

void link::set_down(bool down) {
    if (down_ == down) return;
    down_ = down;
    if (!down) return;
    for (const auto& one : streams_) {
        if (const auto s = one.lock()) s->break_off();
    }
}

void link::set_black_hole(bool swallows) {
    if (hole_ == swallows) return;
    hole_ = swallows;
    ++hole_number_;
    for (const auto& one : streams_) {
        const auto s = one.lock();
        if (!s) continue;
        if (!swallows) {
            s->release_held();
            continue;
        }
        for (const auto at : {stream::side::client, stream::side::server}) {
            const sim_time patience = at == stream::side::client ? client_patience : server_patience;
            time_.in(patience, [this, one, number = hole_number_, at] {
                const auto still = one.lock();
                if (hole_ && hole_number_ == number && still) still->finish(at);
            });
        }
    }
}

sim_time link::travel() {
    sim_time wait = usual_.delay + more_ + luck_.between(0ns, usual_.spread);
    // What is lost is sent again, later and later.
    for (sim_time again = 200ms; loss_ > 0 && again < 10s && luck_.happens(loss_); again *= 2) wait += again;
    return wait;
}

} // namespace anban::simulation

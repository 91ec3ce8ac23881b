#include "cloud-bridge/dispatch/web/login_guard.hpp"

#include <algorithm>

#include "cloud-bridge/dispatch/limits.hpp"

namespace anban::dispatch {
namespace {

using namespace std::chrono_literals;
using failures = std::deque<mono_time>;

constexpr auto counted_for = 60s;

void forget_old(failures& list, mono_time now) {
    while (!list.empty() && list.front() + counted_for <= now) list.pop_front();
}

std::chrono::seconds until_free(failures& list, std::size_t most, mono_time now) {
    forget_old(list, now);
    if (list.size() < most) return 0s;
    return std::chrono::ceil<std::chrono::seconds>(list[list.size() - most] + counted_for - now);
}

template <class Table, class Key>
std::chrono::seconds until_free(Table& table, const Key& key, std::size_t most, mono_time now) {
    const auto found = table.find(key);
    if (found == table.end()) return 0s;
    const auto wait = until_free(found->second, most, now);
    if (found->second.empty()) table.erase(found);
    return wait;
}

// Only the newest `most` are kept: more say nothing more.
template <class Table, class Key>
void count(Table& table, const Key& key, std::size_t most, mono_time now) {
    if (table.size() >= limits::names_remembered && !table.contains(key)) {
        std::erase_if(table, [&](const auto& entry) { return entry.second.back() + counted_for <= now; });
        if (table.size() >= limits::names_remembered) return;
    }
    auto& list = table[key];
    list.push_back(now);
    if (list.size() > most) list.pop_front();
}

} // namespace

std::chrono::seconds login_guard::wait_for(const login_attempt& a, mono_time now) {
    const auto peer = network_of(a.peer);
    if (a.name.empty()) return until_free(peers_, peer, limits::failures_a_minute_peer, now);
    const pair here{peer, a.name};
    const auto wait = until_free(pairs_, here, limits::failures_a_minute, now);
    if (at_home_.contains(here)) return wait;
    return std::max({wait, until_free(peers_, peer, limits::failures_a_minute_peer, now),
                     until_free(names_, a.name, limits::failures_a_minute_name, now),
                     until_free(all_, limits::failures_a_minute_all, now)});
}

void login_guard::failed(const login_attempt& a, mono_time now) {
    const auto peer = network_of(a.peer);
    count(peers_, peer, limits::failures_a_minute_peer, now);
    if (a.name.empty()) return;
    count(pairs_, pair{peer, a.name}, limits::failures_a_minute, now);
    count(names_, a.name, limits::failures_a_minute_name, now);
    all_.push_back(now);
    if (all_.size() > limits::failures_a_minute_all) all_.pop_front();
}

void login_guard::succeeded(const login_attempt& a) {
    if (a.name.empty()) return;
    const pair here{network_of(a.peer), a.name};
    pairs_.erase(here);
    at_home_[here] = ++successes_;
    if (at_home_.size() <= limits::names_remembered) return;
    at_home_.erase(std::ranges::min_element(at_home_, {}, [](const auto& entry) { return entry.second; }));
}

std::string network_of(std::string_view address) {
    // The first four groups; "::" stands for as many zeros as are missing, so a short head is filled up.
    if (address.find(':') == std::string_view::npos) return std::string(address);
    if (address.starts_with("::ffff:") && address.find('.') != std::string_view::npos) {
        return std::string(address.substr(7));
    }
    const auto gap = address.find("::");
    const auto head = address.substr(0, std::min(gap, address.size()));
    std::string network;
    std::size_t groups = 0;
    std::size_t at = 0;
    while (groups < 4 && at < head.size()) {
        const auto end = std::min(head.find(':', at), head.size());
        network.append(head.substr(at, end - at)).push_back(':');
        at = end + 1;
        ++groups;
    }
    for (; groups < 4; ++groups) network += "0:";
    return network + ":/64";
}

} // namespace anban::dispatch

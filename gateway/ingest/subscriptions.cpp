#include "gateway/ingest/subscriptions.hpp"

#include <algorithm>

namespace anban {

subscriptions::change subscriptions::toward(const std::vector<std::string>& wanted) {
    change now;
    for (const std::string& topic : wanted) {
        entry& one = topics_[topic];
        if (one.now != step::unsaid) continue;
        one.now = step::asked;
        now.ask.push_back(topic);
    }
    for (auto it = topics_.begin(); it != topics_.end();) {
        if (std::ranges::find(wanted, it->first) != wanted.end()) {
            ++it;
            continue;
        }
        now.give_up.push_back(it->first);
        it = topics_.erase(it);
    }
    return now;
}

void subscriptions::answered(const std::string& topic, bool granted) {
    const auto found = topics_.find(topic);
    if (found == topics_.end() || found->second.now != step::asked) return;
    found->second = {granted ? step::granted : step::refused, granted};
}

void subscriptions::not_said(const std::string& topic) {
    const auto found = topics_.find(topic);
    if (found != topics_.end() && found->second.now == step::asked) found->second.now = step::unsaid;
}

void subscriptions::begin(bool session_kept) {
    for (auto& [topic, one] : topics_) one = {step::unsaid, session_kept && one.heard};
}

bool subscriptions::hears(const std::string& topic) const {
    const auto found = topics_.find(topic);
    return found != topics_.end() && found->second.heard;
}

bool subscriptions::settled() const noexcept {
    return std::ranges::none_of(topics_, [](const auto& t) { return t.second.now == step::asked; });
}

std::vector<std::string> subscriptions::all_at(step which) const {
    std::vector<std::string> found;
    for (const auto& [topic, one] : topics_) {
        if (one.now == which) found.push_back(topic);
    }
    return found;
}

std::vector<std::string> subscriptions::unanswered() const {
    return all_at(step::asked);
}

std::vector<std::string> subscriptions::refused() const {
    return all_at(step::refused);
}

} // namespace anban

#include "cloud-bridge/dispatch/web/event_feed.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "cloud-bridge/dispatch/limits.hpp"

namespace anban::dispatch {

class event_feed::listener final : public stream_source {
public:
    listener(std::function<std::string()> beat, std::function<void(const std::string&)> told,
             std::function<bool()> welcome)
        : beat_(std::move(beat)), told_(std::move(told)), welcome_(std::move(welcome)) {}

    std::string hello;
    std::deque<event_ptr> waiting;
    bool cut = false;

    std::optional<std::string> next() override {
        if (!hello.empty()) return std::exchange(hello, {});
        if (cut || waiting.empty()) return std::nullopt;
        under_way_ = waiting.front();
        waiting.pop_front();
        return under_way_->text;
    }

    void written() override {
        const auto gone = std::exchange(under_way_, nullptr);
        if (gone && told_ && !gone->about.empty()) told_(gone->about);
    }

    bool cut_off() const override { return cut || !welcome_(); }

    std::string sign_of_life() override { return fmt::format(": beat\nevent: beat\ndata: {}\n\n", beat_()); }

    void add(const event_ptr& e) {
        if (!e->about.empty()) {
            std::erase_if(waiting, [&](const event_ptr& old) { return old->about == e->about; });
        }
        waiting.push_back(e);
        if (waiting.size() <= limits::stream_backlog) return;
        cut = true;
        waiting.clear();
    }

private:
    std::function<std::string()> beat_;
    std::function<void(const std::string&)> told_;
    std::function<bool()> welcome_;
    event_ptr under_way_;
};

void event_feed::publish(const std::string& name, const std::string& about, const std::string& data) {
    const auto number = ++numbers_;
    auto made = std::make_shared<event>();
    made->number = number;
    made->about = about;
    made->text = fmt::format("event: {}\nid: {}-{}\ndata: {}\n\n", name, start_, number, data);
    recent_.push_back(made);
    if (recent_.size() > limits::stream_replay) recent_.pop_front();
    for (const auto& weak : listeners_) {
        if (const auto one = weak.lock()) one->add(made);
    }
    wake_all();
}

void event_feed::look_again() {
    wake_all();
}

// A woken listener may leave; each is held while it is told.
void event_feed::wake_all() {
    std::erase_if(listeners_, [](const auto& l) { return l.expired(); });
    for (const auto& weak : std::vector(listeners_)) {
        const auto one = weak.lock();
        if (one && one->wake) one->wake();
    }
}

std::optional<std::uint64_t> event_feed::resumable_from(const std::string& id) const {
    const auto dash = id.find('-');
    if (dash == std::string::npos) return std::nullopt;
    std::uint32_t start = 0;
    std::uint64_t number = 0;
    const char* last = id.data() + id.size();
    const auto first_part = std::from_chars(id.data(), id.data() + dash, start);
    const auto second_part = std::from_chars(id.data() + dash + 1, last, number);
    if (first_part.ptr != id.data() + dash || second_part.ec != std::errc{} || second_part.ptr != last)
        return std::nullopt;
    if (start != start_ || number > numbers_) return std::nullopt;
    const auto oldest = recent_.empty() ? numbers_ + 1 : recent_.front()->number;
    if (number + 1 < oldest) return std::nullopt;
    return number;
}

std::shared_ptr<stream_source> event_feed::listen(const std::string& last_event_id, std::string hello,
                                                  std::function<bool()> welcome) {
    if (listeners() >= limits::streams) return nullptr;
    auto made = std::make_shared<listener>(beat_, told_, std::move(welcome));
    const auto from = resumable_from(last_event_id);
    if (from) {
        for (const auto& e : recent_) {
            if (e->number > *from) made->add(e);
        }
        // More was missed than may wait: begin anew rather than be cut off for ever.
        if (made->cut) made->cut = false;
    }
    const bool resumed = from && (made->waiting.size() > 0 || *from == numbers_);
    hello.insert(hello.rfind('}'), fmt::format(",\"resumed\":{}", resumed));
    made->hello = fmt::format("retry: 1000\nevent: hello\nid: {}-{}\ndata: {}\n\n", start_,
                              resumed ? *from : numbers_, hello);
    listeners_.push_back(made);
    return made;
}

std::size_t event_feed::listeners() {
    std::erase_if(listeners_, [](const auto& l) { return l.expired(); });
    return listeners_.size();
}

} // namespace anban::dispatch

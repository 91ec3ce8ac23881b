// Server-sent events: what changed, to every console at once. An event's id is "<start>-<number>"; a console
// that comes back with the last id it had gets what it missed, as far as limits::stream_replay reaches, and
// learns from the first event whether it did. A console that lags gets only the newest state of each alarm,
// and is cut off if that is still too much.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cloud-bridge/dispatch/web/http.hpp"

namespace anban::dispatch {

class event_feed {
public:
    // `beat` words the data of the event that comes every limits::stream_comment_every, with a comment line
    // before it.
    // `told` hears that an event about something has gone to a console.
    event_feed(std::uint32_t start, std::function<std::string()> beat,
               std::function<void(const std::string& about)> told = {})
        : start_(start), beat_(std::move(beat)), told_(std::move(told)) {}

    // `about` is the alarm that the event replaces older events of.
    void publish(const std::string& name, const std::string& about, const std::string& data);

    // Nothing if limits::streams listen already. `hello` gets `"resumed":…` added before its closing brace.
    // The stream ends as soon as `welcome` says no; it is asked before each event and each beat.
    [[nodiscard]] std::shared_ptr<stream_source> listen(const std::string& last_event_id, std::string hello,
                                                        std::function<bool()> welcome);
    // Somebody may be welcome no more: asks for each listener now.
    void look_again();

    [[nodiscard]] std::size_t listeners();

private:
    struct event {
        std::uint64_t number = 0;
        std::string about;
        std::string text; // as on the wire
    };
    using event_ptr = std::shared_ptr<const event>;
    class listener;

    void wake_all();
    [[nodiscard]] std::optional<std::uint64_t> resumable_from(const std::string& last_event_id) const;

    std::uint32_t start_;
    std::function<std::string()> beat_;
    std::function<void(const std::string& about)> told_;
    std::uint64_t numbers_ = 0;
    std::deque<event_ptr> recent_;
    std::vector<std::weak_ptr<listener>> listeners_;
};

} // namespace anban::dispatch

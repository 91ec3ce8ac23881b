// Which topics a client has asked its broker for, and which it was granted. A topic counts as heard when its
// SUBACK says so, not when it was asked for: until then somebody else must go on hearing it.
//
// Threads: none of its own; the owner guards it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace anban {

class subscriptions {
public:
    struct change {
        std::vector<std::string> ask;
        std::vector<std::string> give_up;
    };

    // What has to be said to the broker so that exactly `wanted` is heard; what is returned counts as said.
    [[nodiscard]] change toward(const std::vector<std::string>& wanted);
    void answered(const std::string& topic, bool granted);
    // It could not be said after all: it is asked for again.
    void not_said(const std::string& topic);
    // A new connection: all must be asked for again. A kept session goes on hearing what it was granted.
    void begin(bool session_kept);

    [[nodiscard]] bool hears(const std::string& topic) const;
    [[nodiscard]] bool settled() const noexcept; // nothing waits for its answer
    [[nodiscard]] std::vector<std::string> unanswered() const;
    [[nodiscard]] std::vector<std::string> refused() const;

private:
    enum class step : std::uint8_t { unsaid, asked, granted, refused };
    struct entry {
        step now = step::unsaid;
        bool heard = false;
    };

    [[nodiscard]] std::vector<std::string> all_at(step which) const;

    std::map<std::string, entry> topics_;
};

} // namespace anban

// The words of a snapshot: numbers in base 36, moments as distances from the moment of the snapshot, so that
// a home of two fits in one journal record.
//
//   anban-engine 2 NOW T                       both on the engine's own scale, decimal
//   D device newest live live-since dark-since
//   C device# signal is value at order good active true change said acted changed  a signal of a device that spoke
//   R key flags floor begun begun armed nodes  a rule of a subject that isn't at rest; then, as it needs them:
//     h real|test until since why                a hold
//     w node pane:count:value …                  a window
//     l node pane:count:at:first:at:last …       one of a rate
//     n node pane:count …                        one of events
//     a node why                                 whom `without` waits for
//     s name                                     a device that isn't installed
//   B kind subject signal today bin:count …|day:bin …
//   S rule kind subject how until owner reason
//   .
//
// In C '=' is a moment that is `at`, and an acted that is said. All C are left out where the whole would be larger
// than limits::rule_state_bytes: values are learned anew.
//
// A moment that never was is '-', one that never comes '+'; texts are percent-encoded, empty ones '-'.
//
// Threads: none but the caller's.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/engine/window.hpp"

namespace anban::judging {

inline constexpr std::string_view snapshot_head = "anban-engine 2";
inline constexpr int snapshot_base = 36;

class snapshot_writer {
public:
    explicit snapshot_writer(own_ns now) : now_(now) {}

    snapshot_writer& line(std::string_view head) {
        if (!text_.empty()) text_ += '\n';
        text_ += head;
        return *this;
    }
    snapshot_writer& space() {
        text_ += ' ';
        return *this;
    }
    snapshot_writer& put(char c) {
        text_ += c;
        return *this;
    }
    template <class Number>
    snapshot_writer& number(Number n) {
        char buffer[72];
        text_.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, n, snapshot_base).ptr);
        return *this;
    }
    snapshot_writer& real(double value) {
        char buffer[40];
        text_.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
        return *this;
    }
    snapshot_writer& moment(own_ns at) {
        if (at == never) return put('+');
        return at == long_ago ? put('-') : number(at - now_);
    }
    snapshot_writer& word(std::string_view text);
    [[nodiscard]] std::string finish() {
        line(".");
        return std::move(text_);
    }

private:
    own_ns now_;
    std::string text_;
};

// Reads what the writer wrote; `ok` turns false at the first thing that doesn't read, and stays so.
class snapshot_reader {
public:
    snapshot_reader(std::string_view line, own_ns now) : rest_(line), now_(now) {}

    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
    // The next word, ended by one of ` :,|` or the end.
    [[nodiscard]] std::string_view token();
    template <class Number>
    [[nodiscard]] Number number(Number least, Number most) {
        const std::string_view text = token();
        Number n{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n, snapshot_base);
        if (error != std::errc{} || end != text.data() + text.size() || n < least || n > most) ok_ = false;
        return ok_ ? n : least;
    }
    [[nodiscard]] double real();
    [[nodiscard]] own_ns moment();
    // True where the next word is '=': as the one before it. It is read then.
    [[nodiscard]] bool same();
    [[nodiscard]] std::string word();
    void refuse() noexcept { ok_ = false; }
    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

private:
    std::string_view rest_;
    own_ns now_;
    bool ok_ = true;
};

} // namespace anban::judging

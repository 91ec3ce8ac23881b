// The wire between a home and its district, with a switch. Cut: connections are refused and standing ones
// are closed. Silent: connections stand and nothing comes through, as behind a dead mast.
//
// Threads: every function from any thread; the bytes are carried by a thread of its own.
#pragma once

#include <cstdint>
#include <memory>

namespace anban::stage {

class proxy {
public:
    enum class way : std::uint8_t { open, cut, silent };

    // Listens on loopback at `here` and leads to loopback's `there`. Throws fault if `here` is taken.
    proxy(std::uint16_t here, std::uint16_t there);
    ~proxy();
    proxy(const proxy&) = delete;
    proxy& operator=(const proxy&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;
    [[nodiscard]] way state() const noexcept;
    // Returns when it is so.
    void set(way wanted);

private:
    class carrier;
    std::unique_ptr<carrier> carrier_;
};

} // namespace anban::stage

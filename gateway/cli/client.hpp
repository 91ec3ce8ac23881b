// The other end of run/control.sock. Every wait has a limit, and every failure says what to do.
//
// Threads: one.
#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>

#include <boost/json/object.hpp>

#include "gateway/config/error.hpp"

namespace anban::cli {

class client {
public:
    [[nodiscard]] static std::expected<client, config_error> connect(const std::filesystem::path& dir);
    ~client();
    client(client&& other) noexcept;
    client& operator=(client&&) = delete;

    // One question, one answer. An answer with "ok": false is an answer.
    [[nodiscard]] std::expected<boost::json::object, config_error> ask(const boost::json::object& request,
                                                                       std::chrono::milliseconds patience);
    // The next line of a stream. Nothing: `patience` passed in silence. Fails when the daemon ends.
    [[nodiscard]] std::expected<std::optional<std::string>, config_error>
    next_line(std::chrono::milliseconds patience);

private:
    explicit client(int socket) noexcept : socket_(socket) {}
    int socket_ = -1;
    std::string heard_;
};

} // namespace anban::cli

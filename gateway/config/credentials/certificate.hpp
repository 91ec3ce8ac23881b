// Certificates and password hashes: the only file of the gateway's configuration that knows OpenSSL.
// Threads: free functions without state; any thread.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "gateway/config/error.hpp"

namespace anban {

struct certificate_facts {
    std::string common_name; // UTF-8
    std::chrono::sys_seconds not_before;
    std::chrono::sys_seconds not_after;
};

// The first certificate of a PEM text.
[[nodiscard]] std::expected<certificate_facts, wording> read_certificate(std::string_view pem);

// Whether this key belongs to this certificate and the certificate was issued by this CA for a client.
// Times are not judged: a box may not know the year yet (read_certificate has them).
[[nodiscard]] std::expected<void, wording>
check_identity(std::string_view ca_pem, std::string_view certificate_pem, std::string_view key_pem);

// PBKDF2-HMAC-SHA512 in the line format of mosquitto_passwd: "$7$<iterations>$<salt>$<hash>", salt and hash
// in base64. The salt is given, so that a test can compare; `new_password_hash` draws one.
inline constexpr int password_iterations = 101; // what the broker itself writes; passwords here are random
[[nodiscard]] std::string password_hash(std::string_view password, std::string_view salt, int iterations);
[[nodiscard]] std::string new_password_hash(std::string_view password);

} // namespace anban

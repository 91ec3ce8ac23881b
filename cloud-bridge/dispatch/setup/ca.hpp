// The district's certificate authority: EC P-256, one self-signed root that signs the broker's server
// certificate and one client certificate a gateway, whose CN is the gateway's id. The CN becomes the
// broker's user name and stands in its ACL patterns, so one that could change a topic is refused here.
//
// Keys are files of mode 0600 in DIR/ca and DIR/broker. A gateway's key is made here, goes into its join
// file and is kept nowhere else.
//
// Threads: free functions without state; any thread. OpenSSL stays in ca.cpp.
#pragma once

#include <chrono>
#include <filesystem>
#include <span>
#include <string>

#include "cloud-bridge/dispatch/words.hpp"
#include "rules/ids.hpp"
#include "rules/time.hpp"

namespace anban::dispatch {

// Name of the centre's own user at its broker; no gateway may bear it.
inline constexpr std::string_view broker_user = "anban-dispatch";

struct key_pair {
    std::string certificate; // PEM
    std::string key;         // PEM, PKCS#8, unencrypted
};

struct authority {
    key_pair root;

    // Every certificate is valid from 1970-01-01, so that a box which wakes with an unset clock still gets its
    // session; its life is counted from `now`.
    [[nodiscard]] static outcome<authority> make(const std::string& district, utc_time now);
    [[nodiscard]] static outcome<authority> load(const std::filesystem::path& data);
    // Refuses to replace a root that is there: every certificate in the field hangs on it.
    [[nodiscard]] outcome<void> save(const std::filesystem::path& data) const;

    // Each host is an IPv4 or IPv6 address or a DNS name; at least one.
    [[nodiscard]] outcome<key_pair> server_certificate(std::span<const std::string> hosts, utc_time now) const;
    // Refuses an id that is not well formed or is the centre's own.
    [[nodiscard]] outcome<key_pair> gateway_certificate(const gateway_id& gateway, utc_time now) const;
};

} // namespace anban::dispatch

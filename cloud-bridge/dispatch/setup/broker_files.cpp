#include "cloud-bridge/dispatch/setup/broker_files.hpp"

#include <array>
#include <charconv>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "cloud-bridge/dispatch/setup/ca.hpp"
#include "cloud-bridge/dispatch/setup/files.hpp"

namespace anban::dispatch {
namespace {

std::string base64(const unsigned char* bytes, std::size_t size) {
    std::string text(4 * ((size + 2) / 3), '\0');
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size));
    return text;
}

// mosquitto's own format: $7$<iterations>$<salt>$<PBKDF2-SHA512>. The password is 192 random bits, so few
// iterations do.
outcome<std::string> hashed(const std::string& password) {
    constexpr int iterations = 101;
    std::array<unsigned char, 12> salt{};
    std::array<unsigned char, 64> hash{};
    if (RAND_bytes(salt.data(), salt.size()) != 1 ||
        PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt.data(), salt.size(), iterations,
                          EVP_sha512(), hash.size(), hash.data()) != 1) {
        return std::unexpected(words{"不能生成密码散列", "the password could not be hashed"});
    }
    return fmt::format("$7${}${}${}", iterations, base64(salt.data(), salt.size()),
                       base64(hash.data(), hash.size()));
}

outcome<std::string> keep_or_draw_password(const std::filesystem::path& data) {
    if (auto kept = local_password(data); kept && !kept->empty()) return kept;
    std::array<unsigned char, 24> drawn{};
    if (RAND_bytes(drawn.data(), drawn.size()) != 1) {
        return std::unexpected(words{"系统没有随机数", "the system gives no random bytes"});
    }
    std::string text;
    for (const auto byte : drawn) text += fmt::format("{:02x}", byte);
    if (auto wrote = write_whole(data / "broker" / "local.password", text + "\n", 0600); !wrote) {
        return std::unexpected(wrote.error());
    }
    return text;
}

constexpr std::string_view acl = R"(# Written by anban-dispatch; changes are lost.
# The centre itself, on the loopback listener only: no certificate with this CN is ever issued.
user anban-dispatch
topic readwrite anban/#

# %u is the CN of a gateway's certificate.
pattern write anban/1/up/%u/#
pattern write anban/1/st/%u
pattern write anban/1/hb/%u
pattern read anban/1/dn/%u/#
pattern readwrite anban/1/echo/%u
)";

std::string configuration(const std::filesystem::path& broker, const broker_wish& w) {
    const auto at = [&](const char* name) { return (broker / name).string(); };
    return fmt::format(
        R"(# Written by anban-dispatch; changes are lost.
{user}pid_file {pid}
log_dest stderr
log_type error
log_type warning
log_type notice
log_timestamp_format %Y-%m-%dT%H:%M:%S

persistence true
persistence_location {data}/
autosave_interval 300
persistent_client_expiration 14d

set_tcp_nodelay true
max_inflight_messages 20
max_queued_messages 10000
max_queued_bytes 16777216
message_size_limit 131072
max_packet_size 140000
max_keepalive 300
sys_interval 0

allow_anonymous false
password_file {passwd}
acl_file {acl}

# The centre: loopback, with a password.
listener {local_port} 127.0.0.1
max_connections 16

# Gateways: who they are is the CN of their certificate, and no one can take over another's session.
listener {tls_port} {tls_address}
cafile {ca}
certfile {crt}
keyfile {key}
require_certificate true
use_identity_as_username true
use_username_as_clientid true
tls_version tlsv1.2
)",
        fmt::arg("user", w.as_root ? "user root\n" : ""), fmt::arg("pid", at("mosquitto.pid")),
        fmt::arg("data", at("data")), fmt::arg("passwd", at("passwd")), fmt::arg("acl", at("acl")),
        fmt::arg("local_port", w.local_port), fmt::arg("tls_port", w.tls_port),
        fmt::arg("tls_address", w.tls_address), fmt::arg("ca", at("ca.crt")), fmt::arg("crt", at("server.crt")),
        fmt::arg("key", at("server.key")));
}

} // namespace

outcome<void> write_broker_files(const std::filesystem::path& data, const broker_wish& wish) {
    const auto broker = std::filesystem::absolute(data) / "broker";
    std::error_code ignored;
    if (!std::filesystem::exists(broker / "server.key", ignored)) {
        return std::unexpected(words{"没有服务器证书；先运行 anban-dispatch ca init",
                                     "there is no server certificate; run anban-dispatch ca init first"});
    }
    if (broker.string().find_first_of(" \n\r\t") != std::string::npos) {
        return std::unexpected(words{"mosquitto 不接受带空白的路径：" + broker.string(),
                                     "mosquitto takes no path with white space: " + broker.string()});
    }
    if (auto made = make_folder(broker / "data", 0700); !made) return made;
    auto root = read_whole(data / "ca" / "ca.crt");
    if (!root) return std::unexpected(root.error());
    auto password = keep_or_draw_password(data);
    if (!password) return std::unexpected(password.error());
    auto hash = hashed(*password);
    if (!hash) return std::unexpected(hash.error());

    const struct {
        const char* name;
        std::string text;
    } files[] = {{"ca.crt", *root},
                 {"acl", std::string(acl)},
                 {"passwd", fmt::format("{}:{}\n", broker_user, *hash)},
                 {"mosquitto.conf", configuration(broker, wish)}};
    for (const auto& file : files) {
        if (auto wrote = write_whole(broker / file.name, file.text, 0600); !wrote) return wrote;
    }
    return {};
}

outcome<std::string> local_password(const std::filesystem::path& data) {
    auto text = read_whole(data / "broker" / "local.password");
    if (text) {
        while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
    }
    return text;
}

std::uint16_t configured_local_port(const std::filesystem::path& data) {
    const auto text = read_whole(data / "broker" / "mosquitto.conf");
    if (!text) return 0;
    constexpr std::string_view key = "\nlistener ";
    const auto at = text->find(key); // the local listener stands first
    if (at == std::string::npos) return 0;
    std::uint16_t port = 0;
    std::from_chars(text->data() + at + key.size(), text->data() + text->size(), port);
    return port;
}

} // namespace anban::dispatch

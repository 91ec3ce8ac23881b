#include "cloud-bridge/dispatch/setup/ca.hpp"

#include <doctest/doctest.h>
#include <memory>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "cloud-bridge/dispatch/setup/broker_files.hpp"
#include "cloud-bridge/dispatch/setup/files.hpp"
#include "tests/cloud-bridge/dispatch/temp_data.hpp"

using namespace anban;
using namespace anban::dispatch;
using namespace anban::dispatch::testing;
using namespace std::chrono_literals;

namespace {

constexpr utc_time now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};

using certificate_ptr = std::shared_ptr<X509>;

certificate_ptr parse(const std::string& pem) {
    BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    certificate_ptr made(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), X509_free);
    BIO_free(bio);
    return made;
}

// As a broker or a gateway would judge it at that time.
bool trusts(const std::string& root, const std::string& leaf, int purpose, utc_time at) {
    X509_STORE* store = X509_STORE_new();
    X509_STORE_add_cert(store, parse(root).get());
    X509_STORE_CTX* context = X509_STORE_CTX_new();
    const auto certificate = parse(leaf);
    X509_STORE_CTX_init(context, store, certificate.get(), nullptr);
    X509_STORE_CTX_set_purpose(context, purpose);
    X509_STORE_CTX_set_time(context, 0, std::chrono::system_clock::to_time_t(at));
    const bool fine = X509_verify_cert(context) == 1;
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return fine;
}

std::string common_name(const std::string& pem) {
    char text[128] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(parse(pem).get()), NID_commonName, text, sizeof text);
    return text;
}

} // namespace

TEST_CASE(
    "a gateway's certificate names its id, is signed by its district and is for clients only [dispatch-13]") {
    const auto ca = authority::make("静安", now);
    const auto other = authority::make("静安", now);
    REQUIRE(ca);
    REQUIRE(other);
    const auto gateway = ca->gateway_certificate(gateway_id("gw-0001"), now);
    REQUIRE(gateway);
    CHECK(common_name(gateway->certificate) == "gw-0001");
    CHECK(trusts(ca->root.certificate, gateway->certificate, X509_PURPOSE_SSL_CLIENT, now));
    CHECK_FALSE(trusts(ca->root.certificate, gateway->certificate, X509_PURPOSE_SSL_SERVER, now));
    CHECK_FALSE(trusts(other->root.certificate, gateway->certificate, X509_PURPOSE_SSL_CLIENT, now));
    CHECK_FALSE(trusts(ca->root.certificate, gateway->certificate, X509_PURPOSE_SSL_CLIENT, now + 24h * 365 * 6));
    const auto second = ca->gateway_certificate(gateway_id("gw-0001"), now);
    CHECK(second->key != gateway->key);
    CHECK(X509_check_ca(parse(gateway->certificate).get()) == 0);
    CHECK((X509_get_extension_flags(parse(gateway->certificate).get()) & EXFLAG_CA) == 0);
    CHECK(X509_check_ca(parse(ca->root.certificate).get()) == 1);
}

TEST_CASE("an id that could change a topic or pose as the centre gets no certificate [dispatch-13]") {
    const auto ca = authority::make("district", now);
    for (const auto& bad :
         {std::string(), std::string("a/b"), std::string("+"), std::string("#"), std::string("a b"),
          std::string("anban-dispatch"), std::string(65, 'a'), std::string("a\nb")}) {
        CAPTURE(bad);
        CHECK_FALSE(ca->gateway_certificate(gateway_id(bad), now));
    }
}

TEST_CASE("the server's certificate fits exactly the hosts it was made for [dispatch-13]") {
    const auto ca = authority::make("district", now);
    const std::vector<std::string> hosts{"127.0.0.1", "centre.example", "::1"};
    const auto server = ca->server_certificate(hosts, now);
    REQUIRE(server);
    const auto certificate = parse(server->certificate);
    CHECK(trusts(ca->root.certificate, server->certificate, X509_PURPOSE_SSL_SERVER, now));
    CHECK(X509_check_ip_asc(certificate.get(), "127.0.0.1", 0) == 1);
    CHECK(X509_check_ip_asc(certificate.get(), "::1", 0) == 1);
    CHECK(X509_check_ip_asc(certificate.get(), "127.0.0.2", 0) == 0);
    CHECK(X509_check_host(certificate.get(), "centre.example", 0, 0, nullptr) == 1);
    CHECK(X509_check_host(certificate.get(), "anban-centre", 0, 0, nullptr) == 0);
    for (const auto* bad : {"", "a,DNS:b", "a b", "*", "dir/x"}) {
        CHECK_FALSE(ca->server_certificate(std::vector<std::string>{bad}, now));
    }
    CHECK_FALSE(ca->server_certificate(std::vector<std::string>{}, now));
}

TEST_CASE("a box that wakes in 1970 and its centre trust each other [dispatch-13]") {
    const auto ca = authority::make("district", now);
    const std::vector<std::string> hosts{"127.0.0.1"};
    const auto server = ca->server_certificate(hosts, now);
    const auto gateway = ca->gateway_certificate(gateway_id("gw-0001"), now);
    const auto& root = ca->root.certificate;
    for (const auto at : {utc_time(0s), utc_time(24h), now - 24h * 365, now, now + 24h * 364}) {
        CAPTURE(at.time_since_epoch().count());
        CHECK(trusts(root, server->certificate, X509_PURPOSE_SSL_SERVER, at));
        CHECK(trusts(root, gateway->certificate, X509_PURPOSE_SSL_CLIENT, at));
    }
    CHECK_FALSE(trusts(root, server->certificate, X509_PURPOSE_SSL_SERVER, now + 24h * 365 * 3));
}

TEST_CASE("an authority is kept tight and never replaced [dispatch-13]") {
    const temp_data data;
    const auto ca = authority::make("district", now);
    CHECK_FALSE(authority::load(data.path));
    REQUIRE(ca->save(data.path));
    CHECK_FALSE(authority::make("district", now)->save(data.path));
    CHECK(authority::load(data.path)->root.key == ca->root.key);
    struct stat facts{};
    REQUIRE(::stat((data.path / "ca" / "ca.key").c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0600);
}

TEST_CASE("the broker's files bind a certificate to its own topics and let nobody in without one [dispatch-14]") {
    const temp_data data;
    CHECK_FALSE(write_broker_files(data.path, {}));
    const auto ca = authority::make("district", now);
    REQUIRE(ca->save(data.path));
    REQUIRE(make_folder(data.path / "broker", 0700));
    REQUIRE(write_whole(data.path / "broker" / "server.key", "k", 0600));
    REQUIRE(write_broker_files(data.path, {.tls_address = "0.0.0.0", .tls_port = 8883, .local_port = 1999}));
    const auto conf = read_whole(data.path / "broker" / "mosquitto.conf").value();
    for (const auto* line :
         {"allow_anonymous false\n", "require_certificate true\n", "use_identity_as_username true\n",
          "use_username_as_clientid true\n", "persistence true\n", "set_tcp_nodelay true\n",
          "listener 1999 127.0.0.1\n", "listener 8883 0.0.0.0\n"}) {
        CAPTURE(line);
        CHECK(conf.find(line) != std::string::npos);
    }
    CHECK(conf.find("user root") == std::string::npos);
    CHECK(configured_local_port(data.path) == 1999);
    const auto acl = read_whole(data.path / "broker" / "acl").value();
    CHECK(acl.find("pattern write anban/1/up/%u/#\n") != std::string::npos);
    CHECK(acl.find("pattern read anban/1/dn/%u/#\n") != std::string::npos);
    const auto password = local_password(data.path).value();
    CHECK(password.size() == 48);
    CHECK(read_whole(data.path / "broker" / "passwd")->find(password) == std::string::npos);
    REQUIRE(write_broker_files(data.path, {.as_root = true}));
    CHECK(local_password(data.path).value() == password);
    CHECK(read_whole(data.path / "broker" / "mosquitto.conf")->find("\nuser root\n") != std::string::npos);
}

#include "cloud-bridge/dispatch/setup/ca.hpp"

#include <memory>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "cloud-bridge/dispatch/setup/files.hpp"

namespace anban::dispatch {
namespace {

using namespace std::chrono_literals;

constexpr auto root_life = std::chrono::days(20 * 365);
constexpr auto server_life = std::chrono::days(2 * 365);
constexpr auto gateway_life = std::chrono::days(5 * 365);

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* thing) const {
        Free(thing);
    }
};
using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using cert_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;
using number_ptr = std::unique_ptr<BIGNUM, freed_by<BN_free>>;

std::unexpected<words> crypto_failed() {
    char text[256] = "no reason given";
    if (const auto code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
    return std::unexpected(words{fmt::format("证书运算失败：{}", text), fmt::format("OpenSSL failed: {}", text)});
}

std::string drain(BIO* bio) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
    const bio_ptr bio(BIO_new(BIO_s_mem()));
    return PEM_write_bio_X509(bio.get(), certificate) == 1 ? drain(bio.get()) : std::string{};
}

std::string pem_of(EVP_PKEY* key) {
    const bio_ptr bio(BIO_new(BIO_s_mem()));
    const int written = PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return written == 1 ? drain(bio.get()) : std::string{};
}

bool extend(X509* certificate, X509* issuer, int what, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const extension_ptr extension(X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// 127 random bits: positive, and never met twice.
bool draw_serial(X509* certificate) {
    const number_ptr number(BN_new());
    return number && BN_rand(number.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
           BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool name_it(X509_NAME* name, const char* field, const std::string& value) {
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
}

struct wish {
    std::string common_name;
    std::chrono::seconds life;
    bool is_authority = false;
    std::string usage;     // extended key usage
    std::string alt_names; // subjectAltName
};

// Makes a key and a certificate for it. Without an issuer it signs itself.
outcome<key_pair> issue(const wish& w, X509* issuer, EVP_PKEY* issuer_key, utc_time now) {
    const key_ptr key(EVP_EC_gen("P-256"));
    const cert_ptr certificate(X509_new());
    if (!key || !certificate) return crypto_failed();
    X509* x = certificate.get();
    // From 1970: a box without a battery wakes there, and its alarms can't wait for a time server. When a
    // certificate was made says nothing about whom it belongs to.
    const auto ends = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()) + w.life;
    time_t base = 0;
    bool fine = X509_set_version(x, X509_VERSION_3) == 1 && draw_serial(x) &&
                X509_time_adj(X509_getm_notBefore(x), 0, &base) != nullptr &&
                X509_time_adj_ex(X509_getm_notAfter(x), static_cast<int>(ends / 24h), 0, &base) != nullptr &&
                X509_set_pubkey(x, key.get()) == 1 && name_it(X509_get_subject_name(x), "CN", w.common_name);
    X509* by = issuer != nullptr ? issuer : x;
    fine = fine && X509_set_issuer_name(x, X509_get_subject_name(by)) == 1 &&
           extend(x, by, NID_subject_key_identifier, "hash");
    if (w.is_authority) {
        fine = fine && extend(x, by, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
               extend(x, by, NID_key_usage, "critical,keyCertSign,cRLSign");
    } else {
        fine = fine && extend(x, by, NID_authority_key_identifier, "keyid:always") &&
               extend(x, by, NID_basic_constraints, "critical,CA:FALSE") &&
               extend(x, by, NID_key_usage, "critical,digitalSignature") &&
               extend(x, by, NID_ext_key_usage, w.usage);
    }
    if (!w.alt_names.empty()) fine = fine && extend(x, by, NID_subject_alt_name, w.alt_names);
    fine = fine && X509_sign(x, issuer_key != nullptr ? issuer_key : key.get(), EVP_sha256()) > 0;
    key_pair made{pem_of(x), pem_of(key.get())};
    if (!fine || made.certificate.empty() || made.key.empty()) return crypto_failed();
    return made;
}

struct opened_root {
    cert_ptr certificate;
    key_ptr key;
};

outcome<opened_root> open(const key_pair& root) {
    const bio_ptr certificate(BIO_new_mem_buf(root.certificate.data(), static_cast<int>(root.certificate.size())));
    const bio_ptr key(BIO_new_mem_buf(root.key.data(), static_cast<int>(root.key.size())));
    opened_root opened{cert_ptr(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr)),
                       key_ptr(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr))};
    if (!opened.certificate || !opened.key) return crypto_failed();
    return opened;
}

// Only characters that can't end or widen an entry of OpenSSL's own little language.
bool sound_host(const std::string& host) {
    if (host.empty() || host.size() > 253) return false;
    for (const char c : host) {
        const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                          c == '-' || c == ':';
        if (!fine) return false;
    }
    return true;
}

bool is_address(const std::string& host) {
    ASN1_OCTET_STRING* parsed = a2i_IPADDRESS(host.c_str());
    ASN1_OCTET_STRING_free(parsed);
    return parsed != nullptr;
}

} // namespace

outcome<authority> authority::make(const std::string& district, utc_time now) {
    if (district.empty() || district.size() > 40) {
        return std::unexpected(words{"区名须为 1 到 40 个字节", "the district's name must be of 1 to 40 bytes"});
    }
    const wish w{.common_name = fmt::format("Anban {} CA", district), .life = root_life, .is_authority = true};
    auto root = issue(w, nullptr, nullptr, now);
    if (!root) return std::unexpected(root.error());
    return authority{std::move(*root)};
}

outcome<authority> authority::load(const std::filesystem::path& data) {
    auto certificate = read_whole(data / "ca" / "ca.crt");
    auto key = read_whole(data / "ca" / "ca.key");
    if (!certificate || !key) {
        const auto where = (data / "ca").string();
        return std::unexpected(words{fmt::format("{} 里没有证书机构；先运行 anban-dispatch ca init", where),
                                     fmt::format("there is no certificate authority in {}; run anban-dispatch "
                                                 "ca init first",
                                                 where)});
    }
    return authority{{std::move(*certificate), std::move(*key)}};
}

outcome<void> authority::save(const std::filesystem::path& data) const {
    const auto folder = data / "ca";
    std::error_code ignored;
    if (std::filesystem::exists(folder / "ca.key", ignored)) {
        return std::unexpected(words{fmt::format("{} 已有证书机构，不会替换：现场所有证书都靠它", folder.string()),
                                     fmt::format("{} already has an authority; it is not replaced, since every "
                                                 "certificate in the field hangs on it",
                                                 folder.string())});
    }
    if (auto made = make_folder(folder, 0700); !made) return made;
    if (auto wrote = write_whole(folder / "ca.key", root.key, 0600); !wrote) return wrote;
    return write_whole(folder / "ca.crt", root.certificate, 0644);
}

outcome<key_pair> authority::server_certificate(std::span<const std::string> hosts, utc_time now) const {
    std::string names;
    for (const auto& host : hosts) {
        if (!sound_host(host)) {
            return std::unexpected(words{fmt::format("“{}”不是主机名或 IP 地址", host),
                                         fmt::format("'{}' is neither a host's name nor an IP address", host)});
        }
        names += fmt::format("{}{}:{}", names.empty() ? "" : ",", is_address(host) ? "IP" : "DNS", host);
    }
    if (names.empty()) {
        return std::unexpected(words{"至少需要一个主机（--host）", "at least one host is needed (--host)"});
    }
    auto opened = open(root);
    if (!opened) return std::unexpected(opened.error());
    const wish w{.common_name = "anban-centre", .life = server_life, .usage = "serverAuth", .alt_names = names};
    return issue(w, opened->certificate.get(), opened->key.get(), now);
}

outcome<key_pair> authority::gateway_certificate(const gateway_id& gateway, utc_time now) const {
    if (!well_formed_id(gateway.str()) || gateway.str() == broker_user) {
        return std::unexpected(
            words{fmt::format("“{}”不能作网关编号：须为 1 到 64 个字母、数字、_ . -", gateway.str()),
                  fmt::format("'{}' can't be a gateway's id: 1 to 64 letters, digits, _ . -", gateway.str())});
    }
    auto opened = open(root);
    if (!opened) return std::unexpected(opened.error());
    const wish w{.common_name = gateway.str(), .life = gateway_life, .usage = "clientAuth"};
    return issue(w, opened->certificate.get(), opened->key.get(), now);
}

} // namespace anban::dispatch

#include "gateway/config/credentials/certificate.hpp"

#include <array>
#include <memory>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "rules/ensure.hpp"

namespace anban {
namespace {

struct freed {
    void operator()(BIO* p) const noexcept { BIO_free(p); }
    void operator()(X509* p) const noexcept { X509_free(p); }
    void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
    void operator()(X509_STORE* p) const noexcept { X509_STORE_free(p); }
    void operator()(X509_STORE_CTX* p) const noexcept { X509_STORE_CTX_free(p); }
};
template <class T>
using owned = std::unique_ptr<T, freed>;

[[nodiscard]] owned<BIO> over(std::string_view text) {
    return owned<BIO>{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

[[nodiscard]] owned<X509> certificate_in(std::string_view pem) {
    const auto in = over(pem);
    owned<X509> certificate{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)};
    ERR_clear_error();
    return certificate;
}

// An encrypted key must not make a program ask for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) {
    return 0;
}

[[nodiscard]] owned<EVP_PKEY> key_in(std::string_view pem) {
    const auto in = over(pem);
    owned<EVP_PKEY> key{PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, nullptr)};
    ERR_clear_error();
    return key;
}

[[nodiscard]] std::chrono::sys_seconds time_of(const ASN1_TIME* t) {
    int days = 0;
    int seconds = 0;
    const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> epoch{ASN1_TIME_set(nullptr, 0), ASN1_TIME_free};
    if (ASN1_TIME_diff(&days, &seconds, epoch.get(), t) != 1) return {};
    return std::chrono::sys_seconds{std::chrono::days{days} + std::chrono::seconds{seconds}};
}

[[nodiscard]] std::string common_name_of(const X509* certificate) {
    const X509_NAME* name = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (at < 0) return {};
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0) return {};
    std::string copy{reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
    OPENSSL_free(text);
    return copy;
}

[[nodiscard]] std::string base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

} // namespace

std::expected<certificate_facts, wording> read_certificate(std::string_view pem) {
    const auto certificate = certificate_in(pem);
    if (!certificate) return std::unexpected(wording{"不是 PEM 证书", "this is no certificate in PEM"});
    return certificate_facts{common_name_of(certificate.get()), time_of(X509_get0_notBefore(certificate.get())),
                             time_of(X509_get0_notAfter(certificate.get()))};
}

std::expected<void, wording> check_identity(std::string_view ca_pem, std::string_view certificate_pem,
                                            std::string_view key_pem) {
    const auto ca = certificate_in(ca_pem);
    if (!ca) return std::unexpected(wording{"ca 不是 PEM 证书", "ca is no certificate in PEM"});
    const auto certificate = certificate_in(certificate_pem);
    if (!certificate) return std::unexpected(wording{"certificate 不是 PEM 证书", "certificate is none in PEM"});
    const auto key = key_in(key_pem);
    if (!key)
        return std::unexpected(wording{"key 不是未加密的 PEM 私钥", "key is no unencrypted private key in PEM"});
    if (X509_check_private_key(certificate.get(), key.get()) != 1) {
        ERR_clear_error();
        return std::unexpected(wording{"私钥与证书不匹配", "the key doesn't belong to the certificate"});
    }
    const owned<X509_STORE> store{X509_STORE_new()};
    const owned<X509_STORE_CTX> check{X509_STORE_CTX_new()};
    ensure(store && check);
    X509_STORE_add_cert(store.get(), ca.get());
    X509_STORE_CTX_init(check.get(), store.get(), certificate.get(), nullptr);
    X509_STORE_CTX_set_flags(check.get(), X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
    X509_STORE_CTX_set_purpose(check.get(), X509_PURPOSE_SSL_CLIENT);
    if (X509_verify_cert(check.get()) == 1) return {};
    const std::string why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()));
    ERR_clear_error();
    return std::unexpected(
        wording{fmt::format("证书不是由这个 CA 签发给网关的（{}）", why),
                fmt::format("the certificate was not issued by this CA for a gateway ({})", why)});
}

std::string password_hash(std::string_view password, std::string_view salt, int iterations) {
    std::array<unsigned char, 64> hash{};
    const int ok = PKCS5_PBKDF2_HMAC(
        password.data(), static_cast<int>(password.size()), reinterpret_cast<const unsigned char*>(salt.data()),
        static_cast<int>(salt.size()), iterations, EVP_sha512(), static_cast<int>(hash.size()), hash.data());
    ensure(ok == 1);
    return fmt::format("$7${}${}${}", iterations, base64(salt),
                       base64({reinterpret_cast<const char*>(hash.data()), hash.size()}));
}

std::string new_password_hash(std::string_view password) {
    std::array<unsigned char, 12> salt{}; // the length that the broker expects
    ensure(RAND_bytes(salt.data(), static_cast<int>(salt.size())) == 1);
    return password_hash(password, {reinterpret_cast<const char*>(salt.data()), salt.size()}, password_iterations);
}

} // namespace anban

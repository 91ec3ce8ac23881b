#include "tests/gateway/config/credentials/authority.hpp"

#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace anban::test {
namespace {

void must(bool ok) {
    if (!ok) throw std::runtime_error("OpenSSL refused");
}

[[nodiscard]] std::string text_of(BIO* out) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(out);
    return text;
}

[[nodiscard]] std::string pem_of(X509* certificate) {
    BIO* out = BIO_new(BIO_s_mem());
    must(PEM_write_bio_X509(out, certificate) == 1);
    return text_of(out);
}

[[nodiscard]] X509* new_certificate(const std::string& name, EVP_PKEY* key, std::chrono::sys_seconds from,
                                    std::chrono::sys_seconds to) {
    X509* c = X509_new();
    must(X509_set_version(c, 2) == 1);
    ASN1_INTEGER_set(X509_get_serialNumber(c), 1);
    ASN1_TIME_set(X509_getm_notBefore(c), from.time_since_epoch().count());
    ASN1_TIME_set(X509_getm_notAfter(c), to.time_since_epoch().count());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    must(X509_set_pubkey(c, key) == 1);
    return c;
}

void extend(X509* c, int nid, const char* value) {
    X509_EXTENSION* e = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
    must(e != nullptr && X509_add_ext(c, e, -1) == 1);
    X509_EXTENSION_free(e);
}

} // namespace

struct authority::parts {
    EVP_PKEY* key = nullptr;
    X509* certificate = nullptr;
};

authority::authority() : parts_(new parts) {
    using namespace std::chrono;
    parts_->key = EVP_EC_gen("P-256");
    must(parts_->key != nullptr);
    const auto now = floor<seconds>(system_clock::now());
    parts_->certificate = new_certificate("district", parts_->key, now - days{1}, now + days{3650});
    must(X509_set_issuer_name(parts_->certificate, X509_get_subject_name(parts_->certificate)) == 1);
    extend(parts_->certificate, NID_basic_constraints, "critical,CA:TRUE");
    must(X509_sign(parts_->certificate, parts_->key, EVP_sha256()) > 0);
}

authority::~authority() {
    X509_free(parts_->certificate);
    EVP_PKEY_free(parts_->key);
    delete parts_;
}

std::string authority::certificate() const {
    return pem_of(parts_->certificate);
}

issued authority::issue(const std::string& common_name, std::chrono::sys_seconds from,
                        std::chrono::sys_seconds to) const {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    must(key != nullptr);
    X509* c = new_certificate(common_name, key, from, to);
    must(X509_set_issuer_name(c, X509_get_subject_name(parts_->certificate)) == 1);
    extend(c, NID_ext_key_usage, "clientAuth");
    must(X509_sign(c, parts_->key, EVP_sha256()) > 0);
    BIO* out = BIO_new(BIO_s_mem());
    must(PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    issued both{pem_of(c), text_of(out)};
    X509_free(c);
    EVP_PKEY_free(key);
    return both;
}

} // namespace anban::test

#include "cloud-bridge/dispatch/web/accounts.hpp"

#include <array>

#include <fmt/format.h>
#include <sodium.h>

#include "cloud-bridge/dispatch/limits.hpp"
#include "cloud-bridge/dispatch/setup/homes.hpp"
#include "rules/ids.hpp"

namespace anban::dispatch {
namespace {

using namespace std::chrono_literals;

std::unexpected<words> registry_failed(const sqlite::fault& why) {
    return std::unexpected(words{fmt::format("登记库出错：{}", why), fmt::format("the registry failed: {}", why)});
}

std::string draw_secret() {
    std::array<unsigned char, 32> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    std::array<char, sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_URLSAFE_NO_PADDING)> text{};
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return text.data();
}

std::string digest(std::string_view secret) {
    std::string out(crypto_generichash_BYTES, '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                       reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), nullptr, 0);
    return out;
}

outcome<std::string> hashed(const std::string& password) {
    std::array<char, crypto_pwhash_STRBYTES> text{};
    if (crypto_pwhash_str(text.data(), password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
        return std::unexpected(words{"内存不足，不能处理密码", "too little memory to hash the password"});
    }
    return std::string(text.data());
}

outcome<void> check_name(const std::string& name) {
    if (well_formed_id(name)) return {};
    return std::unexpected(
        words{fmt::format("“{}”不能作值班员名：须为 1 到 64 个字母、数字、_ . -", name),
              fmt::format("'{}' can't be an operator's name: 1 to 64 letters, digits, _ . -", name)});
}

outcome<void> check_password(const std::string& password) {
    if (password.size() >= limits::password_least && password.size() <= limits::password_most) return {};
    return std::unexpected(
        words{fmt::format("密码须为 {} 到 {} 个字节", limits::password_least, limits::password_most),
              fmt::format("a password has {} to {} bytes", limits::password_least, limits::password_most)});
}

outcome<void> nobody(const std::string& name) {
    return std::unexpected(
        words{fmt::format("没有值班员“{}”", name), fmt::format("there is no operator '{}'", name)});
}

std::int64_t micros(utc_time t) {
    return t.time_since_epoch().count();
}

} // namespace

outcome<accounts> accounts::open(const std::filesystem::path& data) {
    if (sodium_init() < 0) return std::unexpected(words{"libsodium 不能启动", "libsodium does not start"});
    auto db = open_registry(data);
    if (!db) return std::unexpected(db.error());
    accounts made;
    made.db_ = std::move(*db);
    return made;
}

outcome<void> accounts::add(const std::string& name, const std::optional<std::string>& password, utc_time now) {
    if (auto fine = check_name(name); !fine) return fine;
    std::optional<std::string> hash;
    if (password) {
        if (auto fine = check_password(*password); !fine) return fine;
        auto made = hashed(*password);
        if (!made) return std::unexpected(made.error());
        hash = std::move(*made);
    }
    auto insert = db_.prepare("INSERT INTO operator VALUES(?,?,?) ON CONFLICT DO NOTHING", false);
    if (!insert) return registry_failed(insert.error());
    insert->bind(name);
    hash ? insert->bind(*hash) : insert->bind_null();
    if (auto done = insert->bind(micros(now)).run(); !done) return registry_failed(done.error());
    if (db_.changes() == 1) return {};
    return std::unexpected(
        words{fmt::format("值班员“{}”已存在", name), fmt::format("there is an operator '{}' already", name)});
}

outcome<void> accounts::set_password(const std::string& name, const std::string& password) {
    if (auto fine = check_password(password); !fine) return fine;
    auto hash = hashed(password);
    if (!hash) return std::unexpected(hash.error());
    auto update = db_.prepare("UPDATE operator SET password=? WHERE name=?", false);
    auto drop = db_.prepare("DELETE FROM session WHERE operator=?", false);
    if (!update || !drop) return registry_failed(update ? drop.error() : update.error());
    if (auto done = update->bind(*hash).bind(name).run(); !done) return registry_failed(done.error());
    if (db_.changes() == 0) return nobody(name);
    if (auto done = drop->bind(name).run(); !done) return registry_failed(done.error());
    return {};
}

outcome<void> accounts::remove(const std::string& name) {
    auto drop = db_.prepare("DELETE FROM operator WHERE name=?", false);
    if (!drop) return registry_failed(drop.error());
    if (auto done = drop->bind(name).run(); !done) return registry_failed(done.error());
    return db_.changes() == 1 ? outcome<void>{} : nobody(name);
}

outcome<std::vector<operator_facts>> accounts::all() {
    auto rows = db_.prepare("SELECT name, password IS NOT NULL, added_us FROM operator ORDER BY name", false);
    if (!rows) return registry_failed(rows.error());
    std::vector<operator_facts> found;
    for (;;) {
        const auto row = rows->step();
        if (!row) return registry_failed(row.error());
        if (!*row) return found;
        found.push_back(
            {rows->text(0), rows->number(1) != 0, utc_time(std::chrono::microseconds(rows->number(2)))});
    }
}

outcome<std::string> accounts::issue_token(const std::string& name, utc_time now) {
    auto known = db_.prepare("SELECT 1 FROM operator WHERE name=?", false);
    auto insert = db_.prepare("INSERT INTO token VALUES(?,?,?,NULL)", false);
    auto sweep = db_.prepare("DELETE FROM token WHERE expires_us<?", false);
    if (!known || !insert || !sweep) return registry_failed("its statements do not fit");
    const auto row = known->bind(name).step();
    if (!row) return registry_failed(row.error());
    const bool is_known = *row;
    known->reset();
    if (!is_known) return std::unexpected(nobody(name).error());
    (void)sweep->bind(micros(now - 24h)).run();
    auto token = draw_secret();
    insert->bind_blob(digest(token)).bind(name).bind(micros(now + limits::token_life));
    if (auto done = insert->run(); !done) return registry_failed(done.error());
    return token;
}

std::expected<session, login_refusal> accounts::log_in(const std::string& name, const std::string& password,
                                                       utc_time now) {
    if (password.size() > limits::password_most) return std::unexpected(login_refusal::wrong);
    auto find = db_.prepare("SELECT password FROM operator WHERE name=?", false);
    if (!find) return std::unexpected(login_refusal::failed);
    const auto row = find->bind(name).step();
    if (!row) return std::unexpected(login_refusal::failed);
    const bool can = *row && !find->is_null(0);
    std::string kept = can ? find->text(0) : std::string{};
    find->reset();
    if (!can) {
        if (decoy_.empty()) decoy_ = hashed(draw_secret()).value_or("");
        kept = decoy_;
    }
    const bool fits = crypto_pwhash_str_verify(kept.c_str(), password.data(), password.size()) == 0;
    if (!can || !fits) return std::unexpected(login_refusal::wrong);
    return begin(name, now);
}

std::expected<session, login_refusal> accounts::redeem(std::string_view token, utc_time now) {
    auto use = db_.prepare("UPDATE token SET used_us=? WHERE hash=? AND used_us IS NULL AND expires_us>? "
                           "RETURNING operator",
                           false);
    if (!use) return std::unexpected(login_refusal::failed);
    use->bind(micros(now)).bind_blob(digest(token)).bind(micros(now));
    const auto row = use->step();
    if (!row) return std::unexpected(login_refusal::failed);
    if (!*row) return std::unexpected(login_refusal::wrong);
    const auto name = use->text(0);
    if (auto done = use->run(); !done) return std::unexpected(login_refusal::failed);
    return begin(name, now);
}

std::expected<session, login_refusal> accounts::begin(const std::string& name, utc_time now) {
    auto insert = db_.prepare("INSERT INTO session VALUES(?,?,?,?)", false);
    auto sweep = db_.prepare("DELETE FROM session WHERE expires_us<=?", false);
    if (!insert || !sweep) return std::unexpected(login_refusal::failed);
    (void)sweep->bind(micros(now)).run();
    session made{name, draw_secret(), draw_secret(), now + limits::session_life};
    insert->bind_blob(digest(made.cookie)).bind(name).bind(made.csrf).bind(micros(made.expires));
    if (!insert->run()) return std::unexpected(login_refusal::failed);
    return made;
}

std::optional<session> accounts::find(std::string_view cookie, utc_time now) {
    if (cookie.empty() || cookie.size() > 128) return std::nullopt;
    auto find = db_.prepare("SELECT operator,csrf,expires_us FROM session WHERE hash=? AND expires_us>?", false);
    if (!find) return std::nullopt;
    const auto row = find->bind_blob(digest(cookie)).bind(micros(now)).step();
    if (!row || !*row) return std::nullopt;
    return session{find->text(0), find->text(1), {}, utc_time(std::chrono::microseconds(find->number(2)))};
}

void accounts::end(std::string_view cookie) {
    auto drop = db_.prepare("DELETE FROM session WHERE hash=?", false);
    if (drop) (void)drop->bind_blob(digest(cookie)).run();
}

} // namespace anban::dispatch

// Operators: their passwords (Argon2id), one-time log-in tokens and sessions, in DIR/registry.db.
//
// A secret is never kept: of a password its Argon2id string, of a token and of a session's cookie their
// BLAKE2b hash. There is no default account and no default password.
//
// Threads: one each; the server has one on its worker thread (a log-in takes about 0.1 s and 64 MiB) and one
// for looking sessions up.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloud-bridge/dispatch/store/sqlite.hpp"
#include "cloud-bridge/dispatch/words.hpp"
#include "rules/time.hpp"

namespace anban::dispatch {

struct session {
    std::string operator_name;
    std::string csrf;
    std::string cookie; // only where it was just begun; otherwise empty
    utc_time expires{};
};

struct operator_facts {
    std::string name;
    bool has_password = false;
    utc_time added{};
};

enum class login_refusal : std::uint8_t {
    wrong,  // name or password, token unknown, used or too old: which one is not said
    failed, // the registry could not be read or written
};

class accounts {
public:
    [[nodiscard]] static outcome<accounts> open(const std::filesystem::path& data);

    // Without a password the operator can log in by one-time tokens only.
    [[nodiscard]] outcome<void> add(const std::string& name, const std::optional<std::string>& password,
                                    utc_time now);
    // Also ends the operator's sessions.
    [[nodiscard]] outcome<void> set_password(const std::string& name, const std::string& password);
    [[nodiscard]] outcome<void> remove(const std::string& name);
    [[nodiscard]] outcome<std::vector<operator_facts>> all();

    // A token that logs `name` in once, within limits::token_life.
    [[nodiscard]] outcome<std::string> issue_token(const std::string& name, utc_time now);

    // Takes as long for an unknown name as for a wrong password.
    [[nodiscard]] std::expected<session, login_refusal> log_in(const std::string& name,
                                                               const std::string& password, utc_time now);
    // Of any number of calls with one token exactly one succeeds.
    [[nodiscard]] std::expected<session, login_refusal> redeem(std::string_view token, utc_time now);

    [[nodiscard]] std::optional<session> find(std::string_view cookie, utc_time now);
    void end(std::string_view cookie);

private:
    [[nodiscard]] std::expected<session, login_refusal> begin(const std::string& name, utc_time now);

    sqlite::connection db_;
    std::string decoy_; // verified against where there is no such operator
};

} // namespace anban::dispatch

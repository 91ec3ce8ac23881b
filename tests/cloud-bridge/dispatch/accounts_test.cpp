#include "cloud-bridge/dispatch/web/accounts.hpp"

#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "cloud-bridge/dispatch/setup/homes.hpp"
#include "tests/cloud-bridge/dispatch/temp_data.hpp"

using namespace anban;
using namespace anban::dispatch;
using namespace anban::dispatch::testing;
using namespace std::chrono_literals;

namespace {

constexpr utc_time now{1'000'000s};

bool file_holds(const std::filesystem::path& path, const std::string& text) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream all;
    all << file.rdbuf();
    return all.str().find(text) != std::string::npos;
}

} // namespace

TEST_CASE("there is no operator before one is made [dispatch-11]") {
    const temp_data data;
    auto book = accounts::open(data.path);
    REQUIRE(book);
    CHECK(book->all()->empty());
    for (const auto* name : {"admin", "root", "li", ""}) CHECK_FALSE(book->log_in(name, "admin", now));
}

TEST_CASE("an operator logs in with the password and with nothing else [dispatch-11]") {
    const temp_data data;
    auto book = accounts::open(data.path);
    REQUIRE(book);
    REQUIRE(book->add("li", "correct horse", now));
    const auto in = book->log_in("li", "correct horse", now);
    REQUIRE(in);
    CHECK(in->operator_name == "li");
    CHECK(in->cookie.size() >= 43);
    CHECK(in->csrf.size() >= 43);
    CHECK(in->csrf != in->cookie);
    for (const auto* wrong : {"", "correct hors", "correct horse ", "Correct horse"}) {
        const auto refused = book->log_in("li", wrong, now);
        REQUIRE_FALSE(refused);
        CHECK(refused.error() == login_refusal::wrong);
    }
    CHECK_FALSE(book->log_in("zhang", "correct horse", now));
    CHECK_FALSE(book->log_in("li", std::string(100'000, 'x'), now));
}

TEST_CASE("short passwords, odd names and second operators of one name are refused [dispatch-11]") {
    const temp_data data;
    auto book = accounts::open(data.path);
    REQUIRE(book);
    CHECK_FALSE(book->add("li", "short", now));
    CHECK_FALSE(book->add("li li", "long enough", now));
    CHECK_FALSE(book->add("", "long enough", now));
    CHECK(book->add("li", "long enough", now));
    CHECK_FALSE(book->add("li", "long enough", now));
    CHECK(book->all()->size() == 1);
}

TEST_CASE("no secret is kept as it is, and the file is the owner's alone [dispatch-11]") {
    const temp_data data;
    std::string cookie;
    std::string token;
    {
        auto book = accounts::open(data.path);
        REQUIRE(book->add("li", "correct horse", now));
        cookie = book->log_in("li", "correct horse", now)->cookie;
        token = book->issue_token("li", now).value();
    }
    const auto path = data.path / "registry.db";
    CHECK(file_holds(path, "$argon2id$"));
    CHECK_FALSE(file_holds(path, "correct horse"));
    CHECK_FALSE(file_holds(path, cookie));
    CHECK_FALSE(file_holds(path, token));
    struct stat facts{};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0600);
}

TEST_CASE("a one-time token works once and for 15 minutes [dispatch-11]") {
    const temp_data data;
    auto book = accounts::open(data.path);
    REQUIRE(book->add("li", std::nullopt, now));
    CHECK_FALSE(book->log_in("li", "", now));
    const auto token = book->issue_token("li", now).value();
    SUBCASE("twice") {
        CHECK(book->redeem(token, now)->operator_name == "li");
        CHECK_FALSE(book->redeem(token, now));
    }
    SUBCASE("twice, the second time after a restart") {
        CHECK(book->redeem(token, now));
        auto again = accounts::open(data.path);
        CHECK_FALSE(again->redeem(token, now));
    }
    SUBCASE("in time") {
        CHECK(book->redeem(token, now + 14min + 59s));
    }
    SUBCASE("too late") {
        CHECK_FALSE(book->redeem(token, now + 15min));
    }
    SUBCASE("another") {
        CHECK_FALSE(book->redeem("", now));
        CHECK_FALSE(book->redeem(token.substr(1), now));
        CHECK(book->redeem(token, now));
    }
    CHECK_FALSE(book->issue_token("nobody", now));
}

TEST_CASE("a session ends with its shift, its log-out, its operator and its password [dispatch-11]") {
    const temp_data data;
    auto book = accounts::open(data.path);
    REQUIRE(book->add("li", "correct horse", now));
    const auto cookie = book->log_in("li", "correct horse", now)->cookie;
    REQUIRE(book->find(cookie, now));
    CHECK(book->find(cookie, now)->cookie.empty());
    CHECK_FALSE(book->find("", now));
    CHECK_FALSE(book->find(cookie + "x", now));
    auto other = accounts::open(data.path);
    CHECK(other->find(cookie, now)->operator_name == "li");
    SUBCASE("shift") {
        CHECK_FALSE(book->find(cookie, now + 12h));
    }
    SUBCASE("log-out") {
        book->end(cookie);
        CHECK_FALSE(other->find(cookie, now));
    }
    SUBCASE("operator") {
        CHECK(book->remove("li"));
        CHECK_FALSE(book->find(cookie, now));
        CHECK_FALSE(book->remove("li"));
    }
    SUBCASE("password") {
        CHECK(book->set_password("li", "another horse"));
        CHECK_FALSE(book->find(cookie, now));
        CHECK_FALSE(book->log_in("li", "correct horse", now));
        CHECK(book->log_in("li", "another horse", now));
    }
}

TEST_CASE("a home has one card, with its residents and rooms in their order [dispatch-12]") {
    const temp_data data;
    auto book = homes::open(data.path);
    REQUIRE(book);
    home_card card{gateway_id("gw-0001"), "王奶奶家", "幸福路1号", "138", {{"r-wang", "王秀英"}, {"r-li", "李"}},
                   {{"b", "卧室"}}};
    REQUIRE(book->add(card, now, false));
    CHECK_FALSE(book->add(card, now, false));
    card.name = "new";
    CHECK(book->add(card, now, true));
    const auto all = book->all();
    REQUIRE(all);
    REQUIRE(all->size() == 1);
    CHECK(all->front() == card);

    auto other = homes::open(data.path);
    const auto version = other->version();
    card.gateway = gateway_id("gw-0002");
    REQUIRE(book->add(card, now, false));
    CHECK(other->version() != version);
    for (const auto* bad : {"", "a/b", "a+b", "#", "..", "anban-dispatch"}) {
        card.gateway = gateway_id(bad);
        CHECK_FALSE(book->add(card, now, false));
    }
}

#include "gateway/config/credentials/join.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "gateway/config/check.hpp"
#include "gateway/config/load.hpp"
#include "tests/gateway/config/credentials/authority.hpp"
#include "tests/gateway/config/home_directory.hpp"

using namespace anban;
using namespace std::chrono_literals;
using anban::test::authority;
using anban::test::home_directory;

namespace {

const driver_names drivers{"native", "zigbee2mqtt"};
const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
const auto day = std::chrono::days{1};

const authority& district() {
    static const authority a;
    return a;
}

[[nodiscard]] std::string join_text(const std::string& gateway, const test::issued& identity,
                                    const std::string& ca = district().certificate()) {
    return "gateway = \"" + gateway + "\"\nhosts = [\"10.0.0.1:8883\", \"10.0.0.2:8883\"]\nca = '''\n" + ca +
           "'''\ncertificate = '''\n" + identity.certificate + "'''\nkey = '''\n" + identity.key + "'''\n";
}

[[nodiscard]] test::issued good(const std::string& name = "gw-0001") {
    return district().issue(name, now - day, now + 365 * day);
}

[[nodiscard]] bool tells(const std::vector<finding>& found, std::string_view words, finding::weight weight) {
    return std::ranges::any_of(found, [&](const finding& f) {
        return f.how == weight && (f.what.what.en + f.what.cure.en).find(words) != std::string::npos;
    });
}

} // namespace

TEST_CASE("joining an empty folder makes a home that loads, with its identity locked away [config-9]") {
    const home_directory dir;
    dir.put("gw.join", join_text("gw-0001", good()));
    const auto done = join_district(dir.path() / "home", dir.path() / "gw.join");
    REQUIRE(done);
    CHECK(done->created_home);
    const auto loaded = load_house(dir.path() / "home", drivers);
    REQUIRE(loaded);
    CHECK(loaded->gateway == gateway_id{"gw-0001"});
    REQUIRE(loaded->centre.size() == 2);
    CHECK(loaded->centre[1].address == "10.0.0.2");
    CHECK(dir.mode("home/secrets/uplink") == 0700);
    for (const char* name : {"ca.crt", "gateway.crt", "gateway.key"}) {
        CHECK(dir.mode(std::string{"home/secrets/uplink/"} + name) == 0600);
    }
}

TEST_CASE("joining never touches a home.toml that a person wrote, and says what to change [config-9]") {
    const home_directory dir;
    dir.furnish();
    dir.put("gw.join", join_text("gw-0001", good()));
    const auto done = join_district(dir.path(), dir.path() / "gw.join");
    REQUIRE(done);
    CHECK_FALSE(done->created_home);
    CHECK(done->hosts_differ);
    CHECK(done->centre_line == 10);
    CHECK(dir.get("home.toml") == test::home_text); // every comment is still there
}

TEST_CASE("joining fills in a home.toml that nobody has touched since init wrote it [config-9]") {
    const home_directory dir;
    REQUIRE(init_home(dir.path() / "home", "gw-0009", 28884));
    dir.put("gw.join", join_text("gw-0001", good()));
    const auto done = join_district(dir.path() / "home", dir.path() / "gw.join");
    REQUIRE(done);
    CHECK(done->created_home);
    const auto loaded = load_house(dir.path() / "home", drivers);
    REQUIRE(loaded);
    CHECK(loaded->gateway == gateway_id{"gw-0001"});
    CHECK(loaded->centre.size() == 2);
    CHECK(loaded->broker.port == 28884);
    dir.put("home/home.toml", dir.get("home/home.toml") + "# 我的注释\n");
    dir.put("gw.join", join_text("gw-0002", good("gw-0002")));
    CHECK_FALSE(join_district(dir.path() / "home", dir.path() / "gw.join"));
}

TEST_CASE("joining again exchanges the identity as a whole [config-9]") {
    const home_directory dir;
    dir.put("first.join", join_text("gw-0001", good()));
    const auto second = good();
    dir.put("second.join", join_text("gw-0001", second));
    REQUIRE(join_district(dir.path() / "home", dir.path() / "first.join"));
    REQUIRE(join_district(dir.path() / "home", dir.path() / "second.join"));
    CHECK(dir.get("home/secrets/uplink/gateway.crt").find(second.certificate.substr(100, 100)) !=
          std::string::npos);
    CHECK(dir.get("home/secrets/uplink/gateway.key").find(second.key.substr(40, 60)) != std::string::npos);
    CHECK_FALSE(dir.has("home/secrets/uplink.new"));
}

TEST_CASE("a join file that can't be right is refused and changes nothing [config-9]") {
    const authority stranger;
    struct {
        const char* why;
        std::string text;
        const char* told;
    } const cases[] = {
        {"another's key", join_text("gw-0001", {good().certificate, good().key}), "doesn't belong"},
        {"another district's CA", join_text("gw-0001", good(), stranger.certificate()), "not issued by this CA"},
        {"another name", join_text("gw-0002", good("gw-0001")), "is gw-0001's"},
        {"for another gateway than home.toml's", join_text("gw-0002", good("gw-0002")), "the join file is for"},
        {"cut off", join_text("gw-0001", good()).substr(0, 700), "not TOML"},
        {"no key", "gateway = \"gw-0001\"\nhosts = [\"h:1\"]\nca = \"x\"\ncertificate = \"x\"\n", "has no key"},
        {"nonsense in place of a certificate",
         "gateway = \"gw-0001\"\nhosts = [\"h:1\"]\nca = \"x\"\ncertificate = \"x\"\nkey = \"x\"\n",
         "no certificate"},
        {"a name that leaves its topic", join_text("gw/+", good("gw/+")), "can't be an id"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.why);
        const home_directory dir;
        dir.furnish();
        dir.put("gw.join", c.text);
        const auto refused = join_district(dir.path(), dir.path() / "gw.join");
        REQUIRE_FALSE(refused);
        CAPTURE(in_words(refused.error().front(), false));
        CHECK(in_words(refused.error().front(), false).find(c.told) != std::string::npos);
        CHECK_FALSE(dir.has("secrets/uplink"));
        CHECK(dir.get("home.toml") == test::home_text);
    }
}

TEST_CASE("a box that doesn't know the year can join [config-9]") {
    const home_directory dir;
    dir.put("gw.join", join_text("gw-0001", district().issue("gw-0001", now + 1000 * day, now + 2000 * day)));
    CHECK(join_district(dir.path() / "home", dir.path() / "gw.join"));
}

TEST_CASE("a daemon without home.toml goes by the name in its certificate [config-4]") {
    const home_directory dir;
    dir.put("gw.join", join_text("gw-0001", good()));
    REQUIRE(join_district(dir.path() / "home", dir.path() / "gw.join"));
    dir.remove("home/home.toml");
    const auto start = load_house_at_start(dir.path() / "home", drivers);
    CHECK(start.now.gateway == gateway_id{"gw-0001"});
    CHECK(start.faults.size() == 2);
}

TEST_CASE("a new home directory is valid as it is, and is not made twice [config-10]") {
    const home_directory dir;
    const auto first = init_home(dir.path() / "home", "gw-7", 28884);
    REQUIRE(first);
    CHECK(first->created.size() == 3);
    const auto loaded = load_house(dir.path() / "home", drivers);
    REQUIRE(loaded);
    CHECK(loaded->broker.port == 28884);
    CHECK(dir.mode("home/secrets") == 0700);
    dir.put("home/home.toml", test::home_text);
    dir.put("home/residents.toml", test::residents_text);
    const auto second = init_home(dir.path() / "home", "gw-8", 1);
    REQUIRE(second);
    CHECK(second->created.empty());
    CHECK(dir.get("home/home.toml") == test::home_text);
}

TEST_CASE("a check tells expired, foreign and loose identities, each with its cure [config-11]") {
    const home_directory dir;
    dir.furnish();
    const auto joined_with = [&](const test::issued& identity) {
        dir.put("gw.join", join_text("gw-0001", identity));
        REQUIRE(join_district(dir.path(), dir.path() / "gw.join"));
        return check_home(dir.path(), drivers, {}, now);
    };
    CHECK(tells(joined_with(district().issue("gw-0001", now - 9 * day, now - day)), "expired",
                finding::weight::fault));
    CHECK(tells(joined_with(district().issue("gw-0001", now + day, now + 9 * day)), "isn't valid yet",
                finding::weight::fault));
    CHECK(tells(joined_with(district().issue("gw-0001", now - day, now + 9 * day)), "expires in 9 days",
                finding::weight::advice));
    CHECK_FALSE(tells(joined_with(good()), "certificate", finding::weight::fault));
    REQUIRE(::chmod((dir.path() / "secrets/uplink/gateway.key").c_str(), 0644) == 0);
    CHECK(tells(check_home(dir.path(), drivers, {}, now), "open to other users", finding::weight::fault));
}

TEST_CASE("a check reads every rule pack and tells its mistakes [config-11]") {
    const home_directory dir;
    dir.furnish();
    dir.put("rules/b.rules", "pack b");
    dir.put("rules/a.rules", "pack a");
    dir.put("rules/notes.txt", "no pack");
    std::vector<std::string> read;
    const auto found = check_home(
        dir.path(), drivers,
        [&](const std::string& file, const std::string& text) {
            read.push_back(file + ":" + text);
            if (file == "rules/b.rules")
                return checked_pack{"", {}, {{file, 7, 1, {"坏", "bad pack"}, {"改", "mend"}}}};
            return checked_pack{"a", {"fall"}, {}};
        },
        now);
    CHECK(read == std::vector<std::string>{"rules/a.rules:pack a", "rules/b.rules:pack b"});
    CHECK(tells(found, "bad pack", finding::weight::fault));
    CHECK(tells(found, "r-wang has the pack living-alone, which isn't there", finding::weight::fault));
}

TEST_CASE("a check tells a rule that two packs bring [config-11]") {
    const home_directory dir;
    dir.furnish();
    dir.put("rules/a.rules", "");
    dir.put("rules/b.rules", "");
    const auto read = [](const std::string& file, const std::string&) {
        return checked_pack{file == "rules/a.rules" ? "living-alone" : "b", {"fall"}, {}};
    };
    const auto found = check_home(dir.path(), drivers, read, now);
    CHECK(tells(found, "the rule fall is in rules/a.rules already", finding::weight::fault));
    CHECK_FALSE(tells(found, "living-alone", finding::weight::fault));
}

TEST_CASE("a check gives advice on what is allowed but unwise, faults first [config-11]") {
    const home_directory dir;
    dir.furnish();
    dir.put("devices.toml", "[[device]]\nid=\"mat\"\ndriver=\"native\"\naddress=\"mat\"\nrole=\"bed_mat\"\n");
    const auto found = check_home(dir.path(), drivers, {}, now);
    CHECK(tells(found, "lies on no bed", finding::weight::advice));
    CHECK(tells(found, "no call button", finding::weight::advice));
    CHECK(tells(found, "no centre joined", finding::weight::advice));
    CHECK(tells(found, "broker isn't configured", finding::weight::fault));
    CHECK(found.front().how == finding::weight::fault);
    CHECK(std::ranges::is_sorted(found, {}, &finding::how));
}

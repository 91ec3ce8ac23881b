#include "cloud-bridge/uplink/district.hpp"

#include <doctest/doctest.h>

#include "tests/temp_dir.hpp"

using namespace anban;
using namespace anban::uplink;

namespace {

struct folder : anban::test::temp_dir {
    folder() : temp_dir("district") {}
    void write(std::string_view text) const { (void)temp_dir::write("home.toml", text); }
};

} // namespace

TEST_CASE("a host is a name or an address with a port [uplink-10]") {
    CHECK(parse_host("127.0.0.1:8883") == host_port{"127.0.0.1", 8883});
    CHECK(parse_host("centre.example") == host_port{"centre.example", 8883});
    CHECK(parse_host("[::1]:99") == host_port{"::1", 99});
    CHECK(parse_host("[::1]:99")->text() == "[::1]:99");
    for (const auto* bad :
         {"", ":1", "a:", "a:0", "a:65536", "a:1x", "a:b:1", "a b:1", "ssl://a:1", "[::1", "[::1]x", "[]:1"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_host(bad).has_value());
    }
}

TEST_CASE("the district is read from a home's directory, and what is wrong is a sentence [uplink-10]") {
    const folder f;
    CHECK_FALSE(read_district(f.path).has_value());
    f.write("[gateway]\nid = \"gw-0001\" # ours\n[centre]\nhosts = [\"127.0.0.1:8883\", \"b:1\"]\n[[room]]\nid = "
            "\"x\"\n");
    const auto d = read_district(f.path);
    REQUIRE(d.has_value());
    CHECK(d->gateway == gateway_id{"gw-0001"});
    CHECK(d->hosts == std::vector<host_port>{{"127.0.0.1", 8883}, {"b", 1}});
    CHECK(d->credentials == f.path / "secrets" / "uplink");
    CHECK_FALSE(check_credentials(d->credentials).has_value());
    for (const auto* text :
         {"", "[gateway", "[gateway]\nid = 3\n", "[gateway]\nid=\"a/b\"\n[centre]\nhosts=[\"a:1\"]\n",
          "[gateway]\nid=\"a\"\n", "[gateway]\nid=\"a\"\n[centre]\nhosts=[]\n",
          "[gateway]\nid=\"a\"\n[centre]\nhosts=[1]\n", "[gateway]\nid=\"a\"\n[centre]\nhosts=[\":\"]\n",
          "\xff\xfe"}) {
        CAPTURE(text);
        f.write(text);
        const auto bad = read_district(f.path);
        REQUIRE_FALSE(bad.has_value());
        CHECK(bad.error().size() > 10);
    }
}

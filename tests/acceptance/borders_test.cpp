// What must not pass, and what must be said honestly: strange gateways, strange topics, announced tests, a
// wire that is cut.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "envelope.pb.h"
#include "tests/acceptance/scene.hpp"

using namespace anban::acceptance;
using anban::stage::mqtt_client;
using anban::stage::mqtt_login;
using anban::stage::proxy;

namespace {

// The three parts of a join file that a client needs, as files.
mqtt_login login_from(const std::filesystem::path& join, const std::filesystem::path& folder, std::uint16_t port,
                      const std::string& gateway) {
    const auto text = anban::stage::read_file(join);
    const auto part = [&](const std::string& name) {
        const auto begin = text.find(fmt::format("\n{} = '''\n", name)) + name.size() + 8;
        const auto file = folder / fmt::format("{}.{}", gateway, name);
        anban::stage::write_file(file, text.substr(begin, text.find("'''", begin) - begin));
        return file;
    };
    return {.port = port,
            .client_id = gateway,
            .ca = part("ca"),
            .certificate = part("certificate"),
            .key = part("key")};
}

std::string alarm_of(const std::string& gateway, std::uint8_t first_byte) {
    anban::wire::Envelope e;
    std::string id(16, '\x5a');
    id[0] = static_cast<char>(first_byte);
    e.set_source(gateway);
    e.set_specversion("1.0");
    e.set_type("anban.alarm.1");
    e.set_dataschema("anban.wire.1");
    e.set_subject("home");
    e.set_lane(anban::wire::P0);
    e.set_boot_id(7);
    e.set_sequence(1);
    e.mutable_time()->set_utc_us(anban::stage::utc_now_us());
    e.mutable_time()->set_quality(anban::wire::CLOCK_SYNCHRONISED);
    std::string hex;
    for (const char c : id) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
    e.set_id(fmt::format("{}:1.1", hex));
    auto* a = e.mutable_alarm();
    a->set_alarm_id(id);
    a->mutable_revision()->set_start(1);
    a->mutable_revision()->set_n(1);
    a->set_rule("sos");
    a->set_title_zh("呼救");
    a->set_title_en("SOS");
    a->set_alarm_class(anban::wire::LIFE_SAFETY);
    a->set_priority(anban::wire::HIGH);
    a->set_phase(anban::wire::PHASE_ACTIVE);
    a->set_progress(anban::wire::OPEN);
    a->set_device("button-9");
    *a->mutable_raised() = e.time();
    a->set_press_count(1);
    a->mutable_news()->set_device("button-9");
    a->mutable_news()->set_boot(1);
    a->mutable_news()->set_sequence(1);
    a->mutable_news()->set_signal(1);
    *a->mutable_news()->mutable_at() = e.time();
    a->set_because("test");
    return e.SerializeAsString();
}

// mosquitto's word for a session whose client id came a second time.
bool somebody_was_ousted(const std::filesystem::path& broker_log) {
    return anban::stage::read_file(broker_log).contains("already connected");
}

} // namespace

TEST_CASE(
    "a gateway can't speak on another home's topic, and one without a certificate not at all [dispatch-14]") {
    scene s;
    auto& centre = s.district.centre;
    const auto login = login_from(centre.certify_stranger("gw-9999", centre.tls_port()), s.district.folder(),
                                  centre.tls_port(), "gw-9999");
    mqtt_client stranger(login);
    REQUIRE(stranger.connect() == 0);
    CHECK(stranger.publish("anban/1/up/gw-0001/p0", alarm_of("gw-0001", 1)) == 0x87); // not authorised
    CHECK(stranger.publish("anban/1/st/gw-0001", "x") == 0x87);
    const auto heard = stranger.subscribe("anban/1/dn/gw-0001/#");
    s.district.home.play("press button-1");
    REQUIRE(s.stored_alarm_of("button-1"));
    REQUIRE(s.answer("button-1", "stored"));
    INFO("subscription answered with ", heard.value_or(-1));
    CHECK(stranger.received.size() == 0);

    auto nameless = login;
    nameless.certificate.clear();
    nameless.key.clear();
    mqtt_client nobody(nameless);
    CHECK(nobody.connect(2s) != 0);
    // It says another's name in its envelope, on its own topic: the certificate counts.
    stranger.publish("anban/1/up/gw-9999/p0", alarm_of("gw-0001", 2));
    std::this_thread::sleep_for(500ms);
    for (const auto& a : s.alarms())
        if (text_of(a, "gateway") == "gw-0001") CHECK(text_of(a, "device") == "button-1");
}

TEST_CASE("the alarm of a gateway that nobody has entered is shown as unknown [dispatch-5]") {
    scene s;
    auto& centre = s.district.centre;
    mqtt_client stranger(login_from(centre.certify_stranger("gw-9999", centre.tls_port()), s.district.folder(),
                                    centre.tls_port(), "gw-9999"));
    REQUIRE(stranger.connect() == 0);
    CHECK(stranger.publish("anban/1/up/gw-9999/p0", alarm_of("gw-9999", 3)) == 0);
    const auto alarm = s.alarm([](const json::value& a) { return text_of(a, "gateway") == "gw-9999"; });
    INFO(s.logs());
    REQUIRE(alarm);
    CHECK(alarm->at("home").at("known") == json::value(false));
    CHECK(eventually([&] { return s.detail(*alarm).at("stored") == json::value(true); }, 5s));
    CHECK(text_of(*alarm, "queue") == "alarm");
}

TEST_CASE("an announced test goes the whole way and pages nobody; the next press is real [home-17]") {
    scene s;
    const auto from = s.district.home.seen.size();
    // The command waits for the press and shows its hops; it is let go as soon as the window stands.
    anban::stage::process test(
        {.argv = {"anban", "--home", s.district.home.folder().string(), "device", "test", "button-1", "--json"},
         .log = s.district.home.log_of("device-test"),
         .on_line = [](std::string_view) {}});
    REQUIRE(eventually(
        [&] {
            const auto list = s.district.home.tell({"device", "list"});
            for (const auto& d : list.at("devices").as_array())
                if (text_of(d, "id") == "button-1" && d.at("test_open") == json::value(true)) return true;
            return false;
        },
        10s));
    s.district.home.play("press button-1");
    const auto alarm = s.stored_alarm_of("button-1");
    INFO(s.logs());
    REQUIRE(alarm);
    CHECK(alarm->at("test") == json::value(true));
    CHECK(text_of(*alarm, "queue") == "test");
    CHECK(s.answer("button-1", "stored", 10s, from));
    CHECK(test.wait(20s) == 0);
    for (const auto& a : s.alarms()) CHECK(text_of(a, "queue") != "alarm");

    const auto later = s.district.home.seen.size();
    s.district.home.play("press button-1");
    CHECK(s.answer("button-1", "stored", 10s, later));
    const auto real = s.alarm([](const json::value& a) { return text_of(a, "queue") == "alarm"; });
    REQUIRE(real);
    CHECK(real->at("test") == json::value(false));
    CHECK(text_of(*real, "id") != text_of(*alarm, "id"));
}

TEST_CASE(
    "with the wire cut the button says not delivered after ten seconds, and stored when it is mended [home-6]") {
    for (const auto way : {proxy::way::cut, proxy::way::silent}) {
        CAPTURE(way == proxy::way::silent);
        scene s;
        s.district.wire.set(way);
        const auto from = s.district.home.seen.size();
        s.district.home.play("press button-1");
        const auto pressed = s.saw("published", "button-1", "signal", "sos", 5s, from);
        REQUIRE(pressed);
        CHECK(s.answer("button-1", "received", 5s, from));
        const auto answer = s.answer("button-1", "not_delivered", 20s, from);
        INFO(s.logs());
        REQUIRE(answer);
        const auto after_ms = (number_of(*answer, "at_us") - number_of(*pressed, "at_us")) / 1000;
        CHECK(after_ms >= 9'900);
        CHECK(after_ms <= 12'000);
        CHECK_FALSE(s.answer("button-1", "stored", 1ms, from));
        CHECK(s.alarms().empty());
        s.district.wire.set(proxy::way::open);
        CHECK(s.answer("button-1", "stored", 40s, from));
        REQUIRE(s.stored_alarm_of("button-1"));
        CHECK(s.press_records("button-1") == 1);
        CHECK(s.alarms().size() == 1);
    }
}

TEST_CASE("a device can't take over the daemon's session at the home broker [config-8]") {
    scene s;
    auto& home = s.district.home;
    // A device that says the daemon's client id, with its own password.
    auto thief = home.login_of("own-1");
    thief.client_id = anban::stage::read_file(home.folder() / "secrets" / "alarm-client-id");
    while (thief.client_id.ends_with('\n')) thief.client_id.pop_back();
    mqtt_client client(thief);
    client.connect(2s);
    const auto from = home.seen.size();
    home.play("press button-1");
    INFO(s.logs());
    CHECK(s.answer("button-1", "stored", 10s, from));
    CHECK_FALSE(somebody_was_ousted(home.log_of("mosquitto")));
    // Without a password, and with a wrong one, nobody gets in.
    auto nobody = home.login_of("own-1");
    nobody.username.clear();
    mqtt_client unnamed(nobody);
    CHECK(unnamed.connect(2s) != 0);
    auto wrong = home.login_of("own-1");
    wrong.password += "x";
    mqtt_client guesser(wrong);
    CHECK(guesser.connect(2s) != 0);
}

TEST_CASE("a gateway can't take over another's session at the district broker [dispatch-14]") {
    scene s;
    auto& centre = s.district.centre;
    auto thief = login_from(centre.certify_stranger("gw-9999", centre.tls_port()), s.district.folder(),
                            centre.tls_port(), "gw-9999");
    thief.client_id = "gw-0001"; // with a certificate that names another
    mqtt_client client(thief);
    CHECK(client.connect() == 0);
    const auto from = s.district.home.seen.size();
    s.district.home.play("press button-1");
    INFO(s.logs());
    CHECK(s.answer("button-1", "stored", 10s, from));
    CHECK(client.connected()); // nobody had to make room for the other
    CHECK_FALSE(somebody_was_ousted(centre.folder() / "broker.log"));
    CHECK(client.received.size() == 0);
}

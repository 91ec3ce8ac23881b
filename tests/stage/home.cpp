#include "tests/stage/home.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/stage/fault.hpp"
#include "tests/stage/ports.hpp"
#include "tests/stage/temp_folder.hpp"

namespace anban::stage {

namespace {

constexpr std::string_view bridge = "zigbee2mqtt";

void push_line(mailbox<boost::json::value>& box, std::string_view line) {
    boost::system::error_code error;
    auto value = boost::json::parse({line.data(), line.size()}, error);
    if (!error) box.push(std::move(value));
}

} // namespace

std::string text_of(const boost::json::value& object, std::string_view name) {
    const auto* fields = object.if_object();
    const auto* field = fields == nullptr ? nullptr : fields->if_contains({name.data(), name.size()});
    return field == nullptr || !field->is_string() ? std::string() : std::string(field->as_string());
}

std::int64_t number_of(const boost::json::value& object, std::string_view name) {
    const auto* fields = object.if_object();
    const auto* field = fields == nullptr ? nullptr : fields->if_contains({name.data(), name.size()});
    if (field == nullptr || !field->is_number()) return 0;
    return field->is_double() ? static_cast<std::int64_t>(field->as_double()) : field->to_number<std::int64_t>();
}

home_plan usual_home() {
    home_plan plan;
    plan.rooms = {{"bedroom", "卧室"}, {"bathroom", "卫生间"}, {"living-room", "客厅"}};
    plan.beds = {{"bed-1", "bedroom"}};
    plan.residents = {{"r-wang", ""}, {"r-li", ""}};
    plan.devices = {
        {"button-1", "native", "call_button", "call_button", "", "r-wang"},
        {"falldetector-1", "native", "fall_detector", "fall_detector", "", "r-li"},
        {"band-1", "native", "vitals_band", "vitals_band", "", "r-wang"},
        {"mat-1", "native", "bed_mat", "bed_mat", "bedroom", "", "bed-1"},
        {"zb-sos", "zigbee2mqtt", "call_button", "zigbee_sos", "bathroom"},
        {"zb-lamp", "zigbee2mqtt", "indicator", "zigbee_lamp", "living-room"},
        {"own-1", "native", "call_button", "", "living-room"},
    };
    return plan;
}

home_box::home_box(std::filesystem::path folder, home_plan plan, const std::filesystem::path& join_file)
    : folder_(std::move(folder)), plan_(std::move(plan)), device_port_(free_port(plan_.listen)),
      daemon_port_(free_port()) {
    write_home_toml(join_file);
    std::filesystem::create_directories(folder_ / "rules");
    for (const auto& [file, text] : plan_.packs) write_file(folder_ / "rules" / file, text);
    int status = 0;
    const auto said =
        tell({"broker", "write", "--device-listener", fmt::format("{}:{}", plan_.listen, device_port_),
              "--daemon-port", std::to_string(daemon_port_)},
             &status);
    if (status != 0) throw fault(fmt::format("anban broker write: {}", boost::json::serialize(said)));
}

home_box::~home_box() {
    // Players first: they may speak until the broker is gone.
    for (auto* one : {&watch_, &players_, &uplink_, &daemon_}) one->reset();
}

void home_box::write_home_toml(const std::filesystem::path& join_file) {
    int status = 0;
    const auto said = tell({"join", join_file.string()}, &status);
    if (status != 0) throw fault(fmt::format("anban join: {}", boost::json::serialize(said)));
    // What a technician would now write by hand below the lines of the template.
    const auto joined = read_file(folder_ / "home.toml");
    const auto hosts_at = joined.find("\nhosts");
    if (hosts_at == std::string::npos)
        throw fault(fmt::format("home.toml has no hosts after joining:\n{}", joined));
    const auto hosts = joined.substr(hosts_at + 1, joined.find('\n', hosts_at + 1) - hosts_at - 1);
    auto text =
        fmt::format("[gateway]\nid = \"{}\"\nlanguage = \"zh\"\n\n[broker]\nhost = \"127.0.0.1\"\nport = {}\n\n"
                    "[centre]\n{}\n",
                    plan_.gateway, daemon_port_, hosts);
    for (const auto& [id, name] : plan_.rooms)
        text += fmt::format("\n[[room]]\nid = \"{}\"\nname = \"{}\"\n", id, name);
    for (const auto& [id, room] : plan_.beds)
        text += fmt::format("\n[[bed]]\nid = \"{}\"\nroom = \"{}\"\n", id, room);
    write_file(folder_ / "home.toml", text);
}

boost::json::value home_box::tell(std::vector<std::string> words, int* status) {
    std::vector<std::string> argv = {"anban", "--home", folder_.string()};
    argv.insert(argv.end(), words.begin(), words.end());
    argv.emplace_back("--json");
    const auto done = run(std::move(argv));
    if (status != nullptr) *status = done.status;
    boost::system::error_code error;
    auto said = boost::json::parse(done.out.empty() ? done.err : done.out, error);
    if (error) return boost::json::object{{"out", done.out}, {"err", done.err}};
    return said;
}

std::filesystem::path home_box::log_of(std::string_view program) const {
    return folder_ / fmt::format("{}.log", program);
}

void home_box::start_broker() {
    tell({"broker", "mend"}); // as its unit does
    if (broker_) {
        broker_->use_environment(environment);
        return broker_->start();
    }
    broker_ = std::make_unique<broker>(folder_ / "broker" / "mosquitto.conf", log_of("mosquitto"),
                                       std::vector{daemon_port_}, environment);
}

void home_box::start_daemon() {
    daemon_.reset();
    daemon_ = std::make_unique<process>(command{
        .argv = {"anband", "--home", folder_.string()}, .log = log_of("anband"), .environment = environment});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (;;) {
        // 1: a fault was found, which is an answer all the same.
        int status = 2;
        const auto said = tell({"status"}, &status);
        if (said.is_object() && said.as_object().contains("ok") && said.at("ok").is_bool() &&
            said.at("ok").as_bool())
            return;
        if (!daemon_->running() || std::chrono::steady_clock::now() > deadline)
            throw fault(fmt::format("anband does not answer: {}\n{}", boost::json::serialize(said),
                                    tail_of(log_of("anband"))));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

void home_box::await_listening() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (;;) {
        int status = 2;
        const auto said = tell({"status"}, &status);
        const auto* broker = said.is_object() ? said.as_object().if_contains("broker") : nullptr;
        if (broker != nullptr && broker->at("listening") == boost::json::value(true)) return;
        if (std::chrono::steady_clock::now() > deadline)
            throw fault(fmt::format("anband does not hear its broker: {}\n{}", boost::json::serialize(said),
                                    tail_of(log_of("anband"))));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

void home_box::start_uplink() {
    uplink_.reset();
    uplink_ = std::make_unique<process>(command{.argv = {"anban-uplink", "--home", folder_.string()},
                                                .log = log_of("anban-uplink"),
                                                .environment = environment});
}

void home_box::furnish() {
    const auto demand = [this](std::vector<std::string> words) {
        const auto what = fmt::format("anban {}", fmt::join(words, " "));
        int status = 0;
        auto said = tell(std::move(words), &status);
        if (status != 0) throw fault(fmt::format("{}: {}", what, boost::json::serialize(said)));
        return said;
    };
    for (const auto& [id, pack] : plan_.residents) {
        std::vector<std::string> words = {"resident", "add", id};
        if (!pack.empty()) words.insert(words.end(), {"--packs", pack});
        demand(std::move(words));
    }
    for (const auto& d : plan_.devices) {
        std::vector<std::string> words = {"device", "add", d.id, "--driver", d.driver, "--role", d.role};
        if (d.driver != "native") words.insert(words.end(), {"--address", d.id});
        if (!d.room.empty()) words.insert(words.end(), {"--room", d.room});
        if (!d.owner.empty()) words.insert(words.end(), {"--owner", d.owner});
        if (!d.bed.empty()) words.insert(words.end(), {"--bed", d.bed});
        const auto said = demand(std::move(words));
        if (const auto password = text_of(said, "password"); !password.empty()) passwords_[d.id] = password;
    }
}

std::string home_box::password_of(const std::string& device) const {
    if (const auto found = passwords_.find(device); found != passwords_.end()) return found->second;
    auto secret = read_file(folder_ / "secrets" / "bridges" / fmt::format("{}.password", device));
    while (secret.ends_with('\n')) secret.pop_back();
    return secret;
}

mqtt_login home_box::login_of(const std::string& device) const {
    return {.port = device_port_,
            .client_id = device,
            .username = device,
            .password = password_of(device),
            .address = plan_.listen == "0.0.0.0" ? "127.0.0.1" : plan_.listen};
}

void home_box::start_watch() {
    watch_.reset();
    watch_ =
        std::make_unique<process>(command{.argv = {"anban", "--home", folder_.string(), "watch", "--json"},
                                          .log = log_of("watch"),
                                          .on_line = [this](std::string_view line) { push_line(told, line); }});
}

void home_box::write_players() const {
    auto text = fmt::format("[broker]\nhost = \"{}\"\nport = {}\n", login_of("button-1").address, device_port_);
    const auto device = [&](std::string_view id, std::string_view kind, std::string_view username) {
        text += fmt::format("\n[[device]]\nid = \"{}\"\nkind = \"{}\"\nusername = \"{}\"\npassword = \"{}\"\n", id,
                            kind, username, password_of(std::string(username)));
    };
    if (!plan_.bridge_is_real) device(bridge, "zigbee_bridge", bridge);
    for (const auto& d : plan_.devices)
        if (!d.kind.empty()) device(d.id, d.kind, d.driver == "native" ? d.id : std::string(bridge));
    write_file(folder_ / "players.toml", text);
}

void home_box::start_players() {
    players_.reset();
    write_players();
    const auto before = seen.size();
    players_ =
        std::make_unique<process>(command{.argv = {"anban-home", (folder_ / "players.toml").string()},
                                          .log = log_of("anban-home"),
                                          .on_line = [this](std::string_view line) { push_line(seen, line); },
                                          .keep_input = true});
    if (!seen.wait_for([](const auto& event) { return text_of(event, "event") == "ready"; },
                       std::chrono::seconds(15), before))
        throw fault(fmt::format("anban-home does not reach the broker:\n{}", tail_of(log_of("anban-home"))));
}

void home_box::start() {
    start_broker();
    start_daemon();
    start_uplink();
    furnish();
    await_listening();
    start_watch();
    start_players();
    for (const auto& d : plan_.devices) {
        if (d.kind == "vitals_band") play(fmt::format("vitals {} heart_rate=72 spo2=97 respiration=15", d.id));
        if (d.kind == "bed_mat") play(fmt::format("bed {} 1", d.id));
    }
}

} // namespace anban::stage

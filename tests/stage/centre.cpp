#include "tests/stage/centre.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/stage/fault.hpp"
#include "tests/stage/mailbox.hpp"
#include "tests/stage/ports.hpp"
#include "tests/stage/temp_folder.hpp"

namespace anban::stage {

centre::centre(std::filesystem::path folder)
    : folder_(std::move(folder)), tls_port_(free_port()), local_port_(free_port()), http_port_(free_port()) {
    tell({"ca", "init", "--district", "demo", "--host", "127.0.0.1", "--host", "localhost"});
    tell({"broker", "write", "--tls", fmt::format("127.0.0.1:{}", tls_port_), "--local-port",
          std::to_string(local_port_)});
    tell({"operator", "add", "li", "--link"});
}

std::string centre::tell(std::vector<std::string> words, std::string_view input) {
    std::vector<std::string> argv = {"anban-dispatch", "--data", folder_.string()};
    argv.insert(argv.end(), words.begin(), words.end());
    auto done = run(std::move(argv), input);
    if (done.status != 0)
        throw fault(fmt::format("anban-dispatch {} ended with {}: {}{}", fmt::join(words, " "), done.status,
                                done.out, done.err));
    return std::move(done.out);
}

void centre::start_broker() {
    if (broker_) return broker_->start();
    broker_ = std::make_unique<broker>(folder_ / "broker" / "mosquitto.conf", folder_ / "broker.log",
                                       std::vector{tls_port_, local_port_});
}

void centre::start_dispatch() {
    auto ready = std::make_shared<mailbox<std::string>>();
    dispatch_.reset();
    dispatch_ = std::make_unique<process>(
        command{.argv = {"anban-dispatch", "--data", folder_.string(), "serve", "--http",
                         fmt::format("127.0.0.1:{}", http_port_), "--local-port", std::to_string(local_port_)},
                .log = log(),
                .on_line = [ready](std::string_view line) { ready->push(std::string(line)); }});
    const auto line = ready->wait_for([](const auto& text) { return text.find("\"ready\"") != std::string::npos; },
                                      std::chrono::seconds(20));
    if (!line) throw fault(fmt::format("anban-dispatch does not get ready:\n{}", tail_of(log())));
    url_ = boost::json::parse(*line).at("http").as_string().c_str();
}

std::filesystem::path centre::add_home(const home_card& card, std::uint16_t port) {
    const auto file = folder_ / fmt::format("{}.join", card.gateway);
    std::vector<std::string> words = {"home",      "add",        card.gateway, "--name",  card.name,
                                      "--address", card.address, "--phone",    card.phone};
    for (const auto& [id, name] : card.residents) {
        words.emplace_back("--resident");
        words.push_back(fmt::format("{}={}", id, name));
    }
    for (const auto& [id, name] : card.rooms) {
        words.emplace_back("--room");
        words.push_back(fmt::format("{}={}", id, name));
    }
    for (auto word :
         {std::string("--host"), fmt::format("127.0.0.1:{}", port), std::string("--out"), file.string()})
        words.push_back(std::move(word));
    tell(std::move(words));
    return file;
}

std::filesystem::path centre::certify_stranger(const std::string& gateway, std::uint16_t port) {
    // The card goes into the book of another centre that shares this one's authority.
    const temp_folder elsewhere;
    const auto file = folder_ / fmt::format("{}.join", gateway);
    std::filesystem::copy(folder_ / "ca", elsewhere.path() / "ca");
    const auto done = run({"anban-dispatch", "--data", elsewhere.path().string(), "home", "add", gateway, "--name",
                           "nobody", "--host", fmt::format("127.0.0.1:{}", port), "--out", file.string()});
    if (done.status != 0) throw fault(fmt::format("no certificate for {}: {}", gateway, done.err));
    return file;
}

std::string centre::token() {
    const auto said = boost::json::parse(tell({"operator", "link", "li", "--json"}));
    return said.at("token").as_string().c_str();
}

http_client centre::session() {
    http_client client(url_);
    const auto answer = client.log_in_with_token(token());
    if (answer.status != 200)
        throw fault(fmt::format("the log-in of li is refused: {} {}", answer.status, answer.body));
    return client;
}

mqtt_login centre::listener() const {
    auto password = read_file(folder_ / "broker" / "local.password");
    while (password.ends_with('\n')) password.pop_back();
    return {.port = local_port_,
            .client_id = "a-listener",
            .username = "anban-dispatch",
            .password = std::move(password)};
}

} // namespace anban::stage

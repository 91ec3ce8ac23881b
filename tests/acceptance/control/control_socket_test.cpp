// The control socket with real peers: the server on a thread of its own, the technician's client, and
// peers that behave badly.
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <thread>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "gateway/cli/client.hpp"
#include "gateway/control/server.hpp"
#include "rules/limits.hpp"
#include "tests/gateway/config/home_directory.hpp"

using namespace anban;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

class endless final : public control::stream {
public:
    [[nodiscard]] std::optional<std::string> hear(const notice& n) override {
        return "{\"n\":\"" + n.text + "\"}";
    }
};

[[nodiscard]] control::reply say_back(std::string_view line) {
    if (line == R"({"do":"watch"})") return {json::object{{"ok", true}}, std::make_unique<endless>()};
    return {json::object{{"ok", true}, {"size", line.size()}}, nullptr};
}

class running_server {
public:
    running_server() : server_(io_, say_back, [] { return instant{}; }) {
        REQUIRE(server_.listen(dir_.path() / "run"));
        thread_ = std::thread{[this] { io_.run(); }};
    }
    ~running_server() {
        on_its_thread([this] { server_.close(); });
        work_.reset();
        io_.stop();
        thread_.join();
    }
    running_server(const running_server&) = delete;
    running_server& operator=(const running_server&) = delete;

    // Runs on the server's thread and waits for it.
    void on_its_thread(const std::function<void()>& what) {
        std::promise<void> done;
        boost::asio::post(io_, [&] {
            what();
            done.set_value();
        });
        done.get_future().wait();
    }
    void publish(const std::string& text) {
        on_its_thread([&] { server_.publish({.of = notice::kind::hop, .text = text}); });
    }
    [[nodiscard]] const test::home_directory& dir() const { return dir_; }

private:
    test::home_directory dir_;
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
    control::server server_;
    std::thread thread_;
};

// A peer of whom no good is to be expected.
class raw_peer {
public:
    explicit raw_peer(const std::filesystem::path& dir)
        : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        ::sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string path = (dir / "run/control.sock").string();
        REQUIRE(path.size() < sizeof address.sun_path);
        path.copy(address.sun_path, path.size());
        REQUIRE(::connect(socket_, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0);
    }
    ~raw_peer() { ::close(socket_); }
    raw_peer(const raw_peer&) = delete;
    raw_peer& operator=(const raw_peer&) = delete;

    void send(std::string_view text) const { (void)!::send(socket_, text.data(), text.size(), MSG_NOSIGNAL); }
    // All that comes until the other end hangs up, or until there is nothing for `patience`.
    [[nodiscard]] std::pair<std::string, bool> read_all(std::chrono::milliseconds patience) const {
        std::string all;
        for (;;) {
            ::pollfd p{socket_, POLLIN, 0};
            if (::poll(&p, 1, static_cast<int>(patience.count())) <= 0) return {all, false};
            char part[65536];
            const ::ssize_t n = ::recv(socket_, part, sizeof part, 0);
            if (n <= 0) return {all, true};
            all.append(part, static_cast<std::size_t>(n));
        }
    }
    // What has come when there are so many lines, or nothing more for a time that no busy machine needs.
    [[nodiscard]] std::string read_lines(std::ptrdiff_t wanted) const {
        std::string all;
        while (std::ranges::count(all, '\n') < wanted) {
            ::pollfd p{socket_, POLLIN, 0};
            char part[4096];
            if (::poll(&p, 1, 10'000) <= 0) break;
            const ::ssize_t n = ::recv(socket_, part, sizeof part, 0);
            if (n <= 0) break;
            all.append(part, static_cast<std::size_t>(n));
        }
        return all;
    }

private:
    int socket_;
};

[[nodiscard]] json::object watch() {
    return {{"do", "watch"}};
}

} // namespace

TEST_CASE("a client asks and is answered; socket and folder are nobody else's [control-8]") {
    const running_server s;
    CHECK(s.dir().mode("run") == 0750);
    CHECK(s.dir().mode("run/control.sock") == 0660);
    auto c = cli::client::connect(s.dir().path());
    REQUIRE(c);
    for (int i = 0; i < 3; ++i) {
        const auto said = c->ask({{"do", "x"}}, 5s);
        REQUIRE(said);
        CHECK(said->at("ok").as_bool());
    }
}

TEST_CASE("a client without a daemon says how to start it [cli-1]") {
    const test::home_directory dir;
    const auto c = cli::client::connect(dir.path());
    REQUIRE_FALSE(c);
    CHECK(c.error().cure.en.find("systemctl start anband") != std::string::npos);
}

TEST_CASE("several requests in one packet and one request in several packets are answered [control-8]") {
    const running_server s;
    const raw_peer p{s.dir().path()};
    p.send("ab\nabc");
    p.send("d\n");
    CHECK(p.read_lines(2) == "{\"ok\":true,\"size\":2}\n{\"ok\":true,\"size\":4}\n");
}

TEST_CASE("a request without an end is refused and its peer cut off [control-8]") {
    const running_server s;
    const raw_peer p{s.dir().path()};
    p.send(std::string(limits::control_request_bytes + 10, 'x'));
    const auto [said, gone] = p.read_all(5000ms);
    CHECK(said.find("too long") != std::string::npos);
    CHECK(gone);
    CHECK(cli::client::connect(s.dir().path())->ask({{"do", "x"}}, 5s));
}

TEST_CASE("peers beyond the bound are cut off, and room comes back when one leaves [control-8]") {
    const running_server s;
    std::vector<std::unique_ptr<raw_peer>> peers;
    for (std::size_t i = 0; i < limits::control_connections; ++i) {
        peers.push_back(std::make_unique<raw_peer>(s.dir().path()));
        peers.back()->send("x\n");
        REQUIRE_FALSE(peers.back()->read_lines(1).empty());
    }
    const raw_peer one_too_many{s.dir().path()};
    CHECK(one_too_many.read_all(2000ms) == std::pair{std::string{}, true});
    peers.pop_back();
    bool served = false;
    for (int i = 0; i < 50 && !served; ++i) {
        const raw_peer again{s.dir().path()};
        again.send("x\n");
        served = !again.read_lines(1).empty();
    }
    CHECK(served);
}

TEST_CASE("watchers beyond the bound are refused, others hear on [control-8]") {
    running_server s;
    std::vector<cli::client> watchers;
    for (std::size_t i = 0; i < limits::watchers; ++i) {
        watchers.push_back(std::move(*cli::client::connect(s.dir().path())));
        REQUIRE(watchers.back().ask(watch(), 5s)->at("ok").as_bool());
    }
    auto late = cli::client::connect(s.dir().path());
    REQUIRE(late);
    CHECK_FALSE(late->ask(watch(), 5s)->at("ok").as_bool());
    s.publish("hello");
    for (auto& w : watchers) CHECK(**w.next_line(5s) == "{\"n\":\"hello\"}");
}

TEST_CASE("a watcher that stops reading is told of the gap and cut off; the others miss nothing [control-6]") {
    running_server s;
    const raw_peer stopped{s.dir().path()};
    stopped.send(R"({"do":"watch"})"
                 "\n");
    auto good = cli::client::connect(s.dir().path());
    REQUIRE(good);
    REQUIRE(good->ask(watch(), 5s));
    const std::string text(2000, 'x');
    std::size_t heard = 0;
    constexpr std::size_t events = 2000;
    for (std::size_t i = 0; i < events; ++i) {
        s.publish(text);
        const auto line = good->next_line(5s);
        if (line && *line) ++heard;
    }
    CHECK(heard == events);
    const auto [said, gone] = stopped.read_all(5000ms);
    CHECK(gone);
    REQUIRE(said.ends_with("}\n"));
    const auto last = said.substr(said.rfind('\n', said.size() - 2) + 1);
    CHECK(last.starts_with(R"({"event":"gap","lost":)"));
}

TEST_CASE("a dead daemon's socket is replaced, a living one's is not [control-8]") {
    const running_server s;
    boost::asio::io_context io;
    control::server second{io, say_back, [] { return instant{}; }};
    CHECK_FALSE(second.listen(s.dir().path() / "run"));
    CHECK(cli::client::connect(s.dir().path())->ask({{"do", "x"}}, 5s));

    const test::home_directory left;
    {
        std::filesystem::create_directory(left.path() / "run");
        ::sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string path = (left.path() / "run/control.sock").string();
        path.copy(address.sun_path, path.size());
        const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
        REQUIRE(::bind(dead, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0);
        ::close(dead);
    }
    control::server third{io, say_back, [] { return instant{}; }};
    CHECK(third.listen(left.path() / "run"));
}

TEST_CASE("another user is cut off before a byte is read [control-8]") {
    if (::geteuid() != 0) return; // only root can become somebody else
    const running_server s;
    // The door is opened wide on purpose: what is left is the look at the peer's credentials.
    REQUIRE(::chmod(s.dir().path().c_str(), 0755) == 0);
    REQUIRE(::chmod((s.dir().path() / "run").c_str(), 0755) == 0);
    REQUIRE(::chmod((s.dir().path() / "run/control.sock").c_str(), 0666) == 0);
    bool heard_anything = true;
    bool gone = false;
    std::thread stranger{[&] {
        // Of this thread alone; the test's own identity stays. The credentials of a socket are those at connect.
        if (::syscall(SYS_setresuid, 65534, 65534, 65534) != 0) return;
        const raw_peer p{s.dir().path()};
        p.send("x\n");
        const auto [said, hung_up] = p.read_all(2000ms);
        heard_anything = !said.empty();
        gone = hung_up;
    }};
    stranger.join();
    CHECK_FALSE(heard_anything);
    CHECK(gone);
}

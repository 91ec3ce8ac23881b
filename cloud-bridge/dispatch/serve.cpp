#include "cloud-bridge/dispatch/serve.hpp"

#include <cstdio>

#include <boost/asio/signal_set.hpp>
#include <boost/json.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "cloud-bridge/dispatch/centre.hpp"
#include "cloud-bridge/dispatch/setup/broker_files.hpp"
#include "cloud-bridge/dispatch/setup/files.hpp"
#include "cloud-bridge/dispatch/web/http_server.hpp"

namespace anban::dispatch {
namespace {

// Two centres on one directory would write one database: the second one is refused. Held until the end.
outcome<void> lock_directory(const std::filesystem::path& data) {
    const int fd = ::open((data / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && ::flock(fd, LOCK_EX | LOCK_NB) == 0) return {};
    if (fd >= 0) ::close(fd);
    return std::unexpected(words{fmt::format("{} 里已有一个中心在运行", data.string()),
                                 fmt::format("a centre is already running in {}", data.string())});
}

outcome<centre::parts> gather(const serve_wish& wish) {
    auto store = sqlite_store::open(wish.data);
    if (!store) return std::unexpected(store.error());
    auto cards = homes::open(wish.data);
    if (!cards) return std::unexpected(cards.error());
    auto at_hand = accounts::open(wish.data);
    if (!at_hand) return std::unexpected(at_hand.error());
    auto at_worker = accounts::open(wish.data);
    if (!at_worker) return std::unexpected(at_worker.error());
    auto port = wish.local_port != 0 ? wish.local_port : configured_local_port(wish.data);
    if (port == 0) port = broker_wish{}.local_port;
    // Without a password the broker refuses us, which the log tells; the page and what is stored still serve.
    return centre::parts{std::move(*store),
                         std::move(*cards),
                         std::move(*at_hand),
                         std::move(*at_worker),
                         local_password(wish.data).value_or(""),
                         port};
}

} // namespace

outcome<void> serve(const serve_wish& wish) {
    if (auto made = make_folder(wish.data, 0700); !made) return made;
    if (auto locked = lock_directory(wish.data); !locked) return locked;
    auto parts = gather(wish);
    if (!parts) return std::unexpected(parts.error());

    boost::asio::io_context io(1);
    centre shell(io, std::move(*parts));
    api web(shell);
    auto server = http_server::listen(io, wish.http_address, wish.http_port, web);
    if (!server) return std::unexpected(server.error());
    shell.begin();

    boost::asio::signal_set stop(io, SIGTERM, SIGINT);
    stop.async_wait([&io](boost::system::error_code, int) { io.stop(); });
    const bool v6 = wish.http_address.find(':') != std::string::npos;
    const auto host = v6 ? "[" + wish.http_address + "]" : wish.http_address;
    const auto url = fmt::format("http://{}:{}", host, (*server)->port());
    fmt::print("{}\n", boost::json::serialize(boost::json::object{{"ready", true}, {"http", url}}));
    std::fflush(stdout);
    io.run();
    return {};
}

} // namespace anban::dispatch

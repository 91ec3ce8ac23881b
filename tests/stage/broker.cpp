#include "tests/stage/broker.hpp"

#include <fmt/format.h>

#include "tests/stage/fault.hpp"
#include "tests/stage/ports.hpp"
#include "tests/stage/temp_folder.hpp"

namespace anban::stage {

broker::broker(std::filesystem::path configuration, std::filesystem::path log, std::vector<std::uint16_t> ports,
               std::vector<std::string> environment)
    : configuration_(std::move(configuration)), log_(std::move(log)), ports_(std::move(ports)),
      environment_(std::move(environment)) {
    start();
}

void broker::start() {
    process_.reset();
    process_ = std::make_unique<process>(
        command{.argv = {"mosquitto", "-c", configuration_.string()}, .log = log_, .environment = environment_});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (const auto port : ports_) {
        while (!wait_until_listening(port, std::chrono::milliseconds(100))) {
            if (process_->running() && std::chrono::steady_clock::now() < deadline) continue;
            throw fault(fmt::format("mosquitto does not listen on port {}:\n{}", port, tail_of(log_)));
        }
    }
}

} // namespace anban::stage

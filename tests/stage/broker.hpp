// One mosquitto with a configuration that was written for it. It is ours alone: another that runs on the
// machine is never touched.
//
// Threads: those of process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/stage/process.hpp"

namespace anban::stage {

class broker {
public:
    // `ports`: of loopback, to wait for. Started at once, with this environment ("NAME=value") added to ours.
    broker(std::filesystem::path configuration, std::filesystem::path log, std::vector<std::uint16_t> ports,
           std::vector<std::string> environment = {});

    // Throws fault with the log's end if it does not listen within 10 s.
    void start();
    // At its next start.
    void use_environment(std::vector<std::string> added) { environment_ = std::move(added); }
    void kill() { process_->kill(); }
    void end() { process_->end(); }
    // Reads users and ACL anew.
    void reload() { process_->signal(1); }
    [[nodiscard]] process& run() { return *process_; }

private:
    std::filesystem::path configuration_;
    std::filesystem::path log_;
    std::vector<std::uint16_t> ports_;
    std::vector<std::string> environment_;
    std::unique_ptr<process> process_;
};

} // namespace anban::stage

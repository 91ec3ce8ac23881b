// The thin shell around the core: it gives the core what was heard, and performs what the core says. All
// the rest of anband is composed here.
//
//   Paho's threads ──judge_message──► inbox ──► core thread: home.step ──► perform ──► journal's thread
//                   ◄──────────── commit_gate, publish ◄──────────────────┘   └──► uplink_port, control
//
// Threads: run() blocks; the core, the uplink's port, the control socket and all timers are on its thread.
#pragma once

#include <filesystem>
#include <memory>

namespace anban {

class daemon {
public:
    explicit daemon(std::filesystem::path dir);
    ~daemon();
    daemon(const daemon&) = delete;
    daemon& operator=(const daemon&) = delete;

    // Runs until SIGTERM or SIGINT. Returns the exit code. What was heard and not yet acknowledged to the
    // broker comes again at the next start.
    int run();

private:
    class parts;
    std::unique_ptr<parts> parts_;
};

} // namespace anban

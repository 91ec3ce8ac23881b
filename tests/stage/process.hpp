// A program of ours or a broker, started, watched and ended by a test or the demo. Each runs in a process
// group of its own (a Ctrl-C at the terminal is ours to pass on) and dies with the thread that started it,
// even by kill -9, so nothing is ever left running.
//
// Threads: start, end and destroy from one thread that lives as long as the process is wanted (the main
// thread); `write_line` from any; `on_line` is called on a thread of the process object.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace anban::stage {

// Beside the running executable (build/…/bin), else in PATH and /usr/sbin. Throws fault if it is nowhere.
[[nodiscard]] std::filesystem::path program(std::string_view name);

struct command {
    std::vector<std::string> argv;                      // argv[0]: as `program` finds it
    std::filesystem::path log;                          // stderr, and stdout without on_line; empty: nowhere
    std::function<void(std::string_view)> on_line = {}; // each line of stdout
    bool keep_input = false;                            // stdin stays open for write_line
    std::vector<std::string> environment = {};          // "NAME=value", added to ours
};

class process {
public:
    explicit process(command c);
    ~process(); // ends it
    process(const process&) = delete;
    process& operator=(const process&) = delete;

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    // False once it has ended; then `status` tells how, as a shell would ($?).
    [[nodiscard]] bool running();
    [[nodiscard]] std::optional<int> status() const noexcept { return status_; }
    // Its status, or nothing if it still runs when `patience` is over.
    std::optional<int> wait(std::chrono::milliseconds patience);

    void write_line(std::string_view line);
    void close_input();
    void signal(int number);
    void kill(); // -9, at once
    // SIGTERM, and after `patience` SIGKILL. Returns its status.
    int end(std::chrono::milliseconds patience = std::chrono::seconds(5));

private:
    void reap(bool block);

    std::string name_;
    pid_t pid_ = -1;
    int input_ = -1;
    std::optional<int> status_;
    std::thread reader_;
};

struct finished {
    int status = 0;
    std::string out;
    std::string err;
};

// Runs to its end with `input` on stdin. Throws fault if it takes longer than `patience`.
finished run(std::vector<std::string> argv, std::string_view input = {},
             std::chrono::milliseconds patience = std::chrono::seconds(30));

// From now on SIGINT, SIGTERM and SIGHUP end every process of the stage, remove its folders and end us with
// what `last_act` (called on a thread of its own) gives, else 128 + the signal. Call it once, from main's
// thread, before there are others.
void end_everything_on_signals(std::function<int(int)> last_act = {});

// Does not return once a signal has begun to end us. main calls it before it returns: the death of its
// programs would otherwise look like a fault of its own, and its status win over the signal's.
void leave_the_end_to_the_signal() noexcept;

// SIGKILL to every process that the stage has started. Any thread.
void kill_all() noexcept;

} // namespace anban::stage

#include "tests/stage/process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include <fmt/format.h>

#include "tests/stage/fault.hpp"
#include "tests/stage/temp_folder.hpp"

extern char** environ;

namespace anban::stage {

namespace {

using steady = std::chrono::steady_clock;

// What a signal must be able to end without asking anybody: process groups, 0 where a place is free.
std::array<std::atomic<pid_t>, 256> groups;

void enlist(pid_t group) {
    for (auto& place : groups) {
        pid_t free = 0;
        if (place.compare_exchange_strong(free, group)) return;
    }
}

void strike_off(pid_t group) {
    for (auto& place : groups) {
        pid_t held = group;
        if (place.compare_exchange_strong(held, 0)) return;
    }
}

struct pipe_ends {
    int read = -1;
    int write = -1;
};

pipe_ends open_pipe() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) throw fault(fmt::format("pipe: {}", std::strerror(errno)));
    return {fds[0], fds[1]};
}

void close_if(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
}

int open_log(const std::filesystem::path& log) {
    const char* path = log.empty() ? "/dev/null" : log.c_str();
    const int fd = ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) throw fault(fmt::format("{}: {}", path, std::strerror(errno)));
    return fd;
}

void feed_lines(int fd, const std::function<void(std::string_view)>& on_line) {
    std::string waiting;
    std::array<char, 8192> buffer{};
    for (;;) {
        const auto n = ::read(fd, buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        waiting.append(buffer.data(), static_cast<std::size_t>(n));
        for (auto end = waiting.find('\n'); end != std::string::npos; end = waiting.find('\n')) {
            on_line(std::string_view(waiting).substr(0, end));
            waiting.erase(0, end + 1);
        }
    }
    ::close(fd);
}

struct child_files {
    int in;
    int out;
    int err;
    int report; // gets errno if exec fails
};

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(char* const* argv, char* const* env, const child_files& files, pid_t parent) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) ::signal(number, SIG_DFL);
    // Asio opens its sockets without CLOEXEC: a child that kept the proxy's would keep a cut wire listening.
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    if (::dup2(files.in, 0) >= 0 && ::dup2(files.out, 1) >= 0 && ::dup2(files.err, 2) >= 0)
        ::execve(argv[0], argv, env);
    const int why = errno;
    [[maybe_unused]] const auto told = ::write(files.report, &why, sizeof why);
    ::_exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (auto& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

// Ours with `added` in front, which then wins in getenv.
std::vector<char*> environment_with(std::vector<std::string>& added) {
    std::vector<char*> all;
    for (auto& one : added) all.push_back(one.data());
    for (char** one = environ; *one != nullptr; ++one) {
        const std::string_view ours = *one;
        const auto name = ours.substr(0, ours.find('=') + 1);
        bool replaced = false;
        for (const auto& other : added) replaced = replaced || std::string_view(other).starts_with(name);
        if (!replaced) all.push_back(*one);
    }
    all.push_back(nullptr);
    return all;
}

pid_t spawn(std::vector<std::string> argv, std::vector<std::string> added, child_files files) {
    auto report = open_pipe();
    files.report = report.write;
    const auto arguments = pointers(argv);
    const auto environment = environment_with(added);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) become(arguments.data(), environment.data(), files, parent);
    const int fork_fault = errno;
    close_if(report.write);
    if (pid > 0) {
        ::setpgid(pid, pid);
        enlist(pid);
    }
    int why = 0;
    const bool failed = pid > 0 && ::read(report.read, &why, sizeof why) == static_cast<ssize_t>(sizeof why);
    close_if(report.read);
    if (pid < 0) throw fault(fmt::format("fork: {}", std::strerror(fork_fault)));
    if (failed) {
        ::waitpid(pid, nullptr, 0);
        strike_off(pid);
        throw fault(fmt::format("{}: {}", argv[0], std::strerror(why)));
    }
    return pid;
}

} // namespace

std::filesystem::path program(std::string_view name) {
    namespace fs = std::filesystem;
    if (name.find('/') != std::string_view::npos) return fs::path(name);
    std::vector<fs::path> places = {fs::read_symlink("/proc/self/exe").parent_path()};
    if (const char* path = std::getenv("PATH")) {
        std::istringstream parts(path);
        for (std::string part; std::getline(parts, part, ':');) places.emplace_back(part);
    }
    places.emplace_back("/usr/sbin");
    places.emplace_back("/usr/bin");
    for (const auto& place : places) {
        const auto file = place / name;
        if (::access(file.c_str(), X_OK) == 0 && fs::is_regular_file(file)) return file;
    }
    throw fault(fmt::format("the program '{}' is neither beside {} nor in PATH: build or install it", name,
                            places.front().string()));
}

process::process(command c) : name_(std::filesystem::path(c.argv.at(0)).filename()) {
    ::signal(SIGPIPE, SIG_IGN); // a program that has ended is a fault of write_line, not our end
    c.argv[0] = program(c.argv[0]).string();
    pipe_ends in;
    pipe_ends out;
    int log = -1;
    int nothing = -1;
    try {
        if (c.keep_input)
            in = open_pipe();
        else
            nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (c.on_line) out = open_pipe();
        log = open_log(c.log);
        pid_ = spawn(std::move(c.argv), std::move(c.environment),
                     {c.keep_input ? in.read : nothing, c.on_line ? out.write : log, log, -1});
    } catch (...) {
        for (int* fd : {&in.read, &in.write, &out.read, &out.write, &log, &nothing}) close_if(*fd);
        throw;
    }
    for (int* fd : {&in.read, &out.write, &log, &nothing}) close_if(*fd);
    input_ = in.write;
    if (c.on_line) reader_ = std::thread([fd = out.read, told = std::move(c.on_line)] { feed_lines(fd, told); });
}

process::~process() {
    end();
    if (reader_.joinable()) reader_.join();
}

void process::reap(bool block) {
    if (status_ || pid_ < 0) return;
    int raw = 0;
    pid_t got = 0;
    do got = ::waitpid(pid_, &raw, block ? 0 : WNOHANG);
    while (got < 0 && errno == EINTR);
    if (got != pid_) return;
    status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
    ::kill(-pid_, SIGKILL); // whatever it may have left behind in its group
    strike_off(pid_);
}

bool process::running() {
    reap(false);
    return !status_;
}

std::optional<int> process::wait(std::chrono::milliseconds patience) {
    const auto deadline = steady::now() + patience;
    while (running() && steady::now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return status_;
}

void process::write_line(std::string_view line) {
    std::string text(line);
    text += '\n';
    for (std::size_t done = 0; done < text.size();) {
        const auto n = ::write(input_, text.data() + done, text.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) throw fault(fmt::format("{} takes no more commands: {}", name_, std::strerror(errno)));
        done += static_cast<std::size_t>(n);
    }
}

void process::close_input() {
    close_if(input_);
}

void process::signal(int number) {
    if (running()) ::kill(pid_, number);
}

void process::kill() {
    if (running()) ::kill(-pid_, SIGKILL);
    reap(true);
}

int process::end(std::chrono::milliseconds patience) {
    close_if(input_);
    if (running()) {
        ::kill(pid_, SIGTERM);
        ::kill(pid_, SIGCONT);
        wait(patience);
    }
    kill();
    return status_.value_or(0);
}

finished run(std::vector<std::string> argv, std::string_view input, std::chrono::milliseconds patience) {
    const temp_folder folder;
    const auto errors = folder.path() / "stderr";
    finished result;
    {
        process p({.argv = std::move(argv),
                   .log = errors,
                   .on_line = [&](std::string_view line) { result.out.append(line) += '\n'; },
                   .keep_input = true});
        if (!input.empty()) {
            try {
                p.write_line(input.ends_with('\n') ? input.substr(0, input.size() - 1) : input);
            } catch (const fault&) { // what it does not read it does not want
            }
        }
        p.close_input();
        const auto status = p.wait(patience);
        if (!status) throw fault(fmt::format("{} still runs after {} s", p.name(), patience.count() / 1000));
        result.status = *status;
    } // all of its output has been read here
    result.err = read_file(errors);
    return result;
}

void kill_all() noexcept {
    for (auto& place : groups) {
        const pid_t group = place.load();
        if (group > 0) ::kill(-group, SIGKILL);
    }
}

namespace {
std::atomic<bool> a_signal_ends_us = false;
}

void leave_the_end_to_the_signal() noexcept {
    while (a_signal_ends_us) ::pause();
}

void end_everything_on_signals(std::function<int(int)> last_act) {
    static std::atomic<bool> done = false;
    if (done.exchange(true)) return;
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t wanted;
    ::sigemptyset(&wanted);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&wanted, number);
    ::pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
    std::thread([wanted, act = std::move(last_act)] {
        int number = 0;
        ::sigwait(&wanted, &number);
        a_signal_ends_us = true;
        kill_all();
        remove_all_folders();
        ::_exit(act ? act(number) : 128 + number);
    }).detach();
}

} // namespace anban::stage

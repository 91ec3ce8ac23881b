// anban-home: plays the devices of a home against a real broker.
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "firmware-stubs/home/commands.hpp"
#include "firmware-stubs/home/config.hpp"
#include "firmware-stubs/home/event.hpp"
#include "firmware-stubs/home/street.hpp"

namespace {

// The descriptor becomes readable when somebody asks us to end.
int stop_descriptor() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app{"Plays the devices of a home: buttons, detectors, a bed mat, a Zigbee2MQTT bridge."};
    app.footer("Example: printf 'press button-1\\nwait 5\\nquit\\n' | anban-home home.toml");
    std::string file;
    std::string script;
    std::string state;
    bool stay = false;
    app.add_option("HOME", file, "the home to play, TOML; see firmware-stubs/home/README.md")->required();
    app.add_option("--script", script, "read commands from this file instead of standard input");
    app.add_option("--state", state, "folder of the devices' persisted counters");
    app.add_flag("--stay", stay, "play on when the commands have ended; SIGTERM ends it");
    app.set_version_flag("--version", "anban-home " ANBAN_VERSION);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    auto home = anban::played::load(file);
    if (!home) {
        fmt::print(stderr, "anban-home: {}\n", home.error());
        return 1;
    }
    if (!state.empty()) home->state = state;
    std::error_code error;
    std::filesystem::create_directories(home->state, error);
    if (error) {
        fmt::print(stderr, "anban-home: {}: {}; name a folder that can be written with --state\n",
                   home->state.string(), error.message());
        return 1;
    }
    anban::played::line_source commands{.descriptor = STDIN_FILENO, .rest = {}};
    if (!script.empty()) commands.descriptor = ::open(script.c_str(), O_RDONLY | O_CLOEXEC);
    if (commands.descriptor < 0) {
        fmt::print(stderr, "anban-home: {} can't be read\n", script);
        return 1;
    }
    const int stop = stop_descriptor();
    anban::played::street street(*home);
    street.run(
        commands, stop, [&](std::string_view line) { anban::played::perform(street, line); },
        [&] {
            if (!stay) street.quit();
        });
    anban::played::tell("ended", {});
    return 0;
}

// anband --home DIR: the gateway's daemon.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>

#include "gateway/daemon/daemon.hpp"

namespace {

constexpr const char* usage = R"(anband — hears, judges and keeps the alarms of one home

  anband [--home DIR]     DIR is $ANBAN_HOME, else /etc/anban
  anband --version
  anband --help

It runs in the foreground, logs to stderr and tells systemd when it is ready. It starts without a network,
a broker or a centre and connects when they come. Ask it with `anban status`.

Example:  anband --home /etc/anban
)";

} // namespace

int main(int argc, char** argv) {
    const char* from_environment = std::getenv("ANBAN_HOME");
    std::string dir = from_environment != nullptr ? from_environment : "/etc/anban";
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--help") == 0 || std::strcmp(argv[i], "-h") == 0) {
            std::fputs(usage, stdout);
            return 0;
        }
        if (std::strcmp(argv[i], "--version") == 0) {
            std::puts("anband " ANBAN_VERSION);
            return 0;
        }
        if (std::strcmp(argv[i], "--home") != 0 || i + 1 == argc) {
            std::fprintf(stderr, "anband: '%s' isn't understood\n\n%s", argv[i], usage);
            return 2;
        }
        dir = argv[++i];
    }
    if (!std::filesystem::is_directory(dir)) {
        std::fprintf(stderr, "<2>anband: there is no directory %s; make one with: anban --home %s init\n",
                     dir.c_str(), dir.c_str());
        return 1;
    }
    ::umask(0077);
    int code = 0;
    {
        anban::daemon daemon{dir};
        code = daemon.run();
        std::fflush(nullptr);
        // Paho's threads may wait in a callback whose frame is not committed: they must not return, since
        // returning acknowledges. What they hold comes again at the next start.
        ::_exit(code);
    }
}

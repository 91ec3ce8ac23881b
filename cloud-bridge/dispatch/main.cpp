#include "cloud-bridge/dispatch/setup/cli.hpp"

int main(int argc, char** argv) {
    return anban::dispatch::run_command_line(argc, argv);
}

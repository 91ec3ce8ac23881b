// Everything at once, on loopback: a centre, one home, and the switchable wire between them.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/stage/centre.hpp"
#include "tests/stage/home.hpp"
#include "tests/stage/proxy.hpp"
#include "tests/stage/temp_folder.hpp"

namespace anban::stage {

class district {
public:
    // How the home reaches the centre: over `wire`, which can be cut, or without a process between.
    enum class link { wire, straight };

    explicit district(home_plan plan = usual_home(), link by = link::wire);
    // Centre, home, devices; returns when the home has its link to the centre. Throws fault.
    void start();

    // True as soon as `anban status` says that the link is up (or down, for `up` = false).
    bool wait_for_link(bool up, std::chrono::milliseconds patience);

    [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_.path(); }

private:
    temp_folder folder_;

public:
    class centre centre;
    proxy wire;
    home_box home;
};

} // namespace anban::stage

// The assertion that stays on in production: a false condition is a bug of ours, never bad input. The
// process ends, the service manager starts it again, and the journal has what was promised.
#pragma once

#include <source_location>

namespace anban {

[[noreturn]] void broken_promise(std::source_location where) noexcept;

constexpr void ensure(bool holds, std::source_location where = std::source_location::current()) noexcept {
    if (!holds) [[unlikely]] {
        broken_promise(where);
    }
}

} // namespace anban

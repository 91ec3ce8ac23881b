#include "rules/ensure.hpp"

#include <cstdio>
#include <cstdlib>

namespace anban {

void broken_promise(std::source_location where) noexcept {
    std::fprintf(stderr, "<2>anban: a promise of the code is broken at %s:%u in %s\n", where.file_name(),
                 static_cast<unsigned>(where.line()), where.function_name());
    std::abort();
}

} // namespace anban

// The operator's page, embedded at build time: what anban-dispatch serves besides its API. All views point
// into static storage and live as long as the program. Threads: read-only, any thread.
#pragma once

#include <span>
#include <string_view>

namespace anban::console {

struct page {
    std::string_view path;         // as asked for, e.g. "/", "/login.html", "/app.js"
    std::string_view content_type; // with its charset
    std::string_view body;         // UTF-8 or an image's bytes
};

// Every page, each path once; "/" first.
[[nodiscard]] std::span<const page> all_pages() noexcept;

// What the pages need and nothing more; to be sent with each of them.
inline constexpr std::string_view content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types anban";

} // namespace anban::console

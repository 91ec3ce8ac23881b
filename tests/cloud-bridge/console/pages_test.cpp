#include "cloud-bridge/console/pages.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using anban::console::all_pages;

namespace {

std::string_view body_of(std::string_view path) {
    for (const auto& page : all_pages()) {
        if (page.path == path) return page.body;
    }
    return {};
}

} // namespace

TEST_CASE("every page is embedded whole, once and with its type [console-1]") {
    std::set<std::string_view> paths;
    for (const auto& page : all_pages()) {
        CAPTURE(page.path);
        CHECK(paths.insert(page.path).second);
        CHECK(page.path.starts_with('/'));
        CHECK_FALSE(page.content_type.empty());
        CHECK_FALSE(page.body.empty());
    }
    CHECK(all_pages().front().path == "/");
    CHECK(body_of("/").ends_with("</html>\n"));
    CHECK(body_of("/login.html").ends_with("</html>\n"));
}

TEST_CASE("a page carries no inline script or style and asks no other server [console-2]") {
    for (const auto& page : all_pages()) {
        CAPTURE(page.path);
        const std::string body{page.body};
        // The one address an icon needs is its XML namespace, which nobody fetches.
        CHECK(body.find("https://") == std::string::npos);
        if (page.content_type.starts_with("text/html")) {
            CHECK(body.find("<style") == std::string::npos);
            CHECK(body.find(" style=") == std::string::npos);
            CHECK(body.find(" onclick=") == std::string::npos);
            for (auto at = body.find("<script"); at != std::string::npos; at = body.find("<script", at + 1)) {
                CHECK(body.compare(at, 13, "<script src=\"") == 0);
            }
        }
    }
}

TEST_CASE("whatever a page loads from its own server is embedded too [console-1]") {
    for (const auto& page : all_pages()) {
        if (!page.content_type.starts_with("text/html")) continue;
        for (const std::string_view attribute : {"src=\"", "href=\""}) {
            for (std::size_t at = page.body.find(attribute); at != std::string_view::npos;
                 at = page.body.find(attribute, at + 1)) {
                const auto from = at + attribute.size();
                const auto asked = page.body.substr(from, page.body.find('"', from) - from);
                CAPTURE(asked);
                CHECK_FALSE(body_of(asked).empty());
            }
        }
    }
}

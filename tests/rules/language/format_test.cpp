#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "rules/limits.hpp"
#include "tests/rules/language/packs.hpp"

using namespace anban;
using namespace anban::language;
using namespace anban::test;

namespace {
[[nodiscard]] std::string laid_out(std::string_view text) {
    const auto formatted = format_pack(text, "p.rules");
    return formatted ? *formatted : formatted.error().front().in_words();
}
} // namespace

TEST_CASE("a text that would outgrow the bound laid out stays as it is [language-8]") {
    std::string text = "pack p\nalarm a {\n  class suspected\n  when smoke is true\n  detect\n";
    while (text.size() < limits::pack_bytes - 64) text += "#c\n";
    text += "  within 1 min\n}\n";
    REQUIRE(read_pack(text, "p").has_value());
    CHECK(format_pack(text, "p") == text);
}

TEST_CASE("a pack has one layout, and comments keep their place [language-8]") {
    CHECK(laid_out("\xef\xbb\xbf# first\n\n\n# about the pack\npack p \"包\"  # behind\n# of the alarm\r\nalarm "
                   "a\"甲\"\"A\"{ # open\n"
                   "class   suspected\n\n\n  # the limit\n param low=40bpm in 30bpm..60bpm # low\n"
                   "when heart_rate<low #why\nfor 60s\n  clear heart_rate>low+5 bpm\n# last\n} # end\n"
                   "alarm b{class technical when (fall then sos within 1min)or sos inhibited by x ,y detect "
                   "within 5min}") ==
          R"(# first

# about the pack
pack p "包"  # behind

# of the alarm
alarm a "甲" "A" {  # open
  class suspected
  # the limit
  param low = 40 bpm in 30 bpm .. 60 bpm  # low)"
          R"(
  when  heart_rate < low  #why
        for 60 s
  clear heart_rate > low + 5 bpm
  # last
}  # end

alarm b {
  class technical
  when  (fall then sos within 1 min) or sos
  inhibited by x, y
  detect within 5 min
}
)");
}

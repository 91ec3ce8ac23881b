# Writes one C++ file that holds the page's files as bytes.
#   cmake -DOUTPUT=pages.cpp "-DPAGES=/|text/html|FILE;/app.js|text/javascript|FILE" -P embed.cmake
set(data "")
set(table "")
set(n 0)
foreach(entry IN LISTS PAGES)
  string(REPLACE "|" ";" fields "${entry}")
  list(GET fields 0 path)
  list(GET fields 1 type)
  list(GET fields 2 file)
  if(type MATCHES "^text/|javascript|svg|json")
    set(type "${type}; charset=utf-8")
  endif()
  file(READ "${file}" bytes HEX)
  if(bytes STREQUAL "")
    message(FATAL_ERROR "${file} is empty")
  endif()
  # A line of twenty bytes keeps the compiler's messages readable.
  string(REPEAT "." 40 line)
  string(REGEX REPLACE "${line}" "\\0\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND data "constexpr char body_${n}[] = {\n${bytes}\n};\n")
  string(APPEND table "    page{\"${path}\", \"${type}\", {body_${n}, sizeof body_${n}}},\n")
  math(EXPR n "${n} + 1")
endforeach()
file(WRITE "${OUTPUT}" "#include \"cloud-bridge/console/pages.hpp\"

#include <array>

namespace anban::console {
namespace {
${data}
constexpr std::array<page, ${n}> pages{{
${table}}};
} // namespace

std::span<const page> all_pages() noexcept { return pages; }

} // namespace anban::console
")

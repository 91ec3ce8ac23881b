#include "tests/bench/rules/lua_chunk.hpp"

#include <lua.hpp>

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "tests/bench/rules/table.hpp"

namespace anban::bench {
namespace {

[[nodiscard]] std::string source() {
    std::string text = "local values\nlocal began = 0\n";
    // 50 rules of two locals each stay below Lua's 200 in three functions of tables.
    text += "local since, active = {}, {}\n";
    text += fmt::format("for i = 1, {} do since[i] = -1; active[i] = false end\n", thresholds);
    text += "local function step(now, v)\n";
    for (int i = 0; i < thresholds; ++i) {
        text += fmt::format(
            "if not active[{1}] and since[{1}] >= 0 and now - since[{1}] >= 60 then active[{1}] = true; "
            "began = began + 1 end "
            "if v < {0} then if since[{1}] < 0 then since[{1}] = now end "
            "else since[{1}] = -1; active[{1}] = false end\n",
            limit_of(i), i + 1);
    }
    text += "end\n"
            "function take(v) values = v end\n"
            "function run(first, count)\n"
            "  began = 0\n  local n = #values\n"
            "  for i = first, first + count - 1 do step(i, values[i % n + 1]) end\n"
            "  return began\nend\n";
    return text;
}

void demand(lua_State* lua, bool fine) {
    if (fine) return;
    std::fprintf(stderr, "lua: %s\n", lua_tostring(lua, -1));
    std::abort();
}

} // namespace

lua_chunk::lua_chunk() : lua_(luaL_newstate()) {
    luaL_openlibs(lua_);
    demand(lua_, luaL_dostring(lua_, source().c_str()) == 0);
}

lua_chunk::~lua_chunk() {
    lua_close(lua_);
}

std::int64_t lua_chunk::step(const double* values, std::size_t size, std::int64_t first, std::int64_t count) {
    if (first == 0) {
        lua_getglobal(lua_, "take");
        lua_createtable(lua_, static_cast<int>(size), 0);
        for (std::size_t i = 0; i < size; ++i) {
            lua_pushnumber(lua_, values[i]);
            lua_rawseti(lua_, -2, static_cast<int>(i + 1));
        }
        demand(lua_, lua_pcall(lua_, 1, 0, 0) == 0);
    }
    lua_getglobal(lua_, "run");
    lua_pushnumber(lua_, static_cast<double>(first));
    lua_pushnumber(lua_, static_cast<double>(count));
    demand(lua_, lua_pcall(lua_, 2, 1, 0) == 0);
    const auto began = static_cast<std::int64_t>(lua_tonumber(lua_, -1));
    lua_pop(lua_, 1);
    return began;
}

} // namespace anban::bench

// The same rules as one chunk of LuaJIT, one function a reading.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

struct lua_State;

namespace anban::bench {

class lua_chunk {
public:
    lua_chunk();
    ~lua_chunk();
    lua_chunk(const lua_chunk&) = delete;
    lua_chunk& operator=(const lua_chunk&) = delete;

    // Steps `count` readings inside Lua, so that only the first is a call from C++. `values` has `size` numbers
    // that are gone through round and round, 1 s apart. Returns how many began.
    [[nodiscard]] std::int64_t step(const double* values, std::size_t size, std::int64_t first,
                                    std::int64_t count);

private:
    lua_State* lua_;
};

} // namespace anban::bench

#include "tests/fuzz/allocations.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace {

std::size_t held = 0;
std::size_t held_then = 0;
std::size_t most = 0;

void* take(std::size_t size) {
    void* p = std::malloc(size);
    if (p == nullptr) std::abort();
    held += ::malloc_usable_size(p);
    most = std::max(most, held);
    return p;
}

void give(void* p) noexcept {
    if (p == nullptr) return;
    held -= ::malloc_usable_size(p);
    std::free(p);
}

} // namespace

void* operator new(std::size_t size) {
    return take(size);
}
void* operator new[](std::size_t size) {
    return take(size);
}
// std::stable_sort asks so; the sanitizer's own would not meet our delete.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return take(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return take(size);
}
void operator delete(void* p) noexcept {
    give(p);
}
void operator delete[](void* p) noexcept {
    give(p);
}
void operator delete(void* p, std::size_t) noexcept {
    give(p);
}
void operator delete[](void* p, std::size_t) noexcept {
    give(p);
}

namespace anban::fuzz {

void watch_allocations() noexcept {
    held_then = held;
    most = held;
}

std::size_t held_now() noexcept {
    return held;
}

std::size_t most_held() noexcept {
    return most - held_then;
}

} // namespace anban::fuzz

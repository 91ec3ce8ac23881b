#include "gateway/threads/give_way.hpp"

#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace anban {
namespace {

// The kernel's sched_attr in its first published size; the C library has no name for it.
struct scheduling {
    std::uint32_t size = sizeof(scheduling);
    std::uint32_t policy = SCHED_BATCH;
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t slice_ns = 100'000'000; // the longest that is allowed: any other thread's is shorter
    std::uint64_t deadline_ns = 0;
    std::uint64_t period_ns = 0;
};
static_assert(sizeof(scheduling) == 48, "SCHED_ATTR_SIZE_VER0");

} // namespace

void give_way() noexcept {
    const scheduling wanted;
    (void)::syscall(SYS_sched_setattr, 0, &wanted, 0U);
}

} // namespace anban

// Whether the writing thread lives, without a commit.
#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <semaphore>

#include "gateway/journal/journal.hpp"
#include "tests/temp_dir.hpp"

using namespace anban;
using namespace std::chrono_literals;

TEST_CASE("a canary passes the writing thread behind what waits, and writes nothing [journal-19]") {
    const test::temp_dir dir{"journal"};
    auto opened = journal::open(dir.path, {});
    REQUIRE(opened);
    journal& j = *opened->first;
    std::atomic<std::uint64_t> committed{0};
    std::atomic<std::uint64_t> committed_at_passing{0};
    std::atomic<std::uint64_t> last{0};
    std::binary_semaphore passed{0};
    j.run({.committed = [&](std::uint64_t record) { committed = record; },
           .failed = [](std::string) {},
           .passed =
               [&](std::uint64_t n) {
                   last = n;
                   committed_at_passing = committed.load();
                   passed.release();
               }});
    j.append(1, home_delta{}, false);
    j.append(2, home_delta{}, false);
    j.pass(7);
    REQUIRE(passed.try_acquire_for(10s));
    CHECK(last == 7);
    CHECK(committed_at_passing == 2);

    const auto wal = dir.path / "alarms.db-wal";
    const auto size = std::filesystem::file_size(wal);
    j.pass(8);
    REQUIRE(passed.try_acquire_for(10s));
    CHECK(last == 8);
    CHECK(std::filesystem::file_size(wal) == size);
}

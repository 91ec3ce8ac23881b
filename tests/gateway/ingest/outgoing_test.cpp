#include "gateway/ingest/outgoing.hpp"

#include <future>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "rules/limits.hpp"

using namespace anban;
using namespace std::chrono_literals;

namespace {

drivers::publication said(std::size_t n) {
    return {"a/topic", std::to_string(n)};
}

void put(outgoing& to, std::size_t first, std::size_t last) {
    for (std::size_t n = first; n <= last; ++n) REQUIRE(to.put(said(n)));
}

// What leaves now, in its order.
std::vector<outgoing::one> all_of(outgoing& from) {
    std::vector<outgoing::one> all;
    while (auto one = from.take_now()) all.push_back(*std::move(one));
    return all;
}

std::vector<std::string> words(const std::vector<outgoing::one>& all) {
    std::vector<std::string> words;
    for (const auto& one : all) words.push_back(one.what.payload);
    return words;
}

} // namespace

TEST_CASE("no more are out than a broker takes at once; the next leaves when one has arrived [ingest-10]") {
    outgoing o;
    o.connected();
    put(o, 1, outgoing::out_at_most + 2);
    const auto first = all_of(o);
    REQUIRE(first.size() == outgoing::out_at_most);
    o.arrived(first[3].number);
    CHECK(words(all_of(o)) == std::vector{std::to_string(outgoing::out_at_most + 1)});
    o.arrived(first[3].number); // twice is once
    CHECK(all_of(o).empty());
    o.arrived(first[0].number);
    CHECK(words(all_of(o)) == std::vector{std::to_string(outgoing::out_at_most + 2)});
}

TEST_CASE("what a connection took with it is said first on the next one, in its order [ingest-10]") {
    outgoing o;
    put(o, 1, 5);
    CHECK(all_of(o).empty()); // nobody is there
    o.connected();
    const auto one = o.take_now();
    const auto two = o.take_now();
    const auto three = o.take_now();
    REQUIRE((one && two && three));
    o.arrived(one->number);
    o.lost();
    CHECK(all_of(o).empty());
    o.connected();
    o.arrived(two->number); // of the broken connection: it is out again under another number
    CHECK(words(all_of(o)) == std::vector<std::string>{"2", "3", "4", "5"});
    o.lost();
    o.connected();
    CHECK(words(all_of(o)) == std::vector<std::string>{"2", "3", "4", "5"});
}

TEST_CASE("what could not be given to the connection is the next, once [ingest-10]") {
    outgoing o;
    o.connected();
    put(o, 1, 2);
    const auto one = o.take_now();
    REQUIRE(one);
    SUBCASE("at once") {
        o.put_back(one->number);
    }
    SUBCASE("after a new connection has taken it back") {
        o.lost();
        o.connected();
        o.put_back(one->number);
    }
    CHECK(words(all_of(o)) == std::vector<std::string>{"1", "2"});
}

TEST_CASE("full: the oldest goes and it is told [ingest-10]") {
    outgoing o;
    put(o, 1, limits::waiting_publications);
    CHECK_FALSE(o.put(said(limits::waiting_publications + 1)));
    o.connected();
    const auto first = o.take_now();
    REQUIRE(first);
    CHECK(first->what.payload == "2");
}

TEST_CASE("whoever waits is woken by a word, a connection and an arrival [ingest-10]") {
    outgoing o;
    const auto next = [&o] { return std::async(std::launch::async, [&o] { return o.take().what.payload; }); };
    auto waits = next();
    put(o, 1, outgoing::out_at_most + 1);
    CHECK(waits.wait_for(50ms) == std::future_status::timeout);
    o.connected();
    REQUIRE(waits.wait_for(10s) == std::future_status::ready);
    CHECK(waits.get() == "1");
    const auto others = all_of(o);
    REQUIRE(others.size() == outgoing::out_at_most - 1);
    auto last = next();
    CHECK(last.wait_for(50ms) == std::future_status::timeout);
    o.arrived(others.back().number);
    REQUIRE(last.wait_for(10s) == std::future_status::ready);
    CHECK(last.get() == std::to_string(outgoing::out_at_most + 1));
}

#include "gateway/ingest/subscriptions.hpp"

#include <doctest/doctest.h>

using namespace anban;
using topics = std::vector<std::string>;

TEST_CASE("a topic is heard when its SUBACK grants it, not when it is asked for [ingest-7]") {
    subscriptions s;
    CHECK(s.toward({"a", "b"}).ask == topics{"a", "b"});
    CHECK_FALSE(s.hears("a"));
    CHECK_FALSE(s.settled());
    CHECK(s.unanswered() == topics{"a", "b"});
    CHECK(s.toward({"a", "b"}).ask.empty()); // it has been said
    s.answered("a", true);
    CHECK(s.hears("a"));
    CHECK_FALSE(s.hears("b"));
    s.answered("b", true);
    CHECK(s.settled());
}

TEST_CASE("a refused subscription is told and leaves the topic to whoever hears it else [ingest-7]") {
    subscriptions s;
    (void)s.toward({"a", "b"});
    s.answered("a", false);
    s.answered("b", true);
    CHECK(s.settled());
    CHECK_FALSE(s.hears("a"));
    CHECK(s.refused() == topics{"a"});
    SUBCASE("the next connection asks again") {
        s.begin(true);
        CHECK(s.refused().empty());
        CHECK(s.toward({"a", "b"}).ask == topics{"a", "b"});
    }
    SUBCASE("what nobody wants any more is no fault") {
        CHECK(s.toward({"b"}).give_up == topics{"a"});
        CHECK(s.refused().empty());
    }
}

TEST_CASE("a kept session goes on hearing, a lost one hears nothing until it is granted anew [ingest-7]") {
    subscriptions s;
    (void)s.toward({"a"});
    s.answered("a", true);
    SUBCASE("kept") {
        s.begin(true);
        CHECK(s.hears("a"));
    }
    SUBCASE("lost") {
        s.begin(false);
        CHECK_FALSE(s.hears("a"));
        s.answered("a", true); // of the connection before: nothing has been asked for on this one
        CHECK_FALSE(s.hears("a"));
    }
    CHECK(s.toward({"a"}).ask == topics{"a"});
}

TEST_CASE("what is given up is no longer heard, and what could not be said is said again [ingest-7]") {
    subscriptions s;
    (void)s.toward({"a", "b"});
    s.answered("a", true);
    s.not_said("b");
    const auto next = s.toward({"b"});
    CHECK(next.give_up == topics{"a"});
    CHECK(next.ask == topics{"b"});
    CHECK_FALSE(s.hears("a"));
}

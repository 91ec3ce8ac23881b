#include "rules/sha256.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

namespace {
std::string hex_of(std::string_view text) {
    std::string hex;
    for (const auto byte : anban::sha256_of(text)) hex += fmt::format("{:02x}", byte);
    return hex;
}
} // namespace

TEST_CASE("SHA-256 gives the digests that FIPS 180-4 prints") {
    CHECK(hex_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hex_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(hex_of(std::string(1'000'000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// SHA-256 (FIPS 180-4). Alarm ids and envelope hashes are made of it on the pure ground floor, where no
// library is allowed; everything else in the house that needs cryptography uses OpenSSL or libsodium.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace anban {

using sha256_digest = std::array<std::uint8_t, 32>;

class sha256 {
public:
    sha256() noexcept;
    void update(std::string_view bytes) noexcept;
    void update_u64(std::uint64_t number) noexcept; // little-endian, 8 bytes
    // Length first, so that ("ab", "c") and ("a", "bc") differ.
    void update_field(std::string_view bytes) noexcept;
    // Ends the computation; the object must not be used after it.
    [[nodiscard]] sha256_digest finish() noexcept;

private:
    void compress(const std::uint8_t* block) noexcept;

    std::array<std::uint32_t, 8> state_;
    std::array<std::uint8_t, 64> buffer_{};
    std::uint64_t length_ = 0;
};

[[nodiscard]] sha256_digest sha256_of(std::string_view bytes) noexcept;

} // namespace anban

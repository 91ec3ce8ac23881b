// A sentence for a person, in both languages of the house; the reader's language is chosen where it is
// shown. An operating error of the centre's tools is such a sentence: what is wrong and what cures it.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace anban::dispatch {

struct words {
    std::string zh;
    std::string en;
    friend bool operator==(const words&, const words&) = default;
};

template <class T>
using outcome = std::expected<T, words>;

} // namespace anban::dispatch

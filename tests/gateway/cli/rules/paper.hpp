// A terminal that keeps what was written on it, out and err alike.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "gateway/cli/terminal.hpp"

namespace anban::cli::testing {

class paper {
public:
    explicit paper(bool as_json = false, bool chinese = false) : to_(::open_memstream(&text_, &size_)) {
        t.json = as_json;
        t.chinese = chinese;
        t.out = t.err = to_;
    }
    ~paper() {
        std::fclose(to_);
        std::free(text_); // NOLINT: open_memstream's own buffer
    }
    paper(const paper&) = delete;
    paper& operator=(const paper&) = delete;

    [[nodiscard]] std::string read() const {
        std::fflush(to_);
        return {text_, size_};
    }
    [[nodiscard]] bool says(std::string_view part) const {
        const std::string all = read();
        INFO(all);
        CHECK(all.contains(part));
        return all.contains(part);
    }
    [[nodiscard]] boost::json::object object() const { return boost::json::parse(read()).as_object(); }

    terminal t;

private:
    char* text_ = nullptr;
    std::size_t size_ = 0;
    std::FILE* to_;
};

} // namespace anban::cli::testing

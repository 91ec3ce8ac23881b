#include "tests/simulation/shrink.hpp"

#include <algorithm>

namespace anban::simulation {
namespace {

class shrinking {
public:
    shrinking(const script& failing, run_options options, std::size_t most)
        : options_(options), most_(most), best_{failing, {}, 0} {
        options_.aloud = false;
        best_.result = live(failing, options_);
    }

    shrunk run() {
        for (std::size_t k = 0; k < deed_kinds; ++k) without_kind(static_cast<deed_kind>(k));
        for (std::size_t chunk = best_.story.deeds.size() / 2; chunk >= 1; chunk /= 2) {
            for (std::size_t at = 0; at < best_.story.deeds.size();) {
                if (!without(at, chunk)) at += chunk;
            }
        }
        for (std::size_t i = 0; i < best_.story.deeds.size(); ++i) shorten(i);
        return std::move(best_);
    }

private:
    bool without_kind(deed_kind kind) {
        script tried = best_.story;
        const auto gone = std::erase_if(tried.deeds, [&](const deed& d) { return d.what == kind; });
        return gone > 0 && keep_if_failing(std::move(tried));
    }
    bool without(std::size_t at, std::size_t count) {
        script tried = best_.story;
        const auto from = tried.deeds.begin() + static_cast<std::ptrdiff_t>(at);
        const auto size = std::min(count, tried.deeds.size() - at);
        tried.deeds.erase(from, from + static_cast<std::ptrdiff_t>(size));
        return keep_if_failing(std::move(tried));
    }
    void shorten(std::size_t at) {
        while (best_.story.deeds[at].lasts > 1s) {
            script tried = best_.story;
            tried.deeds[at].lasts /= 4;
            if (!keep_if_failing(std::move(tried))) return;
        }
    }
    bool keep_if_failing(script tried) {
        if (best_.runs >= most_) return false;
        ++best_.runs;
        run_result r = live(tried, options_);
        if (!r.broken || r.broken->of != best_.result.broken->of) return false;
        best_.story = std::move(tried);
        best_.result = std::move(r);
        return true;
    }

    run_options options_;
    std::size_t most_;
    shrunk best_;
};

} // namespace

shrunk shrink(const script& failing, const run_options& options, std::size_t most_runs) {
    return shrinking{failing, options, most_runs}.run();
}

} // namespace anban::simulation

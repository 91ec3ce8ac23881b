// What can be seen of the desk: a case by its name, the lists, and that a console got it.
#include <algorithm>

#include "cloud-bridge/dispatch/desk/desk.hpp"

namespace anban::dispatch {
namespace {

// A public id taken apart, see case_file::public_id.
struct public_name {
    alarm_id id;
    std::string gateway; // of a shadow

    [[nodiscard]] bool fits(const case_file& file) const {
        return file.shadow ? file.key.gateway.str() == gateway : gateway.empty();
    }
};

std::optional<public_name> read_name(const std::string& text) {
    const auto at_sign = text.find('@');
    const auto id = alarm_id::from_hex(std::string_view(text).substr(0, at_sign));
    if (!id) return std::nullopt;
    return public_name{*id, at_sign == std::string::npos ? std::string{} : text.substr(at_sign + 1)};
}

} // namespace

void desk::was_shown(const case_key& key, utc_time at) {
    const auto found = cases_.find(key);
    if (found != cases_.end() && !found->second.shown) found->second.shown = at;
}

void desk::was_shown(const std::string& public_id, utc_time at) {
    if (const auto* file = in_memory(public_id)) was_shown(case_key(file->key), at);
}

const case_file* desk::find(const case_key& key) const {
    const auto found = cases_.find(key);
    return found == cases_.end() ? nullptr : &found->second;
}

const case_file* desk::in_memory(const std::string& public_id) const {
    const auto named = read_name(public_id);
    if (!named) return nullptr;
    const auto [first, last] = owners_.equal_range(named->id);
    for (auto at = first; at != last; ++at) {
        const auto* file = find(case_key{at->second, named->id});
        if (file != nullptr && named->fits(*file)) return file;
    }
    return nullptr;
}

const case_file* desk::find(const std::string& public_id) {
    if (const auto* file = in_memory(public_id)) return file;
    const auto named = read_name(public_id);
    const auto others = named ? kept_.owners(named->id) : std::vector<gateway_id>{};
    if (!others) return nullptr;
    for (const auto& owner : *others) {
        auto read = kept_.load({owner, named->id});
        if (!read || !*read || !named->fits(**read)) continue;
        guest_ = std::move(**read);
        return &*guest_;
    }
    return nullptr;
}

std::vector<const case_file*> desk::list(which w, std::size_t most) const {
    std::vector<const case_file*> found;
    if (w != which::closed) {
        for (const auto& [key, file] : cases_) {
            if (file.open()) found.push_back(&file);
        }
        std::sort(found.begin(), found.end(), [](const case_file* a, const case_file* b) {
            return std::tuple(a->newest.urgency, a->newest.raised.at, a->key) <
                   std::tuple(b->newest.urgency, b->newest.raised.at, b->key);
        });
    }
    if (found.size() > most) found.resize(most);
    if (w == which::open) return found;
    for (auto at = closed_.rbegin(); at != closed_.rend() && found.size() < most; ++at) {
        found.push_back(&cases_.at(*at));
    }
    return found;
}

} // namespace anban::dispatch

#include "gateway/cli/asking.hpp"

#include <boost/json.hpp>

#include "gateway/cli/client.hpp"
#include "gateway/cli/json_view.hpp"
#include "gateway/cli/offline.hpp"

namespace anban::cli {
namespace json = boost::json;

config_error error_in(const json::object& answer) {
    const auto e = object_at(answer, "error");
    return {text_at(e, "file"),
            static_cast<std::uint32_t>(number_at(e, "line")),
            static_cast<std::uint32_t>(number_at(e, "column")),
            {text_at(e, "what_zh"), text_at(e, "what_en")},
            {text_at(e, "cure_zh"), text_at(e, "cure_en")}};
}

exit_code ask(const terminal& t, const std::filesystem::path& dir, const json::object& request,
              const std::function<exit_code(const json::object&)>& show) {
    auto daemon = client::connect(dir);
    if (!daemon) return refuse(t, {daemon.error()});
    const auto answer = daemon->ask(request, answer_patience);
    if (!answer) return refuse(t, {answer.error()});
    const bool ok = flag_at(*answer, "ok");
    if (t.json) {
        t.line(json::serialize(*answer));
        return ok ? show(*answer) : exit_code::refused;
    }
    if (!ok) return refuse(t, {error_in(*answer)});
    return show(*answer);
}

void tell(const terminal& t, std::string_view text) {
    if (!t.json) t.line(text);
}

} // namespace anban::cli

#include "cloud-bridge/uplink/district.hpp"

#include <charconv>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "cloud-bridge/uplink/limits.hpp"

namespace anban::uplink {
namespace {

using problem = std::unexpected<std::string>;

[[nodiscard]] std::expected<district, std::string> district_from(const toml::table& home) {
    district d;
    const auto id = home["gateway"]["id"].value<std::string>();
    if (!id || !well_formed_id(*id)) {
        return problem("home.toml has no [gateway] id of 1 to 64 letters, digits, '_', '.', '-'");
    }
    d.gateway = gateway_id{*id};
    const auto* hosts = home["centre"]["hosts"].as_array();
    if (hosts == nullptr || hosts->empty()) {
        return problem("home.toml names no [centre] hosts: join a district with `anban join FILE`");
    }
    for (const toml::node& one : *hosts) {
        const auto text = one.value<std::string>();
        if (!text) return problem("a host of home.toml's [centre] hosts is not a text");
        auto host = parse_host(*text);
        if (!host) return problem(std::move(host.error()));
        if (d.hosts.size() == limits::hosts) break;
        d.hosts.push_back(std::move(*host));
    }
    return d;
}

} // namespace

std::string host_port::text() const {
    return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                               : fmt::format("[{}]:{}", host, port);
}

std::expected<host_port, std::string> parse_host(std::string_view text) {
    const auto bad = [text] {
        return problem(fmt::format("\"{}\" is not HOST:PORT", text.substr(0, limits::hosts * 32)));
    };
    host_port h;
    std::string_view rest = text;
    if (rest.starts_with('[')) {
        const std::size_t close = rest.find(']');
        if (close == std::string_view::npos) return bad();
        h.host = std::string{rest.substr(1, close - 1)};
        rest.remove_prefix(close + 1);
    } else {
        const std::size_t colon = std::min(rest.find(':'), rest.size());
        h.host = std::string{rest.substr(0, colon)};
        rest.remove_prefix(colon);
    }
    const bool has_odd_character = h.host.find_first_of(" /@#?\t\r\n") != std::string::npos;
    if (h.host.empty() || h.host.size() > 253 || has_odd_character) return bad();
    if (rest.empty()) return h;
    if (rest.size() < 2 || rest.front() != ':') return bad();
    const auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), h.port);
    if (error != std::errc{} || end != rest.data() + rest.size() || h.port == 0) return bad();
    return h;
}

namespace {

[[nodiscard]] std::expected<district, std::string> district_of_file(const std::filesystem::path& file) {
    try {
        return district_from(toml::parse_file(file.string()));
    } catch (const toml::parse_error& e) {
        return problem(
            fmt::format("home.toml can't be read at line {}: {}", e.source().begin.line, e.description()));
    } catch (const std::exception& e) {
        return problem(fmt::format("home.toml can't be read: {}", e.what()));
    }
}

} // namespace

// A file that a power cut or a hand has spoilt must not cut the home off: anband keeps the last good one, and
// tells.
std::expected<district, std::string> read_district(const std::filesystem::path& home) {
    auto d = district_of_file(home / "home.toml");
    if (!d) {
        if (auto good = district_of_file(home / "home.toml.good")) d = std::move(good);
    }
    if (d) d->credentials = home / "secrets" / "uplink";
    return d;
}

std::expected<void, std::string> check_credentials(const std::filesystem::path& folder) {
    for (const auto* file : {"gateway.crt", "gateway.key", "ca.crt"}) {
        std::error_code ec;
        if (!std::filesystem::exists(folder / file, ec)) {
            return problem(
                fmt::format("{} is not there: join a district with `anban join FILE`", (folder / file).string()));
        }
    }
    return {};
}

} // namespace anban::uplink

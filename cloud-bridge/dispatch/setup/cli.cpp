#include "cloud-bridge/dispatch/setup/cli.hpp"

#include <charconv>
#include <cstdlib>
#include <iostream>
#include <optional>

#include <boost/json.hpp>
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cloud-bridge/dispatch/serve.hpp"
#include "cloud-bridge/dispatch/setup/broker_files.hpp"
#include "cloud-bridge/dispatch/setup/ca.hpp"
#include "cloud-bridge/dispatch/setup/files.hpp"
#include "cloud-bridge/dispatch/setup/homes.hpp"
#include "cloud-bridge/dispatch/web/accounts.hpp"

namespace anban::dispatch {
namespace {

namespace json = boost::json;

utc_time wall_now() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

bool locale_is_chinese() {
    for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
        const char* value = std::getenv(name);
        if (value != nullptr && *value != '\0') return std::string_view(value).starts_with("zh");
    }
    return false;
}

// Everything the sub-commands read.
struct options {
    std::string data;
    std::string lang;
    bool as_json = false;
    std::string name;
    std::vector<std::string> hosts;
    std::string tls = "0.0.0.0:8883";
    std::uint16_t local_port = 0;
    home_card card;
    std::vector<std::string> residents;
    std::vector<std::string> rooms;
    std::string gateway;
    std::string out;
    bool replace = false;
    bool link = false;
    std::string http = "127.0.0.1:8480";

    [[nodiscard]] bool chinese() const { return lang.empty() ? locale_is_chinese() : lang == "zh"; }
    [[nodiscard]] std::string operator()(const words& w) const { return chinese() ? w.zh : w.en; }
};

struct endpoint {
    std::string host;
    std::uint16_t port = 0;
};

// "127.0.0.1:8883", "name:8883" or "[::1]:8883".
outcome<endpoint> parse_endpoint(const std::string& text) {
    const auto colon = text.rfind(':');
    endpoint parsed;
    bool fine = colon != std::string::npos && colon > 0;
    if (fine) {
        const char* last = text.data() + text.size();
        const auto [end, code] = std::from_chars(text.data() + colon + 1, last, parsed.port);
        fine = code == std::errc{} && end == last && colon + 1 < text.size();
        parsed.host = text.substr(0, colon);
    }
    if (fine && parsed.host.front() == '[') {
        fine = parsed.host.size() > 2 && parsed.host.back() == ']';
        if (fine) parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
    } else if (fine) {
        fine = parsed.host.find(':') == std::string::npos;
    }
    if (fine) return parsed;
    return std::unexpected(
        words{fmt::format("“{}”应写成 地址:端口", text), fmt::format("'{}' should read ADDRESS:PORT", text)});
}

outcome<std::vector<named>> parse_named(const std::vector<std::string>& texts) {
    std::vector<named> list;
    for (const auto& text : texts) {
        const auto equals = text.find('=');
        if (equals == std::string::npos || equals == 0) {
            return std::unexpected(
                words{fmt::format("“{}”应写成 编号=名称", text), fmt::format("'{}' should read ID=NAME", text)});
        }
        list.push_back({text.substr(0, equals), text.substr(equals + 1)});
    }
    return list;
}

// ---- ca and broker ------------------------------------------------------------------------------

outcome<void> write_server_certificate(const authority& ca, const options& o) {
    const auto hosts = o.hosts.empty() ? std::vector<std::string>{"127.0.0.1", "localhost"} : o.hosts;
    auto server = ca.server_certificate(hosts, wall_now());
    if (!server) return std::unexpected(server.error());
    const auto folder = std::filesystem::path(o.data) / "broker";
    if (auto made = make_folder(folder, 0700); !made) return made;
    if (auto wrote = write_whole(folder / "server.key", server->key, 0600); !wrote) return wrote;
    return write_whole(folder / "server.crt", server->certificate, 0644);
}

outcome<void> ca_init(const options& o) {
    if (auto made = make_folder(o.data, 0700); !made) return made;
    auto ca = authority::make(o.name, wall_now());
    if (!ca) return std::unexpected(ca.error());
    if (auto saved = ca->save(o.data); !saved) return saved;
    if (auto wrote = write_server_certificate(*ca, o); !wrote) return wrote;
    fmt::print("{}\n", o({fmt::format("区证书机构已建立：{}/ca/ca.crt", o.data),
                          fmt::format("the district's authority stands: {}/ca/ca.crt", o.data)}));
    return {};
}

outcome<void> ca_server(const options& o) {
    auto ca = authority::load(o.data);
    if (!ca) return std::unexpected(ca.error());
    if (auto wrote = write_server_certificate(*ca, o); !wrote) return wrote;
    fmt::print("{}\n", o({"服务器证书已更新；请重启区里的 mosquitto",
                          "the server has a new certificate; restart the district's mosquitto"}));
    return {};
}

outcome<void> broker_write(const options& o) {
    auto tls = parse_endpoint(o.tls);
    if (!tls) return std::unexpected(tls.error());
    broker_wish wish{.tls_address = tls->host, .tls_port = tls->port, .as_root = ::geteuid() == 0};
    if (o.local_port != 0) wish.local_port = o.local_port;
    if (auto wrote = write_broker_files(o.data, wish); !wrote) return wrote;
    fmt::print("{}\n", o({fmt::format("已写好；启动：mosquitto -c {}/broker/mosquitto.conf", o.data),
                          fmt::format("written; start it with: mosquitto -c {}/broker/mosquitto.conf", o.data)}));
    return {};
}

// ---- homes --------------------------------------------------------------------------------------

std::string join_file(const home_card& card, const std::vector<std::string>& hosts, const std::string& root,
                      const key_pair& identity) {
    json::array list;
    for (const auto& host : hosts) list.emplace_back(host);
    return fmt::format(
        "# Joins a gateway to its district: anban join FILE. It holds the gateway's private key; "
        "delete it afterwards.\n"
        "gateway = \"{}\"\nhosts = {}\nca = '''\n{}'''\ncertificate = '''\n{}'''\nkey = '''\n{}'''\n",
        card.gateway.str(), json::serialize(list), root, identity.certificate, identity.key);
}

outcome<void> home_add(options& o) {
    for (const auto& host : o.hosts) {
        if (auto fine = parse_endpoint(host); !fine) return std::unexpected(fine.error());
    }
    auto residents = parse_named(o.residents);
    if (!residents) return std::unexpected(residents.error());
    auto rooms = parse_named(o.rooms);
    if (!rooms) return std::unexpected(rooms.error());
    o.card.gateway = gateway_id(o.gateway);
    o.card.residents = std::move(*residents);
    o.card.rooms = std::move(*rooms);

    auto ca = authority::load(o.data);
    if (!ca) return std::unexpected(ca.error());
    auto identity = ca->gateway_certificate(o.card.gateway, wall_now());
    if (!identity) return std::unexpected(identity.error());
    auto book = homes::open(o.data);
    if (!book) return std::unexpected(book.error());
    if (auto added = book->add(o.card, wall_now(), o.replace); !added) return added;
    if (auto wrote = write_whole(o.out, join_file(o.card, o.hosts, ca->root.certificate, *identity), 0600);
        !wrote) {
        return wrote;
    }
    if (o.as_json) {
        fmt::print("{}\n", json::serialize(json::object{{"ok", true}, {"gateway", o.gateway}, {"join", o.out}}));
    } else {
        fmt::print("{}\n",
                   o({fmt::format("{} 已登记；把 {} 带到家里运行：anban join", o.gateway, o.out),
                      fmt::format("{} has its card; take {} to the home and run: anban join", o.gateway, o.out)}));
    }
    return {};
}

json::array to_json(const std::vector<named>& list) {
    json::array out;
    for (const auto& one : list) out.push_back(json::object{{"id", one.id}, {"name", one.name}});
    return out;
}

outcome<void> home_list(const options& o) {
    auto book = homes::open(o.data);
    if (!book) return std::unexpected(book.error());
    const auto cards = book->all();
    if (!cards) return std::unexpected(cards.error());
    json::array out;
    for (const auto& card : *cards) {
        if (!o.as_json) {
            fmt::print("{:<16} {}  {}  {}\n", card.gateway.str(), card.name, card.address, card.phone);
        }
        out.push_back(json::object{{"gateway", card.gateway.str()},
                                   {"name", card.name},
                                   {"address", card.address},
                                   {"phone", card.phone},
                                   {"residents", to_json(card.residents)},
                                   {"rooms", to_json(card.rooms)}});
    }
    if (o.as_json) fmt::print("{}\n", json::serialize(json::object{{"ok", true}, {"homes", out}}));
    return {};
}

// ---- operators ----------------------------------------------------------------------------------

outcome<std::string> password_from_stdin(const options& o) {
    if (::isatty(STDIN_FILENO) != 0) fmt::print(stderr, "{}", o({"密码：", "password: "}));
    std::string line;
    if (!std::getline(std::cin, line)) {
        return std::unexpected(words{"标准输入里没有密码", "there is no password on standard input"});
    }
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
}

outcome<void> print_token(accounts& book, const options& o) {
    auto token = book.issue_token(o.name, wall_now());
    if (!token) return std::unexpected(token.error());
    if (o.as_json) {
        fmt::print("{}\n", json::serialize(json::object{{"ok", true}, {"operator", o.name}, {"token", *token}}));
    } else {
        fmt::print("{}\n", *token);
    }
    return {};
}

outcome<void> operator_add(const options& o) {
    auto book = accounts::open(o.data);
    if (!book) return std::unexpected(book.error());
    std::optional<std::string> password;
    if (!o.link) {
        auto read = password_from_stdin(o);
        if (!read) return std::unexpected(read.error());
        password = std::move(*read);
    }
    if (auto added = book->add(o.name, password, wall_now()); !added) return added;
    if (o.link) return print_token(*book, o);
    fmt::print("{}\n",
               o({fmt::format("值班员 {} 已建立", o.name), fmt::format("operator {} can log in", o.name)}));
    return {};
}

outcome<void> operator_link(const options& o) {
    auto book = accounts::open(o.data);
    if (!book) return std::unexpected(book.error());
    return print_token(*book, o);
}

outcome<void> operator_password(const options& o) {
    auto book = accounts::open(o.data);
    if (!book) return std::unexpected(book.error());
    auto read = password_from_stdin(o);
    if (!read) return std::unexpected(read.error());
    return book->set_password(o.name, *read);
}

outcome<void> operator_remove(const options& o) {
    auto book = accounts::open(o.data);
    if (!book) return std::unexpected(book.error());
    return book->remove(o.name);
}

outcome<void> operator_list(const options& o) {
    auto book = accounts::open(o.data);
    if (!book) return std::unexpected(book.error());
    const auto list = book->all();
    if (!list) return std::unexpected(list.error());
    json::array out;
    for (const auto& one : *list) {
        if (!o.as_json) {
            fmt::print("{:<16} {}\n", one.name,
                       one.has_password ? o({"密码", "password"}) : o({"仅一次性链接", "one-time links only"}));
        }
        out.push_back(json::object{{"name", one.name}, {"password", one.has_password}});
    }
    if (o.as_json) fmt::print("{}\n", json::serialize(json::object{{"ok", true}, {"operators", out}}));
    return {};
}

outcome<void> run_server(const options& o) {
    auto http = parse_endpoint(o.http);
    if (!http) return std::unexpected(http.error());
    return serve({o.data, http->host, http->port, o.local_port});
}

// ---- The tree of commands -----------------------------------------------------------------------

using action = std::function<outcome<void>(options&)>;

// A sub-command that runs `what` when it was named.
CLI::App* command(CLI::App* parent, const std::string& name, const words& says, const options& o, action& chosen,
                  action what) {
    auto* made = parent->add_subcommand(name, o(says));
    made->callback([&chosen, what = std::move(what)] { chosen = what; });
    return made;
}

void add_ca_and_broker(CLI::App& app, options& o, action& chosen) {
    auto* ca = app.add_subcommand("ca", o({"区证书机构", "the district's certificate authority"}));
    ca->require_subcommand(1);
    auto* init =
        command(ca, "init", {"建立证书机构和服务器证书", "make the authority and the server's certificate"}, o,
                chosen, ca_init);
    init->add_option("--district", o.name, o({"区名", "the district's name"}))->default_val("district");
    init->add_option("--host", o.hosts,
                     o({"网关怎样称呼本中心（可多次）", "how gateways call this centre (repeatable)"}))
        ->allow_extra_args(false);
    init->footer(
        "Example:\n  anban-dispatch --data /var/lib/anban-dispatch ca init --district 静安 --host 10.0.0.5");
    auto* server =
        command(ca, "server", {"更换服务器证书", "give the server a new certificate"}, o, chosen, ca_server);
    server->add_option("--host", o.hosts, o({"同上", "as above"}))->required()->allow_extra_args(false);

    auto* broker = app.add_subcommand("broker", o({"区消息服务器", "the district's broker"}));
    broker->require_subcommand(1);
    auto* write = command(broker, "write", {"写 mosquitto 的配置", "write mosquitto's configuration"}, o, chosen,
                          broker_write);
    write->add_option("--tls", o.tls, o({"网关连接的地址:端口", "ADDRESS:PORT for gateways"}))
        ->capture_default_str();
    write->add_option("--local-port", o.local_port, o({"本机端口（默认 1885）", "loopback port (default 1885)"}));
    write->footer("Example:\n  anban-dispatch --data DIR broker write --tls 0.0.0.0:8883\n"
                  "  mosquitto -c DIR/broker/mosquitto.conf");
}

void add_homes(CLI::App& app, options& o, action& chosen) {
    auto* home = app.add_subcommand("home", o({"家庭登记卡", "cards of homes"}));
    home->require_subcommand(1);
    auto* add = command(home, "add", {"登记一户并写入网文件", "enter a home and write its join file"}, o, chosen,
                        home_add);
    add->add_option("GATEWAY", o.gateway, o({"网关编号", "the gateway's id"}))->required();
    add->add_option("--name", o.card.name, o({"称呼", "what people call the home"}))->required();
    add->add_option("--address", o.card.address, o({"地址", "where it is"}));
    add->add_option("--phone", o.card.phone, o({"电话", "whom to ring"}));
    add->add_option("--resident", o.residents, o({"编号=姓名（可多次）", "ID=NAME (repeatable)"}))
        ->allow_extra_args(false);
    add->add_option("--room", o.rooms, o({"编号=名称（可多次）", "ID=NAME (repeatable)"}))
        ->allow_extra_args(false);
    add->add_option("--host", o.hosts, o({"中心的地址:端口（可多次）", "the centre's ADDRESS:PORT (repeatable)"}))
        ->required()
        ->allow_extra_args(false);
    add->add_option("--out", o.out, o({"入网文件", "the join file"}))->required();
    add->add_flag("--replace", o.replace, o({"换卡和证书", "new card and certificate for a known home"}));
    add->add_flag("--json", o.as_json);
    add->footer("Example:\n  anban-dispatch --data DIR home add gw-0001 --name 王奶奶家 --address 幸福路1号 "
                "--phone 13800000000 \\\n    --resident r-wang=王秀英 --room bedroom=卧室 --host 10.0.0.5:8883 "
                "--out gw-0001.join");
    command(home, "list", {"列出各户", "list the homes"}, o, chosen, home_list)->add_flag("--json", o.as_json);
}

void add_operators(CLI::App& app, options& o, action& chosen) {
    auto* op = app.add_subcommand("operator", o({"值班员", "operators"}));
    op->require_subcommand(1);
    const auto named_command = [&](const char* name, const words& says, action what) {
        auto* made = command(op, name, says, o, chosen, std::move(what));
        made->add_option("NAME", o.name, o({"值班员名", "the operator's name"}))->required();
        return made;
    };
    auto* add = named_command(
        "add", {"新值班员；密码从标准输入读", "a new operator; the password is read from stdin"}, operator_add);
    add->add_flag("--link", o.link,
                  o({"不设密码，打印一次性登录令牌", "no password; print a one-time log-in token"}));
    add->add_flag("--json", o.as_json);
    add->footer("Example:\n  anban-dispatch --data DIR operator add li <password.txt\n"
                "  anban-dispatch --data DIR operator add zhang --link");
    named_command("link", {"打印一次性登录令牌（15 分钟）", "print a one-time log-in token (15 minutes)"},
                  operator_link)
        ->add_flag("--json", o.as_json);
    named_command("password", {"换密码（标准输入）", "change the password (stdin)"}, operator_password);
    named_command("remove", {"删除值班员", "remove an operator"}, operator_remove);
    command(op, "list", {"列出值班员", "list operators"}, o, chosen, operator_list)->add_flag("--json", o.as_json);
}

// The language of --help must be known before CLI11 reads anything.
std::string language_asked(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; ++i) {
        if (std::string_view(argv[i]) == "--lang") return argv[i + 1];
    }
    return {};
}

} // namespace

int run_command_line(int argc, char** argv) {
    ::umask(077); // everything made here is the centre's alone, SQLite's side files too
    options o;
    o.lang = language_asked(argc, argv);
    action chosen;
    CLI::App app(o({"安伴区调度中心", "Anban's dispatch centre of a district"}), "anban-dispatch");
    app.set_version_flag("--version", "anban-dispatch " ANBAN_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--data", o.data, o({"中心的数据目录", "the centre's data directory"}))
        ->envname("ANBAN_DISPATCH_DATA")
        ->required();
    app.add_option("--lang", o.lang, "zh | en")->check(CLI::IsMember({"zh", "en"}));
    app.footer("Exit codes: 0 done, 1 refused or failed, 2 usage.");
    add_ca_and_broker(app, o, chosen);
    add_homes(app, o, chosen);
    add_operators(app, o, chosen);
    auto* server = command(&app, "serve", {"运行中心", "run the centre"}, o, chosen, run_server);
    server
        ->add_option("--http", o.http,
                     o({"页面的地址:端口；端口 0 为任意", "ADDRESS:PORT of the page; port 0: any"}))
        ->capture_default_str();
    server->add_option("--local-port", o.local_port, o({"本机消息端口", "the broker's loopback port"}));
    server->footer("Example:\n  anban-dispatch --data DIR serve --http 127.0.0.1:8480");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    const auto done = chosen(o);
    if (done) return 0;
    fmt::print(stderr, "anban-dispatch: {}\n", o(done.error()));
    return 1;
}

} // namespace anban::dispatch

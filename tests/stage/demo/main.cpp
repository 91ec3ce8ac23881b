// anban-demo: a home and its district on this machine, driven by keys. `./dev demo` builds and runs it.
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>

#include <fmt/format.h>

#include "tests/stage/demo/connect.hpp"
#include "tests/stage/demo/once.hpp"
#include "tests/stage/demo/player.hpp"
#include "tests/stage/demo/recordings.hpp"
#include "tests/stage/district.hpp"
#include "tests/stage/fault.hpp"

namespace {

using namespace anban::stage;
using namespace std::chrono_literals;

struct options {
    bool once = false;
    bool help = false;
    bool chinese = false;
    std::optional<std::string> data;
    std::optional<std::string> listen;
};

bool locale_is_chinese() {
    for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
        const char* value = std::getenv(name);
        if (value != nullptr && *value != '\0') return std::string_view(value).starts_with("zh");
    }
    return false;
}

std::optional<options> read_options(int argc, char** argv) {
    options o;
    o.chinese = locale_is_chinese();
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        const bool more = i + 1 < argc;
        if (word == "--once")
            o.once = true;
        else if (word == "--help" || word == "-h")
            o.help = true;
        else if (word == "--data" && more)
            o.data = argv[++i];
        else if (word == "--listen" && more)
            o.listen = argv[++i];
        else if (word == "--lang" && more)
            o.chinese = std::string_view(argv[++i]) == "zh";
        else
            return std::nullopt;
    }
    return o;
}

constexpr const char* help_en = R"(anban-demo [--once] [--data DIR] [--listen ADDRESS] [--lang zh|en]
  a home and its district on this machine, real brokers and programs, nothing but loopback
  --once            play one press, fall, service request and Zigbee SOS to their end, check, and leave
  --data DIR        key d plays the recordings below DIR (falls, daily activities, Zigbee messages); with
                    --once all of them are played and checked
  --listen ADDRESS  your own devices reach the home's broker at this address of the machine; a real Zigbee2MQTT
                    takes the played one's place. Prints the log-ins of Zigbee2MQTT, an own device and an ESPHome
)";
constexpr const char* help_zh = R"(anban-demo [--once] [--data 目录] [--listen 地址] [--lang zh|en]
  在本机上演示一个家庭和一个区：真实的消息服务器和程序，只用回环地址
  --once            演完一次呼救、一次跌倒、一次服务请求、一次 Zigbee 呼救，核对后退出
  --data 目录       按 d 播放目录里的数据（跌倒、日常活动、Zigbee 消息）；与 --once 合用时全部播放并核对
  --listen 地址     您自己的设备从本机的这个地址连接；真实的 Zigbee2MQTT 代替演示中的。
                    会打印 Zigbee2MQTT、自有设备和 ESPHome 的登录信息
)";

// Keys one at a time while it lives; lines again afterwards, also when a signal ends us.
class raw_terminal {
public:
    raw_terminal() {
        if (::isatty(STDIN_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &before()) != 0) return;
        active() = true;
        auto raw = before();
        raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO); // Ctrl-C stays a signal
        ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    ~raw_terminal() { restore(); }
    raw_terminal(const raw_terminal&) = delete;
    raw_terminal& operator=(const raw_terminal&) = delete;

    static void restore() {
        if (active()) ::tcsetattr(STDIN_FILENO, TCSANOW, &before());
        active() = false;
    }

private:
    static termios& before() {
        static termios saved;
        return saved;
    }
    static bool& active() {
        static bool is = false;
        return is;
    }
};

void print_ssh_line(const district& d, bool chinese) {
    const char* connection = std::getenv("SSH_CONNECTION");
    if (connection == nullptr) return;
    std::istringstream words(connection);
    std::string client;
    std::string client_port;
    std::string server;
    std::string server_port;
    words >> client >> client_port >> server >> server_port;
    const char* user = std::getenv("USER");
    fmt::print("{}\n  ssh -N -L {}:127.0.0.1:{}{} {}@{}\n\n",
               chinese ? "您在远程机器上，请先在自己的电脑上运行："
                       : "This box is remote; run on your own machine first:",
               d.centre.http_port(), d.centre.http_port(),
               server_port.empty() || server_port == "22" ? std::string() : " -p " + server_port,
               user == nullptr ? "root" : user, server);
}

void print_log_in(district& d, bool chinese) {
    fmt::print("{}\n  {}/login?token={}\n\n",
               chinese ? "调度台（一次性登录链接，15 分钟内有效；按 l 再要一个）："
                       : "The operator's page (a one-time link, good for 15 minutes; key l gives another):",
               d.centre.url(), d.centre.token());
}

void print_welcome(district& d, const options& o) {
    const bool zh = o.chinese;
    fmt::print("\n");
    print_ssh_line(d, zh);
    print_log_in(d, zh);
    fmt::print("{}\n  {}\n\n",
               zh ? "您自己的按钮（每次运行都是一次呼救）：" : "A button of your own (each run is a press):",
               demo::own_press(d.home));
    if (o.listen) fmt::print("{}\n", demo::how_to_connect(d.home, zh));
    fmt::print("{}\n  {} --home {} status\n\n",
               zh ? "装维人员的命令：" : "The technician's command:", program("anban").string(),
               d.home.folder().string());
    fmt::print("{}\n",
               zh ? "p 红键  g 绿键  f 跌倒  c 取消跌倒  z Zigbee 呼救  x 断开/恢复线路  l 登录链接  t 表  q 结束"
                  : "p press  g green key  f fall  c cancel it  z Zigbee SOS  x cut/mend the link  l link  "
                    "t table  q end");
    if (o.data) fmt::print("{}\n", zh ? "d 播放下一段录音" : "d play the next recording");
    std::fflush(stdout);
}

class stage_hand {
public:
    stage_hand(district& d, const options& o, std::vector<demo::recording> recordings)
        : district_(d), options_(o), recordings_(std::move(recordings)),
          player_(d, [this](const demo::step& s) { print(s); }) {}

    void run() {
        const raw_terminal raw;
        const bool keys = ::isatty(STDIN_FILENO) != 0;
        while (!ended_) {
            pollfd input{STDIN_FILENO, POLLIN, 0};
            if (::poll(&input, keys ? 1 : 0, 20) > 0) {
                char key = 0;
                if (::read(STDIN_FILENO, &key, 1) != 1) return; // the terminal is gone
                press(key);
            }
            player_.take_in();
            std::fflush(stdout);
            if (const auto fallen = first_that_ended(); !fallen.empty())
                throw fault(fmt::format("{} has ended", fallen));
        }
    }

private:
    void print(const demo::step& s) {
        if (s.station == "device.pressed") fmt::print("\n");
        fmt::print("{}\n", demo::line_of(s, options_.chinese));
    }

    void press(char key) {
        auto& home = district_.home;
        switch (key) {
        case 'p': home.play("press button-1"); break;
        case 'g': home.play("green button-1"); break;
        case 'f': home.play("fall falldetector-1"); break;
        case 'c': home.play("cancel falldetector-1"); break;
        case 'z':
            if (!options_.listen)
                home.play("zigbee-sos zb-sos");
            else
                fmt::print("{}\n", options_.chinese ? "Zigbee 设备由您的 Zigbee2MQTT 发言"
                                                    : "the Zigbee devices are your Zigbee2MQTT's");
            break;
        case 'x': switch_wire(); break;
        case 'd': play_recording(); break;
        case 'l': print_log_in(district_, options_.chinese); break;
        case 't': fmt::print("\n{}", demo::table_of(player_.seen().all(), options_.chinese)); break;
        case 'q':
        case 4: ended_ = true; break;
        default: break;
        }
    }

    void switch_wire() {
        const bool cut = district_.wire.state() == proxy::way::open;
        district_.wire.set(cut ? proxy::way::cut : proxy::way::open);
        fmt::print("{}\n", cut ? (options_.chinese ? "线路已断开；再按 x 恢复" : "the link is cut; x mends it")
                               : (options_.chinese ? "线路已恢复" : "the link is mended"));
    }

    void play_recording() {
        if (recordings_.empty()) {
            fmt::print("{}\n", options_.chinese ? "没有数据：用 --data 指定目录"
                                                : "no recordings: name a folder with --data");
            return;
        }
        const auto& next = recordings_[next_recording_++ % recordings_.size()];
        fmt::print("{}: {}\n", options_.chinese ? "播放" : "playing", next.what);
        district_.home.play(next.command);
    }

    std::string first_that_ended() {
        auto& d = district_;
        for (auto* p : {&d.home.daemon(), &d.home.uplink(), &d.home.players(), &d.home.mosquitto().run(),
                        &d.centre.dispatch(), &d.centre.mosquitto().run()})
            if (!p->running()) return p->name();
        return {};
    }

    district& district_;
    const options& options_;
    std::vector<demo::recording> recordings_;
    demo::player player_;
    std::size_t next_recording_ = 0;
    bool ended_ = false;
};

home_plan plan_of(const options& o) {
    auto plan = usual_home();
    if (!o.listen) return plan;
    plan.listen = *o.listen;
    plan.bridge_is_real = true;
    plan.devices.push_back({"esp-1", "native", "call_button", "", "living-room"});
    for (auto& d : plan.devices)
        if (d.driver != "native") d.kind.clear(); // the real bridge speaks for them
    return plan;
}

// Refuses what would be silently useless.
std::vector<demo::recording> recordings_of(const options& o) {
    if (!o.data) return {};
    auto found = demo::find_recordings(*o.data);
    if (found.empty())
        throw fault(fmt::format(
            fmt::runtime(o.chinese ? "--data {}：没有可播放的数据。需要其中有 sisfall/trials.csv 或 "
                                     "mqtt_zigbee2mqtt/field_logs.jsonl，或就是这两个目录之一"
                                   : "--data {}: nothing to play is there. It must hold sisfall/trials.csv or "
                                     "mqtt_zigbee2mqtt/field_logs.jsonl, or be one of these two folders"),
            *o.data));
    if (o.listen) std::erase_if(found, [](const auto& r) { return r.zigbee; }); // nobody plays the bridge
    if (found.empty())
        throw fault(o.chinese ? "--listen 时 Zigbee 数据无法播放：Zigbee2MQTT 是您自己的"
                              : "Zigbee recordings can't be played with --listen: the Zigbee2MQTT is your own");
    return found;
}

int perform(const options& o) {
    auto recordings = recordings_of(o);
    if (o.listen) demo::demand_own_address(*o.listen, o.chinese);
    if (o.listen && o.once)
        throw fault(o.chinese ? "--once 自己演 Zigbee，不能与 --listen 合用"
                              : "--once plays the Zigbee devices itself and doesn't go with --listen");
    fmt::print(stderr, "{}\n", o.chinese ? "正在启动一个区和一个家庭……" : "raising a district and a home …");
    district d(plan_of(o));
    d.start();
    if (!o.once) {
        print_welcome(d, o);
        stage_hand(d, o, std::move(recordings)).run();
        return 0;
    }
    const auto report = demo::play_once(d, recordings, o.chinese);
    fmt::print("\n{}\n", report.table);
    for (const auto& one : report.missing) fmt::print("{} {}\n", o.chinese ? "缺少：" : "missing:", one);
    if (report.missing.empty()) {
        fmt::print("{}\n", o.chinese ? "四个报警都走完了全程。" : "All four alarms went their whole way.");
        if (!recordings.empty())
            fmt::print(
                fmt::runtime(o.chinese ? "{} 段数据的结果都对。\n" : "All {} recordings ended as they must.\n"),
                recordings.size());
    }
    std::fflush(stdout);
    return report.missing.empty() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    const auto o = read_options(argc, argv);
    if (!o || o->help) {
        fmt::print(o ? stdout : stderr, "{}", locale_is_chinese() ? help_zh : help_en);
        return o ? 0 : 2;
    }
    std::setvbuf(stdout, nullptr, _IOLBF, 1 << 16);
    // A Ctrl-C is the usual end of a demo that a person drives.
    end_everything_on_signals([once = o->once](int number) {
        raw_terminal::restore();
        return once || number != SIGINT ? 128 + number : 0;
    });
    try {
        const int status = perform(*o);
        leave_the_end_to_the_signal();
        return status;
    } catch (const std::exception& e) {
        leave_the_end_to_the_signal();
        raw_terminal::restore();
        fmt::print(stderr, "anban-demo: {}\n", e.what());
        return 1;
    }
}
